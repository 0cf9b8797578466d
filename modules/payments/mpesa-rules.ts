/** What has to be known to be paid by M-Pesa. Pure. */
import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { Secret } from '@lango/kernel'

export const SANDBOX = 'https://sandbox.safaricom.co.ke'
export const MPESA = 'mpesa'
/** All that it moves. */
export const CURRENCY = 'KES'
export const mpesaSecretsPurpose = 'payment_accounts.secrets:mpesa'

const isHere = (url: URL): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)

/** https, or plain http on this machine: a simulator. */
const isBaseUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || (isHere(url) && url.protocol === 'http:'))
}

/** M-Pesa calls no address with one of these in it; where what follows it is hexadecimal, none comes by chance. */
export const forbiddenInCallbacks = ['m-pesa', 'mpesa', 'safaricom', 'exe', 'exec', 'cmd', 'sql', 'query'] as const

const isCallbackUrl = (text: string): boolean => {
  if (text === '') return true
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  const isBare = url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return isBare && !forbiddenInCallbacks.some((word) => text.toLowerCase().includes(word))
}

const CERTIFICATE_MAX = 8000
const isCertificate = (text: string): boolean => {
  if (text === '') return true
  try {
    return createPublicKey(text).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

/** What M-Pesa moves at once at most. */
export const TRUST_MAX = 250_000
export const PAYOUT_MAX = 250_000
export const PAYOUT_DAY_MAX = 10_000_000

const shillings = (max: number) => z.number().int('It is a whole number of shillings.').min(0).max(max)

export const standingOrderSettings = ['off', '2025', '2026'] as const

export const mpesaSettingsSchema = z.object({
  /** Of Daraja: the sandbox, production, or whatever speaks like it. */
  baseUrl: z.string().trim().max(200).refine(isBaseUrl, 'An address looks like https://api.safaricom.co.ke.'),
  kind: z.enum(['paybill', 'till']),
  /** Of a till the store or head office number. */
  shortcode: z
    .string()
    .trim()
    .regex(/^\d{5,7}$/, 'A shortcode has 5 to 7 digits.'),
  /** The till number, where it is one; '' else. */
  till: z
    .string()
    .trim()
    .regex(/^(\d{5,8})?$/, 'A till number has 5 to 8 digits.'),
  consumerKey: z.string().trim().max(200),
  /** Told by Safaricom of what is read from its list: a number of the ISP's own. */
  phone: z
    .string()
    .trim()
    .regex(/^(\+254[17]\d{8})?$/, 'A number is written as +254712345678.'),
  /** Who pays money back in the name of the organisation; '' where nobody does from here. */
  initiatorName: z.string().trim().max(100),
  /** PEM, of the environment: what the initiator's password is sealed with on its way. */
  certificate: z
    .string()
    .trim()
    .max(CERTIFICATE_MAX)
    .refine(isCertificate, 'It is a certificate in PEM, with an RSA key.'),
  /** Where Safaricom reaches this box, which may tell it then how a prompt ended; '' where nobody does. */
  callbackUrl: z
    .string()
    .trim()
    .max(200)
    .refine(isCallbackUrl, `It is like https://pop.example.com, and without ${forbiddenInCallbacks.join(', ')} in it.`),
  /** `known`: what comes from an address that Safaricom is not known to post from is kept, and no reason to ask. */
  callbackFrom: z.enum(['any', 'known']),
  /** Shillings: a callback for as much or less is believed for a minute, and what was bought is given meanwhile. */
  trustUpTo: shillings(TRUST_MAX),
  /** Shillings a payout; 0: nothing is paid out from here. */
  payoutUpTo: shillings(PAYOUT_MAX),
  /** And within 24 hours. */
  payoutDayUpTo: shillings(PAYOUT_DAY_MAX),
  /** So much one person pays out alone; for more a second one releases it. */
  payoutAloneUpTo: shillings(PAYOUT_MAX),
  /**
   * Whether M-Pesa may be let pay into wallets regularly, and by which of Safaricom's pages that is asked for: the same
   * number means another frequency on each.
   */
  standingOrders: z.enum(standingOrderSettings),
})
export type MpesaSettings = z.infer<typeof mpesaSettingsSchema>

/** Of the addresses that are told of every payment. `before`: some are, and only Safaricom's portal says which. */
export type Registration = {
  readonly state: 'asking' | 'registered' | 'before' | 'refused'
  readonly at: number
  /** Why it was refused. */
  readonly reason?: string
}

export type MpesaSecrets = {
  readonly consumerSecret: string
  readonly passkey: string
  readonly initiatorPassword: string
}

/** As they are sealed; what was sealed before there was a secret has none of it. */
export const readSecrets = (json: string): MpesaSecrets => ({
  ...NO_SECRETS,
  ...(JSON.parse(json) as Partial<MpesaSecrets>),
})
export const NO_SECRETS: MpesaSecrets = { consumerSecret: '', passkey: '', initiatorPassword: '' }

export const newMpesa: MpesaSettings = {
  baseUrl: SANDBOX,
  kind: 'paybill',
  shortcode: '',
  till: '',
  consumerKey: '',
  phone: '',
  initiatorName: '',
  certificate: '',
  callbackUrl: '',
  callbackFrom: 'any',
  trustUpTo: 0,
  payoutUpTo: 0,
  payoutDayUpTo: 0,
  payoutAloneUpTo: 0,
  standingOrders: 'off',
}

/** Plain http is for a simulator alone: on the way anybody could read where prompts are told of. */
export const isCallbackPlain = ({ baseUrl, callbackUrl }: MpesaSettings): boolean =>
  URL.parse(callbackUrl)?.protocol === 'http:' && !isHere(new URL(baseUrl))

/** What is missing before anybody can pay, by the names of the settings. */
export const missingOf = (settings: MpesaSettings, secrets: MpesaSecrets): string[] => [
  ...(['shortcode', 'consumerKey', 'phone'] as const).filter((name) => settings[name] === ''),
  ...(settings.kind === 'till' && settings.till === '' ? ['till'] : []),
  ...(['consumerSecret', 'passkey'] as const).filter((name) => secrets[name] === ''),
]

/** What is missing further, before money can go back. */
export const missingToPayBack = (settings: MpesaSettings, secrets: MpesaSecrets): string[] => [
  ...(['initiatorName', 'certificate'] as const).filter((name) => settings[name] === ''),
  ...(secrets.initiatorPassword === '' ? ['initiatorPassword'] : []),
]

/** As the provider's driver takes it, with an initiator where all is there that it takes; undefined while nobody can pay. */
export const accountOf = (settings: MpesaSettings, opened: string) => {
  const secrets = readSecrets(opened)
  if (missingOf(settings, secrets).length > 0) return undefined
  const { baseUrl, kind, shortcode, till, consumerKey, initiatorName: name, certificate } = settings
  // What was set before there was such a setting has none.
  const { standingOrders } = { ...newMpesa, ...settings }
  const [consumerSecret, passkey] = [new Secret(secrets.consumerSecret), new Secret(secrets.passkey)]
  const credential = { password: new Secret(secrets.initiatorPassword), certificate }
  const initiator = missingToPayBack(settings, secrets).length === 0 && { name, credential }
  return {
    baseUrl,
    kind,
    shortcode,
    till,
    consumerKey,
    consumerSecret,
    passkey,
    ...(initiator && { initiator }),
    ...(standingOrders !== 'off' && { standingOrders }),
  }
}
