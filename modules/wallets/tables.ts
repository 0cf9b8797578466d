import { defineTable } from '@lango/kernel/db'

/**
 * Money that somebody has put in beforehand, known by their phone. What is in it stands in the ledger alone: the balance
 * of the account `wallet:<id>`.
 */
export const wallets = defineTable(
  'wallets',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What people call it. */
    number: c.int(),
    /** What is typed as the account where money is sent to it. */
    reference: c.text(),
    /** E.164: whoever holds it. */
    phone: c.text(),
    /** Sealed: what opens it, together with the phone. */
    code: c.secret(),
    status: c.oneOf(['active', 'blocked']),
    createdAt: c.instant(),
  }),
  { unique: { byNumber: ['number'], byReference: ['reference'], byPhone: ['phone'] } },
)
