/**
 * Vouchers that another box may accept while the two cannot ask each other. At every instant a voucher is good at one
 * box: lent it is good here no more before the file is there, and what comes back ended there before it says so.
 */
import { and, eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, sealFor, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { accessChanged, credentialPurpose } from '../access/index.ts'
import { grants, policies } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { batchNumbered } from './commands.ts'
import {
  LOAN_FILE_CHARACTERS_MAX,
  LOAN_VOUCHERS_MAX,
  ownFingerprint,
  readBack,
  writeLoan,
  type Back,
  type Loan,
} from './loan-files.ts'
import { ownKeys, peerCalled, peerWith } from './loan-peers.ts'
import { voucherBatches, voucherLoans, voucherPeers, vouchers } from './tables.ts'

/** Clocks differ, and a file may be on its way: so long after its end a loan that nobody gave back is held open. */
export const LOAN_GRACE_MS = 7 * 86_400_000
const LOAN_SEC = { min: 3600, max: 366 * 86_400 }

type LoanRow = typeof voucherLoans.site.$inferSelect
type Batch = typeof voucherBatches.site.$inferSelect
const loanId = z.string().min(1).max(64)

/** Nobody has them, nobody used them, and they are as the batch was made. */
const LENDABLE = `v.batch_id = ? AND v.serial BETWEEN ? AND ? AND v.state = 'made' AND g.status = 'active'
  AND g.first_used_at IS NULL AND g.devices = '[]' AND g.credential IS NOT NULL AND g.top_ups IS NULL
  AND (g.expires_at IS NULL OR g.expires_at > ?)`
const TERMS = ['policyId', 'validitySec', 'quotaOctets', 'quotaSec'] as const

const termsOf = (grant: Pick<typeof grants.site.$inferSelect, (typeof TERMS)[number]>): string =>
  JSON.stringify(TERMS.map((term) => grant[term]))

const lendable = (ctx: CommandContext, batch: Batch, from: number, to: number) => {
  const ids = ctx.raw
    .prepare<[string, number, number, number], string>(
      `SELECT v.id FROM vouchers v JOIN grants g ON g.service_id = v.id WHERE ${LENDABLE}`,
    )
    .pluck()
    .all(batch.id, from, to, ctx.now)
  const rows = ctx.db
    .select({ voucher: vouchers.site, grant: grants.site })
    .from(vouchers.site)
    .innerJoin(grants.site, eq(grants.site.serviceId, vouchers.site.id))
    .where(inArray(vouchers.site.id, ids))
    .orderBy(vouchers.site.serial)
    .all()
  // One that somebody has given a speed of its own is passed over.
  return rows.filter(({ grant }) => termsOf(grant) === termsOf(rows[0]!.grant))
}

/** A voucher that another box can let begin: its time runs from the first login, so that a loan has an end. */
const isForLending = (ctx: CommandContext, batch: Batch): boolean => {
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.id, batch.planId)).get()!
  return batch.loanId === null && batch.beginsAt === null && batch.endsAt === null && plan.policy.clock !== 'fixed'
}

export const lendVouchers = defineCommand({
  name: 'vouchers.lend',
  summary: 'Lends vouchers of a batch to a trusted box: they are good there and no more here until the loan is over.',
  output: z.object({ loan: z.string(), batch: z.number().int(), lent: z.number().int(), endsAt: z.number().int() }),
  permission: 'vouchers.write',
  input: z
    .object({
      batch: z.number().int(),
      from: z.number().int().min(1),
      to: z.number().int().min(1),
      /** The box, by its fingerprint or name. */
      box: z.string().min(1).max(64),
      /** Seconds in which the first login must come. */
      forSec: z.number().int().min(LOAN_SEC.min).max(LOAN_SEC.max),
    })
    .refine(({ from, to }) => from <= to && to - from < LOAN_VOUCHERS_MAX, {
      path: ['to'],
      message: `The last number comes after the first, and one loan has at most ${LOAN_VOUCHERS_MAX} vouchers.`,
    }),
  handle(ctx, { batch: number, from, to, box, forSec }) {
    const batch = batchNumbered(ctx, number)
    if (!batch) return err({ type: 'BatchUnknown', batch: number })
    const peer = peerCalled(ctx, box)
    if (!peer) return err({ type: 'BoxUnknown', box })
    if (!ctx.sure) return err({ type: 'ClockUnsure' })
    const found = lendable(ctx, batch, from, to)
    if (!isForLending(ctx, batch) || found.some(({ grant }) => grant.validitySec === null))
      return err({ type: 'BatchUnlendable', batch: number })
    if (found.length === 0) return err({ type: 'NothingToLend', batch: number })
    const id = ctx.ids.next('vln')
    const endsAt = ctx.now + forSec * 1000
    ctx.db
      .insert(voucherLoans.site)
      .values({
        id,
        side: 'lent',
        peerId: peer.id,
        batchId: batch.id,
        fromSerial: from,
        toSerial: to,
        endsAt,
        vouchers: found.length,
        state: 'open',
        digest: null,
        createdAt: ctx.now,
        createdBy: ctx.actor.id,
        ...NOT_OVER,
      })
      .run()
    const ids = found.map(({ voucher }) => voucher.id)
    ctx.db
      .update(vouchers.site)
      .set({ state: 'away', holder: peer.name, loanId: id, changedAt: ctx.now, changedBy: ctx.actor.id })
      .where(inArray(vouchers.site.id, ids))
      .run()
    ctx.db.update(grants.site).set({ status: 'away' }).where(inArray(grants.site.serviceId, ids)).run()
    // While the clock was unsure somebody may have come in with one without being noted.
    for (const { grant } of found) ctx.emit(accessChanged, { grantNo: grant.no })
    return ok({ loan: id, batch: number, lent: ids.length, endsAt })
  },
})

