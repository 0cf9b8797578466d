import { defineTable } from '@lango/kernel/db'
import { accountKinds, entryKinds } from './rules.ts'

/** What money is in, or is owed to, of one currency. */
export const ledgerAccounts = defineTable(
  'ledger_accounts',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    kind: c.oneOf(accountKinds),
    /** What it is, of its kind: `mpesa:174379`, `unmatched`, `wallet:svc_01…`. */
    code: c.text(),
    currency: c.text(),
  }),
  { unique: { byCode: ['kind', 'code', 'currency'] } },
)

/** One event in the life of money. Never changed: what was wrong is reversed by another. */
export const ledgerEntries = defineTable(
  'ledger_entries',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    kind: c.oneOf(entryKinds),
    /** Why it was written, once: `payment:pay_01…:received`. */
    cause: c.text(),
    /** The entry that this one takes back. */
    reverses: c.optRef('ledger_entries'),
    at: c.instant(),
    by: c.text(),
  }),
  { unique: { byCause: ['cause'], byReversed: ['reverses'] }, indexes: { byAt: ['at'] } },
)

/** Debits are above zero, credits below; those of an entry come to nothing in each currency. */
export const ledgerPostings = defineTable(
  'ledger_postings',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    entryId: c.ref('ledger_entries'),
    accountId: c.ref('ledger_accounts'),
    minor: c.minor(),
  }),
  { indexes: { byEntry: ['entryId'], byAccount: ['accountId', 'entryId', 'minor'] } },
)
