/** What has to hold of money, whatever happened to it on the way. */
import { expect } from 'vitest'
import { checkEntries, ledgerBalances } from '../../ledger/index.ts'
import type { Lived } from './day.ts'
import { expectGiftsEarned } from './gifts-earned.ts'
import { expectPayoutsWhole } from './payouts-whole.ts'
import { expectWalletsWhole } from './wallets-whole.ts'

type PaymentRow = {
  readonly receipt: string
  readonly state: string
  readonly doubt: string | null
  readonly purchaseId: string | null
  readonly amountMinor: number
}
export type PurchaseRow = {
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

/** The books and rows of a box once a day is over. */
export type Closed = {
  readonly lived: Lived
  readonly payments: readonly PaymentRow[]
  readonly purchases: readonly PurchaseRow[]
  /** Of an account of the ledger, minor units; 0 for one that is not there. */
  readonly balance: (code: string) => number
}

export const sum = (list: readonly { readonly amountMinor: number }[]): number =>
  list.reduce((all, one) => all + one.amountMinor, 0)

const close = (lived: Lived): Closed => {
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
  // Every entry comes to nothing, and so does the whole.
  expect([broken, query(checkEntries, {}).broken]).toEqual([[], 0])
  const balance = (code: string): number => accounts.find((account) => account.code === code)?.balanceMinor ?? 0
  return { lived, payments, purchases, balance }
}

/** One receipt for each purchase that M-Pesa has paid and that costs anything, and for no two the same. */
const expectPaidOnce = ({ payments, purchases, lived }: Closed): void => {
  const given = purchases.filter(({ state, paidBy }) => state === 'granted' && paidBy === 'mpesa')
  const costly = new Map(given.filter(({ amountMinor }) => amountMinor > 0).map((one) => [one.id, one.amountMinor]))
  const settled = payments.filter(({ state }) => state === 'matched' || state === 'resolved')
  expect(settled.map(({ purchaseId }) => purchaseId ?? '').toSorted()).toEqual([...costly.keys()].toSorted())
  for (const { purchaseId, amountMinor } of settled) expect(costly.get(purchaseId ?? '')).toBe(amountMinor)
  for (const { state, doubt } of payments)
    if (state === 'matched' || state === 'unmatched') expect(doubt === null).toBe(state === 'matched')
  // What they were told when they asked is what the phone asked for, and what it has stayed, whatever o'clock it is.
  const now = new Map(purchases.map((one) => [one.id, one]))
  const { asked } = lived.acts
  for (const [id, amountMinor] of asked) expect(now.get(id)?.amountMinor).toBe(amountMinor)
  const shown = new Map([...asked].map(([id, amountMinor]) => [now.get(id)!.reference, amountMinor]))
  for (const { reference, amount } of lived.world.prompted()) expect(shown.get(reference)).toBe(amount.minor)
}

/** Whoever is online on something has it paid for; what only renews has no access of its own. */
const expectGivenPaid = ({ purchases, lived }: Closed): void => {
  const { raw } = lived.site.database
  const grants = raw.prepare<[string], string>('SELECT service_id FROM grants WHERE status = ?').pluck()
  const own = purchases.filter(({ purpose, renewsId }) => purpose === 'plan' && renewsId === null)
  const given = own.filter(({ state }) => state === 'granted').map(({ id }) => id)
  expect(grants.all('active').toSorted()).toEqual(given.toSorted())
  const stateOf = new Map(own.map(({ id, state }) => [id, state]))
  for (const id of grants.all('ended')) expect(['failed', 'refunded']).toContain(stateOf.get(id))
}

/** What is back with whoever paid it is so here, once, and nothing else is. */
const expectBackOnce = ({ payments, lived: { world, site } }: Closed): void => {
  const out = world.paidOut()
  const paidOut = site.database.raw
    .prepare<[], { id: string; receipt: string }>(
      'SELECT o.id, p.receipt FROM payouts o JOIN payments p ON p.id = o.payment_id',
    )
    .all()
    .filter(({ id }) => out.has(id))
    .map(({ receipt }) => receipt)
  const back = [...world.paidBack(), ...world.paidBackByHand, ...paidOut]
  expect(new Set(back).size).toBe(back.length)
  const isReturning = new Set(payments.filter(({ state }) => state === 'refunding').map(({ receipt }) => receipt))
  const refunded = payments.filter(({ state }) => state === 'refunded').map(({ receipt }) => receipt)
  expect(refunded.toSorted()).toEqual(back.filter((receipt) => !isReturning.has(receipt)).toSorted())
}

/** Every shilling that came in is one purchase's, waits for somebody, or is back; and the books say the same. */
export const expectMoneyWhole = (lived: Lived): void => {
  const closed = close(lived)
  const { payments, purchases, balance } = closed
  const paid = lived.world.paid()
  expect(payments.map(({ receipt }) => receipt).toSorted()).toEqual(paid.map(({ receipt }) => receipt).toSorted())
  expectPaidOnce(closed)
  expectGivenPaid(closed)
  expectBackOnce(closed)
  const of = (state: string): number => sum(payments.filter((one) => one.state === state))
  const { goneMinor, payingBackMinor } = expectPayoutsWhole(closed)
  const cameMinor = paid.reduce((all, { amount }) => all + amount.minor, 0)
  expect(balance('mobile-money')).toBe(cameMinor - of('refunded') - goneMinor)
  expect(balance('refunds')).toBe(of('refunding') - payingBackMinor)
  expect(balance('unmatched')).toBe(of('unmatched'))
  const sold = purchases.filter(({ state, purpose }) => state === 'granted' && purpose === 'plan')
  expect([balance('plans'), balance('purchases')]).toEqual([sum(sold), 0])
  expectWalletsWhole(closed)
  expectGiftsEarned(closed)
}
