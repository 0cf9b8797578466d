/** A server that speaks Twilio's REST API for SMS, keeps what it gets, and goes wrong on demand. It delivers nothing. */
import { createHmac } from 'node:crypto'
import { postReport, startProvider, type ProviderFault, type SimulatedSms, type Told } from './provider.ts'

/** A number is Twilio's code of the error; `failed`: taken, and told at once that it failed. */
export type TwilioFault = number | 'failed' | ProviderFault

export type TwilioSimulator = {
  readonly server: string
  readonly messages: readonly SimulatedSms[]
  /** Goes wrong in these ways, a request each. */
  fail(...faults: readonly TwilioFault[]): void
  /** Tells what became of a message, by its place in the list; signed as Twilio does, or by another's token. */
  report(
    at: number,
    status: string,
    more?: { readonly errorCode?: number; readonly signedBy?: string },
  ): Promise<number>
  close(): Promise<void>
}

const E164 = /^\+[1-9]\d{7,14}$/

export const startTwilioSimulator = async ({
  account,
  authToken,
}: {
  readonly account: string
  readonly authToken: string
}): Promise<TwilioSimulator> => {
  const messages: SimulatedSms[] = []
  const callbacks: (string | undefined)[] = []
  const login = `Basic ${Buffer.from(`${account}:${authToken}`).toString('base64')}`
  const provider = await startProvider<number | 'failed'>(({ method, path, headers, body }, fault) => {
    if (method !== 'POST' || path !== `/2010-04-01/Accounts/${account}/Messages.json`) return refusal(20404, 404)
    if (headers.authorization !== login) return refusal(20003, 401)
    const form = new URLSearchParams(body)
    const to = form.get('To') ?? ''
    const from = form.get('From') ?? form.get('MessagingServiceSid') ?? ''
    if (typeof fault === 'number') return refusal(fault, 400)
    if (from === '') return refusal(21603, 400)
    if (!E164.test(to)) return refusal(21211, 400)
    const sid = sidOf(messages.length)
    if (fault === 'failed') return { status: 201, body: { sid, status: 'failed', error_code: 30008 } }
    messages.push({ to, from, text: form.get('Body') ?? '' })
    callbacks.push(form.get('StatusCallback') ?? undefined)
    return { status: 201, body: { sid, status: 'queued', error_code: null, num_segments: '1' } }
  })
  return {
    ...provider,
    messages,
    report(at, status, { errorCode, signedBy = authToken } = {}) {
      const url = callbacks[at]
      const { to, from } = messages[at]!
      const names = { MessageSid: sidOf(at), MessageStatus: status, AccountSid: account, To: to, From: from }
      const form = { ...names, ApiVersion: '2010-04-01', ...(errorCode && { ErrorCode: String(errorCode) }) }
      return postReport(url, form, { 'x-twilio-signature': signatureOf(signedBy, url ?? '', form) })
    },
  }
}

const sidOf = (at: number): string => `SM${String(at + 1).padStart(32, '0')}`

const signatureOf = (token: string, url: string, form: Readonly<Record<string, string>>): string => {
  const hmac = createHmac('sha1', token).update(url)
  for (const name of Object.keys(form).toSorted()) hmac.update(name).update(form[name]!)
  return hmac.digest('base64')
}

const refusal = (code: number, status: number): Told => ({
  status,
  body: { code, message: 'Simulated', more_info: `https://www.twilio.com/docs/errors/${code}`, status },
})
