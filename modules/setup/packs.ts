/**
 * What is customary where a POP stands: data, no rule of the box goes by the country. Prices are what people at hotspots
 * pay, as a start; taxes are those of 2026 (KRA, TRA, URA, SARS).
 */

/** A provider of payments by phone or card; `page` is where the desk sets it up, undefined while it is not built in. */
export type Gateway = { readonly name: string; readonly page?: string }

/** `price` is written in the currency of the pack. */
export type Bundle = {
  readonly id: 'hour' | 'day' | 'week'
  readonly name: { readonly en: string; readonly sw: string }
  readonly validitySec: number
  readonly price: string
}

export type Pack = {
  /** ISO 3166-1; XX for every other country. */
  readonly country: string
  readonly name: { readonly en: string; readonly sw: string }
  readonly currency: string
  /** IANA; '' for that of the machine. */
  readonly timeZone: string
  /** Of the desk; '' for what each browser asks for. */
  readonly language: '' | 'en' | 'sw'
  /** That prices include; undefined where nobody knows. */
  readonly tax: { readonly name: string; readonly percent: number } | undefined
  readonly gateways: readonly Gateway[]
  readonly bundles: readonly Bundle[]
}

const [HOUR_SEC, DAY_SEC] = [3600, 86_400]

const bundles = (hour: string, day: string, week: string): readonly Bundle[] => [
  { id: 'hour', name: { en: '1 hour', sw: 'Saa 1' }, validitySec: HOUR_SEC, price: hour },
  { id: 'day', name: { en: '1 day', sw: 'Siku 1' }, validitySec: DAY_SEC, price: day },
  { id: 'week', name: { en: '1 week', sw: 'Wiki 1' }, validitySec: 7 * DAY_SEC, price: week },
]

export const packs: readonly [Pack, ...Pack[]] = [
  {
    country: 'KE',
    name: { en: 'Kenya', sw: 'Kenya' },
    currency: 'KES',
    timeZone: 'Africa/Nairobi',
    language: '',
    tax: { name: 'VAT', percent: 16 },
    gateways: [{ name: 'M-Pesa', page: '/settings/mpesa' }],
    bundles: bundles('10', '50', '250'),
  },
  {
    country: 'TZ',
    name: { en: 'Tanzania', sw: 'Tanzania' },
    currency: 'TZS',
    timeZone: 'Africa/Dar_es_Salaam',
    language: 'sw',
    tax: { name: 'VAT', percent: 18 },
    gateways: [{ name: 'Vodacom M-Pesa' }, { name: 'Mixx by Yas' }, { name: 'Airtel Money' }],
    bundles: bundles('500', '1,000', '5,000'),
  },
  {
    country: 'UG',
    name: { en: 'Uganda', sw: 'Uganda' },
    currency: 'UGX',
    timeZone: 'Africa/Kampala',
    language: '',
    tax: { name: 'VAT', percent: 18 },
    gateways: [{ name: 'MTN MoMo' }, { name: 'Airtel Money' }],
    bundles: bundles('500', '1,500', '7,000'),
  },
  {
    country: 'ZA',
    name: { en: 'South Africa', sw: 'Afrika Kusini' },
    currency: 'ZAR',
    timeZone: 'Africa/Johannesburg',
    language: 'en',
    tax: { name: 'VAT', percent: 15 },
    gateways: [{ name: 'Paystack' }, { name: 'PayFast' }, { name: 'Ozow' }],
    bundles: bundles('5', '15', '60'),
  },
  {
    country: 'XX',
    name: { en: 'Another country', sw: 'Nchi nyingine' },
    currency: 'USD',
    timeZone: '',
    language: '',
    tax: undefined,
    gateways: [],
    bundles: bundles('0.50', '1', '5'),
  },
]

/** Of a country as a setting holds it; the last one, of every other country, where it has none of its own. */
export const packOf = (country: string): Pack => packs.find((pack) => pack.country === country) ?? packs.at(-1)!
