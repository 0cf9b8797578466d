import { and, eq, gt, inArray, or } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, contains, defineQuery } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { plans } from '../plans/tables.ts'
import { services } from './tables.ts'

/** Rows of one page of a list. */
const PAGE_ROWS_MAX = 1000

/** Subscribers in order of login; `after` is the last login of the page before. */
export const listSubscribers = defineQuery({
  name: 'subscribers.list',
  permission: 'subscribers.read',
  input: z.object({
    search: z.string().max(100).optional(),
    after: z.string().default(''),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(100),
  }),
  tables: { services, customers, plans, grants },
  examples: [{}, { search: 'a' }, { after: 'b', limit: 2 }],
  select: ({ db, services, customers, plans, grants, ref, byKey }, { search, after, limit }) =>
    db
      .select({
        login: services.login,
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
          search === undefined
            ? undefined
            : or(contains(services.login, search), contains(customers.name, search), contains(customers.phone, search)),
        ),
      )
      .orderBy(ascending(services.login), ...byKey(services))
      .limit(limit),
  shape: (rows) => rows,
})

/** Everything a desk wants to see of one subscriber; undefined when nobody has the login. */
export const showSubscriber = defineQuery({
  name: 'subscribers.show',
  permission: 'subscribers.read',
  input: z.object({ login: z.string() }),
  tables: { services, customers, plans, grants },
  examples: [{ login: 'a' }, { login: '' }],
  select: ({ db, services, customers, plans, grants, ref, byKey }, { login }) =>
    db
      .select({
        login: services.login,
        status: services.status,
        kind: services.kind,
        createdAt: services.createdAt,
        customer: { id: customers.id, name: customers.name, phone: customers.phone, email: customers.email },
        plan: { id: plans.id, name: plans.name, policy: plans.policy },
        grant: {
          no: grants.no,
          expiresAt: grants.expiresAt,
          firstUsedAt: grants.firstUsedAt,
          validitySec: grants.validitySec,
          quotaOctets: grants.quotaOctets,
          framedIp: grants.framedIp,
          framedIpv6Prefix: grants.framedIpv6Prefix,
          delegatedIpv6Prefix: grants.delegatedIpv6Prefix,
          vlan: grants.vlan,
          macLogin: grants.macLogin,
          serial: grants.serial,
          devices: grants.devices,
        },
      })
      .from(services)
      .innerJoin(customers, ref(services.customerId, customers.id))
      .innerJoin(plans, ref(services.planId, plans.id))
      .innerJoin(grants, ref(grants.serviceId, services.id))
      .where(eq(services.login, login))
      .orderBy(...byKey(services)),
  shape: (rows) => rows[0],
})

/** Rows of one question: an import asks for each of its chunks. */
const TAKEN_ROWS_MAX = 500

/** Which of these logins and device addresses are taken already; device addresses in normal form. */
export const takenLogins = defineQuery({
  name: 'subscribers.taken',
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
