/** Vouchers of another box that are good here while a loan lasts, and what is said of them when it is given back. */
import { and, eq, inArray, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, inParts, type CommandContext } from '@lango/kernel/verbs'
import { accessChanged, CODE_PURPOSE, codeLogin, policyRow, policySchema } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { NOT_OVER } from './lending.ts'
import { LOAN_FILE_CHARACTERS_MAX, ownFingerprint, readLoan, writeBack, type Back, type Loan } from './loan-files.ts'
import { ownKeys, peerWith, type Peer } from './loan-peers.ts'
import { voucherBatches, voucherLoans, voucherPeers, vouchers } from './tables.ts'
import { createVoucherWriter } from './put.ts'

/** Each is sealed under a key of this box. */
const BORROWED_AT_ONCE = 40
const NAME_LENGTH_MAX = 64

type LoanRow = typeof voucherLoans.site.$inferSelect

const hasTerms = (row: typeof plans.site.$inferSelect, plan: Loan['plan']): boolean =>
  (['kind', 'validitySec', 'quotaOctets', 'quotaSec', 'priceMinor', 'currency'] as const).every(
    (term) => row[term] === plan[term],
  ) && JSON.stringify(policySchema.parse(row.policy)) === JSON.stringify(plan.policy)

/** The plan of that name and of these terms; else one beside it that is not on sale. */
const planFor = (ctx: CommandContext, { plan, loan }: Loan, peer: Peer): string => {
  const names = [plan.name, `${plan.name} (${peer.name})`.slice(0, NAME_LENGTH_MAX), loan]
  for (const name of names) {
    const row = ctx.db.select().from(plans.site).where(eq(plans.site.name, name)).get()
    if (row && hasTerms(row, plan)) return row.id
    if (row) continue
    const id = ctx.ids.next('pln')
    ctx.db
      .insert(plans.site)
      .values({ id, ...plan, name, validFrom: 'first-use', status: 'withdrawn', selfRegistration: 'off' })
      .run()
    return id
  }
  throw new Error('a loan’s own id is the name of no plan')
}

const openLoan = (ctx: CommandContext, loan: Loan, digest: string, peer: Peer): LoanRow => {
  const { fromSerial, toSerial, prefix, codeLength, numeric, endsAt } = loan
  const batchId = ctx.ids.next('vbt')
  const row: LoanRow = {
    id: loan.loan,
    side: 'borrowed',
    peerId: peer.id,
    batchId,
    fromSerial,
    toSerial,
    endsAt,
    digest,
    vouchers: loan.vouchers.length,
    state: 'open',
    createdAt: ctx.now,
    createdBy: ctx.actor.id,
    ...NOT_OVER,
  }
  ctx.db
    .insert(voucherBatches.site)
    .values({
      id: batchId,
      number: ctx.counter('voucher-batch'),
      planId: planFor(ctx, loan, peer),
      loanId: loan.loan,
      prefix,
      codeLength,
      numeric,
      wanted: toSerial,
      useBefore: endsAt,
      beginsAt: null,
      endsAt: null,
      // Its number there, which stands on the paper.
      note: `${peer.name}: ${loan.batch}`,
      createdAt: ctx.now,
      createdBy: ctx.actor.id,
    })
    .run()
  ctx.db.insert(voucherLoans.site).values(row).run()
  return row
}

/** Those of the loan that are not here yet, a few at once; a code that this box has made itself stays its own. */
const adoptSome = (ctx: CommandContext, loan: Loan, { batchId }: LoanRow): number => {
  const have = new Set(
    ctx.raw.prepare<[string], number>('SELECT serial FROM vouchers WHERE batch_id = ?').pluck().all(batchId),
  )
  const isTaken = ctx.raw.prepare<[string], number>('SELECT no FROM grants WHERE login = ?').pluck()
  const loginOf = (code: string): string => codeLogin(ctx.vault.keyedHash(code, CODE_PURPOSE))
  const left = loan.vouchers
    .filter(({ serial }) => !have.has(serial))
    .map((one) => ({ ...one, login: loginOf(one.code) }))
    .filter(({ login }) => isTaken.get(login) === undefined)
  const write = createVoucherWriter(ctx)
  const { plan, endsAt } = loan
  const { kind, validitySec, quotaOctets, quotaSec } = plan
  const policyId = policyRow(ctx, plan.policy)
  const terms = { kind, policyId, validitySec, quotaOctets, quotaSec, beginsAt: null }
  for (const { serial, code, useBefore, login } of left.slice(0, BORROWED_AT_ONCE))
    write({ batchId, serial, code, login, expiresAt: Math.min(useBefore ?? endsAt, endsAt), ...terms })
  return Math.max(0, left.length - BORROWED_AT_ONCE)
}

type BorrowFault =
  /** The same loan with another content. */
  | { readonly type: 'LoanChanged'; readonly loan: string }
  | { readonly type: 'LoanClosed'; readonly loan: string }
  | { readonly type: 'LoanOver'; readonly loan: string; readonly at: number }
  | { readonly type: 'ClockUnsure' }

/** The loan that was begun with this file; undefined for one that may begin. */
const begunWith = (ctx: CommandContext, loan: Loan, digest: string): Result<LoanRow | undefined, BorrowFault> => {
  const row = ctx.db.select().from(voucherLoans.site).where(eq(voucherLoans.site.id, loan.loan)).get()
  if (row && (row.side !== 'borrowed' || row.digest !== digest)) return err({ type: 'LoanChanged', loan: loan.loan })
  if (row && row.state !== 'open') return err({ type: 'LoanClosed', loan: loan.loan })
  if (row) return ok(row)
  if (!ctx.sure) return err({ type: 'ClockUnsure' })
  return loan.endsAt > ctx.now ? ok(undefined) : err({ type: 'LoanOver', loan: loan.loan, at: loan.endsAt })
}

