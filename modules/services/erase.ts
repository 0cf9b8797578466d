import { eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { defineCommand, destroyPersonKeys } from '@lango/kernel/verbs'
import { accessChanged } from '../access/index.ts'
import { grants, passphrases } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { foundBy } from './found-by.ts'
import { NOBODY } from './owner.ts'
import { services } from './tables.ts'
import { recordOfLogin } from './whose.ts'

/**
 * Forgets a customer: their services end, what identifies them is written over, and the keys are destroyed by which
 * the audit log could tell of them. Money and sessions keep their rows, which then lead to nobody.
 */
export const eraseCustomer = defineCommand({
  name: 'customers.erase',
  summary:
    'Erases a customer for good: services end, personal data is overwritten, sessions and money keep rows that lead to nobody.',
  output: z.object({ customerId: z.string() }),
  permission: 'customers.erase',
  input: z.object({ login: z.string().min(1).max(253) }),
  // The keys are gone by the time this is recorded: only the id tells who it was.
  audit: (input, about) =>
    about.value === undefined ? recordOfLogin(input, about) : { customerId: (about.value as Erased).customerId },
  handle(ctx, { login }) {
    const found = ctx.db.select().from(services.site).where(eq(services.site.login, login)).get()
    if (!found) return err({ type: 'SubscriberUnknown', login })
    const { customerId } = found
    const owned = ctx.db.select().from(services.site).where(eq(services.site.customerId, customerId)).all()
    const ids = owned.map(({ id }) => id)
    const ended = ctx.db.select().from(grants.site).where(inArray(grants.site.serviceId, ids)).all()
    ctx.db
      .update(customers.site)
      .set({ ...NOBODY, status: 'closed' })
      .where(eq(customers.site.id, customerId))
      .run()
    for (const { id } of owned) {
      const left = { login: `erased-${id}`, framedIp: null, mac: null }
      ctx.db
        .update(services.site)
        .set({ status: 'ended', ...left, foundBy: foundBy({ ...NOBODY, ...left }) })
        .where(eq(services.site.id, id))
        .run()
    }
    for (const { id, serviceId } of ended)
      ctx.db
        .update(grants.site)
        .set({ status: 'ended', login: `erased-${serviceId}`, devices: [], ...nothingLeft })
        .where(eq(grants.site.id, id))
        .run()
    const grantIds = ended.map(({ id }) => id)
    ctx.db.delete(passphrases.site).where(inArray(passphrases.site.id, grantIds)).run()
    destroyPersonKeys(ctx.raw, [customerId, ...mergedInto(ctx.raw, customerId), ...ids])
    for (const { no } of ended) ctx.emit(accessChanged, { grantNo: no })
    return ok({ customerId, services: ids.length } satisfies Erased)
  },
})

/** Who has become this customer, one after another: what the log tells of them is told of this one. */
const mergedInto = (raw: RawDatabase, customerId: string): readonly string[] =>
  raw
    .prepare<[string], string>(
      `WITH RECURSIVE merged (id) AS (
         SELECT id FROM customers WHERE moved_to = ?
         UNION SELECT c.id FROM customers c JOIN merged m ON c.moved_to = m.id)
       SELECT id FROM merged`,
    )
    .pluck()
    .all(customerId)

type Erased = { readonly customerId: string; readonly services: number }

const nothingLeft = {
  credential: null,
  macLogin: null,
  framedIp: null,
  framedIpv6Prefix: null,
  delegatedIpv6Prefix: null,
  serial: null,
} as const
