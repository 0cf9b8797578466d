import { expect } from 'vitest'
import { FREE_USES, REWARDS_OF_MONTH } from './day.ts'
import type { Closed } from './closed.ts'

type Referral = {
  readonly codeId: string
  readonly friendPhone: string
  readonly purchaseId: string
  readonly rewardId: string | null
  readonly state: string
}

/** What was given for nothing is as often as its offer says, or for a friend who has paid. */
export const expectGiftsEarned = ({ lived, purchases }: Closed): void => {
  const referrals = lived.site.database.raw
    .prepare<[], Referral>(
      `SELECT code_id codeId, friend_phone friendPhone, purchase_id purchaseId, reward_id rewardId, state FROM referrals`,
    )
    .all()
  const rewards = new Set(referrals.map(({ rewardId }) => rewardId))
  const free = purchases.filter(({ amountMinor, state }) => amountMinor === 0 && state === 'granted')
  const coupons = free.filter(({ id }) => !rewards.has(id))
  for (const { offerId } of coupons) expect(offerId).not.toBeNull()
  expect(coupons.length).toBeLessThanOrEqual(FREE_USES)
  expect(new Set(referrals.map(({ friendPhone }) => friendPhone)).size).toBe(referrals.length)
  const byId = new Map(purchases.map((one) => [one.id, one]))
  for (const { purchaseId, rewardId, state } of referrals) {
    const [friends, reward] = [byId.get(purchaseId), byId.get(rewardId ?? '')]
    expect(friends?.amountMinor).toBeGreaterThan(0)
    expect(['granted', 'refunded']).toContain(friends?.state)
    expect(reward?.state).toBe(state === 'rewarded' ? 'granted' : state === 'taken-back' ? 'refunded' : undefined)
  }
  const rewarded = Map.groupBy(
    referrals.filter(({ state }) => state === 'rewarded'),
    ({ codeId }) => codeId,
  )
  for (const list of rewarded.values()) expect(list.length).toBeLessThanOrEqual(REWARDS_OF_MONTH)
}
