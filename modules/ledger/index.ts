import { defineModule } from '@lango/kernel/verbs'
import { checkEntries, ledgerBalances, listEntries } from './queries.ts'
import { ledgerAccounts, ledgerEntries, ledgerPostings } from './tables.ts'

export { post, reverse, type LedgerFault, type Posting } from './post.ts'
export { checkEntries, ledgerBalances, listEntries } from './queries.ts'
export { drawReference, readReference } from './reference.ts'
export { accountKinds, credit, debit, type Account, type AccountKind, type Line } from './rules.ts'

export const ledger = defineModule({
  name: 'ledger',
  tables: [ledgerAccounts, ledgerEntries, ledgerPostings],
  queries: [ledgerBalances, listEntries, checkEntries],
})
