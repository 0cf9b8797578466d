import { expect } from 'vitest'
import { sum, type Closed } from './closed.ts'

type Row = {
  readonly id: string
  readonly state: string
  readonly amountMinor: number
  readonly feeMinor: number | null
  readonly paymentId: string | null
  readonly fromCode: string
}

/**
 * What is said to have left has left, once, and what is said to be here is here. `goneMinor`: what left beside money that
 * was paid back, with what the provider took; `payingBackMinor`: what is being paid back so.
 */
export const expectPayoutsWhole = ({ lived, balance }: Closed) => {
  const out = lived.world.paidOut()
  const rows = lived.site.database.raw
    .prepare<[], Row>(
      `SELECT id, state, amount_minor amountMinor, fee_minor feeMinor, payment_id paymentId, from_code fromCode
       FROM payouts`,
    )
    .all()
  const open = rows.filter(({ state }) => ['waiting', 'asked', 'sent', 'unknown'].includes(state))
  const done = rows.filter(({ state }) => state === 'done')
  for (const { id, amountMinor } of done) expect(out.get(id)?.minor).toBe(amountMinor)
  const mayBeOut = new Set([...done, ...open].map(({ id }) => id))
  for (const id of out.keys()) expect(mayBeOut).toContain(id)
  expect(balance('payouts')).toBe(sum(open))
  const fees = rows.reduce((all, { feeMinor }) => all + (feeMinor ?? 0), 0)
  expect(balance('mobile-money-fees')).toBe(fees)
  const spent = [...done, ...open].filter(({ paymentId }) => paymentId === null)
  for (const code of ['compensation', 'paid-out'])
    expect(balance(code)).toBe(sum(spent.filter(({ fromCode }) => fromCode === code)))
  return {
    goneMinor: sum(done.filter(({ paymentId }) => paymentId === null)) + fees,
    payingBackMinor: sum(open.filter(({ paymentId }) => paymentId !== null)),
  }
}
