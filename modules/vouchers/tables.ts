import { defineTable } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'

/** Boxes that vouchers are lent to or borrowed from: their owner has said that these keys are theirs. */
export const voucherPeers = defineTable(
  'voucher_peers',
  { home: 'site', flow: 'latest', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    name: c.text(),
    /** Of both keys: what people compare. */
    fingerprint: c.text(),
    signingKey: c.text(),
    sealingKey: c.text(),
    trustedAt: c.instant(),
    trustedBy: c.text(),
    /** Nothing is lent to it or borrowed from it any more. */
    endedAt: c.optInstant(),
  }),
  { unique: { byFingerprint: ['fingerprint'] } },
)

/** Vouchers that another box may accept in place of the one they were made at, until an end. */
export const voucherLoans = defineTable(
  'voucher_loans',
  { home: 'site', flow: 'latest', onDelete: 'keep', key: 'id' },
  (c) => ({
    /** The same at both boxes. */
    id: c.id(),
    side: c.oneOf(['lent', 'borrowed']),
    peerId: c.ref('voucher_peers'),
    /** The batch at this box. */
    batchId: c.ref('voucher_batches'),
    fromSerial: c.int(),
    toSerial: c.int(),
    vouchers: c.int(),
    /** The first login with one of them must come before this. */
    endsAt: c.instant(),
    state: c.oneOf(['open', 'returned', 'written-off']),
    /** Of what a loan's file said; null where it is this box's own. */
    digest: c.optText(),
    createdAt: c.instant(),
    createdBy: c.text(),
    closedAt: c.optInstant(),
    closedBy: c.optText(),
    /** Of a loan that is over: good at home again, and used, sold or revoked at the other box. */
    returned: c.optInt(),
    kept: c.optInt(),
    /** Used or sold at both, after it was written off. */
    twice: c.optInt(),
  }),
  { indexes: { byBatch: ['batchId'], byAge: ['createdAt'] } },
)

/** Vouchers made together: one plan, one spelling, one sheet of paper. */
export const voucherBatches = defineTable(
  'voucher_batches',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What people call it. */
    number: c.int(),
    planId: c.ref('plans'),
    prefix: c.text(),
    /** Characters behind the prefix. */
    codeLength: c.int(),
    numeric: c.flag(),
    /** How many were asked for; fewer exist while they are being made. */
    wanted: c.int(),
    /** The first login must come before this. */
    useBefore: c.optInstant(),
    /** Of a plan for a fixed time: when all of them begin and end. */
    beginsAt: c.optInstant(),
    endsAt: c.optInstant(),
    createdAt: c.instant(),
    createdBy: c.text(),
    /** What whoever made it wrote down: what it is for. */
    note: c.optText(),
    /** They are another box's, which has lent them by this loan; the loan names the batch, and comes after it. */
    loanId: c.optRef(),
  }),
  { unique: { byNumber: ['number'] }, indexes: { byPlan: ['planId'] } },
)

/**
 * One voucher. Its code is nowhere in clear: its grant is found by the keyed hash and holds it sealed; whether it is
 * used, and until when it is good, stands there, and here once more to count and list many by.
 */
export const vouchers = defineTable(
  'vouchers',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    batchId: c.ref('voucher_batches'),
    /** Its place in the batch, from 1: what is printed small beside the code. */
    serial: c.int(),
    /** The last four characters of the code. */
    tail: c.text(),
    /** `away`: it is good at another box, and not here. */
    state: c.oneOf(['made', 'given', 'sold', 'revoked', 'away']),
    /** Who has it, or sold it. */
    holder: c.optText(),
    /** That is somebody of the staff, who sells it on a page of their own: who. */
    agentId: c.optRef('staff'),
    changedAt: c.instant(),
    changedBy: c.text(),
    firstUsedAt: c.optInstant(),
    expiresAt: c.optInstant(),
    /** The loan by which it is away, or was until that was written off. */
    loanId: c.optRef('voucher_loans'),
  }),
  {
    repeats: { of: grants, by: 'serviceId', columns: ['firstUsedAt', 'expiresAt'] },
    unique: { bySerial: ['batchId', 'serial'] },
    indexes: {
      byTail: ['tail', 'batchId', 'id'],
      // One's own stock; and from the index alone everybody's, what a batch's counts need of a voucher, and its pages.
      byAgent: ['agentId', 'state', 'batchId'],
      byState: ['state', 'holder', 'agentId', 'firstUsedAt', 'expiresAt'],
      byBatch: ['batchId', 'holder', 'state', 'firstUsedAt', 'expiresAt', 'id'],
      byLoan: ['loanId', 'state'],
      byPlace: ['batchId', 'serial', 'id', 'state', 'firstUsedAt', 'expiresAt'],
    },
  },
)

/**
 * Serial numbers that were given to somebody or sold, as it was asked for: those of them that were sold or revoked
 * before were passed over. So a voucher's way is told by the moves over its number up to its sale.
 */
export const voucherMoves = defineTable(
  'voucher_moves',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    batchId: c.ref('voucher_batches'),
    fromSerial: c.int(),
    toSerial: c.int(),
    state: c.oneOf(['given', 'sold']),
    holder: c.text(),
    at: c.instant(),
    by: c.text(),
  }),
  { indexes: { byBatch: ['batchId'] } },
)

/**
 * What a voucher was sold for and what its seller earned by it, as it was then: neither a price nor a rate that changes
 * later changes it. A voucher that is revoked before it was ever used gives both back, by a second row.
 */
export const voucherSales = defineTable(
  'voucher_sales',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    voucherId: c.ref('vouchers'),
    kind: c.oneOf(['sold', 'reversed']),
    /** Who sold it, and who of the staff that is. */
    holder: c.text(),
    agentId: c.optRef('staff'),
    priceMinor: c.minor(),
    currency: c.text(),
    /** The rate that was in force; null: none was. */
    commissionBp: c.optInt(),
    commissionMinor: c.minor(),
    /** The seller was told the code with the sale, and may see it again until it is used. */
    codeTold: c.flag(),
    at: c.instant(),
    by: c.text(),
  }),
  {
    // Sold once and given back once, whoever asks how often.
    unique: { byVoucher: ['voucherId', 'kind'] },
    indexes: { byAt: ['at'], byAgent: ['agentId', 'at'] },
  },
)
