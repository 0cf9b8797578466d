import { eq, inArray, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { plans } from '../plans/tables.ts'
import { customerNamed } from './owner.ts'
import { services } from './tables.ts'

/** A customer with all that is theirs, in order of login; undefined when nobody is meant, or whoever it was is gone. */
export const showCustomer = defineQuery({
  name: 'customers.show',
  summary: 'Shows a customer by id or login with all of their services; null when nobody is meant.',
  permission: 'subscribers.read',
  input: z.object({ customer: customerNamed }),
  tables: { customers, services, plans, grants },
  examples: [{ customer: 'a' }, { customer: 'customers_1' }, { customer: 'nobody' }],
  select: ({ db, customers, services, plans, grants, ref, scoped, byKey }, { customer }) => {
    const byLogin = sql`select ${scoped(services.customerId)} from ${services} where ${eq(services.login, customer)}`
    const isMeant = or(eq(customers.id, customer), sql`(${scoped(customers.id)}) in (${byLogin})`)
    return {
      meant: db
        .select({
          id: customers.id,
          name: customers.name,
          phone: customers.phone,
          email: customers.email,
          language: customers.language,
          status: customers.status,
        })
        .from(customers)
        .where(isMeant)
        .orderBy(...byKey(customers)),
      owned: db
        .select({
          customerId: services.customerId,
          login: services.login,
          status: services.status,
          kind: services.kind,
          plan: plans.name,
          expiresAt: grants.expiresAt,
          grantNo: grants.no,
        })
        .from(services)
        .innerJoin(customers, ref(services.customerId, customers.id))
        .innerJoin(plans, ref(services.planId, plans.id))
        .innerJoin(grants, ref(grants.serviceId, services.id))
        .where(isMeant)
        .orderBy(ascending(services.login), ...byKey(services)),
    }
  },
  shape({ meant, owned }, { customer: asked }) {
    const found = meant.find(({ id }) => id === asked) ?? meant[0]
    if (found?.status !== 'active') return undefined
    const { status: _, ...customer } = found
    const theirs = owned.filter(({ customerId }) => customerId === found.id)
    return { ...customer, services: theirs.map(({ customerId: __, ...service }) => service) }
  },
})

/** Rows of one question: an import asks for each of its chunks. */
const CUSTOMERS_MAX = 500

/** How these customers are called and reached, by their ids. */
export const customersNamed = defineQuery({
  name: 'customers.named',
  summary: 'Tells how customers are called and reached, by their ids.',
  permission: 'subscribers.read',
  input: z.object({ ids: z.array(z.string()).max(CUSTOMERS_MAX) }),
  tables: { customers },
  examples: [{ ids: ['customers_1', 'nobody'] }],
  select: ({ db, customers, byKey }, { ids }) =>
    db
      .select({
        id: customers.id,
        name: customers.name,
        phone: customers.phone,
        email: customers.email,
        status: customers.status,
      })
      .from(customers)
      .where(inArray(customers.id, ids))
      .orderBy(...byKey(customers)),
  shape: (rows) => rows,
})
