import { and, asc, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { audit, defineCommand, inParts, secretText, type CommandContext } from '@lango/kernel/verbs'
import {
  CODE_LENGTH,
  CODE_PURPOSE,
  PREFIX_SPELLING,
  codeLogin,
  createCodeDrawer,
  credentialPurpose,
  policyRow,
  readCode,
  type CodeShape,
} from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { saleTimesFault } from '../plans/index.ts'
import { plans } from '../plans/tables.ts'
import { CODES_PER_VOUCHER_MIN, guessesPerHit, isUnused, voucherState, whileMore } from './rules.ts'
import { endVouchers } from './sales.ts'
import { voucherBatches, vouchers } from './tables.ts'
import { createVoucherWriter } from './put.ts'

/**
 * Vouchers of one command, so that its transaction keeps the control thread for some milliseconds and nothing else waits
 * long (design §3: under 20 ms). What costs least is done most at once.
 */
export const VOUCHERS_AT_ONCE = { made: 50, revealed: 200, revoked: 100, given: 400, sold: 100 } as const
export const BATCH_VOUCHERS_MAX = 100_000

type Batch = typeof voucherBatches.site.$inferSelect
const shapeOf = ({ prefix, codeLength, numeric }: Batch): CodeShape => ({ prefix, length: codeLength, numeric })

/** Opens a batch; its vouchers are made by `makeVouchers`, a chunk at a time. */
export const openBatch = defineCommand({
  name: 'vouchers.openBatch',
  summary: 'Opens a batch of vouchers of a plan; vouchers.make then makes its codes, a chunk at a time.',
  output: z.object({ batch: z.number().int(), plan: z.string(), count: z.number().int(), guesses: z.number() }),
  permission: 'vouchers.write',
  input: z.object({
    plan: z.string().min(1),
    count: z.number().int().min(1).max(BATCH_VOUCHERS_MAX),
    prefix: z.string().toUpperCase().regex(PREFIX_SPELLING, 'A prefix is up to 8 letters and digits.').default(''),
    length: z.number().int().min(CODE_LENGTH.min).max(CODE_LENGTH.max).optional(),
    numeric: z.boolean().default(false),
    note: z.string().trim().max(200).optional(),
    /** Seconds from now in which the first login must come. */
    useWithinSec: z.number().int().min(60).optional(),
    /** Of a plan for a fixed time: when all of them begin and end. */
    beginsAt: z.number().int().min(0).optional(),
    endsAt: z.number().int().min(0).optional(),
  }),
  handle(ctx, { plan: name, count, prefix, length, numeric, useWithinSec, beginsAt, endsAt, note }) {
    const plan = planOnOffer(ctx, name)
    if (!plan) return err({ type: 'PlanUnknown', plan: name })
    const why = saleTimesFault(plan.policy, { beginsAt, endsAt }, ctx.now)
    if (why !== undefined) return err({ type: 'SaleTimesUnfit', why })
    if ((useWithinSec ?? endsAt) !== undefined && !ctx.sure) return err({ type: 'ClockUnsure' })
    const shape: CodeShape = { prefix, numeric, length: length ?? (numeric ? 10 : 8) }
    const guesses = guessesPerHit(shape, count)
    if (guesses < CODES_PER_VOUCHER_MIN) return err({ type: 'CodesGuessable', count, guesses: Math.floor(guesses) })
    const id = ctx.ids.next('vbt')
    const number = ctx.counter('voucher-batch')
    ctx.db
      .insert(voucherBatches.site)
      .values({
        id,
        number,
        planId: plan.id,
        prefix,
        codeLength: shape.length,
        numeric,
        wanted: count,
        useBefore: useWithinSec === undefined ? null : ctx.now + useWithinSec * 1000,
        beginsAt: beginsAt ?? null,
        endsAt: endsAt ?? null,
        createdAt: ctx.now,
        createdBy: ctx.actor.id,
        note: note === '' ? null : (note ?? null),
      })
      .run()
    return ok({ batch: number, plan: name, count, guesses })
  },
})

const planOnOffer = (ctx: CommandContext, name: string) =>
  ctx.db
    .select()
    .from(plans.site)
    .where(and(eq(plans.site.name, name), eq(plans.site.status, 'active')))
    .get()

export const batchNumbered = (ctx: CommandContext, number: number): Batch | undefined =>
  ctx.db.select().from(voucherBatches.site).where(eq(voucherBatches.site.number, number)).get()

/** Makes the next vouchers of a batch and tells their codes, this once; `left` are still to be made. */
export const makeVouchers = defineCommand({
  name: 'vouchers.make',
  summary: 'Makes the next vouchers of a batch and tells their codes once; repeat it with new keys until `left` is 0.',
  output: z.object({
    batch: z.number().int(),
    firstSerial: z.number().int(),
    codes: z.array(z.string()),
    left: z.number().int(),
  }),
  permission: 'vouchers.write',
  valueIsSecret: true,
  input: z.object({ batch: z.number().int() }),
  handle(ctx, { batch: number }) {
    const batch = batchNumbered(ctx, number)
    if (!batch) return err({ type: 'BatchUnknown', batch: number })
    if (batch.loanId !== null) return err({ type: 'BatchBorrowed', batch: number })
    const made = ctx.raw
      .prepare<[string], { n: number }>('SELECT coalesce(max(serial), 0) n FROM vouchers WHERE batch_id = ?')
      .get(batch.id)!.n
    const count = Math.min(VOUCHERS_AT_ONCE.made, batch.wanted - made)
    const make = createMaker(ctx, batch)
    const codes: string[] = []
    for (let serial = made + 1; serial <= made + count; serial++) codes.push(make(serial))
    return ok({ batch: number, firstSerial: made + 1, codes, left: batch.wanted - made - count })
  },
})

const createMaker = (ctx: CommandContext, batch: Batch): ((serial: number) => string) => {
  const { kind, policy, ...plan } = ctx.db.select().from(plans.site).where(eq(plans.site.id, batch.planId)).get()!
  const { validitySec, quotaOctets, quotaSec } = plan
  const policyId = policyRow(ctx, policy)
  const terms = { kind, policyId, validitySec, quotaOctets, quotaSec, beginsAt: batch.beginsAt }
  const write = createVoucherWriter(ctx)
  const draw = createCodeDrawer(ctx, shapeOf(batch))
  const expiresAt = batch.endsAt ?? batch.useBefore
  return (serial) => {
    const { code, login } = draw()
    write({ batchId: batch.id, serial, code, login, expiresAt, ...terms })
    return code
  }
}

/** Codes of vouchers that are still good for a first login, to print them again: told, and kept in the audit log that they were. */
export const revealVouchers = defineCommand({
  name: 'vouchers.reveal',
  summary:
    'Tells the codes of a batch’s vouchers that are still good for a first login, a page at a time; the audit log keeps it.',
  permission: 'vouchers.reveal',
  valueIsSecret: true,
  input: z.object({ batch: z.number().int(), afterSerial: z.number().int().default(0) }),
  handle(ctx, { batch: number, afterSerial }) {
    const batch = batchNumbered(ctx, number)
    if (!batch) return err({ type: 'BatchUnknown', batch: number })
    const rows = ctx.db
      .select({
        serial: vouchers.site.serial,
        state: vouchers.site.state,
        grantId: grants.site.id,
        credential: grants.site.credential,
        firstUsedAt: grants.site.firstUsedAt,
        expiresAt: grants.site.expiresAt,
      })
      .from(vouchers.site)
      .innerJoin(grants.site, eq(grants.site.serviceId, vouchers.site.id))
      .where(and(eq(vouchers.site.batchId, batch.id), gt(vouchers.site.serial, afterSerial)))
      .orderBy(asc(vouchers.site.serial))
      .limit(VOUCHERS_AT_ONCE.revealed)
      .all()
    const revealed: { serial: number; code: string }[] = []
    for (const row of rows) {
      const state = voucherState(row, row, ctx.now)
      if (!isUnused(state) || row.credential === null) continue
      const opened = ctx.vault.open(row.credential, credentialPurpose(row.grantId))
      if (!opened.ok) return err({ type: 'CodesUnreadable', batch: number })
      revealed.push({ serial: row.serial, code: opened.value.reveal() })
    }
    return ok({
      batch: number,
      prefix: batch.prefix,
      vouchers: revealed,
      lastSerial: rows.length === VOUCHERS_AT_ONCE.revealed ? rows.at(-1)!.serial : undefined,
    })
  },
})

type Found = { readonly voucher: typeof vouchers.site.$inferSelect; readonly grant: typeof grants.site.$inferSelect }
type VoucherUnknown = { readonly type: 'VoucherUnknown' }

/** Codes that nobody has, looked up by one person or program within the window, before they have to wait. */
export const LOOKUP_MISSES_MAX = 30
const LOOKUP_WINDOW_MS = 10 * 60_000
/** The last entries of the audit log are looked through; who guesses leaves one for each guess. */
const LOOKUP_AUDIT_ROWS = 2000

/** Whoever may not see codes is not to find them by trying, and whoever may leaves a name when they read them. */
const hasMissedOften = ({ raw, actor, now }: CommandContext): boolean => {
  // Who holds the box's own socket holds its keys.
  if (actor.kind === 'console') return false
  const misses = raw
    .prepare<[number, string, string, number], number>(
      `SELECT count(*) FROM ${audit.name} WHERE no > (SELECT max(no) FROM ${audit.name}) - ?
         AND command = 'vouchers.show' AND outcome = 'refused' AND actor_kind = ? AND actor_id = ? AND at > ?`,
    )
    .pluck()
    .get(LOOKUP_AUDIT_ROWS, actor.kind, actor.id, now - LOOKUP_WINDOW_MS)!
  return misses >= LOOKUP_MISSES_MAX
}

const voucherOf = (ctx: CommandContext, typed: string): Result<Found, VoucherUnknown> => {
  const code = readCode(typed)
  const login = code === undefined ? '' : codeLogin(ctx.vault.keyedHash(code, CODE_PURPOSE))
  const found = ctx.db
    .select({ voucher: vouchers.site, grant: grants.site })
    .from(grants.site)
    .innerJoin(vouchers.site, eq(vouchers.site.id, grants.site.serviceId))
    .where(eq(grants.site.login, login))
    .get()
  return found ? ok(found) : err({ type: 'VoucherUnknown' })
}

const codeInput = secretText(z.string().min(1).max(64))

/** One voucher by its code. A command, so that who looks codes up is on record. */
export const showVoucher = defineCommand({
  name: 'vouchers.show',
  summary: 'Shows one voucher by its code: state, plan and validity; the audit log keeps who looked.',
  output: z.object({
    batch: z.number().int(),
    serial: z.number().int(),
    tail: z.string(),
    state: z.string(),
    plan: z.string(),
  }),
  permission: 'vouchers.read',
  input: z.object({ code: codeInput }),
  handle(ctx, { code }) {
    if (hasMissedOften(ctx)) return err({ type: 'TooManyLookups' })
    const found = voucherOf(ctx, code.reveal())
    if (!found.ok) return found
    const { voucher, grant } = found.value
    const batch = ctx.db.select().from(voucherBatches.site).where(eq(voucherBatches.site.id, voucher.batchId)).get()!
    const plan = ctx.db.select().from(plans.site).where(eq(plans.site.id, batch.planId)).get()!
    return ok({
      batch: batch.number,
      serial: voucher.serial,
      tail: voucher.tail,
      state: voucherState(voucher, grant, ctx.now),
      plan: plan.name,
      holder: voucher.holder,
      madeAt: batch.createdAt,
      madeBy: batch.createdBy,
      changedAt: voucher.changedAt,
      changedBy: voucher.changedBy,
      firstUsedAt: grant.firstUsedAt,
      expiresAt: grant.expiresAt,
      validitySec: grant.validitySec,
      quotaOctets: grant.quotaOctets,
      devices: grant.devices,
      login: grant.login,
      grantNo: grant.no,
    })
  },
})

/** Ends vouchers for good: one by its code, or those of a batch that were never used. Sessions on them end too. */
export const revokeVouchers = inParts(
  defineCommand({
    name: 'vouchers.revoke',
    summary: 'Ends vouchers for good: one by its code, or those of a batch that were never used.',
    output: z.object({ revoked: z.number().int(), more: z.boolean() }),
    permission: 'vouchers.write',
    input: z.union([z.object({ code: codeInput }), z.object({ batch: z.number().int() })]),
    handle(ctx, input) {
      if ('code' in input) {
        const found = voucherOf(ctx, input.code.reveal())
        if (!found.ok) return found
        const { voucher, grant } = found.value
        // Who revoked it first stays on record.
        if (voucher.state === 'revoked') return ok({ revoked: 0, more: false })
        if (voucher.state === 'away') return err({ type: 'VoucherAway' })
        endVouchers(ctx, [{ id: voucher.id, grantNo: grant.no }])
        ctx.changed({ state: voucher.state, holder: voucher.holder }, { state: 'revoked' })
        return ok({ revoked: 1, more: false })
      }
      const batch = batchNumbered(ctx, input.batch)
      if (!batch) return err({ type: 'BatchUnknown', batch: input.batch })
      const unused = ctx.raw
        .prepare<[string, number], { id: string; grantNo: number }>(
          `SELECT v.id, g.no AS grantNo FROM vouchers v JOIN grants g ON g.service_id = v.id
         WHERE v.batch_id = ? AND v.state NOT IN ('revoked', 'away') AND v.first_used_at IS NULL LIMIT ?`,
        )
        .all(batch.id, VOUCHERS_AT_ONCE.revoked)
      endVouchers(ctx, unused)
      ctx.changed({ state: 'unused', vouchers: unused.length }, { state: 'revoked', vouchers: unused.length })
      return ok({ revoked: unused.length, more: unused.length === VOUCHERS_AT_ONCE.revoked })
    },
  }),
  whileMore,
)
