import { and, eq, gt, inArray, not, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, contains, defineQuery, startsWith } from '@lango/kernel/db'
import { codeLogin, devicePart } from '../access/index.ts'
import { grants, policies } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { plans } from '../plans/tables.ts'
import { services } from './tables.ts'

/** Rows of one page of a list. */
const PAGE_ROWS_MAX = 1000

/** Subscribers in order of login, found by any part of what they are known by; `after` is the last login of the page before. */
export const listSubscribers = defineQuery({
  name: 'subscribers.list',
  summary:
    'Searches subscribers by any part of login, name, phone, device or address, in order of login, a page at a time.',
  permission: 'subscribers.read',
  input: z.object({
    search: z.string().max(100).default(''),
    status: z.enum(['active', 'suspended', 'ended']).optional(),
    planId: z.string().optional(),
    /** Whose validity is over at this instant (epoch ms). */
    expiredAt: z.number().int().optional(),
    after: z.string().default(''),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(100),
  }),
  tables: { services, customers, plans, grants },
  examples: [
    {},
    { search: 'a' },
    { search: 'AA:BB', status: 'active' },
    { after: 'b', limit: 2 },
    { expiredAt: 5 },
    { planId: 'plans_1' },
  ],
  select: (read, { search, status, planId, expiredAt, after, limit }) => {
    const { db, services, customers, plans, grants, ref, scoped, byKey } = read
    // Those few are found by when they expire; grants of vouchers, which may be many, are passed over.
    const expired = sql`select ${scoped(grants.serviceId)} from ${grants}
      where ${grants.expiresAt} <= ${expiredAt} and ${not(startsWith(grants.login, codeLogin('')))}`
    return db
      .select({
        login: services.login,
        customerId: customers.id,
        name: customers.name,
        phone: customers.phone,
        plan: plans.name,
        kind: services.kind,
        status: services.status,
        expiresAt: grants.expiresAt,
        grantNo: grants.no,
      })
      .from(services)
      .innerJoin(customers, ref(services.customerId, customers.id))
      .innerJoin(plans, ref(services.planId, plans.id))
      .innerJoin(grants, ref(grants.serviceId, services.id))
      .where(
        and(
          gt(services.login, after),
          status === undefined ? undefined : eq(services.status, status),
          planId === undefined ? undefined : eq(services.planId, planId),
          expiredAt === undefined ? undefined : sql`(${scoped(services.id)}) in (${expired})`,
          search === '' ? undefined : or(...[...waysToType(search)].map((way) => contains(services.foundBy, way))),
        ),
      )
      .orderBy(ascending(services.login), ...byKey(services))
      .limit(limit)
  },
  shape: (rows) => rows,
})

/** A MAC address is kept with colons, whatever is typed between its octets. */
const waysToType = (q: string): ReadonlySet<string> => new Set([q.toLowerCase(), devicePart(q).toLowerCase()])

/** One subscriber with all that decides about their access; undefined when nobody has the login. */
export const showSubscriber = defineQuery({
  name: 'subscribers.show',
  summary: 'Shows one subscriber with plan, policy, devices and validity; null when nobody has the login.',
  permission: 'subscribers.read',
  input: z.object({ login: z.string() }),
  tables: { services, customers, plans, grants, policies },
  examples: [{ login: 'a' }, { login: '' }],
  select: ({ db, services, customers, plans, grants, policies, ref, byKey }, { login }) =>
    db
      .select({
        login: services.login,
        status: services.status,
        kind: services.kind,
        createdAt: services.createdAt,
        customer: {
          id: customers.id,
          name: customers.name,
          phone: customers.phone,
          email: customers.email,
          language: customers.language,
        },
        plan: { id: plans.id, name: plans.name, policy: plans.policy, status: plans.status },
        grant: grantFields(grants),
        policy: policies.policy,
      })
      .from(services)
      .innerJoin(customers, ref(services.customerId, customers.id))
      .innerJoin(plans, ref(services.planId, plans.id))
      .innerJoin(grants, ref(grants.serviceId, services.id))
      .innerJoin(policies, ref(grants.policyId, policies.id))
      .where(eq(services.login, login))
      .orderBy(...byKey(services)),
  shape: (rows) => rows[0],
})

/** All of a grant but its sealed password. */
const grantFields = (table: typeof grants.read) => ({
  no: table.no,
  status: table.status,
  expiresAt: table.expiresAt,
  beginsAt: table.beginsAt,
  firstUsedAt: table.firstUsedAt,
  validitySec: table.validitySec,
  quotaOctets: table.quotaOctets,
  quotaSec: table.quotaSec,
  framedIp: table.framedIp,
  framedIpv6Prefix: table.framedIpv6Prefix,
  delegatedIpv6Prefix: table.delegatedIpv6Prefix,
  vlan: table.vlan,
  macLogin: table.macLogin,
  serial: table.serial,
  devices: table.devices,
})

/** Rows of one question: an import asks for each of its chunks. */
const TAKEN_ROWS_MAX = 500

/** Which of these logins and device addresses are taken already; device addresses in normal form. */
export const takenLogins = defineQuery({
  name: 'subscribers.taken',
  summary: 'Tells which of the given logins and device addresses are in use already.',
  permission: 'subscribers.read',
  input: z.object({
    logins: z.array(z.string()).max(TAKEN_ROWS_MAX),
    macs: z.array(z.string()).max(TAKEN_ROWS_MAX).default([]),
  }),
  tables: { grants },
  examples: [{ logins: ['a', 'b'], macs: ['a'] }],
  select: ({ db, grants, byKey }, { logins, macs }) =>
    db
      .select({ login: grants.login, macLogin: grants.macLogin })
      .from(grants)
      .where(or(inArray(grants.login, logins), inArray(grants.macLogin, macs)))
      .orderBy(...byKey(grants)),
  shape: (rows) => rows,
})
