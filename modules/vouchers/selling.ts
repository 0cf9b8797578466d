/** An agent sells from the stock that is their own, and from no other: the code is told with the sale. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { credentialPurpose } from '../access/index.ts'
import { recordMove, recordSales } from './sales.ts'
import { vouchers } from './tables.ts'

/** A voucher that is good for a first login. */
const GOOD = `v.state = ? AND g.status = 'active' AND g.first_used_at IS NULL AND g.credential IS NOT NULL
  AND (g.expires_at IS NULL OR g.expires_at > ?)`

type Held = {
  readonly id: string
  readonly serial: number
  readonly holder: string
  readonly batchId: string
  readonly batch: number
  readonly prefix: string
  readonly planId: string
  readonly plan: string
  readonly grantId: string
  readonly credential: Buffer
}
type Price = { readonly priceMinor: number; readonly currency: string }

const COLUMNS = `v.id, v.serial, v.holder, b.id AS batchId, b.number AS batch, b.prefix, p.id AS planId, p.name AS plan,
  g.id AS grantId, g.credential`
const TABLES = `vouchers v JOIN voucher_batches b ON b.id = v.batch_id JOIN plans p ON p.id = b.plan_id
  JOIN grants g ON g.service_id = v.id`

type CodesUnreadable = { readonly type: 'CodesUnreadable'; readonly batch: number }

const codeOf = (ctx: CommandContext, { grantId, credential, batch }: Held): Result<string, CodesUnreadable> => {
  const opened = ctx.vault.open(credential, credentialPurpose(grantId))
  return opened.ok ? ok(opened.value.reveal()) : err({ type: 'CodesUnreadable', batch })
}

/** Sells the next voucher of a plan out of one's own stock, and tells its code. */
export const sellVoucher = defineCommand({
  name: 'vouchers.sellOne',
  summary: 'Sells the next voucher of a plan out of one’s own stock, and tells its code.',
  permission: 'vouchers.sell',
  valueIsSecret: true,
  input: z.object({ plan: z.string().min(1).max(64) }),
  handle(ctx, { plan }) {
    const held = ctx.raw
      .prepare<[string, string, string, number], Held>(
        `SELECT ${COLUMNS} FROM ${TABLES} WHERE v.agent_id = ? AND b.plan_id = ? AND ${GOOD}
         ORDER BY b.number, v.serial LIMIT 1`,
      )
      .get(ctx.actor.id, plan, 'given', ctx.now)
    if (!held) return err({ type: 'StockEmpty' })
    const code = codeOf(ctx, held)
    if (!code.ok) return code
    const { id, serial, batch, batchId, planId, prefix, holder } = held
    const seller = { holder, agentId: ctx.actor.id }
    ctx.db
      .update(vouchers.site)
      .set({ state: 'sold', changedAt: ctx.now, changedBy: ctx.actor.id })
      .where(eq(vouchers.site.id, id))
      .run()
    recordMove(ctx, { batchId, fromSerial: serial, toSerial: serial, state: 'sold' }, seller)
    const terms = recordSales(ctx, { voucherIds: [id], batch: { planId }, seller, codeTold: true })
    ctx.changed({ state: 'given' }, { state: 'sold', batch, serial, holder, ...terms })
    return ok({ id, batch, serial, plan: held.plan, prefix, code: code.value, ...terms })
  },
})

/** The code of one that whoever asks has sold this way themselves, while it is still good for a first login. */
export const showSoldVoucher = defineCommand({
  name: 'vouchers.showSold',
  summary: 'Tells the code of a voucher that one sold oneself, while it is unused.',
  permission: 'vouchers.sell',
  valueIsSecret: true,
  input: z.object({ id: z.string().min(1).max(64) }),
  handle(ctx, { id }) {
    const held = ctx.raw
      .prepare<[string, string, string, number], Held & Price>(
        `SELECT ${COLUMNS}, s.price_minor AS priceMinor, s.currency FROM ${TABLES}
         JOIN voucher_sales s ON s.voucher_id = v.id AND s.kind = 'sold' AND s.code_told = 1
         WHERE v.id = ? AND s.agent_id = ? AND ${GOOD}`,
      )
      .get(id, ctx.actor.id, 'sold', ctx.now)
    if (!held) return err({ type: 'SaleUnknown' })
    const code = codeOf(ctx, held)
    if (!code.ok) return code
    const { serial, batch, plan, prefix, priceMinor, currency } = held
    return ok({ id, batch, serial, plan, prefix, code: code.value, priceMinor, currency })
  },
})
