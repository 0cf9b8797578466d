/** Whose number is forgotten: what was bought and paid by it keeps its rows and sums, and leads to nobody. */
import { and, eq, gt, inArray, lte } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import {
  defineCommand,
  defineJob,
  destroyPersonKeys,
  follow,
  type CommandContext,
  type Follower,
} from '@lango/kernel/verbs'
import { forgetPhone } from '../customers/index.ts'
import { readReference } from '../ledger/index.ts'
import { forgetMessages } from '../messages/index.ts'
import { forgetWallet } from '../wallets/index.ts'
import { paymentLimits } from './rules.ts'
import { openStates } from './standing-rules.ts'
import { standingOrders } from './standing-table.ts'
import { payments, payouts, purchases, renewals } from './tables.ts'

/** What stands where a phone was. */
const ERASED = 'erased'
/** Later than that no money comes for a purchase that is found by its phone: the provider tells of nothing older. */
const MATCHED_WITHIN_MS = paymentLimits.pullBackMs + paymentLimits.fitsWithinMs
/** Purchases of one transaction. */
const AT_ONCE = 500
const OUR_REFERENCE = /^[LW][0-9A-Z]{8}$/

const forgetBuyers = (ctx: CommandContext, ids: readonly string[]): void => {
  const { site } = payments
  ctx.db.update(purchases.site).set({ phone: ERASED, device: null }).where(inArray(purchases.site.id, ids)).run()
  const paid = ctx.db
    .select({ id: site.id, account: site.account })
    .from(site)
    .where(inArray(site.purchaseId, ids))
    .all()
  for (const { id, account } of paid) {
    // People type numbers and names there; what this box has told them to type names nobody.
    const kept = OUR_REFERENCE.test(readReference(account)) ? account : ''
    const nobody = { phone: null, phoneHint: null, phones: [], name: null, account: kept }
    ctx.db.update(site).set(nobody).where(eq(site.id, id)).run()
  }
  for (const id of ids) forgetMessages(ctx, `purchase:${id}`)
  destroyPersonKeys(ctx.raw, ids)
}

const purchaseIds = z.array(z.string()).max(AT_ONCE)

const forgetBought = defineCommand({
  name: 'purchases.forget',
  permission: 'system',
  isInternal: true,
  input: z.object({ purchaseIds }),
  handle(ctx, input) {
    forgetBuyers(ctx, input.purchaseIds)
    return ok()
  },
})

/** What was bought shortly before: its money may not be told of yet, and is found by the phone alone. */
export const forgetJob = defineJob({
  name: 'payments.forgetting',
  input: z.object({ purchaseIds }),
  run(context, input) {
    context.dispatch(forgetBought, input)
    return Promise.resolve()
  },
})

const idsOf = ({ db }: CommandContext, where: ReturnType<typeof and>): readonly string[] =>
  db
    .select({ id: purchases.site.id })
    .from(purchases.site)
    .where(where)
    .all()
    .map(({ id }) => id)

const inParts = (ids: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) => ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE))

export const followers: readonly Follower[] = [
  follow(forgetPhone, (ctx, { phone }) => {
    const { site } = purchases
    const isOld = ctx.now - MATCHED_WITHIN_MS
    const theirs = eq(site.phone, phone)
    for (const ids of inParts(idsOf(ctx, and(theirs, lte(site.requestedAt, isOld))))) forgetBuyers(ctx, ids)
    for (const ids of inParts(idsOf(ctx, and(theirs, gt(site.requestedAt, isOld)))))
      ctx.enqueue(forgetJob, { purchaseIds: [...ids] }, { runAt: ctx.now + MATCHED_WITHIN_MS })
    const over = inArray(payouts.site.state, ['done', 'failed', 'turned-down'])
    ctx.db
      .update(payouts.site)
      .set({ phone: ERASED, payeeName: null })
      .where(and(eq(payouts.site.phone, phone), over))
      .run()
  }),
  follow(forgetWallet, (ctx, { walletId }) => {
    ctx.db.delete(renewals.site).where(eq(renewals.site.walletId, walletId)).run()
    const { site } = standingOrders
    const ofWallet = eq(site.walletId, walletId)
    // The handset may hold on to it: what still comes by it is found to be for nobody, and somebody looks at it.
    ctx.db
      .update(site)
      .set({ state: 'ended', endedAt: ctx.now, endedBy: ctx.actor.id })
      .where(and(ofWallet, inArray(site.state, [...openStates])))
      .run()
    ctx.db.update(site).set({ phone: ERASED, claims: [] }).where(ofWallet).run()
  }),
]

export const forgetCommands = [forgetBought]
