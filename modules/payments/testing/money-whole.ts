/** What has to hold of money, whatever happened to it on the way. */
import { expect } from 'vitest'
import { close, sum, type Closed } from './closed.ts'
import type { Lived } from './day.ts'
import { expectGiftsEarned } from './gifts-earned.ts'
import { expectPayoutsWhole } from './payouts-whole.ts'
import { expectWalletsWhole } from './wallets-whole.ts'

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
  expect([closed.broken, closed.brokenEntries]).toEqual([[], 0])
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