export const NOT_OVER = { closedAt: null, closedBy: null, returned: null, kept: null, twice: null } as const

const lentLoan = ({ db }: CommandContext, id: string): Result<LoanRow, { type: 'LoanUnknown'; loan: string }> => {
  const row = db.select().from(voucherLoans.site).where(eq(voucherLoans.site.id, id)).get()
  return row?.side === 'lent' ? ok(row) : err({ type: 'LoanUnknown', loan: id })
}

type Lent = { readonly voucher: typeof vouchers.site.$inferSelect; readonly grant: typeof grants.site.$inferSelect }

const vouchersOf = ({ db }: CommandContext, { id }: LoanRow): readonly Lent[] =>
  db
    .select({ voucher: vouchers.site, grant: grants.site })
    .from(vouchers.site)
    .innerJoin(grants.site, eq(grants.site.serviceId, vouchers.site.id))
    .where(eq(vouchers.site.loanId, id))
    .orderBy(vouchers.site.serial)
    .all()

/** What the loan says; the same each time, for nothing of it changes while it is open. */
const loanTold = (ctx: CommandContext, row: LoanRow, [from, to]: readonly [string, string]): Loan | undefined => {
  const batch = ctx.db.select().from(voucherBatches.site).where(eq(voucherBatches.site.id, row.batchId)).get()!
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.id, batch.planId)).get()!
  const lent = vouchersOf(ctx, row)
  const { policyId, validitySec, quotaOctets, quotaSec } = lent[0]!.grant
  const { policy } = ctx.db.select().from(policies.site).where(eq(policies.site.id, policyId)).get()!
  const told = lent.map(({ voucher, grant }) => {
    const opened = ctx.vault.open(grant.credential!, credentialPurpose(grant.id))
    return opened.ok ? { serial: voucher.serial, code: opened.value.reveal(), useBefore: grant.expiresAt } : undefined
  })
  const { name, kind, priceMinor, currency } = plan
  const { prefix, codeLength, numeric, number } = batch
  const { fromSerial, toSerial, endsAt } = row
  if (told.includes(undefined)) return undefined
  return {
    loan: row.id,
    from,
    to,
    batch: number,
    prefix,
    codeLength,
    numeric,
    fromSerial,
    toSerial,
    endsAt,
    plan: { name, kind, policy, validitySec: validitySec!, quotaOctets, quotaSec, priceMinor, currency },
    vouchers: told as Loan['vouchers'],
  }
}

/** The loan as a file that only the other box opens. It may be made again for as long as the loan is open. */
export const writeLoanFile = defineCommand({
  name: 'vouchers.loanFile',
  summary: 'Tells an open loan as a file that only the box it is for can open.',
  permission: 'vouchers.write',
  valueIsSecret: true,
  input: z.object({ loan: loanId }),
  handle(ctx, { loan: id }) {
    const [keys, row] = [ownKeys(ctx), lentLoan(ctx, id)]
    if (!keys.ok) return keys
    if (!row.ok) return row
    if (row.value.state !== 'open') return err({ type: 'LoanClosed', loan: id })
    const peer = ctx.db.select().from(voucherPeers.site).where(eq(voucherPeers.site.id, row.value.peerId)).get()!
    const loan = loanTold(ctx, row.value, [ownFingerprint(keys.value), peer.fingerprint])
    if (!loan) return err({ type: 'LoanCodesUnreadable', loan: id })
    const seal = (text: string, purpose: string) => sealFor(peer.sealingKey, text, purpose, ctx.random)
    return ok({ loan: id, box: peer.name, file: writeLoan(keys.value, loan, seal) })
  },
})

type Kept = Back['kept'][number]

/** Ends one here that the other box says it has used, sold or revoked; false where this box has let it go as well. */
const keepOne = (ctx: CommandContext, { voucher, grant }: Lent, kept: Kept): boolean => {
  if (voucher.state === 'revoked') return true
  const isHere = voucher.state === 'sold' || (voucher.state !== 'away' && grant.firstUsedAt !== null)
  if (isHere) return false
  const state = kept.state === 'revoked' ? 'revoked' : 'away'
  ctx.db
    .update(vouchers.site)
    .set({ state, changedAt: ctx.now, changedBy: ctx.actor.id })
    .where(eq(vouchers.site.id, voucher.id))
    .run()
  const used = kept.firstUsedAt === null ? {} : { firstUsedAt: kept.firstUsedAt, expiresAt: kept.expiresAt }
  ctx.db
    .update(grants.site)
    .set({ status: state === 'revoked' ? 'ended' : 'away', ...used })
    .where(eq(grants.site.id, grant.id))
    .run()
  ctx.emit(accessChanged, { grantNo: grant.no })
  return true
}

