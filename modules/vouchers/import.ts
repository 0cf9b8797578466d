/** Vouchers that come from another box: on the paper that was sold there they are good here. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { Secret, err, ok, type Result } from '@lango/kernel'
import { insertSql } from '@lango/kernel/db'
import { counters, defineCommand, inParts, rowParts, secretText, type CommandContext } from '@lango/kernel/verbs'
import { CODE_PURPOSE, codeLogin, createGrantWriter, credentialPurpose, policyRow, readCode } from '../access/index.ts'
import { plans } from '../plans/tables.ts'
import { grantValues } from '../services/index.ts'
import { BATCH_VOUCHERS_MAX } from './commands.ts'
import { CODES_PER_VOUCHER_MIN, guessesPerHit } from './rules.ts'
import { VOUCHER_ROWS_MAX, voucherRow } from './rows.ts'
import { voucherBatches, vouchers } from './tables.ts'
import { NO_ADDRESS } from './put.ts'

type Batch = typeof voucherBatches.site.$inferSelect
const rowWithCode = voucherRow.extend({ code: secretText(z.string().min(1).max(64)) })
type Row = z.output<typeof rowWithCode>

export type VoucherImportFault =
  | { readonly type: 'PlanUnknown'; readonly plan: string }
  /** The code is misspelt, or not of the batch's shape. */
  | { readonly type: 'CodeUnfit'; readonly batch: number; readonly serial: number }
  | { readonly type: 'CodeTaken'; readonly batch: number; readonly serial: number }
  /** A batch of this number is another one. */
  | { readonly type: 'BatchTaken'; readonly batch: number }
  | { readonly type: 'CodesGuessable'; readonly count: number; readonly guesses: number }

const batchOf = (ctx: CommandContext, row: Row, planId: string): Result<Batch, VoucherImportFault> => {
  const wanted = batchFrom(ctx, row, planId)
  const seen = ctx.db.select().from(voucherBatches.site).where(eq(voucherBatches.site.number, row.batch)).get()
  if (!seen) return openBatch(ctx, wanted)
  // Made here or by the row before: all that was chosen is the same.
  const isSame = CHOSEN.every((column) => seen[column] === wanted[column])
  const isOld = row.madeAt === undefined || row.madeAt === seen.createdAt
  return isSame && isOld ? ok(seen) : err({ type: 'BatchTaken', batch: row.batch })
}

const CHOSEN = ['planId', 'prefix', 'codeLength', 'numeric', 'wanted', 'useBefore', 'beginsAt', 'endsAt'] as const

const batchFrom = (ctx: CommandContext, row: Row, planId: string): Omit<Batch, 'id'> => ({
  number: row.batch,
  planId,
  prefix: row.prefix,
  codeLength: row.codeLength,
  numeric: row.numeric === 'yes',
  wanted: row.wanted,
  useBefore: row.useBefore ?? null,
  // Each voucher brings its own.
  beginsAt: row.batchBeginsAt ?? null,
  endsAt: row.batchEndsAt ?? null,
  createdAt: row.madeAt ?? ctx.now,
  createdBy: row.madeBy === '' ? ctx.actor.id : row.madeBy,
  note: null,
  loanId: null,
})

const openBatch = (ctx: CommandContext, wanted: Omit<Batch, 'id'>): Result<Batch, VoucherImportFault> => {
  const guesses = guessesPerHit({ ...wanted, length: wanted.codeLength }, wanted.wanted)
  if (guesses < CODES_PER_VOUCHER_MIN || wanted.wanted > BATCH_VOUCHERS_MAX)
    return err({ type: 'CodesGuessable', count: wanted.wanted, guesses: Math.floor(guesses) })
  const batch = { id: ctx.ids.next('vbt'), ...wanted }
  ctx.db.insert(voucherBatches.site).values(batch).run()
  // The next batch made here has the next number.
  const sql = `INSERT INTO ${counters.name} (id, value) VALUES ('voucher-batch', ?)
    ON CONFLICT (id) DO UPDATE SET value = max(value, excluded.value)`
  ctx.raw.prepare(sql).run(batch.number)
  return ok(batch)
}

/** The code in one spelling, when it is one of this batch. */
const codeOf = (typed: Secret, { prefix, codeLength }: Row): string | undefined => {
  const code = readCode(typed.reveal())
  return code?.startsWith(prefix) && code.length === prefix.length + codeLength ? code : undefined
}

