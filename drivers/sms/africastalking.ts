/** Sends SMS by Africa's Talking over HTTP: fills `MessageSender` of the messages module. */
import type { MessageSender, SendOutcome } from '@lango/modules/messages/port'
import { exchange, isUnwell, later, readJson, refused } from './exchange.ts'

const LIVE = 'https://api.africastalking.com'
/** Their simulator on the web, which delivers nothing: its only user is called so. */
const SANDBOX_USER = 'sandbox'
const SANDBOX = 'https://api.sandbox.africastalking.com'

export type AfricasTalkingOptions = {
  readonly username: string
  readonly apiKey: string
  /** Sender id or short code; '' for the provider's own. */
  readonly sender: string
  /** Another server than theirs: for tests and demonstrations. */
  readonly server?: string | undefined
  readonly timeoutMs?: number
}

export const createAfricasTalkingSender = ({
  username,
  apiKey,
  sender,
  server = username === SANDBOX_USER ? SANDBOX : LIVE,
  timeoutMs,
}: AfricasTalkingOptions): MessageSender => ({
  async send({ to, text: message }, stopped) {
    const form = new URLSearchParams({ username, to, message, bulkSMSMode: '1', ...(sender && { from: sender }) })
    const request = {
      url: `${server}/version1/messaging`,
      method: 'POST',
      headers: { apiKey, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    }
    const answer = await exchange(request, { timeoutMs, stopped })
    return answer.ok ? outcomeOf(answer.value.status, answer.value.body) : later(answer.error.reason)
  },
})

const outcomeOf = (status: number, body: string): SendOutcome => {
  if (status === 401) return refused('the account does not take the username and key')
  if (isUnwell(status)) return later(`it answered ${status}`)
  if (status !== 200 && status !== 201) return refused(`it answered ${status}`)
  const data = (readJson(body) as { SMSMessageData?: MessageData | null } | null | undefined)?.SMSMessageData
  if (!data) return later('its answer cannot be read')
  const [recipient] = Array.isArray(data.Recipients) ? (data.Recipients as Recipient[]) : []
  // Nobody was sent to, and why is a text: `InvalidSenderId`.
  if (!recipient) return refused(typeof data.Message === 'string' ? data.Message : 'it sent to nobody')
  return judged(recipient)
}

type MessageData = { readonly Message?: unknown; readonly Recipients?: unknown }
type Recipient = { readonly statusCode?: unknown; readonly status?: unknown; readonly messageId?: unknown } | null

/** Processed, sent, queued: which of them is not yet "on the handset". */
const TAKEN: ReadonlySet<unknown> = new Set([100, 101, 102])
const TRANSIENT: ReadonlySet<unknown> = new Set([500, 501])
const WORDS: Readonly<Record<number, string>> = {
  405: 'the account has no credit left: top it up',
  406: 'this number has asked to get no messages',
}

const judged = (recipient: Recipient): SendOutcome => {
  const { statusCode, status, messageId } = recipient ?? {}
  if (TAKEN.has(statusCode))
    return { type: 'accepted', providerId: typeof messageId === 'string' && messageId !== 'None' ? messageId : null }
  const code = typeof statusCode === 'number' ? statusCode : 0
  const reason = WORDS[code] ?? `${typeof status === 'string' ? status : 'refused'} (${code})`
  return TRANSIENT.has(statusCode) ? later(reason) : refused(reason)
}
