import { and, eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery } from '@lango/kernel/db'
import { phoneSpellings } from './phone.ts'
import { customers } from './tables.ts'

const ROWS_MAX = 5

/** Customers with this phone, however it was typed. */
export const customersOfPhone = defineQuery({
  name: 'customers.ofPhone',
  summary: 'Finds the customers who have this phone (E.164), however it was typed.',
  permission: 'subscribers.read',
  input: z.object({ phone: z.string().max(32) }),
  tables: { customers },
  examples: [{ phone: '+254712345678' }, { phone: 'a' }],
  select: ({ db, customers, byKey }, { phone }) =>
    db
      .select({ id: customers.id, name: customers.name, phone: customers.phone })
      .from(customers)
      .where(and(inArray(customers.phone, [...phoneSpellings(phone)]), eq(customers.status, 'active')))
      .orderBy(...byKey(customers))
      .limit(ROWS_MAX),
  shape: (rows) => rows,
})
