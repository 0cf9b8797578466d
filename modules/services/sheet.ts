/** Subscribers as rows of a file: what an export tells is what an import takes. */
import { and, eq, gt, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, type ResultOf } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { plans } from '../plans/tables.ts'
import { devicesText, validityCells } from './carried.ts'
import { instantText, textOf } from './cells.ts'
import { services } from './tables.ts'

/** In the order of an export. */
export const subscriberColumns = [
  'login',
  'password',
  'plan',
  'phone',
  'ip',
  'mac',
  'name',
  'email',
  'customer',
  'vlan',
  'ipv6',
  'delegated',
  'serial',
  'loginBy',
  'devices',
  'status',
  'expiresAt',
  'validSec',
  'firstUsedAt',
  'beginsAt',
  'quotaOctets',
  'quotaSec',
  'topUps',
  'createdAt',
] as const
export type SubscriberColumn = (typeof subscriberColumns)[number]

/** Rows of one page. */
export const SHEET_ROWS_MAX = 1000

/** All that a file holds of subscribers but their passwords, in order of login; lines of one customer say so by `customer`. */
export const subscriberSheet = defineQuery({
  name: 'subscribers.sheet',
  summary: 'Lists subscribers as rows of a file, as subscribers.import takes them, without passwords.',
  permission: 'subscribers.read',
  input: z.object({
    after: z.string().default(''),
    limit: z.number().int().min(1).max(SHEET_ROWS_MAX).default(SHEET_ROWS_MAX),
    /** Only these. */
    logins: z.array(z.string()).max(SHEET_ROWS_MAX).optional(),
  }),
  tables: { services, customers, plans, grants },
  examples: [{}, { after: 'b', limit: 2 }, { logins: ['a', 'b'] }],
  select: ({ db, services, customers, plans, grants, ref, byKey }, { after, limit, logins }) =>
    db
      .select({
        login: services.login,
        customerId: customers.id,
        plan: plans.name,
        name: customers.name,
        phone: customers.phone,
        email: customers.email,
        status: services.status,
        createdAt: services.createdAt,
        mac: services.mac,
        framedIp: grants.framedIp,
        framedIpv6Prefix: grants.framedIpv6Prefix,
        delegatedIpv6Prefix: grants.delegatedIpv6Prefix,
        vlan: grants.vlan,
        macLogin: grants.macLogin,
        serial: grants.serial,
        serialLogin: grants.serialLogin,
        devices: grants.devices,
        expiresAt: grants.expiresAt,
        validitySec: grants.validitySec,
        firstUsedAt: grants.firstUsedAt,
        beginsAt: grants.beginsAt,
        quotaOctets: grants.quotaOctets,
        quotaSec: grants.quotaSec,
        topUps: grants.topUps,
      })
      .from(services)
      .innerJoin(customers, ref(services.customerId, customers.id))
      .innerJoin(plans, ref(services.planId, plans.id))
      .innerJoin(grants, ref(grants.serviceId, services.id))
      .where(
        and(
          gt(services.login, after),
          // Of who was erased there is nothing to tell.
          eq(customers.status, 'active'),
          logins === undefined ? undefined : inArray(services.login, logins),
        ),
      )
      .orderBy(ascending(services.login), ...byKey(services))
      .limit(limit),
  shape: (rows) => rows,
})

export type SubscriberSheetRow = ResultOf<typeof subscriberSheet>[number]

export type SubscriberCells = Record<Exclude<SubscriberColumn, 'password'>, string>

const loginByOf = ({ macLogin, serialLogin }: SubscriberSheetRow): string => {
  if (macLogin !== null) return 'device'
  return serialLogin ? 'serial' : 'password'
}

export const subscriberCells = (row: SubscriberSheetRow): SubscriberCells => ({
  login: row.login,
  plan: row.plan,
  phone: textOf(row.phone),
  ip: textOf(row.framedIp),
  mac: textOf(row.mac),
  name: row.name,
  email: textOf(row.email),
  customer: row.customerId,
  vlan: textOf(row.vlan),
  ipv6: textOf(row.framedIpv6Prefix),
  delegated: textOf(row.delegatedIpv6Prefix),
  serial: textOf(row.serial),
  loginBy: loginByOf(row),
  devices: devicesText(row.devices, row.macLogin === null ? row.mac : null),
  status: row.status,
  ...validityCells(row),
  createdAt: instantText(row.createdAt),
})

/** Columns that an empty cell of a change clears; in the others it says nothing. */
export const clearedByEmpty: ReadonlySet<string> = new Set([
  'phone',
  'ip',
  'mac',
  'email',
  'vlan',
  'ipv6',
  'delegated',
  'serial',
  'devices',
  'validSec',
  'firstUsedAt',
  'beginsAt',
] satisfies SubscriberColumn[])

/** What a row becomes when these cells of a file are laid over it. */
export const overlaid = <C extends Readonly<Record<string, string>>>(
  current: C,
  cells: Readonly<Record<string, string | undefined>>,
  cleared: ReadonlySet<string>,
): C => {
  const given = Object.entries(cells).filter(
    ([column, cell]) => cell !== undefined && Object.hasOwn(current, column) && (cell !== '' || cleared.has(column)),
  )
  return { ...current, ...Object.fromEntries(given) }
}
