/** Vouchers that change hands: given to a seller, or sold, by the serial numbers on the paper. */
import { and, eq, gte, inArray, lte } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, inParts, type CommandContext } from '@lango/kernel/verbs'
import { actorMay } from '../people/index.ts'
import { VOUCHERS_AT_ONCE, batchNumbered } from './commands.ts'
import { recordMove, recordSales, sellerCalled } from './sales.ts'
import { vouchers } from './tables.ts'

/** The first number of the batch behind these that there is a voucher of. */
const numberAfter = ({ raw }: CommandContext, batchId: string, serial: number): number =>
  raw
    .prepare<[string, number], number | null>('SELECT min(serial) FROM vouchers WHERE batch_id = ? AND serial > ?')
    .pluck()
    .get(batchId, serial) ?? Infinity

/** Who had them before they were handed on: a sheet that several agents share is told in parts. */
const heldBy = ({ raw }: CommandContext, batchId: string, from: number, to: number): unknown =>
  raw
    .prepare<[string, number, number]>(
      `SELECT state, holder, count(*) AS vouchers FROM vouchers
       WHERE batch_id = ? AND serial BETWEEN ? AND ? AND state IN ('made', 'given') GROUP BY state, holder LIMIT 20`,
    )
    .all(batchId, from, to)

/**
 * Hands vouchers of a batch to somebody, or marks them sold: by the serial numbers on the paper. Whoever is given some
 * and is of the staff sees their codes when they sell them, so it takes the right to see codes to give them any.
 */
export const handVouchers = inParts(
  defineCommand({
    name: 'vouchers.hand',
    summary: 'Gives vouchers of a batch to a seller, or marks them sold, by the serial numbers on the paper.',
    output: z.object({
      batch: z.number().int(),
      moved: z.number().int(),
      asked: z.number().int(),
      /** The last number that was looked at. */
      through: z.number().int(),
    }),
    permission: 'vouchers.sell',
    audit: (input, { value }) => ({
      ...input,
      to: (value as { readonly through: number } | undefined)?.through ?? input.to,
    }),
    input: z
      .object({
        batch: z.number().int(),
        from: z.number().int().min(1),
        to: z.number().int().min(1),
        state: z.enum(['given', 'sold']),
        /** Somebody of the staff by their login, or anybody else by name. */
        holder: z.string().trim().min(1).max(64),
      })
      .refine(({ from, to }) => from <= to, { path: ['to'], message: 'The last number comes after the first.' }),
    handle(ctx, { batch: number, from, to: last, state, holder }) {
      // An agent has their own stock, and a page to sell from it.
      if (!actorMay(ctx, 'vouchers.read')) return err({ type: 'Forbidden', permission: 'vouchers.read' })
      const batch = batchNumbered(ctx, number)
      if (!batch) return err({ type: 'BatchUnknown', batch: number })
      const seller = sellerCalled(ctx, holder)
      if (state === 'given' && seller.agentId !== null && !actorMay(ctx, 'vouchers.reveal'))
        return err({ type: 'Forbidden', permission: 'vouchers.reveal' })
      const { site } = vouchers
      const behind = numberAfter(ctx, batch.id, from + VOUCHERS_AT_ONCE[state] - 1)
      const to = Math.min(last, behind - 1)
      const held = heldBy(ctx, batch.id, from, to)
      // Sold is sold: what an agent has sold is not in anybody's stock again.
      const moved = ctx.db
        .update(site)
        .set({ state, ...seller, changedAt: ctx.now, changedBy: ctx.actor.id })
        .where(
          and(
            eq(site.batchId, batch.id),
            gte(site.serial, from),
            lte(site.serial, to),
            inArray(site.state, ['made', 'given']),
          ),
        )
        .returning({ id: site.id })
        .all()
      const voucherIds = moved.map(({ id }) => id)
      const terms = state === 'sold' ? recordSales(ctx, { voucherIds, batch, seller, codeTold: false }) : {}
      ctx.changed(held, [{ state, holder: seller.holder, vouchers: moved.length, ...terms }])
      if (moved.length > 0) recordMove(ctx, { batchId: batch.id, fromSerial: from, toSerial: to, state }, seller)
      return ok({ batch: number, moved: moved.length, asked: to - from + 1, through: to })
    },
  }),
  {
    next: (input, { through }) => (through < input.to ? { ...input, from: through + 1 } : undefined),
    join: (before, after) => ({ ...after, moved: before.moved + after.moved, asked: before.asked + after.asked }),
  },
)
