import { and, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { voucherBatches, vouchers } from './tables.ts'

/** Rows of one page of a list. */
const PAGE_ROWS_MAX = 1000

/** Vouchers in the order they were made; `after` is the batch and serial of the last one of the page before. */
export const listVouchers = defineQuery({
  name: 'vouchers.list',
  summary: 'Lists vouchers of a batch in the order they were made, without codes, a page at a time.',
  permission: 'vouchers.read',
  input: z.object({
    batch: z.number().int(),
    afterSerial: z.number().int().default(0),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(100),
  }),
  tables: { vouchers, voucherBatches, plans, grants },
  examples: [{ batch: 1 }, { batch: 2, afterSerial: 1, limit: 2 }],
  select: ({ db, vouchers, voucherBatches, plans, grants, ref, byKey }, { batch, afterSerial, limit }) =>
    db
      .select({
        batch: voucherBatches.number,
        serial: vouchers.serial,
        tail: vouchers.tail,
        plan: plans.name,
        state: vouchers.state,
        holder: vouchers.holder,
        changedAt: vouchers.changedAt,
        changedBy: vouchers.changedBy,
        grantNo: grants.no,
        firstUsedAt: grants.firstUsedAt,
        expiresAt: grants.expiresAt,
      })
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .innerJoin(plans, ref(voucherBatches.planId, plans.id))
      .innerJoin(grants, ref(grants.serviceId, vouchers.id))
      .where(and(eq(voucherBatches.number, batch), gt(vouchers.serial, afterSerial)))
      .orderBy(vouchers.serial, ...byKey(vouchers))
      .limit(limit),
  shape: (rows) => rows,
})

export const listBatches = defineQuery({
  name: 'vouchers.batches',
  summary: 'Lists batches of vouchers in order of number, a page at a time.',
  permission: 'vouchers.read',
  input: z.object({
    after: z.number().int().default(0),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_MAX),
  }),
  tables: { voucherBatches, plans },
  examples: [{}, { after: 1, limit: 1 }],
  select: ({ db, voucherBatches, plans, ref, byKey }, { after, limit }) =>
    db
      .select({
        number: voucherBatches.number,
        plan: plans.name,
        prefix: voucherBatches.prefix,
        codeLength: voucherBatches.codeLength,
        numeric: voucherBatches.numeric,
        wanted: voucherBatches.wanted,
        useBefore: voucherBatches.useBefore,
        createdAt: voucherBatches.createdAt,
        createdBy: voucherBatches.createdBy,
      })
      .from(voucherBatches)
      .innerJoin(plans, ref(voucherBatches.planId, plans.id))
      .where(gt(voucherBatches.number, after))
      .orderBy(voucherBatches.number, ...byKey(voucherBatches), ascending(plans.name))
      .limit(limit),
  shape: (rows) => rows,
})
