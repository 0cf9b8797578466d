/** What the captive portal shows, and what holds where nothing was set. Pure. */
import { brandFault } from '@lango/kernel'
import { z } from 'zod'

/** The whole box; what a router's hotspot shows of its own is kept under the router's id. */
export const EVERYWHERE = 'all'
export const BUNDLES_MAX = 12
export const LOGIN_HOSTS_MAX = 20
/** WCAG 2.2, 1.4.6: a stranger reads it on a cheap screen in the sun. */
export const GATE_CONTRAST_MIN = 7

const sentence = (max: number) => `At most ${max} characters.`
/** As browsers send it, a line ends in two characters; it counts as one. */
const lines = (text: string): string => text.replaceAll('\r\n', '\n').trim()
const ONE_LINE = /^[^\n\r]*$/
const oneLine = (max: number) => z.string().trim().max(max, sentence(max)).regex(ONE_LINE, 'It is one line.')
const text = (max: number) => z.string().overwrite(lines).max(max, sentence(max))
const bilingual = <T extends z.ZodType>(each: T) => z.object({ en: each, sw: each })

const phone = z
  .string()
  .trim()
  .regex(/^(\+[1-9]\d{6,14})?$/, 'A number is written as +254712345678.')
const colour = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(#[0-9a-f]{6})?$/, 'A colour is written #0f766e.')

/** A name of DNS or an IPv4 address, without port or scheme. */
const host = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(
    /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/,
    'A router’s login page is a name or an address alone: hotspot.isp.example or 10.5.50.1.',
  )

const isHttps = (address: string): boolean =>
  address === '' || (URL.canParse(address) && new URL(address).protocol === 'https:')

/** Scheme and host, as it is put before a path. */
const ORIGIN = /^(https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?)?$/

/** IEEE 802.11: 32 octets, whatever the letters. */
const isSsid = (name: string): boolean => Buffer.byteLength(name) <= 32

export const portalSettingsSchema = z.object({
  /** Stands above the bundles. */
  welcome: bilingual(oneLine(160)),
  /** What people should know today; '' for nothing. */
  announcement: bilingual(text(280)),
  /** Until when it is shown; null for as long as it stands there. */
  announcementUntil: z.number().int().min(0).nullable(),
  /** Plain text; an empty line parts paragraphs. */
  terms: bilingual(text(8000)),
  support: z.object({ phone, whatsapp: phone }),
  /** Behind the page; '' for Lango's own, light or dark as the phone is. */
  background: colour,
  /** Of buttons; '' for the site's own. */
  colour,
  /** Bundles on the first screen; the others are behind a link. */
  bundlesMax: z
    .number(`A whole number from 1 to ${BUNDLES_MAX}.`)
    .int(`A whole number from 1 to ${BUNDLES_MAX}.`)
    .min(1, `A whole number from 1 to ${BUNDLES_MAX}.`)
    .max(BUNDLES_MAX, `A whole number from 1 to ${BUNDLES_MAX}.`),
  /** Where routers' login pages are: a form is sent there and nowhere else. Empty for any private IPv4 address. */
  loginHosts: z.array(host).max(LOGIN_HOSTS_MAX, `At most ${LOGIN_HOSTS_MAX}.`),
  /** RFC 8908: what the phone may show of the place. */
  venueInfoUrl: z.string().trim().max(400).refine(isHttps, 'An address begins with https://.'),
  /** SSID, for the code that joins it. */
  wifiName: z
    .string()
    .trim()
    .regex(ONE_LINE, 'It is one line.')
    .refine(isSsid, 'A Wi-Fi name has at most 32 letters, fewer where they are not plain ones.'),
  /** This page as phones on the Wi-Fi reach it, for codes on paper; '' for what the box knows of itself. */
  address: z
    .string()
    .trim()
    .toLowerCase()
    .max(200)
    .transform((typed) => typed.replace(/\/+$/, ''))
    .pipe(z.string().regex(ORIGIN, 'An address is written http://192.168.88.10:8090, without a path.')),
})
export type PortalSettings = z.infer<typeof portalSettingsSchema>

const { shape } = portalSettingsSchema
/** Any part of it, each language by itself. */
export const portalChangeSchema = portalSettingsSchema
  .extend({
    welcome: shape.welcome.partial(),
    announcement: shape.announcement.partial(),
    terms: shape.terms.partial(),
    support: shape.support.partial(),
  })
  .partial()
export type PortalChange = z.infer<typeof portalChangeSchema>

const none = { en: '', sw: '' }
export const newPortal: PortalSettings = {
  welcome: none,
  announcement: none,
  announcementUntil: null,
  terms: none,
  support: { phone: '', whatsapp: '' },
  background: '',
  colour: '',
  bundlesMax: 6,
  loginHosts: [],
  venueInfoUrl: '',
  wifiName: '',
  address: '',
}

const isParted = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const given = (parts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined))

/** What is given changes, in each part too; the rest stays. */
export const withChange = <S extends PortalSettings>(settings: S, change: PortalChange): S => {
  const before: Readonly<Record<string, unknown>> = settings
  const changed = Object.entries(given(change)).map(([name, value]): [string, unknown] =>
    isParted(value) ? [name, { ...(before[name] as object), ...given(value) }] : [name, value],
  )
  return { ...settings, ...Object.fromEntries(changed) }
}

/** What differs from what holds anyway: only that is kept, so that the rest follows when the box's own changes. */
export const ownOf = (settings: PortalSettings, otherwise: PortalSettings): Partial<PortalSettings> =>
  Object.fromEntries(
    Object.entries(settings).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(otherwise[name as keyof PortalSettings]),
    ),
  )

export type ColourFault =
  | { readonly type: 'ColourUnfit'; readonly colour: string; readonly contrast: number }
  | { readonly type: 'BackgroundUnfit'; readonly colour: string; readonly contrast: number }

/** Text stands on the one, and a button's words on the other. */
export const colourFault = ({ background, colour: brand }: PortalChange): ColourFault | undefined => {
  const behind = background ? brandFault(background, GATE_CONTRAST_MIN) : undefined
  if (behind !== undefined) return { type: 'BackgroundUnfit', colour: background!, contrast: behind }
  const button = brand ? brandFault(brand) : undefined
  return button === undefined ? undefined : { type: 'ColourUnfit', colour: brand!, contrast: button }
}
