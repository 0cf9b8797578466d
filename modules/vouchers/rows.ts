/** Vouchers as rows of a file: what an export tells is what an import takes. */
import { and, eq, gt, or } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, type ResultOf } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { carriedSchema, instantCell, instantText, optionalCell, textOf, validityCells } from '../services/index.ts'
import { voucherBatches, vouchers } from './tables.ts'

/** What all vouchers of a batch have in common. */
export const batchColumns = [
  'plan',
  'prefix',
  'codeLength',
  'numeric',
  'wanted',
  'useBefore',
  'batchBeginsAt',
  'batchEndsAt',
  'madeAt',
  'madeBy',
] as const

/** In the order of an export. */
export const voucherColumns = [
  'batch',
  'serial',
  'code',
  ...batchColumns,
  'state',
  'holder',
  'changedAt',
  'changedBy',
  'expiresAt',
  'validSec',
  'firstUsedAt',
  'beginsAt',
  'quotaOctets',
  'quotaSec',
  'topUps',
  'devices',
] as const
export type VoucherColumn = (typeof voucherColumns)[number]
export type VoucherCells = Record<Exclude<VoucherColumn, 'code'>, string>

/** Rows of one page. */
export const VOUCHER_ROWS_MAX = 1000

export const voucherRows = defineQuery({
  name: 'vouchers.rows',
  summary: 'Lists vouchers as rows of a file, as vouchers.import takes them, without codes.',
  permission: 'vouchers.read',
  input: z.object({
    /** Where the page before ended. */
    afterBatch: z.number().int().default(0),
    afterSerial: z.number().int().default(0),
    limit: z.number().int().min(1).max(VOUCHER_ROWS_MAX).default(VOUCHER_ROWS_MAX),
  }),
  tables: { vouchers, voucherBatches, plans, grants },
  examples: [{}, { afterBatch: 1, afterSerial: 1, limit: 2 }],
  select: ({ db, vouchers, voucherBatches, plans, grants, ref, byKey }, { afterBatch, afterSerial, limit }) =>
    db
      .select({
        batch: voucherBatches.number,
        serial: vouchers.serial,
        tail: vouchers.tail,
        plan: plans.name,
        prefix: voucherBatches.prefix,
        codeLength: voucherBatches.codeLength,
        numeric: voucherBatches.numeric,
        wanted: voucherBatches.wanted,
        useBefore: voucherBatches.useBefore,
        batchBeginsAt: voucherBatches.beginsAt,
        batchEndsAt: voucherBatches.endsAt,
        createdAt: voucherBatches.createdAt,
        createdBy: voucherBatches.createdBy,
        state: vouchers.state,
        holder: vouchers.holder,
        changedAt: vouchers.changedAt,
        changedBy: vouchers.changedBy,
        expiresAt: grants.expiresAt,
        validitySec: grants.validitySec,
        firstUsedAt: grants.firstUsedAt,
        beginsAt: grants.beginsAt,
        quotaOctets: grants.quotaOctets,
        quotaSec: grants.quotaSec,
        topUps: grants.topUps,
        devices: grants.devices,
      })
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .innerJoin(plans, ref(voucherBatches.planId, plans.id))
      .innerJoin(grants, ref(grants.serviceId, vouchers.id))
      .where(
        or(
          gt(voucherBatches.number, afterBatch),
          and(eq(voucherBatches.number, afterBatch), gt(vouchers.serial, afterSerial)),
        ),
      )
      .orderBy(voucherBatches.number, vouchers.serial, ...byKey(vouchers))
      .limit(limit),
  shape: (rows) => rows,
})

export type VoucherSheetRow = ResultOf<typeof voucherRows>[number]

type Told = Omit<VoucherSheetRow, 'createdAt' | 'changedAt'> & {
  readonly createdAt: number | null
  readonly changedAt: number | null
}

export const voucherCells = (row: Told): VoucherCells => ({
  batch: String(row.batch),
  serial: String(row.serial),
  plan: row.plan,
  prefix: row.prefix,
  codeLength: String(row.codeLength),
  numeric: row.numeric ? 'yes' : 'no',
  wanted: String(row.wanted),
  useBefore: instantText(row.useBefore),
  batchBeginsAt: instantText(row.batchBeginsAt),
  batchEndsAt: instantText(row.batchEndsAt),
  madeAt: instantText(row.createdAt),
  madeBy: row.createdBy,
  state: row.state,
  holder: textOf(row.holder),
  changedAt: instantText(row.changedAt),
  changedBy: row.changedBy,
  ...validityCells(row),
  devices: row.devices.join(' '),
})

const count = z.coerce.number().int().min(1)
const text = (lengthMax: number) => z.string().max(lengthMax)

/** A row but for its code, which is a secret to each of those who read it. */
const { loginBy: _, status: __, createdAt: ___, ...carried } = carriedSchema.shape
export const voucherRow = z.object({
  ...carried,
  batch: count,
  serial: count,
  plan: text(64).min(1),
  prefix: text(8).default(''),
  codeLength: count,
  numeric: z.enum(['yes', 'no']),
  wanted: count,
  useBefore: instantCell,
  /** Of a plan for a fixed time: when all vouchers of the batch begin and end. */
  batchBeginsAt: instantCell,
  batchEndsAt: instantCell,
  madeAt: instantCell,
  madeBy: text(128).default(''),
  state: z.enum(['made', 'given', 'sold', 'revoked', 'away']).default('made'),
  holder: optionalCell(text(64)),
  changedAt: instantCell,
  changedBy: text(128).default(''),
})