const createImporter = (ctx: CommandContext) => {
  const putGrant = createGrantWriter(ctx)
  const addVoucher = ctx.raw.prepare(insertSql(vouchers))
  const loginTaken = ctx.raw.prepare<[string], { no: number }>('SELECT no FROM grants WHERE login = ?')
  const serialTaken = ctx.raw.prepare<[string, number], { id: string }>(
    'SELECT id FROM vouchers WHERE batch_id = ? AND serial = ?',
  )
  const bring = ctx.raw.prepare(
    `UPDATE grants SET status = @status, first_used_at = @firstUsedAt, devices = coalesce(@devices, devices),
       top_ups = @topUps
     WHERE service_id = @serviceId`,
  )
  return (row: Row): Result<void, VoucherImportFault> => {
    const { serial, batch: number } = row
    const plan = ctx.db.select().from(plans.site).where(eq(plans.site.name, row.plan)).get()
    if (!plan) return err({ type: 'PlanUnknown', plan: row.plan })
    const code = codeOf(row.code, row)
    if (code === undefined) return err({ type: 'CodeUnfit', batch: number, serial })
    const login = codeLogin(ctx.vault.keyedHash(code, CODE_PURPOSE))
    if (loginTaken.get(login)) return err({ type: 'CodeTaken', batch: number, serial })
    const batch = batchOf(ctx, row, plan.id)
    if (!batch.ok) return batch
    if (serialTaken.get(batch.value.id, serial)) return err({ type: 'CodeTaken', batch: number, serial })
    const id = ctx.ids.next('vch')
    const values = grantValues({ ...row, status: undefined })
    const standing = { firstUsedAt: null, expiresAt: values.expiresAt }
    addVoucher.run({
      id,
      batchId: batch.value.id,
      tail: code.slice(-4),
      ...voucherFrom(ctx, row),
      ...standing,
      loanId: null,
    })
    putGrant({
      ...NO_ADDRESS,
      serviceId: id,
      login,
      kind: plan.kind,
      password: new Secret(code),
      policyId: policyRow(ctx, plan.policy),
      expiresAt: values.expiresAt ?? undefined,
      validitySec: values.validitySec ?? undefined,
      quotaOctets: values.quotaOctets ?? undefined,
      quotaSec: values.quotaSec ?? undefined,
      beginsAt: values.beginsAt ?? undefined,
    })
    const status = row.state === 'revoked' ? 'ended' : row.state === 'away' ? 'away' : 'active'
    bring.run({
      serviceId: id,
      status,
      firstUsedAt: values.firstUsedAt,
      devices: values.devices,
      topUps: values.topUps,
    })
    return ok()
  }
}

const voucherFrom = (ctx: CommandContext, row: Row) => ({
  serial: row.serial,
  state: row.state,
  holder: row.holder ?? null,
  agentId: null,
  changedAt: row.changedAt ?? ctx.now,
  changedBy: row.changedBy === '' ? ctx.actor.id : row.changedBy,
})

/** Rows that are taken with one request, and those of them that one transaction adds. */
export const VOUCHER_CHUNK_ROWS = 200
const ADDED_AT_ONCE = 40

/** Adds many; a row that cannot be added is told of and does not stop the others. */
export const importVouchers = inParts(
  defineCommand({
    name: 'vouchers.import',
    summary:
      'Adds many vouchers with codes of your own; a row that cannot be added is told of and does not stop the others.',
    output: z.object({ added: z.number().int() }),
    permission: 'vouchers.write',
    input: z.object({ rows: z.array(rowWithCode).min(1).max(VOUCHER_CHUNK_ROWS) }),
    audit: ({ rows }) => ({
      rows: rows.length,
      batch: rows[0]?.batch,
      first: rows[0]?.serial,
      last: rows.at(-1)?.serial,
    }),
    handle(ctx, { rows }) {
      const add = createImporter(ctx)
      const refused: { row: number; fault: VoucherImportFault }[] = []
      rows.forEach((row, index) => {
        const added = add(row)
        if (!added.ok) refused.push({ row: index, fault: added.error })
      })
      return ok({ added: rows.length - refused.length, refused })
    },
  }),
  rowParts('added', ADDED_AT_ONCE),
)

/** Codes, used ones too, for an export that a box can be made anew from. Only at the box itself, and on record. */
export const revealCodes = defineCommand({
  name: 'vouchers.revealCodes',
  permission: 'system',
  valueIsSecret: true,
  input: z.object({ batch: z.number().int(), from: z.number().int(), to: z.number().int() }),
  handle(ctx, { batch, from, to }) {
    const sealed = ctx.raw
      .prepare<[number, number, number, number], { serial: number; id: string; credential: Buffer }>(
        `SELECT v.serial, g.id, g.credential FROM voucher_batches b
         JOIN vouchers v ON v.batch_id = b.id JOIN grants g ON g.service_id = v.id
         WHERE b.number = ? AND v.serial BETWEEN ? AND ? ORDER BY v.serial LIMIT ?`,
      )
      .all(batch, from, to, VOUCHER_ROWS_MAX)
    const codes: { serial: number; code: string }[] = []
    for (const { serial, id, credential } of sealed) {
      const opened = ctx.vault.open(credential, credentialPurpose(id))
      if (!opened.ok) return err({ type: 'CodesUnreadable', batch })
      codes.push({ serial, code: opened.value.reveal() })
    }
    return ok({ codes })
  },
})
