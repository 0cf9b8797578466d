import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { defineCommand, destroyPersonKeys, inParts, type CommandContext } from '@lango/kernel/verbs'
import { accessChanged } from '../access/index.ts'
import { grants, passphrases } from '../access/tables.ts'
import { forgetPhone, phoneSpellings, readPhone } from '../customers/index.ts'
import { customers } from '../customers/tables.ts'
import { createSettings } from '../settings/index.ts'
import { mayForget, walletOfPhone, type WalletFault } from '../wallets/index.ts'
import { foundBy } from './found-by.ts'
import { NOBODY } from './owner.ts'
import { services } from './tables.ts'
import { recordOfLogin } from './whose.ts'

/** What a service is called from then on, with its id behind. */
const ERASED_LOGIN = 'erased-'
/** Services of one transaction. */
const ERASED_AT_ONCE = 25

/**
 * Forgets a customer: their services end, what identifies them is written over, and the keys are destroyed by which
 * the audit log could tell of them; so is their phone, wherever it stands. Money and sessions keep their rows, which then
 * lead to nobody. A wallet with something in it, or with a debt, is emptied first, by somebody who says how.
 */
export const eraseCustomer = inParts(
  defineCommand({
    name: 'customers.erase',
    summary:
      'Erases a customer for good: services end, personal data is overwritten, sessions and money keep rows that lead to nobody.',
    output: z.object({ customerId: z.string() }),
    permission: 'customers.erase',
    input: z.object({ login: z.string().min(1).max(253) }),
    // The keys are gone by the time this is recorded: only the id tells who it was.
    audit: (input, about) =>
      about.value === undefined ? recordOfLogin(input, about) : { customerId: (about.value as Erased).customerId },
    handle(ctx, { login }): Result<Erased, EraseFault> {
      const found = ctx.db.select().from(services.site).where(eq(services.site.login, login)).get()
      if (!found) return err({ type: 'SubscriberUnknown', login })
      const { customerId } = found
      const phone = phoneAlone(ctx, customerId)
      const wallet = phone === undefined ? undefined : walletOfPhone(ctx, phone)
      const may = wallet ? mayForget(ctx, wallet) : ok()
      if (!may.ok) return may
      // The one that was named goes last: until all is done the customer is found by it again.
      const left = ctx.db
        .select({ id: services.site.id })
        .from(services.site)
        .where(
          and(
            eq(services.site.customerId, customerId),
            sql`${services.site.login} <> ${ERASED_LOGIN} || ${services.site.id}`,
          ),
        )
        .orderBy(eq(services.site.id, found.id), services.site.id)
        .limit(ERASED_AT_ONCE + 1)
        .all()
      const owned = left.slice(0, ERASED_AT_ONCE)
      const more = left.length > owned.length
      const ids = owned.map(({ id }) => id)
      const ended = ctx.db.select().from(grants.site).where(inArray(grants.site.serviceId, ids)).all()
      if (!more)
        ctx.db
          .update(customers.site)
          .set({ ...NOBODY, status: 'closed' })
          .where(eq(customers.site.id, customerId))
          .run()
      for (const { id } of owned) {
        const left = { login: `${ERASED_LOGIN}${id}`, framedIp: null, mac: null }
        ctx.db
          .update(services.site)
          .set({ status: 'ended', ...left, foundBy: foundBy({ ...NOBODY, ...left }) })
          .where(eq(services.site.id, id))
          .run()
      }
      for (const { id, serviceId } of ended)
        ctx.db
          .update(grants.site)
          .set({ status: 'ended', login: `${ERASED_LOGIN}${serviceId}`, devices: [], ...nothingLeft })
          .where(eq(grants.site.id, id))
          .run()
      const grantIds = ended.map(({ id }) => id)
      ctx.db.delete(passphrases.site).where(inArray(passphrases.site.id, grantIds)).run()
      destroyPersonKeys(ctx.raw, more ? ids : [customerId, ...mergedInto(ctx.raw, customerId), ...ids])
      if (!more && phone !== undefined) ctx.call(forgetPhone, { phone })
      for (const { no } of ended) ctx.emit(accessChanged, { grantNo: no })
      return ok({ customerId, services: ids.length, more } satisfies Erased)
    },
  }),
  {
    next: (input, { more }) => (more ? input : undefined),
    join: (before, after) => ({ ...after, services: before.services + after.services }),
  },
)

type EraseFault = { readonly type: 'SubscriberUnknown'; readonly login: string } | WalletFault

/** Their phone, as wallets and purchases know it; undefined where it is another customer's too, and goes on with them. */
const phoneAlone = (ctx: CommandContext, customerId: string): string | undefined => {
  const { site } = customers
  const typed = ctx.db.select({ phone: site.phone }).from(site).where(eq(site.id, customerId)).get()?.phone ?? ''
  const phone = readPhone(typed, createSettings(ctx.raw)().currency)
  if (!phone.ok) return undefined
  const others = and(
    inArray(site.phone, [typed, ...phoneSpellings(phone.value)]),
    eq(site.status, 'active'),
    ne(site.id, customerId),
  )
  return ctx.db.select({ id: site.id }).from(site).where(others).get() ? undefined : phone.value
}

/** Who has become this customer, one after another: what the log tells of them is told of this one. */
export const mergedInto = (raw: RawDatabase, customerId: string): readonly string[] =>
  raw
    .prepare<[string], string>(
      `WITH RECURSIVE merged (id) AS (
         SELECT id FROM customers WHERE moved_to = ?
         UNION SELECT c.id FROM customers c JOIN merged m ON c.moved_to = m.id)
       SELECT id FROM merged`,
    )
    .pluck()
    .all(customerId)

type Erased = { readonly customerId: string; readonly services: number; readonly more: boolean }

const nothingLeft = {
  credential: null,
  macLogin: null,
  framedIp: null,
  framedIpv6Prefix: null,
  delegatedIpv6Prefix: null,
  serial: null,
} as const