/** Takes a loan in, once: the same file again does what was left of it. */
export const borrowVouchers = inParts(
  defineCommand({
    name: 'vouchers.borrow',
    summary:
      'Takes in vouchers that a trusted box has lent to this one, by its file; the same file again adds nothing.',
    output: z.object({
      loan: z.string(),
      batch: z.number().int(),
      vouchers: z.number().int(),
      left: z.number().int(),
      endsAt: z.number().int(),
    }),
    permission: 'vouchers.write',
    input: z.object({ file: z.string().max(LOAN_FILE_CHARACTERS_MAX) }),
    audit: (_, { value }) => ({ ...(value as object | undefined) }),
    handle(ctx, { file }) {
      const keys = ownKeys(ctx)
      if (!keys.ok) return keys
      const own = ownFingerprint(keys.value)
      const trusted = (from: string) => {
        const peer = peerWith(ctx, from)
        return peer?.endedAt === null ? peer : undefined
      }
      const read = readLoan({ unsealer: keys.value.unsealer, own }, file, (from) => trusted(from)?.signingKey)
      if (!read.ok) return read
      const { loan, digest } = read.value
      const begun = begunWith(ctx, loan, digest)
      if (!begun.ok) return begun
      const row = begun.value ?? openLoan(ctx, loan, digest, trusted(loan.from)!)
      const left = adoptSome(ctx, loan, row)
      const { number } = ctx.db.select().from(voucherBatches.site).where(eq(voucherBatches.site.id, row.batchId)).get()!
      return ok({ loan: row.id, batch: number, vouchers: row.vouchers, left, endsAt: row.endsAt })
    },
  }),
  { next: (input, { left }) => (left > 0 ? input : undefined), join: (_, after) => after },
)

const endUnused = (ctx: CommandContext, { batchId }: LoanRow): number => {
  const unused = ctx.db
    .select({ id: vouchers.site.id, no: grants.site.no })
    .from(vouchers.site)
    .innerJoin(grants.site, eq(grants.site.serviceId, vouchers.site.id))
    .where(
      and(
        eq(vouchers.site.batchId, batchId),
        inArray(vouchers.site.state, ['made', 'given']),
        isNull(grants.site.firstUsedAt),
        eq(grants.site.devices, []),
      ),
    )
    .all()
  const ids = unused.map(({ id }) => id)
  if (ids.length === 0) return 0
  ctx.db
    .update(vouchers.site)
    .set({ state: 'away', changedAt: ctx.now, changedBy: ctx.actor.id })
    .where(inArray(vouchers.site.id, ids))
    .run()
  ctx.db.update(grants.site).set({ status: 'away' }).where(inArray(grants.site.serviceId, ids)).run()
  for (const { no } of unused) ctx.emit(accessChanged, { grantNo: no })
  return ids.length
}

const keptOf = ({ db }: CommandContext, { batchId }: LoanRow): Back['kept'] =>
  db
    .select({ voucher: vouchers.site, grant: grants.site })
    .from(vouchers.site)
    .innerJoin(grants.site, eq(grants.site.serviceId, vouchers.site.id))
    .where(and(eq(vouchers.site.batchId, batchId), inArray(vouchers.site.state, ['made', 'given', 'sold', 'revoked'])))
    .orderBy(vouchers.site.serial)
    .all()
    .map(({ voucher, grant: { firstUsedAt, expiresAt } }) => ({
      serial: voucher.serial,
      state:
        voucher.state === 'revoked' ? 'revoked' : voucher.state === 'sold' && firstUsedAt === null ? 'sold' : 'used',
      firstUsedAt,
      expiresAt,
    }))

/**
 * Ends here what was neither used nor sold, and says so, signed. What was used or sold stays good here. Again for a loan
 * that was given back: what it says then of the rest is as it stands now.
 */
export const giveBack = defineCommand({
  name: 'vouchers.giveBack',
  summary: 'Gives a borrowed loan back: ends here what was neither used nor sold, and tells that as a signed file.',
  permission: 'vouchers.write',
  valueIsSecret: true,
  input: z.object({ loan: z.string().min(1).max(64) }),
  handle(ctx, { loan: id }) {
    const keys = ownKeys(ctx)
    if (!keys.ok) return keys
    const row = ctx.db.select().from(voucherLoans.site).where(eq(voucherLoans.site.id, id)).get()
    if (row?.side !== 'borrowed') return err({ type: 'LoanUnknown', loan: id })
    // A login is noted once the time is known: before, nobody can say that one was not used.
    if (!ctx.sure) return err({ type: 'ClockUnsure' })
    if (row.state === 'open') endUnused(ctx, row)
    const kept = keptOf(ctx, row)
    const returned = row.vouchers - kept.length
    if (row.state === 'open')
      ctx.db
        .update(voucherLoans.site)
        .set({ state: 'returned', returned, kept: kept.length, closedAt: ctx.now, closedBy: ctx.actor.id })
        .where(eq(voucherLoans.site.id, id))
        .run()
    const { fingerprint: to } = ctx.db
      .select()
      .from(voucherPeers.site)
      .where(eq(voucherPeers.site.id, row.peerId))
      .get()!
    const back = { loan: id, from: ownFingerprint(keys.value), to, at: ctx.now, kept }
    return ok({ loan: id, returned, kept: kept.length, file: writeBack(keys.value, back) })
  },
})
