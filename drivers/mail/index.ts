/** Sends e-mail over SMTP: fills `MessageSender` of the messages module. */
import type { MessageSender, SendOutcome } from '@lango/modules/messages/port'
import { createTransport } from 'nodemailer'

/** From the look-up of the name to the answer after the last dot. */
const TIMEOUT_MS = 30_000
const RESPONSE_LENGTH_MAX = 150

export type MailOptions = {
  readonly host: string
  readonly port: number
  /** `starttls`: nothing is said before it; a server that does not offer it gets nothing. `none`: the operator's choice. */
  readonly security: 'starttls' | 'tls' | 'none'
  /** Undefined where the server asks for none. */
  readonly login: { readonly user: string; readonly password: string } | undefined
  readonly from: { readonly name: string; readonly address: string }
  /** How this machine names itself. */
  readonly hostName: string
  readonly timeoutMs?: number
}

export const createMailSender = ({ timeoutMs = TIMEOUT_MS, ...options }: MailOptions): MessageSender => ({
  async send({ id, to, subject, text }, stopped) {
    const { host, port, security, login, from, hostName: name } = options
    const transport = createTransport({
      host,
      port,
      name,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(login && { auth: { user: login.user, pass: login.password } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
      // A message is what it is given as: nothing in it names a file or an address to fetch.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    try {
      const { messageId } = await transport.sendMail({
        from,
        to: { name: '', address: to },
        envelope: { from: from.address, to: [to] },
        subject,
        text,
        messageId: `<${id}@${from.address.split('@').at(-1)}>`,
        signal: AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)]),
      })
      return { type: 'accepted', providerId: messageId }
    } catch (error) {
      return outcomeOf(error as MailError, timeoutMs)
    } finally {
      transport.close()
    }
  },
})

type MailError = Error & { code?: string; responseCode?: number; response?: string }

const outcomeOf = (
  { code, responseCode, response = '', message, cause }: MailError,
  timeoutMs: number,
): SendOutcome => {
  const said = response.slice(0, RESPONSE_LENGTH_MAX)
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500)
    return { type: 'later', reason: `the server puts it off: ${said}` }
  if (code === 'EAUTH') return { type: 'refused', reason: `the server does not take the user and password. ${said}` }
  if (responseCode !== undefined) return { type: 'refused', reason: `the server refuses it: ${said}` }
  if (code === 'EABORT') {
    const isLate = (cause as Error | undefined)?.name === 'TimeoutError'
    return { type: 'later', reason: isLate ? `no answer within ${timeoutMs} ms` : 'the box is stopping' }
  }
  return { type: 'later', reason: `the server cannot be reached: ${message}` }
}
