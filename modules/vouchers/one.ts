/** One voucher as the desk has it before it: by its id, never by its code. */
import { and, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { ascending, defineQuery, type Reader } from '@lango/kernel/db'
import { defineCommand, inParts, type CommandContext } from '@lango/kernel/verbs'
import { accessChanged, credentialPurpose, policyRow } from '../access/index.ts'
import { grants, policies } from '../access/tables.ts'
import { staff } from '../people/tables.ts'
import { plans } from '../plans/tables.ts'
import { VOUCHERS_AT_ONCE } from './commands.ts'
import { isUnused, voucherState, whileMore } from './rules.ts'
import { endVouchers } from './sales.ts'
import { voucherBatches, voucherMoves, vouchers } from './tables.ts'

/** A voucher is made good for longer by at most this much at once. */
const EXTENSION_SEC_MAX = 366 * 86_400
const kbps = z.number().int().min(8).max(400_000_000)
const id = z.string().min(1).max(64)

type OneTables = {
  readonly vouchers: typeof vouchers
  readonly voucherBatches: typeof voucherBatches
  readonly voucherMoves: typeof voucherMoves
  readonly plans: typeof plans
  readonly grants: typeof grants
  readonly policies: typeof policies
  readonly staff: typeof staff
}

const theVoucher = (read: Reader<OneTables>, voucherId: string) => {
  const { db, vouchers, voucherBatches, plans, grants, policies, staff, ref, byKey, alias } = read
  const maker = alias(staff, 'maker')
  return db
    .select({
      id: vouchers.id,
      batch: voucherBatches.number,
      serial: vouchers.serial,
      tail: vouchers.tail,
      state: vouchers.state,
      holder: vouchers.holder,
      changedAt: vouchers.changedAt,
      changedBy: vouchers.changedBy,
      changer: staff.name,
      madeAt: voucherBatches.createdAt,
      madeBy: voucherBatches.createdBy,
      maker: maker.name,
      planId: plans.id,
      plan: plans.name,
      planPolicy: plans.policy,
      policy: policies.policy,
      grantNo: grants.no,
      firstUsedAt: grants.firstUsedAt,
      beginsAt: grants.beginsAt,
      expiresAt: grants.expiresAt,
      validitySec: grants.validitySec,
      quotaOctets: grants.quotaOctets,
      quotaSec: grants.quotaSec,
      topUps: grants.topUps,
      devices: grants.devices,
    })
    .from(vouchers)
    .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
    .innerJoin(plans, ref(voucherBatches.planId, plans.id))
    .innerJoin(grants, ref(grants.serviceId, vouchers.id))
    .innerJoin(policies, ref(grants.policyId, policies.id))
    .leftJoin(staff, ref(vouchers.changedBy, staff.id))
    .leftJoin(maker, ref(voucherBatches.createdBy, maker.id))
    .where(eq(vouchers.id, voucherId))
    .orderBy(...byKey(vouchers))
}

const itsMoves = (read: Reader<OneTables>, voucherId: string) => {
  const { db, vouchers, voucherMoves: moves, staff, ref, byKey } = read
  return db
    .select({ id: moves.id, state: moves.state, holder: moves.holder, at: moves.at, by: moves.by, mover: staff.name })
    .from(moves)
    .innerJoin(vouchers, ref(moves.batchId, vouchers.batchId))
    .leftJoin(staff, ref(moves.by, staff.id))
    .where(and(eq(vouchers.id, voucherId), sql`${vouchers.serial} between ${moves.fromSerial} and ${moves.toSerial}`))
    .orderBy(ascending(moves.at), ...byKey(moves))
    .limit(MOVES_MAX)
}

const MOVES_MAX = 100

/** What was asked for after a voucher was sold has passed it over. */
const untilSold = <M extends { readonly state: 'given' | 'sold' }>(moves: readonly M[]): readonly M[] => {
  const sold = moves.findIndex(({ state }) => state === 'sold')
  return sold === -1 ? moves : moves.slice(0, sold + 1)
}

/** All there is about a voucher but its code; undefined when there is none. */
export const oneVoucher = defineQuery({
  name: 'vouchers.one',
  summary: 'Shows one voucher by its id, all but its code; null when there is none.',
  permission: 'vouchers.read',
  input: z.object({ id }),
  tables: { vouchers, voucherBatches, voucherMoves, plans, grants, policies, staff },
  examples: [{ id: 'vouchers_1' }, { id: 'vouchers_2' }],
  select: (read, input) => ({ one: theVoucher(read, input.id), moves: itsMoves(read, input.id) }),
  shape: ({ one: [voucher], moves }) => voucher && { ...voucher, moves: untilSold(moves) },
})

type Found = { readonly voucher: typeof vouchers.site.$inferSelect; readonly grant: typeof grants.site.$inferSelect }
type VoucherFault =
  | { readonly type: 'VoucherUnknown' }
  /** What it is too late for: it is revoked, used or expired. */
  | { readonly type: 'VoucherOver' }
  /** It is good at another box. */
  | { readonly type: 'VoucherAway' }

const voucherById = (ctx: CommandContext, voucherId: string): Result<Found, VoucherFault> => {
  const found = ctx.db
    .select({ voucher: vouchers.site, grant: grants.site })
    .from(vouchers.site)
    .innerJoin(grants.site, eq(grants.site.serviceId, vouchers.site.id))
    .where(eq(vouchers.site.id, voucherId))
    .get()
  return found ? ok(found) : err({ type: 'VoucherUnknown' })
}

const liveVoucher = (ctx: CommandContext, voucherId: string): Result<Found, VoucherFault> => {
  const found = voucherById(ctx, voucherId)
  if (found.ok && found.value.voucher.state === 'revoked') return err({ type: 'VoucherOver' })
  return found.ok && found.value.voucher.state === 'away' ? err({ type: 'VoucherAway' }) : found
}

/** Its first login must come before the end of the loan: then the box that has lent it takes it for good at home again. */
const isBorrowed = (ctx: CommandContext, { batchId }: Found['voucher']): boolean =>
  ctx.db
    .select({ loanId: voucherBatches.site.loanId })
    .from(voucherBatches.site)
    .where(eq(voucherBatches.site.id, batchId))
    .get()!.loanId !== null

/** Good for longer: its end, or while it is unused the day by which it must be, is so much later, counted from now at the earliest. */
export const extendVoucher = defineCommand({
  name: 'vouchers.extend',
  summary: 'Lets a voucher be good for longer, counted from now at the earliest.',
  permission: 'vouchers.write',
  input: z.object({ id, sec: z.number().int().min(60).max(EXTENSION_SEC_MAX) }),
  handle(ctx, { id, sec }) {
    const found = liveVoucher(ctx, id)
    if (!found.ok) return found
    const { voucher, grant } = found.value
    if (grant.firstUsedAt === null && isBorrowed(ctx, voucher)) return err({ type: 'VoucherBorrowed' })
    if (grant.expiresAt === null) return err({ type: 'VoucherEndless' })
    if (!ctx.sure) return err({ type: 'ClockUnsure' })
    const expiresAt = Math.max(grant.expiresAt, ctx.now) + sec * 1000
    ctx.db.update(grants.site).set({ expiresAt }).where(eq(grants.site.id, grant.id)).run()
    ctx.changed({ expiresAt: grant.expiresAt }, { expiresAt })
    ctx.emit(accessChanged, { grantNo: grant.no })
    return ok({ id, expiresAt })
  },
})

/** A speed of its own, or the plan's again where none is given. Everything else stays as it was sold. */
export const setVoucherSpeed = defineCommand({
  name: 'vouchers.setSpeed',
  summary: 'Gives a voucher a speed of its own, or the plan’s again.',
  output: z.object({ id: z.string(), downKbps: z.number().int(), upKbps: z.number().int() }),
  permission: 'vouchers.write',
  input: z.object({ id, speed: z.object({ downKbps: kbps, upKbps: kbps }).optional() }),
  handle(ctx, { id, speed }) {
    const found = liveVoucher(ctx, id)
    if (!found.ok) return found
    const { voucher, grant } = found.value
    const { policy } = ctx.db.select().from(policies.site).where(eq(policies.site.id, grant.policyId)).get()!
    const plan = ctx.db
      .select({ policy: plans.site.policy })
      .from(voucherBatches.site)
      .innerJoin(plans.site, eq(plans.site.id, voucherBatches.site.planId))
      .where(eq(voucherBatches.site.id, voucher.batchId))
      .get()!.policy
    // A burst above a speed that somebody set would undo it.
    const { burst: _, ...without } = policy
    const { downKbps, upKbps } = speed ?? plan
    const burst = speed === undefined && plan.burst !== undefined ? { burst: plan.burst } : {}
    const policyId = policyRow(ctx, { ...without, ...burst, downKbps, upKbps })
    ctx.db.update(grants.site).set({ policyId }).where(eq(grants.site.id, grant.id)).run()
    ctx.changed({ downKbps: policy.downKbps, upKbps: policy.upKbps }, { downKbps, upKbps })
    ctx.emit(accessChanged, { grantNo: grant.no })
    return ok({ id, downKbps, upKbps })
  },
})

export const revokeVoucher = defineCommand({
  name: 'vouchers.revokeOne',
  summary: 'Ends one voucher for good by its id, with its sessions.',
  output: z.object({ id: z.string() }),
  permission: 'vouchers.write',
  input: z.object({ id }),
  handle(ctx, { id }) {
    const found = liveVoucher(ctx, id)
    if (!found.ok) return found
    const { voucher, grant } = found.value
    endVouchers(ctx, [{ id, grantNo: grant.no }])
    ctx.changed({ state: voucher.state }, { state: 'revoked' })
    return ok({ id })
  },
})

/** Ends those of a batch that were never used; `keepSold` spares the ones that somebody has paid for. */
export const revokeRest = inParts(
  defineCommand({
    name: 'vouchers.revokeRest',
    summary: 'Ends the vouchers of a batch that were never used, sold ones spared on request.',
    output: z.object({ revoked: z.number().int(), more: z.boolean() }),
    permission: 'vouchers.write',
    input: z.object({ batch: z.number().int(), keepSold: z.boolean() }),
    handle(ctx, { batch: number, keepSold }) {
      const batch = ctx.db.select().from(voucherBatches.site).where(eq(voucherBatches.site.number, number)).get()
      if (!batch) return err({ type: 'BatchUnknown', batch: number })
      const unused = ctx.raw
        .prepare<[string, string, number, number], { id: string; grantNo: number }>(
          `SELECT v.id, g.no AS grantNo FROM vouchers v JOIN grants g ON g.service_id = v.id
         WHERE v.batch_id = ? AND v.state NOT IN ('revoked', 'away', ?) AND v.first_used_at IS NULL
           AND (v.expires_at IS NULL OR v.expires_at > ?) LIMIT ?`,
        )
        .all(batch.id, keepSold ? 'sold' : '', ctx.now, VOUCHERS_AT_ONCE.revoked)
      endVouchers(ctx, unused)
      ctx.changed({ state: 'unused', vouchers: unused.length }, { state: 'revoked', vouchers: unused.length })
      return ok({ revoked: unused.length, more: unused.length === VOUCHERS_AT_ONCE.revoked })
    },
  }),
  whileMore,
)

/** The code of one that is still good for a first login: told, and kept in the audit log that it was. */
export const revealVoucher = defineCommand({
  name: 'vouchers.revealOne',
  summary: 'Tells the code of one voucher that is still good for a first login; the audit log keeps it.',
  output: z.object({ id: z.string(), code: z.string(), prefix: z.string() }),
  permission: 'vouchers.reveal',
  valueIsSecret: true,
  input: z.object({ id }),
  handle(ctx, { id }) {
    const found = voucherById(ctx, id)
    if (!found.ok) return found
    const { voucher, grant } = found.value
    const state = voucherState(voucher, grant, ctx.now)
    if (state === 'away') return err({ type: 'VoucherAway' })
    if (!isUnused(state) || grant.credential === null) return err({ type: 'VoucherOver' })
    const batch = ctx.db.select().from(voucherBatches.site).where(eq(voucherBatches.site.id, voucher.batchId)).get()!
    const opened = ctx.vault.open(grant.credential, credentialPurpose(grant.id))
    if (!opened.ok) return err({ type: 'CodesUnreadable', batch: batch.number })
    return ok({ id, code: opened.value.reveal(), prefix: batch.prefix })
  },
})
