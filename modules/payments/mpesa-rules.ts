/** What has to be known to be paid by M-Pesa. Pure. */
import { z } from 'zod'

export const SANDBOX = 'https://sandbox.safaricom.co.ke'
export const MPESA = 'mpesa'
export const mpesaSecretsPurpose = 'payment_accounts.secrets:mpesa'

/** https, or plain http on this machine: a simulator. */
const isBaseUrl = (text: string): boolean => {
  const url = URL.parse(text)
  const isHere = url !== null && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  return url !== null && (url.protocol === 'https:' || (isHere && url.protocol === 'http:'))
}

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
})
export type MpesaSettings = z.infer<typeof mpesaSettingsSchema>

export type MpesaSecrets = { readonly consumerSecret: string; readonly passkey: string }

export const newMpesa: MpesaSettings = {
  baseUrl: SANDBOX,
  kind: 'paybill',
  shortcode: '',
  till: '',
  consumerKey: '',
  phone: '',
}

/** What is missing before anybody can pay, by the names of the settings. */
export const missingOf = (settings: MpesaSettings, secrets: MpesaSecrets): string[] => [
  ...(['shortcode', 'consumerKey', 'phone'] as const).filter((name) => settings[name] === ''),
  ...(settings.kind === 'till' && settings.till === '' ? ['till'] : []),
  ...(['consumerSecret', 'passkey'] as const).filter((name) => secrets[name] === ''),
]