/** Makes them good here again; `keepsLoan` where another box may still say that it has used one. */
const bringHome = (ctx: CommandContext, lent: readonly Lent[], keepsLoan: boolean): void => {
  const ids = lent.map(({ voucher }) => voucher.id)
  if (ids.length === 0) return
  ctx.db
    .update(vouchers.site)
    .set({
      state: 'made',
      holder: null,
      changedAt: ctx.now,
      changedBy: ctx.actor.id,
      ...(keepsLoan ? {} : { loanId: null }),
    })
    .where(inArray(vouchers.site.id, ids))
    .run()
  ctx.db.update(grants.site).set({ status: 'active' }).where(inArray(grants.site.serviceId, ids)).run()
}

const closeLoan = (
  ctx: CommandContext,
  id: string,
  change: Partial<Pick<LoanRow, 'state' | 'returned' | 'kept' | 'twice'>>,
): void => {
  ctx.db
    .update(voucherLoans.site)
    .set({ closedAt: ctx.now, closedBy: ctx.actor.id, ...change })
    .where(eq(voucherLoans.site.id, id))
    .run()
}

/**
 * What a box gives back is good here again, and what it has used, sold or revoked is not. The same file again, or a
 * later one of the same loan, only adds what was used since.
 */
export const takeBack = defineCommand({
  name: 'vouchers.takeBack',
  summary:
    'Takes a loan back by the file of the box that gives it back: what it did not use or sell is good here again.',
  output: z.object({
    loan: z.string(),
    returned: z.number().int(),
    kept: z.number().int(),
    /** Used or sold at both, after the loan was written off. */
    twice: z.number().int(),
  }),
  permission: 'vouchers.write',
  input: z.object({ file: z.string().max(LOAN_FILE_CHARACTERS_MAX) }),
  audit: (_, { value }) => ({ ...(value as object | undefined) }),
  handle(ctx, { file }) {
    const keys = ownKeys(ctx)
    if (!keys.ok) return keys
    const read = readBack(ownFingerprint(keys.value), file, (from) => peerWith(ctx, from)?.signingKey)
    if (!read.ok) return read
    const { loan: id, from, kept } = read.value
    const found = lentLoan(ctx, id)
    if (!found.ok) return found
    const row = found.value
    if (peerWith(ctx, from)!.id !== row.peerId) return err({ type: 'LoanUnknown', loan: id })
    const keptOf = new Map(kept.map((one) => [one.serial, one]))
    const lent = vouchersOf(ctx, row)
    const isOpen = row.state === 'open'
    const home = isOpen ? lent.filter(({ voucher }) => !keptOf.has(voucher.serial)) : []
    bringHome(ctx, home, false)
    const twice = lent.filter((one) => {
      const told = keptOf.get(one.voucher.serial)
      return told !== undefined && !keepOne(ctx, one, told)
    }).length
    if (isOpen) closeLoan(ctx, id, { state: 'returned', returned: home.length, kept: kept.length })
    else if (row.state === 'written-off')
      closeLoan(ctx, id, { kept: kept.length, returned: row.vouchers - kept.length, twice })
    return ok({ loan: id, returned: isOpen ? home.length : row.vouchers - kept.length, kept: kept.length, twice })
  },
})

/** What nobody gave back is good here again, once the loan’s end and the days of grace are over. */
export const writeOffLoan = defineCommand({
  name: 'vouchers.writeOff',
  summary: 'Takes vouchers of a loan that nobody gave back for good here again, a week after its end at the earliest.',
  output: z.object({ loan: z.string(), returned: z.number().int() }),
  permission: 'vouchers.write',
  input: z.object({ loan: loanId }),
  handle(ctx, { loan: id }) {
    const found = lentLoan(ctx, id)
    if (!found.ok) return found
    const { state, endsAt, returned } = found.value
    if (state === 'written-off') return ok({ loan: id, returned: returned ?? 0 })
    if (state !== 'open') return err({ type: 'LoanClosed', loan: id })
    if (!ctx.sure) return err({ type: 'ClockUnsure' })
    const from = endsAt + LOAN_GRACE_MS
    if (ctx.now < from) return err({ type: 'LoanRunning', loan: id, from })
    const home = ctx.db
      .select({ voucher: vouchers.site, grant: grants.site })
      .from(vouchers.site)
      .innerJoin(grants.site, eq(grants.site.serviceId, vouchers.site.id))
      .where(and(eq(vouchers.site.loanId, id), eq(vouchers.site.state, 'away')))
      .all()
    bringHome(ctx, home, true)
    closeLoan(ctx, id, { state: 'written-off', returned: home.length, kept: 0, twice: 0 })
    return ok({ loan: id, returned: home.length })
  },
})
