/** What a subscriber brings along from another box, beside what is typed at the desk. Pure. */
import { z } from 'zod'
import { isMac, normaliseDevice } from '../access/index.ts'
import { instantCell, instantOf, instantText, isInstant, optionalCell, textOf, wholeCell } from './cells.ts'

const NEVER = 'never'
const FIRST_LOGIN = 'first-login'
const NONE = 'none'
const DEVICES_MAX = 1000
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

/** Cells that are all optional: where one is absent, things are as the plan has them. */
export const carriedSchema = z.object({
  /** Tells a device that logs in by its address from a person whose login looks like one. */
  loginBy: optionalCell(z.enum(['password', 'device'])),
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
  quotaOctets: optionalCell(
    z.coerce
      .string()
      .regex(/^(?:none|[1-9]\d{0,15})$/, 'Data is a number of octets, or none.')
      .transform((text) => (text === NONE ? NONE : Number(text)))
      .refine((octets) => octets === NONE || Number.isSafeInteger(octets), 'That is more than can be counted.'),
  ),
  createdAt: instantCell,
})
export type Carried = z.output<typeof carriedSchema>

/** What is wrong with the cells together. */
export const carriedProblem = ({ expiresAt, validSec }: Carried): { path: string; message: string } | undefined =>
  expiresAt === FIRST_LOGIN && validSec === undefined
    ? { path: 'validSec', message: 'What counts from the first login needs a length.' }
    : undefined

/** The grant's own columns. `given` says whether the row has a word on it; null is a word. */
export const grantValues = ({ expiresAt, validSec, firstUsedAt, quotaOctets, devices, status }: Carried) => ({
  validityGiven: expiresAt === undefined ? 0 : 1,
  expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
  validitySec: validSec ?? null,
  firstUsedAt: firstUsedAt ?? null,
  quotaGiven: quotaOctets === undefined ? 0 : 1,
  quotaOctets: typeof quotaOctets === 'number' ? quotaOctets : null,
  devices: devices === undefined ? null : JSON.stringify(devices),
  status: status ?? null,
})

export type GrantSeen = {
  readonly expiresAt: number | null
  readonly validitySec: number | null
  readonly firstUsedAt: number | null
  readonly quotaOctets: number | null
}

/** A device that was sold with the service and is bound no more is told apart from one that binds by being sold. */
export const devicesText = (devices: readonly string[], soldDevice: string | null): string =>
  devices.length === 0 && soldDevice !== null ? NONE : devices.join(' ')

/** The cells that `carriedSchema` reads back. */
export const validityCells = ({ expiresAt, validitySec, firstUsedAt, quotaOctets }: GrantSeen) => ({
  expiresAt: expiresAt === null ? (validitySec === null ? NEVER : FIRST_LOGIN) : instantText(expiresAt),
  validSec: textOf(validitySec),
  firstUsedAt: instantText(firstUsedAt),
  quotaOctets: quotaOctets === null ? NONE : textOf(quotaOctets),
})
