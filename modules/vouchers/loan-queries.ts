import { and, eq } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, descending, type ResultOf } from '@lango/kernel/db'
import { plans } from '../plans/tables.ts'
import { voucherBatches, voucherLoans, voucherPeers } from './tables.ts'

const PAGE_ROWS_MAX = 200

/** Loans, the newest first. */
export const listLoans = defineQuery({
  name: 'vouchers.loans',
  summary: 'Lists loans of vouchers to and from other boxes, the newest first, of one batch where given.',
  permission: 'vouchers.read',
  input: z.object({
    batch: z.number().int().optional(),
    offset: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_MAX),
  }),
  tables: { voucherLoans, voucherBatches, voucherPeers, plans },
  examples: [{}, { batch: 1 }, { offset: 1, limit: 1 }],
  select: ({ db, voucherLoans: loans, voucherBatches, voucherPeers, plans, ref, byKey }, { batch, offset, limit }) =>
    db
      .select({
        id: loans.id,
        side: loans.side,
        box: voucherPeers.name,
        batch: voucherBatches.number,
        plan: plans.name,
        fromSerial: loans.fromSerial,
        toSerial: loans.toSerial,
        vouchers: loans.vouchers,
        createdAt: loans.createdAt,
        endsAt: loans.endsAt,
        state: loans.state,
        closedAt: loans.closedAt,
        returned: loans.returned,
        kept: loans.kept,
        twice: loans.twice,
      })
      .from(loans)
      .innerJoin(voucherBatches, ref(loans.batchId, voucherBatches.id))
      .innerJoin(voucherPeers, ref(loans.peerId, voucherPeers.id))
      .innerJoin(plans, ref(voucherBatches.planId, plans.id))
      .where(and(batch === undefined ? undefined : eq(voucherBatches.number, batch)))
      .orderBy(descending(loans.createdAt), ...byKey(loans))
      .limit(limit)
      .offset(offset),
  shape: (rows) => rows,
})

export type LoanLine = ResultOf<typeof listLoans>[number]

/** Boxes that are or were trusted, by name. */
export const listBoxes = defineQuery({
  name: 'vouchers.boxes',
  summary: 'Lists the boxes that vouchers are lent to and borrowed from, by name.',
  permission: 'vouchers.read',
  input: z.object({}),
  tables: { voucherPeers },
  examples: [{}],
  select: ({ db, voucherPeers: peers, byKey }) =>
    db
      .select({
        name: peers.name,
        fingerprint: peers.fingerprint,
        trustedAt: peers.trustedAt,
        endedAt: peers.endedAt,
      })
      .from(peers)
      .orderBy(ascending(peers.name), ...byKey(peers)),
  shape: (rows) => rows,
})
