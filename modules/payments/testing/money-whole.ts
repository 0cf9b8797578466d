/** What has to hold of money, whatever happened to it on the way. */
import { expect } from 'vitest'
import type { MemorySite } from '@lango/kernel/testing'
import { checkEntries, ledgerBalances } from '../../ledger/index.ts'
import type { Received } from '../port.ts'

type PaymentRow = {
  readonly receipt: string
  readonly state: string
  readonly doubt: string | null
  readonly purchaseId: string | null
  readonly amountMinor: number
}
type PurchaseRow = {
  readonly id: string
  readonly state: string
  readonly purpose: string
  readonly paidBy: string
  readonly amountMinor: number
}

const sum = (list: readonly { readonly amountMinor: number }[]): number =>
  list.reduce((all, one) => all + one.amountMinor, 0)

export const expectMoneyWhole = (
  { database: { raw }, query }: MemorySite,
  paid: readonly Received[],
  paidBack: readonly string[],
): void => {
  const rows = raw
    .prepare<[], PaymentRow>(
      'SELECT receipt, state, doubt, purchase_id purchaseId, amount_minor amountMinor FROM payments',
    )
    .all()
  const bought = raw
    .prepare<[], PurchaseRow>('SELECT id, state, purpose, paid_by paidBy, amount_minor amountMinor FROM purchases')
    .all()
  const active = raw.prepare<[], string>("SELECT service_id FROM grants WHERE status = 'active'").pluck().all()
  const ended = raw.prepare<[], string>("SELECT service_id FROM grants WHERE status = 'ended'").pluck().all()
  expect(rows.map(({ receipt }) => receipt).toSorted()).toEqual(paid.map(({ receipt }) => receipt).toSorted())
  const stateOf = new Map(bought.map(({ id, state }) => [id, state]))
  const granted = new Map(bought.filter(({ state }) => state === 'granted').map((one) => [one.id, one]))
  const given = [...granted.values()]
  const [plans, topUps] = ['plan', 'wallet'].map((purpose) => given.filter((one) => one.purpose === purpose))
  const [byMpesa, byWallet] = ['mpesa', 'wallet'].map((payer) => given.filter((one) => one.paidBy === payer))
  const idsOf = (list: readonly PurchaseRow[] = []) => list.map(({ id }) => id).toSorted()
  expect(active.toSorted()).toEqual(idsOf(plans))
  for (const id of ended) expect(['failed', 'refunded']).toContain(stateOf.get(id))
  // One receipt for each that M-Pesa has paid and that costs anything, and for no two the same.
  const matched = rows.filter(({ state }) => state === 'matched')
  expect(matched.map(({ purchaseId }) => purchaseId ?? '').toSorted()).toEqual(
    idsOf(byMpesa?.filter(({ amountMinor }) => amountMinor > 0)),
  )
  for (const { purchaseId, amountMinor } of matched)
    expect(granted.get(purchaseId ?? '')?.amountMinor).toBe(amountMinor)
  const unsettled = new Set(['matched', 'unmatched'])
  for (const { state, doubt } of rows) if (unsettled.has(state)) expect(doubt === null).toBe(state === 'matched')
  // What is back with whoever paid it is so here, once, and nothing else is.
  const refunded = rows.filter(({ state }) => state === 'refunded')
  const returning = rows.filter(({ state }) => state === 'refunding')
  const isReturning = new Set(returning.map(({ receipt }) => receipt))
  expect(refunded.map(({ receipt }) => receipt).toSorted()).toEqual(
    paidBack.filter((receipt) => !isReturning.has(receipt)).toSorted(),
  )
  const { accounts, broken } = query(ledgerBalances, {})
  expect([broken, query(checkEntries, {}).broken]).toEqual([[], 0])
  const balance = (code: string): number => accounts.find((account) => account.code === code)?.balanceMinor ?? 0
  expect(balance('mobile-money')).toBe(paid.reduce((all, { amount }) => all + amount.minor, 0) - sum(refunded))
  expect(balance('refunds')).toBe(sum(returning))
  expect(balance('unmatched')).toBe(sum(rows.filter(({ state }) => state === 'unmatched')))
  expect([balance('plans'), balance('purchases')]).toEqual([sum(plans ?? []), 0])
  // What is in wallets is what came in for them, less what was bought from them; what went back beyond it is a loss.
  const inWallets = accounts.filter(({ code }) => code.startsWith('wallet:'))
  for (const { balanceMinor } of inWallets) expect(balanceMinor).toBeGreaterThanOrEqual(0)
  const held = inWallets.reduce((all, { balanceMinor }) => all + balanceMinor, 0)
  expect(held).toBe(sum(topUps ?? []) - sum(byWallet ?? []) + balance('wallet-refunds'))
}
