/** Who sends messages, to whom they may go, and how long they are tried. Pure. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { defineLimits } from '@lango/kernel'
import { secretText } from '@lango/kernel/verbs'
import { checkGateway, gatewayFields, isHere, usesKey } from './gateway-rules.ts'

export const channels = ['email', 'sms'] as const
export type Channel = (typeof channels)[number]

/** `accepted`: the provider has it, which is all that most ever tell. */
export const messageStates = ['waiting', 'accepted', 'failed', 'delivered', 'undelivered'] as const
export type MessageState = (typeof messageStates)[number]

export const messageLimits = defineLimits({
  /** Kept while they cannot be sent; what comes then is refused. */
  waitingMax: 1000,
  /** Sent by one channel at once. */
  roundMax: 5,
  /** A round ends after the slowest answer. */
  roundMs: 45_000,
  /** The wait after a failed try doubles from the first to the last of these. */
  attemptsMax: 8,
  backoffMs: 5000,
  backoffMsMax: 600_000,
  textLengthMax: 1000,
  subjectLengthMax: 120,
  reasonLengthMax: 200,
  reportReasonLengthMax: 80,
  providerIdLengthMax: 200,
  /** How long a test is worth sending. */
  testLifeMs: 3_600_000,
  keptMs: 30 * 86_400_000,
  kept: 20_000,
  /** Rows removed in one go. */
  pruneRows: 500,
  tidyEveryMs: 600_000,
  prefixesMax: 20,
})

/** How long to wait after a failed try, and how often to try. */
export const sendLimits = {
  attemptsMax: messageLimits.attemptsMax,
  backoffMs: messageLimits.backoffMs,
  backoffMsMax: messageLimits.backoffMsMax,
}

/** What a provider's sealed secret is bound to. */
export const senderSecretPurpose = (channel: string): string => `message_senders.secret:${channel}`
/** What the sealed text of a message is bound to. */
export const messageTextPurpose = (no: number): string => `messages.body:${no}`

export const emailAddress = z
  .email({ error: 'An e-mail address looks like name@example.net.' })
  .max(254, 'An e-mail address has at most 254 characters.')
  .toLowerCase()

const E164 = /^\+[1-9]\d{7,14}$/
export const phoneNumber = z.string().regex(E164, 'A number is written +254712345678.')

/** A name of DNS or an address: nothing that could be read as a path, a user or a port. */
const isHost = (text: string): boolean =>
  isIP(text) !== 0 || /^(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(text)

export const securities = ['starttls', 'tls', 'none'] as const
export type Security = (typeof securities)[number]
/** RFC 8314: submission, submissions; 25 where somebody has decided against TLS. */
export const defaultPorts: Readonly<Record<Security, number>> = { starttls: 587, tls: 465, none: 25 }

/** The code of a country (ITU-T E.164): what stands for the 0 before a number at home. */
export const COUNTRY = /^\+[1-9]\d{0,2}$/

/** https, or plain http on this machine, where a provider is simulated. */
const isReportsUrl = (text: string): boolean => {
  if (text === '') return true
  const url = URL.parse(text)
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isHere(url))
}

/** Where the provider reaches this box, which it may tell whether a message has arrived; '' where nobody does. */
const reportsUrl = z
  .string()
  .trim()
  .max(200)
  .refine(isReportsUrl, 'The address of this box looks like https://pop.example.com.')
  .default('')

const secret = secretText(z.string().min(1).max(1024)).optional()

export const smtpSchema = z.object({
  driver: z.literal('smtp'),
  host: z.string().trim().refine(isHost, 'Write the name of the server, such as mail.example.net.'),
  port: z.number().int().min(1).max(65_535).optional(),
  security: z.enum(securities).default('starttls'),
  user: z.string().trim().max(254).default(''),
  from: emailAddress,
  secret,
})

