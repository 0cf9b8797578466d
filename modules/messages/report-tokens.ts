/** Where a provider tells whether messages have arrived: an address of each message, and one of each account. */
import { callbackToken, callbackUrl, numberInToken, type Vault } from '@lango/kernel'
import { reportsUrlOf, secretHolder, type SenderConfig } from './rules.ts'

const PURPOSE = 'messages.report'
const MESSAGE = '04'
const SENDER = '05'

type Hasher = Pick<Vault, 'keyedHash'>

/** Whether it is an address of messages, if anybody's. */
export const isReportToken = (token: string): boolean => token.startsWith(MESSAGE) || token.startsWith(SENDER)

/** Of one message; its number is never given again. */
export const messageToken = (vault: Hasher, { no, createdAt }: { no: number; createdAt: number }): string =>
  callbackToken(vault, { kind: MESSAGE, number: no, of: ['message', no, createdAt], purpose: PURPOSE })

export const messageInToken = (token: string): number | undefined => numberInToken(MESSAGE, token)

/** Of all messages of an account. */
export const senderToken = (vault: Hasher, config: SenderConfig): string =>
  callbackToken(vault, { kind: SENDER, of: ['sender', secretHolder(config)], purpose: PURPOSE })

/** The address for a provider that is told one by hand; null where it is told of each message, or of none. */
export const senderReportUrl = (vault: Hasher, config: SenderConfig): string | null => {
  const base = reportsUrlOf(config)
  return base === '' || config.driver === 'twilio' ? null : callbackUrl(base, senderToken(vault, config))
}

export const messageReportUrl = (
  vault: Hasher,
  config: SenderConfig,
  message: { readonly no: number; readonly createdAt: number },
): string | undefined => {
  const base = reportsUrlOf(config)
  return base === '' ? undefined : callbackUrl(base, messageToken(vault, message))
}
