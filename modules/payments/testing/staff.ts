/** What the staff does about money: pays it back, says what it was for, pays it out, and says how what nobody tells of ended. */
import type { Random } from '@lango/kernel'
import {
  refundPayment,
  releasePayout,
  requestPayout,
  resolvePayment,
  sayPayout,
  sayRefund,
  turnDownPayout,
} from '../index.ts'
import type { Box } from './box.ts'
import type { World } from './world.ts'

/** How often each is done, from 0 to 1. */
export type Duties = {
  /** Somebody has money paid back. */
  readonly refunds: number
  /** Somebody says what money was for that waits. */
  readonly resolves: number
  /** Somebody has money paid out: what waits, or for what went wrong. */
  readonly payouts: number
}

export type StaffOptions = {
  readonly box: Box
  readonly world: World
  readonly chance: Random
  readonly phones: readonly string[]
  readonly duties: Duties
}

const HOUR_MS = 3_600_000
const CLERK = { kind: 'staff', id: 'stf_clerk' } as const
const OWNER = { kind: 'staff', id: 'stf_owner' } as const

export const createStaff = ({ box, world, chance, phones, duties }: StaffOptions) => {
  const one = <T>(list: readonly T[]): T | undefined => list[chance.below(Math.max(1, list.length))]
  const isTime = (p: number): boolean => p > 0 && chance.unit() < p
  const receipts = (where: string): readonly string[] =>
    box.site().database.raw.prepare<[], string>(`SELECT receipt FROM payments WHERE ${where}`).pluck().all()

  const payBack = (): void => {
    const receipt = one(receipts("state NOT IN ('refunding', 'refunded')"))
    if (receipt !== undefined) box.site().dispatch(refundPayment, { receipt })
  }

  const resolve = (): void => {
    const receipt = one(receipts("state = 'unmatched'"))
    if (receipt === undefined) return
    const { database, dispatch } = box.site()
    const phone = one(phones)!
    const failed = database.raw
      .prepare<[string], number>(
        `SELECT p.number FROM purchases p JOIN payments m ON m.receipt = ? AND m.amount_minor = p.amount_minor
         WHERE p.state = 'failed' ORDER BY p.number DESC LIMIT 1`,
      )
      .pluck()
      .get(receipt)
    const ways = [
      { as: 'wallet', phone },
      { as: 'plan', plan: 'Hour', phone },
      { as: 'plan', plan: 'Day', phone },
      { as: 'refund' },
      ...(failed === undefined ? [] : [{ as: 'purchase', number: failed } as const]),
    ] as const
    const how = one<(typeof ways)[number]>(ways)!
    const { ok: isDone } = dispatch(resolvePayment, { receipt, how })
    if (isDone && how.as === 'refund') world.payBackByHand(receipt)
  }

  const payOut = (): void => {
    const { dispatch } = box.site()
    const phone = one(phones)!
    const receipt = one(receipts("state = 'unmatched'"))
    const purposes = [
      { as: 'compensation', phone, amountMinor: 1000 },
      { as: 'expense', phone, amountMinor: 4000 },
      ...(receipt === undefined ? [] : [{ as: 'payment', receipt } as const]),
    ] as const
    const purpose = one<(typeof purposes)[number]>(purposes)!
    dispatch(requestPayout, { for: purpose, reason: 'wrong bundle' }, { actor: CLERK })
  }

  /** Of two of the staff: what one has asked for the other releases, or turns down. */
  const release = (): void => {
    const { database, dispatch } = box.site()
    const waiting = database.raw.prepare<[], number>("SELECT number FROM payouts WHERE state = 'waiting'").pluck().all()
    for (const number of waiting) {
      const roll = chance.below(8)
      if (roll === 0) dispatch(turnDownPayout, { number }, { actor: OWNER })
      if (roll === 1) dispatch(releasePayout, { number }, { actor: CLERK })
      if (roll > 4) dispatch(releasePayout, { number }, { actor: OWNER })
    }
  }

  /** What was under way an hour ago, and the provider has not told how it ended, stands in its own list. */
  const say = (): void => {
    const { database, dispatch, clock } = box.site()
    const before = clock.now() - HOUR_MS
    const refunds = database.raw
      .prepare<[number], string>(
        `SELECT p.receipt FROM refunds r JOIN payments p ON p.id = r.payment_id
         WHERE r.state IN ('sent', 'unknown') AND r.asked_at < ?`,
      )
      .pluck()
      .all(before)
    for (const receipt of refunds) dispatch(sayRefund, { receipt, isDone: world.paidBack().includes(receipt) })
    const payouts = database.raw
      .prepare<[number], { id: string; number: number }>(
        "SELECT id, number FROM payouts WHERE state IN ('sent', 'unknown') AND released_at < ?",
      )
      .all(before)
    for (const { id, number } of payouts) dispatch(sayPayout, { number, isDone: world.paidOut().has(id) })
  }

  return {
    /** Looks at what waits. */
    look(): void {
      if (isTime(duties.refunds)) payBack()
      if (isTime(duties.resolves)) resolve()
      if (isTime(duties.payouts)) payOut()
      if (duties.payouts > 0) release()
      say()
    },
  }
}
