/** What other modules' commands tell the world: by what they were given and what they answered, never a secret of it. */
import { eq, inArray } from 'drizzle-orm'
import { follow, type CommandContext, type Follower } from '@lango/kernel/verbs'
import { CODE_PURPOSE, codeLogin, firstUse, readCode } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { addPlan } from '../plans/index.ts'
import { addService, addSubscriber, importSubscribers, resumeSubscriber, suspendSubscriber } from '../services/index.ts'
import { finishOrders } from '../sessions/index.ts'
import { sessionOrders } from '../sessions/tables.ts'
import { handVouchers, revokeVouchers } from '../vouchers/index.ts'
import { voucherBatches, vouchers } from '../vouchers/tables.ts'
import { tell } from './tell.ts'

/** A voucher as the paper names it; undefined when the grant is a subscriber's. */
const voucherOf = (ctx: CommandContext, grant: { readonly id: string } | { readonly login: string }) =>
  ctx.db
    .select({
      batch: voucherBatches.site.number,
      serial: vouchers.site.serial,
      firstUsedAt: grants.site.firstUsedAt,
      expiresAt: grants.site.expiresAt,
    })
    .from(grants.site)
    .innerJoin(vouchers.site, eq(vouchers.site.id, grants.site.serviceId))
    .innerJoin(voucherBatches.site, eq(voucherBatches.site.id, vouchers.site.batchId))
    .where('id' in grant ? eq(grants.site.id, grant.id) : eq(grants.site.login, grant.login))
    .get()

export const followers: readonly Follower[] = [
  follow(addSubscriber, (ctx, { plan }, { login }) =>
    tell(ctx, 'subscriber.added', { subscribers: [{ login, plan }] }),
  ),
  follow(addService, (ctx, { plan }, { login }) => tell(ctx, 'subscriber.added', { subscribers: [{ login, plan }] })),
  follow(importSubscribers, (ctx, { rows }, { refused }) => {
    const left = new Set(refused.map(({ row }) => row))
    const subscribers = rows.filter((_, row) => !left.has(row)).map(({ login, plan }) => ({ login, plan }))
    if (subscribers.length > 0) tell(ctx, 'subscriber.added', { subscribers })
  }),
  follow(suspendSubscriber, (ctx, { login }) => tell(ctx, 'subscriber.suspended', { subscribers: [{ login }] })),
  follow(resumeSubscriber, (ctx, { login }) => tell(ctx, 'subscriber.resumed', { subscribers: [{ login }] })),
  follow(addPlan, (ctx, { name, kind, priceMinor, currency }) =>
    tell(ctx, 'plan.added', { name, kind, priceMinor, currency }),
  ),
  follow(handVouchers, (ctx, { from, state, holder }, { batch, moved, through: to }) => {
    if (state === 'sold' && moved > 0) tell(ctx, 'voucher.sold', { batch, from, to, sold: moved, holder })
  }),
  follow(revokeVouchers, (ctx, input, { revoked }) => {
    if (revoked === 0) return
    if ('batch' in input) return tell(ctx, 'voucher.revoked', { batch: input.batch, revoked })
    const code = readCode(input.code.reveal())!
    const { batch, serial } = voucherOf(ctx, { login: codeLogin(ctx.vault.keyedHash(code, CODE_PURPOSE)) })!
    tell(ctx, 'voucher.revoked', { batch, serial, revoked })
  }),
  follow(firstUse, (ctx, { grantId }) => {
    const voucher = voucherOf(ctx, { id: grantId })
    // A second device of the same voucher is bound by the same command, later.
    if (voucher?.firstUsedAt === ctx.now) tell(ctx, 'voucher.used', voucher)
  }),
  follow(finishOrders, (ctx, { outcomes }, { unknown }) => {
    const failed = outcomes.filter(({ orderId, state }) => state === 'failed' && !unknown.includes(orderId))
    if (failed.length === 0) return
    const lastOf = new Map(failed.map(({ orderId, steps }) => [orderId, steps.at(-1)?.outcome ?? '']))
    const { id, acctSessionId, kind, reason } = sessionOrders.site
    const orders = ctx.db
      .select({ id, acctSessionId, kind, reason })
      .from(sessionOrders.site)
      .where(inArray(id, [...lastOf.keys()]))
      .all()
    for (const { id: orderId, ...order } of orders) tell(ctx, 'order.failed', { ...order, last: lastOf.get(orderId) })
  }),
]
