/** The form of the hotspot's page: read field by field, so that a preview can show whatever of it can be read. Pure. */
import type { Fields } from '@lango/kernel/ui'
import type { z } from 'zod'
import { readPhone } from '../payments/index.ts'
import { colourFault, portalSettingsSchema, type PortalChange, type PortalSettings } from '../portal/index.ts'
import { instantOf } from './time-range.ts'
import type { PortalWords } from './words-portal.ts'

/** What the reading depends on: the site's time zone, and by its money the country of its phone numbers. */
export type FormPlace = { readonly timeZone: string; readonly currency: string }

type Line = {
  readonly name: string
  readonly schema: z.ZodType
  /** Of what was typed; undefined where it cannot be read. */
  readonly read: (text: string, place: FormPlace) => unknown
  /** What to do about what cannot be taken. */
  readonly problem: keyof PortalWords
}

const { shape } = portalSettingsSchema
const asTyped = (text: string): unknown => text

const asPhone = (text: string, { currency }: FormPlace): unknown => {
  if (text.trim() === '') return ''
  const phone = readPhone(text, currency)
  return phone.ok ? phone.value : undefined
}

const asInstant = (text: string, { timeZone }: FormPlace): unknown => (text === '' ? null : instantOf(text, timeZone))

export const portalLines = [
  { name: 'welcome.en', schema: shape.welcome.shape.en, read: asTyped, problem: 'welcomeWrong' },
  { name: 'welcome.sw', schema: shape.welcome.shape.sw, read: asTyped, problem: 'welcomeWrong' },
  { name: 'announcement.en', schema: shape.announcement.shape.en, read: asTyped, problem: 'announcementWrong' },
  { name: 'announcement.sw', schema: shape.announcement.shape.sw, read: asTyped, problem: 'announcementWrong' },
  { name: 'announcementUntil', schema: shape.announcementUntil, read: asInstant, problem: 'untilWrong' },
  { name: 'background', schema: shape.background, read: asTyped, problem: 'colourWrong' },
  { name: 'colour', schema: shape.colour, read: asTyped, problem: 'colourWrong' },
  { name: 'support.phone', schema: shape.support.shape.phone, read: asPhone, problem: 'phoneWrong' },
  { name: 'support.whatsapp', schema: shape.support.shape.whatsapp, read: asPhone, problem: 'phoneWrong' },
  { name: 'bundlesMax', schema: shape.bundlesMax, read: Number, problem: 'bundlesMaxWrong' },
  { name: 'wifiName', schema: shape.wifiName, read: asTyped, problem: 'wifiNameWrong' },
  { name: 'address', schema: shape.address, read: asTyped, problem: 'pageAddressWrong' },
  { name: 'venueInfoUrl', schema: shape.venueInfoUrl, read: asTyped, problem: 'venueInfoUrlWrong' },
  {
    name: 'loginHosts',
    schema: shape.loginHosts,
    read: (text) => text.split(/[\s,]+/).filter((host) => host !== ''),
    problem: 'loginHostsWrong',
  },
  { name: 'terms.en', schema: shape.terms.shape.en, read: asTyped, problem: 'termsWrong' },
  { name: 'terms.sw', schema: shape.terms.shape.sw, read: asTyped, problem: 'termsWrong' },
] as const satisfies readonly Line[]

export type LineName = (typeof portalLines)[number]['name']

const placed = (change: Record<string, unknown>, name: string, value: unknown): void => {
  const [top = '', part] = name.split('.')
  change[top] = part === undefined ? value : { ...(change[top] as object | undefined), [part]: value }
}

export type PortalForm = {
  /** All that can be taken. */
  readonly change: PortalChange
  /** What cannot, by its field, with the word that says what to do. */
  readonly problems: Readonly<Record<string, keyof PortalWords>>
}

export const readPortalForm = (fields: Fields, place: FormPlace): PortalForm => {
  const change: Record<string, unknown> = {}
  const problems: Record<string, keyof PortalWords> = {}
  for (const { name, schema, read, problem } of portalLines as readonly Line[]) {
    if (!fields.has(name)) continue
    const parsed = schema.safeParse(read(fields.get(name), place))
    const isUnreadable = parsed.success && isUnfit(name, parsed.data)
    if (parsed.success && !isUnreadable) placed(change, name, parsed.data)
    else problems[name] = isUnreadable ? `${name as 'background' | 'colour'}Unfit` : problem
  }
  // Each of its parts was read by the schema of its own.
  return { change, problems }
}

/** A colour on which nothing could be read. */
const isUnfit = (name: string, value: unknown): boolean =>
  (name === 'background' || name === 'colour') && colourFault({ [name]: value as string }) !== undefined

const localTime = (at: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })

/** What stands in each field before anybody types. */
export const textOf = (settings: PortalSettings, name: LineName, { timeZone }: FormPlace): string => {
  const { announcementUntil: until, loginHosts } = settings
  if (name === 'announcementUntil') return until === null ? '' : localTime(until, timeZone)
  if (name === 'loginHosts') return loginHosts.join('\n')
  const [top, part] = name.split('.') as [keyof PortalSettings, string | undefined]
  const value: unknown = settings[top]
  return String(part === undefined ? value : (value as Readonly<Record<string, string>>)[part])
}
