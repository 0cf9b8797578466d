import { expect, test } from 'vitest'
import { err, ok, seededRandom, type Random } from '@lango/kernel'
import { endStandingOrder, type OrderClaim } from './index.ts'
import { dayOf } from './standing-rules.ts'
import { orderShop } from './testing/order-shop.ts'

const DAY_MS = 86_400_000
const CASH = 50_000

/** What M-Pesa itself knows of an order, whatever of it is told. */
type Truth = { readonly amountMinor: number; agreed: boolean; asked: number }

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!

/** Some weeks of one holder: asked, answered, paid, and all of it told wrong, twice, late, by strangers or not at all. */
const liveWeeks = async (seed: number) => {
  const random = seededRandom(seed)
  const isReached = random.below(3) > 0
  const shop = orderShop(isReached ? {} : { callbackUrl: '' })
  const { asked, says, request, runJobs, pass, post, pay, order, must } = shop
  const truths = new Map<string, Truth>()
  const late: (() => void)[] = []
  let paid = CASH
  let amount = 0

  says.answer = () => {
    const wish = asked.at(-1)!
    const truth = truths.get(wish.id) ?? { amountMinor: wish.amount.minor, agreed: false, asked: 0 }
    truths.set(wish.id, truth)
    const fate = pick(random, ['taken', 'taken', 'taken', 'unheard', 'refused', 'silent', 'crash'] as const)
    if (fate === 'unheard') return err({ type: 'ProviderUnreachable', reason: 'no route' })
    truth.asked += 1
    if (fate === 'refused') return err({ type: 'ProviderRefused', code: '1', failure: 'phone', reason: 'no' })
    truth.agreed = random.below(2) === 0
    const ref = `ref-${wish.id}`
    const at = asked.length - 1
    const tell = (claim: OrderClaim): void => {
      const posting = (): void => void (isReached && post(claim, { at }))
      if (random.below(3) > 0) late.push(posting)
      if (random.below(3) === 0) late.push(posting)
      // Before it is written down what it is called.
      if (random.below(4) === 0) posting()
    }
    tell({ refs: [ref], failure: truth.agreed ? null : 'cancelled', amountMinor: wish.amount.minor, currency: 'KES' })
    tell({ refs: ['forged'], failure: truth.agreed ? 'cancelled' : null })
    tell({ refs: [ref], failure: null, amountMinor: 1, currency: 'KES' })
    if (fate === 'silent') return err({ type: 'ProviderSilent', reason: 'cut' })
    if (fate === 'crash') throw new Error('the plug was pulled')
    return ok({ ref })
  }

  for (let step = 0; step < 12; step++) {
    amount += 100
    const today = dayOf(shop.clock.now())
    request({ amountMinor: amount, frequency: 'daily', startsOn: today, endsOn: shop.day(random.below(20)) })
    await runJobs()
    await pass(random.below(40 * 60_000))
    for (const posting of late.splice(0, random.below(late.length + 1))) posting()
    if (random.below(8) === 0 && order().state !== 'refused' && order().state !== 'ended')
      must(endStandingOrder, { number: order().number })
    for (const truth of truths.values())
      if (truth.agreed && random.below(3) === 0) {
        paid += truth.amountMinor
        pay(truth.amountMinor, { times: 1 + random.below(3) })
      }
    await pass(random.below(2 * DAY_MS))
    await pass(60_000)
  }
  for (const posting of late.splice(0)) posting()
  return { ...shop, truths, paid }
}

test('whatever is lost, doubled, late, forged or cut off: nobody is asked twice, what is not agreed to never stands, and each shilling is in the wallet once', async () => {
  const seen = new Map<string, number>()
  for (let seed = 1; seed <= 8; seed++) {
    const { truths, paid, wallet, sound, list, database } = await liveWeeks(seed)
    for (const { id, state } of list()) {
      const truth = truths.get(id)
      const stands = state !== 'active' || truth?.agreed === true
      expect([seed, id, (truth?.asked ?? 0) <= 1, stands]).toEqual([seed, id, true, true])
      seen.set(state, (seen.get(state) ?? 0) + 1)
    }
    expect([seed, wallet().balanceMinor]).toEqual([seed, paid])
    sound()
    database.close()
  }
  // It has been through all of it.
  for (const state of ['active', 'ended', 'refused', 'unknown']) expect(seen.get(state) ?? 0).toBeGreaterThan(0)
})
