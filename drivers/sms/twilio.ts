/** Sends SMS by Twilio's REST API: fills `MessageSender` of the messages module. */
import type { MessageSender, SendOutcome } from '@lango/modules/messages/port'
import { exchange, isUnwell, later, readJson, refused } from './exchange.ts'

const LIVE = 'https://api.twilio.com'

export type TwilioOptions = {
  /** `AC…` */
  readonly account: string
  readonly authToken: string
  /** A number or a name to send from, or a Messaging Service (`MG…`) that chooses one. */
  readonly sender: string
  /** Another server than theirs: for tests and demonstrations. */
  readonly server?: string | undefined
  readonly timeoutMs?: number
}

export const createTwilioSender = ({
  account,
  authToken,
  sender,
  server = LIVE,
  timeoutMs,
}: TwilioOptions): MessageSender => ({
  async send({ to, text, reportUrl }, stopped) {
    const by = /^MG[0-9a-f]{32}$/.test(sender) ? { MessagingServiceSid: sender } : { From: sender }
    const request = {
      url: `${server}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`,
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${account}:${authToken}`).toString('base64')}`,
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        To: to,
        Body: text,
        ...by,
        ...(reportUrl && { StatusCallback: reportUrl }),
      }).toString(),
    }
    const answer = await exchange(request, { timeoutMs, stopped })
    return answer.ok ? outcomeOf(answer.value.status, answer.value.body) : later(answer.error.reason)
  },
})

/** Of the answer to a message, or of why there is none. */
type Told = {
  readonly sid?: unknown
  readonly status?: unknown
  readonly error_code?: unknown
  readonly code?: unknown
}

const outcomeOf = (status: number, body: string): SendOutcome => {
  if (status === 401) return refused('the account does not take the user and token')
  if (isUnwell(status)) return later(`it answered ${status}`)
  const told = readJson(body) as Told | null | undefined
  if (status !== 200 && status !== 201) return refusalOf(status, told?.code)
  if (typeof told?.sid !== 'string') return later('its answer cannot be read')
  if (told.status === 'failed' || told.status === 'undelivered') return refusalOf(status, told.error_code)
  return { type: 'accepted', providerId: told.sid }
}

/** "Too many requests", "queue overflow": each may come with another HTTP status than 429. */
const TRANSIENT: ReadonlySet<number> = new Set([20429, 30001])
/** Those of Twilio's codes that somebody of the staff can do something about, or need not. */
const WORDS: Readonly<Record<number, string>> = {
  20003: 'the account does not take the user and token',
  21211: 'this is no number that it knows',
  21212: 'the sender is no number of this account',
  21408: 'the account may not send to this country: allow it there',
  21606: 'the sender is no number of this account, or sends no SMS',
  21610: 'this number has asked to get no messages',
  21614: 'this is no mobile number',
  30001: 'its queue is full',
  30002: 'the account is suspended',
  30003: 'the phone could not be reached',
  30004: 'the phone or its network blocks the message',
  30005: 'nobody has this number, or the phone is off',
  30006: 'this is no mobile number',
  30007: 'the network has filtered the message out',
  30008: 'the network does not say why',
}

/** Its own text is not told: it may hold what was sent. */
export const twilioWords = (code: number): string =>
  WORDS[code] === undefined ? `see twilio.com/docs/api/errors/${code}` : `${WORDS[code]} (${code})`

const refusalOf = (status: number, told: unknown): SendOutcome => {
  const code = Number(told)
  if (!Number.isSafeInteger(code) || code <= 0) return refused(`it answered ${status}`)
  return TRANSIENT.has(code) ? later(twilioWords(code)) : refused(twilioWords(code))
}
