/** The books and rows of a box once a day is over. */
import { checkEntries, ledgerBalances } from '../../ledger/index.ts'
import type { Lived } from './day.ts'

type PaymentRow = {
  readonly receipt: string
  readonly state: string
  readonly doubt: string | null
  readonly purchaseId: string | null
  readonly amountMinor: number
}
type PurchaseRow = {
  readonly id: string
  readonly reference: string
  readonly state: string
  readonly purpose: string
  readonly paidBy: string
  readonly phone: string
  readonly walletId: string | null
  readonly renewsId: string | null
  readonly grantedAt: number | null
  readonly offerId: string | null
  readonly amountMinor: number
}

export type Closed = {
  readonly lived: Lived
  readonly payments: readonly PaymentRow[]
  readonly purchases: readonly PurchaseRow[]
  /** Entries that do not come to nothing, and currencies in which the whole does not. */
  readonly brokenEntries: number
  readonly broken: readonly unknown[]
  /** Of an account of the ledger, minor units; 0 for one that is not there. */
  readonly balance: (code: string) => number
}

export const sum = (list: readonly { readonly amountMinor: number }[]): number =>
  list.reduce((all, one) => all + one.amountMinor, 0)

export const close = (lived: Lived): Closed => {
  const { database, query } = lived.site
  const payments = database.raw
    .prepare<[], PaymentRow>(
      'SELECT receipt, state, doubt, purchase_id purchaseId, amount_minor amountMinor FROM payments',
    )
    .all()
  const purchases = database.raw
    .prepare<[], PurchaseRow>(
      `SELECT id, reference, state, purpose, paid_by paidBy, phone, wallet_id walletId, renews_id renewsId,
         granted_at grantedAt, offer_id offerId, amount_minor amountMinor FROM purchases`,
    )
    .all()
  const { accounts, broken } = query(ledgerBalances, {})
  const balance = (code: string): number => accounts.find((account) => account.code === code)?.balanceMinor ?? 0
  return { lived, payments, purchases, broken, brokenEntries: query(checkEntries, {}).broken, balance }
}
