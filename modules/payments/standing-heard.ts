/** What is heard of standing orders: what was posted to the address of one, and the money that comes by one. */
import { and, count, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { readReference } from '../ledger/index.ts'
import type { Wallet } from '../wallets/index.ts'
import { arrival, isWritten, keep, mayCount } from './inbox.ts'
import { failures } from './port.ts'
import { answerOrder, orderAt, setOrder, type StandingOrder } from './standing-orders.ts'
import { orderOutcome, orderPaidBy, standingOrderLimits } from './standing-rules.ts'
import { standingOrders } from './standing-table.ts'
import { paymentInbox } from './tables.ts'

const REFS_MAX = 4
const claim = z.object({
  refs: z.array(z.string().max(500)).max(REFS_MAX).readonly(),
  failure: z.enum(failures).nullable(),
  amountMinor: z.number().int().optional(),
  currency: z.string().max(3).optional(),
})

/** The same again changes nothing. It moves no money, whoever posts it: what is in a wallet was paid and confirmed. */
export const hearStandingOrder = defineCommand({
  name: 'standingOrders.result',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    ...arrival,
    standingOrderId: z.string(),
    /** Undefined where it cannot be read. */
    claim: claim.optional(),
  }),
  audit: ({ standingOrderId, origin, digest }) => ({ standingOrderId, origin, digest }),
  handle(ctx, { claim: told, ...arrived }) {
    const order = orderAt(ctx, arrived.standingOrderId)
    if (!order) return err({ type: 'StandingOrderUnknown', number: 0 })
    if (isWritten(ctx, arrived.digest) || rowsOf(ctx, order) >= standingOrderLimits.rowsOfOrderMax)
      return ok({ outcome: undefined })
    const outcome = mayCount(ctx, arrived) ? orderOutcome(order, told) : 'unknown-source'
    keep(ctx, { ...arrived, outcome })
    if (outcome === 'believed') answerOrder(ctx, order, told!)
    if (outcome === 'early') setOrder(ctx, order, { claims: [...order.claims, told!] })
    return ok({ outcome })
  },
})

const rowsOf = ({ db }: CommandContext, { id }: StandingOrder): number => {
  const { site } = paymentInbox
  return db.select({ rows: count() }).from(site).where(eq(site.standingOrderId, id)).get()!.rows
}

type Paid = {
  readonly account: string
  readonly amountMinor: number
  readonly currency: string
  readonly paidAt: number
}

/** Money has come into a wallet by its reference: it is what a standing order that nobody has told of was agreed to. */
export const orderPaid = (ctx: CommandContext, wallet: Wallet | undefined, { account, paidAt, ...of }: Paid): void => {
  if (wallet === undefined || readReference(account) !== wallet.reference) return
  const { site } = standingOrders
  const isSame = and(eq(site.amountMinor, of.amountMinor), eq(site.currency, of.currency))
  const rows = ctx.db
    .select()
    .from(site)
    .where(and(eq(site.walletId, wallet.id), isSame))
    .all()
  const order = orderPaidBy(rows, paidAt)
  if (!order) return
  const lastPaidAt = Math.max(order.lastPaidAt ?? 0, paidAt)
  const isNews = order.state === 'asked' || order.state === 'unknown'
  setOrder(ctx, order, { lastPaidAt, ...(isNews && { state: 'active', failure: null, answeredAt: ctx.now }) })
}