/** Numbers elsewhere get nothing: somebody could make the box pay for messages to the dearest country. */
const prefixes = z
  .array(z.string().regex(COUNTRY, 'A country is written +254.'))
  .min(1, 'Say which numbers may get messages, such as +254.')
  .max(messageLimits.prefixesMax)

export const africasTalkingSchema = z.object({
  driver: z.literal('africastalking'),
  username: z.string().trim().min(1, 'The username of the account is needed.').max(64),
  /** Registered with the provider: letters and digits, or a short code. Empty: the provider's own. */
  sender: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,10}$|^$/, 'A sender is at most 11 letters and digits, or a short code.')
    .default(''),
  prefixes,
  reportsUrl,
  secret,
})

export const twilioSchema = z.object({
  driver: z.literal('twilio'),
  account: z
    .string()
    .trim()
    .regex(/^AC[0-9a-f]{32}$/, 'The account is AC and 32 digits, as Twilio’s console shows it.'),
  /** A number of the account, a name, or a Messaging Service that chooses one. */
  sender: z
    .string()
    .trim()
    .regex(
      /^\+[1-9]\d{7,14}$|^MG[0-9a-f]{32}$|^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,10}$/,
      'A sender is a number such as +15005550006, a name of at most 11 letters and digits, or a Messaging Service (MG…).',
    ),
  prefixes,
  reportsUrl,
  secret,
})

export const gatewaySchema = z
  .object({ driver: z.literal('http'), ...gatewayFields, prefixes, reportsUrl, secret })
  .superRefine(checkGateway)

export const senderSchema = z.discriminatedUnion('driver', [
  smtpSchema,
  africasTalkingSchema,
  twilioSchema,
  gatewaySchema,
])
export type SenderInput = z.output<typeof senderSchema>

type WithoutSecret<T> = T extends unknown ? Omit<T, 'secret'> : never
export type SenderConfig = WithoutSecret<SenderInput>
export type SmtpConfig = Extract<SenderConfig, { driver: 'smtp' }>
export type GatewayConfig = Extract<SenderConfig, { driver: 'http' }>

export const smsDrivers = ['africastalking', 'twilio', 'http'] as const satisfies readonly SenderConfig['driver'][]

export type SmsDriver = (typeof smsDrivers)[number]

export const channelOf = ({ driver }: { readonly driver: SenderConfig['driver'] }): Channel =>
  driver === 'smtp' ? 'email' : 'sms'

/** Whom the secret is told to: with another of these, a secret that is kept would be told to somebody else. */
export const secretHolder = (config: SenderConfig): string => JSON.stringify([config.driver, ...holderParts(config)])

const holderParts = (config: SenderConfig): readonly unknown[] => {
  if (config.driver === 'smtp') return [config.host.toLowerCase(), portOf(config), config.user]
  if (config.driver === 'http') return [new URL(config.address).origin]
  return config.driver === 'twilio' ? [config.account] : [config.username]
}

export const portOf = ({ port, security }: Pick<SmtpConfig, 'port' | 'security'>): number =>
  port ?? defaultPorts[security]

export const needsSecret = (config: SenderConfig): boolean => {
  if (config.driver === 'smtp') return config.user !== ''
  return config.driver !== 'http' || usesKey(config)
}

/** Whether anybody on the way could read the password. */
export const tellsPassword = (config: SenderConfig): boolean =>
  config.driver === 'smtp' && config.security === 'none' && config.user !== ''

/** How numbers begin that may get its messages; none where they go to no numbers. */
export const prefixesOf = (config: SenderConfig): readonly string[] => (config.driver === 'smtp' ? [] : config.prefixes)

/** '' where nobody reaches the box, or the sender was set up before there were reports. */
export const reportsUrlOf = (config: SenderConfig): string => ('reportsUrl' in config ? config.reportsUrl : '')

/** Whether a number lies where messages may go. */
export const isWithin = (number: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => number.startsWith(prefix))

/** One line without what could move a cursor, end a header or hide. */
export const oneLine = (text: string, lengthMax: number): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, lengthMax)
