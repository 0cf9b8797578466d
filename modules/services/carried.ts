/** What a subscriber brings along from another box, beside what is typed at the desk. Pure. */
import { z } from 'zod'
import { isMac, normaliseDevice } from '../access/index.ts'
import { instantCell, instantOf, instantText, isInstant, optionalCell, textOf, wholeCell } from './cells.ts'

const NEVER = 'never'
const FIRST_LOGIN = 'first-login'
const NONE = 'none'
const DEVICES_MAX = 1000
const TOP_UPS_MAX = 1000
const EXPIRY_WRONG = `An end is ${NEVER}, ${FIRST_LOGIN} or an instant such as 2026-12-24T18:00:00Z.`

const devicesCell = optionalCell(
  z
    .string()
    .transform((text) =>
      text === NONE
        ? []
        : text
            .split(' ')
            .filter((word) => word !== '')
            .map(normaliseDevice),
    )
    .refine((devices) => devices.every(isMac), 'Devices are MAC addresses with blanks between them.')
    .refine((devices) => devices.length <= DEVICES_MAX, `At most ${DEVICES_MAX} devices are bound.`),
)

/** `none`, or how much of it. */
const limitCell = optionalCell(
  z.coerce
    .string()
    .regex(/^(?:none|[1-9]\d{0,15})$/, 'A quota is a whole number, or none.')
    .transform((text) => (text === NONE ? NONE : Number(text)))
    .refine((count) => count === NONE || Number.isSafeInteger(count), 'That is more than can be counted.'),
)

const topUps = z
  .array(
    z.object({
      at: z.number().int(),
      octets: z.number().int().optional(),
      sec: z.number().int().optional(),
      untilAt: z.number().int().optional(),
    }),
  )
  .max(TOP_UPS_MAX)

/** As JSON: there is seldom one. */
const topUpsCell = optionalCell(
  z.string().transform((text, context) => {
    const parsed = topUps.safeParse(jsonOf(text))
    if (parsed.success) return parsed.data
    context.addIssue({ code: 'custom', message: 'What was bought beside a quota stands here as an export writes it.' })
    return z.NEVER
  }),
)

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Cells that are all optional: where one is absent, things are as the plan has them. */
export const carriedSchema = z.object({
  /** Tells a device that logs in by its address from a person whose login looks like one. */
  loginBy: optionalCell(z.enum(['password', 'device', 'serial'])),
  /** The bound ones; `mac` is the one that was sold. */
  devices: devicesCell,
  status: optionalCell(z.enum(['active', 'suspended', 'ended'])),
  expiresAt: optionalCell(
    z
      .string()
      .refine((text) => text === NEVER || text === FIRST_LOGIN || isInstant(text), EXPIRY_WRONG)
      .transform((text) => (text === NEVER || text === FIRST_LOGIN ? text : instantOf(text))),
  ),
  validSec: wholeCell(1),
  firstUsedAt: instantCell,
  quotaOctets: limitCell,
  quotaSec: limitCell,
  /** When validity began, where that is not the first login. */
  beginsAt: instantCell,
  topUps: topUpsCell,
  createdAt: instantCell,
})
export type Carried = z.output<typeof carriedSchema>

/** What is wrong with the cells together. */
export const carriedProblem = ({ expiresAt, validSec }: Carried): { path: string; message: string } | undefined =>
  expiresAt === FIRST_LOGIN && validSec === undefined
    ? { path: 'validSec', message: 'What counts from the first login needs a length.' }
    : undefined

const limitOf = (limit: number | typeof NONE | undefined): number | null => (typeof limit === 'number' ? limit : null)
const givenFlag = (...cells: readonly unknown[]): number => (cells.some((cell) => cell !== undefined) ? 1 : 0)

/** The grant's own columns. `…Given` says whether the row has a word on them; null is a word. */
export const grantValues = (row: Omit<Carried, 'loginBy' | 'createdAt'>) => ({
  validityGiven: givenFlag(row.expiresAt),
  expiresAt: typeof row.expiresAt === 'number' ? row.expiresAt : null,
  validitySec: row.validSec ?? null,
  firstUsedAt: row.firstUsedAt ?? null,
  beginsAt: row.beginsAt ?? null,
  quotaGiven: givenFlag(row.quotaOctets),
  quotaOctets: limitOf(row.quotaOctets),
  quotaSecGiven: givenFlag(row.quotaSec),
  quotaSec: limitOf(row.quotaSec),
  topUps: row.topUps === undefined ? null : JSON.stringify(row.topUps),
  devices: row.devices === undefined ? null : JSON.stringify(row.devices),
  status: row.status ?? null,
})

export type GrantSeen = {
  readonly expiresAt: number | null
  readonly validitySec: number | null
  readonly firstUsedAt: number | null
  readonly beginsAt: number | null
  readonly quotaOctets: number | null
  readonly quotaSec: number | null
  readonly topUps: z.input<typeof topUps> | null
}

/** A device that was sold with the service and is bound no more is told apart from one that binds by being sold. */
export const devicesText = (devices: readonly string[], soldDevice: string | null): string =>
  devices.length === 0 && soldDevice !== null ? NONE : devices.join(' ')

const limitText = (limit: number | null): string => (limit === null ? NONE : String(limit))

/** The cells that `carriedSchema` reads back. */
export const validityCells = ({ expiresAt, validitySec, firstUsedAt, beginsAt, ...quota }: GrantSeen) => ({
  expiresAt: expiresAt === null ? (validitySec === null ? NEVER : FIRST_LOGIN) : instantText(expiresAt),
  validSec: textOf(validitySec),
  firstUsedAt: instantText(firstUsedAt),
  beginsAt: instantText(beginsAt),
  quotaOctets: limitText(quota.quotaOctets),
  quotaSec: limitText(quota.quotaSec),
  topUps: quota.topUps === null || quota.topUps.length === 0 ? '' : JSON.stringify(topUps.parse(quota.topUps)),
})
