import { expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access, firstUse } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { changeStaff, inviteStaff, people } from '../people/index.ts'
import { ledger, ledgerBalances } from '../ledger/index.ts'
import { addPlan, plans, setPlan } from '../plans/index.ts'
import { commissionOf } from './rules.ts'
import {
  commissionReport,
  handVouchers,
  makeVouchers,
  openBatch,
  revokeRest,
  revokeVoucher,
  revokeVouchers,
  sellVoucher,
  vouchers,
} from './index.ts'
import { voucherAt } from './overview.ts'
import { voucherSales } from './tables.ts'

const site = (seed = 1) => {
  const made = memorySite([people, access, plans, ledger, vouchers], { seed })
  const { must, query, database } = made
  const plan = must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, priceMinor: 5000, currency: 'KES' })
  const agent = (login: string): string => must(inviteStaff, { login, name: login, role: 'cashier' }).id
  const agents = { amina: agent('amina'), baraka: agent('baraka') }
  const issue = (count: number): void => {
    const { batch } = must(openBatch, { plan: 'Day', count })
    must(makeVouchers, { batch })
  }
  const idOf = (serial: number): string => query(voucherAt, { batch: 1, serial })!
  const use = (serial: number): void => {
    const id = idOf(serial)
    const grant = database.orm
      .select()
      .from(grants.site)
      .all()
      .find(({ serviceId }) => serviceId === id)!
    must(firstUse, { grantId: grant.id, device: 'AA:BB:CC:DD:EE:01', bind: false, deviceLimit: 1 })
  }
  const hand = (from: number, to: number, state: 'given' | 'sold', holder: string) =>
    must(handVouchers, { batch: 1, from, to, state, holder })
  const sell = (login: keyof typeof agents) =>
    made.dispatch(sellVoucher, { plan: plan.id }, { actor: { kind: 'staff', id: agents[login] } })
  const rate = (login: keyof typeof agents, commissionBp: number | null) =>
    must(changeStaff, { id: agents[login], commissionBp })
  const reprice = (priceMinor: number, currency = 'KES') =>
    must(setPlan, { id: plan.id, name: 'Day', kind: 'hotspot', policy: {}, priceMinor, currency })
  const report = (fromAt = 0, toAt = Number.MAX_SAFE_INTEGER) =>
    query(commissionReport, { fromAt, toAt, now: made.clock.now() })
  const sumsOf = (holder: string) => report().sellers.find((each) => each.holder === holder)?.sales
  return { ...made, plan, agents, issue, idOf, use, hand, sell, rate, reprice, report, sumsOf }
}

test.each([
  [5000, 750, 375],
  [1, 5000, 1],
  [1, 4999, 0],
  [999, 1000, 100],
  [0, 10_000, 0],
  [9_007_199_254_740_991, 10_000, 9_007_199_254_740_991],
])('a commission is to the nearest cent, half a cent up: of %i at %i bp it is %i', (priceMinor, bp, commission) => {
  expect(commissionOf({ minor: priceMinor, currency: 'KES' }, bp)).toEqual({ minor: commission, currency: 'KES' })
})

test('price and rate are those of the sale, whatever becomes of them later', () => {
  const { issue, hand, rate, reprice, sumsOf, report } = site()
  issue(4)
  rate('amina', 750)
  hand(1, 2, 'sold', 'Amina')
  rate('amina', 1000)
  reprice(9900)
  expect(sumsOf('amina')).toMatchObject([{ sold: 2, salesMinor: 10_000, earnedMinor: 750 }])
  hand(3, 3, 'sold', 'amina')
  rate('amina', null)
  hand(4, 4, 'sold', 'amina')
  expect(report()).toMatchObject({
    sellers: [{ holder: 'amina', name: 'amina', sales: [{ sold: 4, salesMinor: 29_800, earnedMinor: 1740 }] }],
    totals: [{ currency: 'KES', sold: 4, netMinor: 1740 }],
  })
})

test('a shop sells without a commission, and amounts of two currencies never mix', () => {
  const { issue, hand, rate, reprice, report } = site()
  issue(3)
  rate('amina', 1000)
  hand(1, 1, 'sold', 'Kiosk Mama Njeri')
  hand(2, 2, 'sold', 'amina')
  reprice(1500, 'UGX')
  hand(3, 3, 'sold', 'amina')
  expect(report()).toMatchObject({
    sellers: [
      { holder: 'Kiosk Mama Njeri', agentId: null, sales: [{ currency: 'KES', salesMinor: 5000, earnedMinor: 0 }] },
      {
        holder: 'amina',
        sales: [
          { currency: 'KES', earnedMinor: 500 },
          { currency: 'UGX', earnedMinor: 150 },
        ],
      },
    ],
    totals: [
      { currency: 'KES', salesMinor: 10_000, netMinor: 500 },
      { currency: 'UGX', salesMinor: 1500, netMinor: 150 },
    ],
  })
})

test('one that is revoked unused gives its commission back by a row of its own; one that was used keeps it', () => {
  const { issue, hand, rate, use, must, idOf, sumsOf, database, count, clock, report } = site()
  issue(3)
  rate('amina', 1000)
  hand(1, 2, 'sold', 'amina')
  use(2)
  const before = database.raw.prepare('SELECT * FROM voucher_sales ORDER BY id').all()
  clock.advance(86_400_000)
  must(revokeVoucher, { id: idOf(1) })
  must(revokeVoucher, { id: idOf(2) })
  must(revokeVoucher, { id: idOf(3) })
  expect(sumsOf('amina')).toMatchObject([
    { sold: 2, salesMinor: 10_000, earnedMinor: 1000, reversed: 1, reversedSalesMinor: 5000, reversedMinor: 500 },
  ])
  expect(sumsOf('amina')![0]!.netMinor).toBe(500)
  expect(count(voucherSales)).toBe(3)
  expect(database.raw.prepare('SELECT * FROM voucher_sales ORDER BY id LIMIT 2').all()).toEqual(before)
  // Each on its day.
  expect(report(0, clock.now()).totals).toMatchObject([{ sold: 2, reversed: 0, netMinor: 1000 }])
  expect(report(clock.now()).totals).toMatchObject([{ sold: 0, reversed: 1, netMinor: -500 }])
})

test('sold twice, under one id or under two, it counts once', () => {
  const { issue, hand, dispatch, plan, agents, sell, count, report } = site()
  issue(3)
  hand(1, 1, 'given', 'amina')
  const by = { id: 'stf/press-of-a-button/0', actor: { kind: 'staff', id: agents.amina } } as const
  expect(dispatch(sellVoucher, { plan: plan.id }, by)).toMatchObject({ ok: true, value: { serial: 1 } })
  expect(dispatch(sellVoucher, { plan: plan.id }, by)).toMatchObject({ error: { type: 'ToldOnce' } })
  expect(sell('amina')).toMatchObject({ error: { type: 'StockEmpty' } })
  expect(hand(1, 3, 'sold', 'Otieno').moved).toBe(2)
  expect(hand(1, 3, 'sold', 'amina').moved).toBe(0)
  expect(count(voucherSales)).toBe(3)
  expect(report().totals).toMatchObject([{ sold: 3, salesMinor: 15_000 }])
})

test('the books take no second sale of a voucher, and no change', () => {
  const { issue, hand, database } = site()
  issue(1)
  hand(1, 1, 'sold', 'amina')
  const again = 'INSERT INTO voucher_sales SELECT id || ?, voucher_id, kind, holder, agent_id, price_minor, currency,'
  expect(() =>
    database.raw.prepare(`${again} commission_bp, commission_minor, code_told, at, by FROM voucher_sales`).run('x'),
  ).toThrow('UNIQUE')
  expect(() => database.raw.exec('UPDATE voucher_sales SET price_minor = 1')).toThrow('append only')
})

type Sold = { readonly holder: string; readonly currency: string; readonly price: number; readonly earned: number }
type Modelled = {
  state: 'made' | 'given' | 'sold' | 'revoked'
  holder: string | undefined
  isUsed: boolean
  sale: Sold | undefined
  isReversed: boolean
}

/** Nearest cent, half a cent up, without the product's own arithmetic. */
const share = (price: number, bp: number): number => Number((BigInt(price) * BigInt(bp) * 2n + 10_000n) / 20_000n)

const VOUCHERS = 24
const STEPS = 120
const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1)

test.each(SEEDS)('whatever is given, sold, used and revoked in whatever order, the sums are exact: seed %i', (seed) => {
  const made = site(seed)
  const { issue, hand, sell, use, rate, reprice, must, idOf, clock, report } = made
  const random = seededRandom(seed * 7919)
  issue(VOUCHERS)
  const model = Array.from({ length: VOUCHERS }, (): Modelled => ({
    state: 'made',
    holder: undefined,
    isUsed: false,
    sale: undefined,
    isReversed: false,
  }))
  const rates: Record<string, number | null> = { amina: null, baraka: null }
  let price = { minor: 5000, currency: 'KES' }
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const anyone = () => pick(['amina', 'baraka', 'Kiosk', 'Duka'])
  const agent = () => pick(['amina', 'baraka'] as const)
  const sold = (one: Modelled, holder: string): void => {
    const earned = share(price.minor, rates[holder] ?? 0)
    Object.assign(one, {
      state: 'sold',
      holder,
      sale: { holder, currency: price.currency, price: price.minor, earned },
    })
  }
  const revoked = (one: Modelled): void => {
    one.isReversed = one.sale !== undefined && !one.isUsed
    one.state = 'revoked'
  }
  const move = (state: 'given' | 'sold') => {
    const [a, b] = [random.below(VOUCHERS), random.below(VOUCHERS)]
    const [from, to, holder] = [Math.min(a, b), Math.min(Math.max(a, b), Math.min(a, b) + 5), anyone()]
    hand(from + 1, to + 1, state, holder)
    for (const one of model.slice(from, to + 1).filter((each) => each.state === 'made' || each.state === 'given')) {
      if (state === 'sold') sold(one, holder)
      else Object.assign(one, { state, holder })
    }
  }
  const steps: readonly (() => void)[] = [
    () => move('given'),
    () => move('given'),
    () => move('sold'),
    () => {
      const who = agent()
      const next = model.find((one) => one.state === 'given' && one.holder === who && !one.isUsed)
      expect(sell(who).ok).toBe(next !== undefined)
      if (next) sold(next, who)
    },
    () => {
      const at = random.below(VOUCHERS)
      if (model[at]!.isUsed || model[at]!.state === 'revoked') return
      use(at + 1)
      model[at]!.isUsed = true
    },
    () => {
      const at = random.below(VOUCHERS)
      const done = made.dispatch(revokeVoucher, { id: idOf(at + 1) })
      expect(done.ok).toBe(model[at]!.state !== 'revoked')
      if (done.ok) revoked(model[at]!)
    },
    () => {
      // Rarely: it leaves little to go on with.
      if (random.below(25) > 0) return
      const keepSold = random.below(2) === 0
      if (keepSold) must(revokeRest, { batch: 1, keepSold })
      else must(revokeVouchers, { batch: 1 })
      for (const one of model)
        if (one.state !== 'revoked' && !one.isUsed && !(keepSold && one.state === 'sold')) revoked(one)
    },
    () => {
      price = { minor: random.below(100_000), currency: pick(['KES', 'KES', 'UGX']) }
      reprice(price.minor, price.currency)
    },
    () => {
      const [who, bp] = [agent(), pick([null, 0, random.below(10_001)])]
      rate(who, bp)
      rates[who] = bp
    },
    () => clock.advance(random.below(600_000)),
  ]
  for (let step = 0; step < STEPS; step++) pick(steps)()

  const sumOf = (of: readonly Modelled[], currency: string) => {
    const sales = of.filter(({ sale }) => sale?.currency === currency)
    const back = sales.filter(({ isReversed }) => isReversed)
    const sum = (list: readonly Modelled[], what: 'price' | 'earned') =>
      list.reduce((total, { sale }) => total + sale![what], 0)
    return {
      currency,
      sold: sales.length,
      salesMinor: sum(sales, 'price'),
      earnedMinor: sum(sales, 'earned'),
      reversed: back.length,
      reversedSalesMinor: sum(back, 'price'),
      reversedMinor: sum(back, 'earned'),
      netMinor: sum(sales, 'earned') - sum(back, 'earned'),
    }
  }
  const sumsOf = (of: readonly Modelled[]) =>
    ['KES', 'UGX'].map((currency) => sumOf(of, currency)).filter((sums) => sums.sold > 0)
  const inStock = (one: Modelled) => one.state === 'given' && !one.isUsed
  const told = report()
  expect(told.totals).toEqual(sumsOf(model))
  expect(told.stock).toBe(model.filter(inStock).length)
  const expected = ['Duka', 'Kiosk', 'amina', 'baraka'].flatMap((holder) => {
    const sales = sumsOf(model.filter(({ sale }) => sale?.holder === holder))
    const stock = model.filter((one) => inStock(one) && one.holder === holder).length
    return sales.length > 0 || stock > 0 ? [{ holder, stock, sales }] : []
  })
  const byHolder = told.sellers.map(({ holder, stock, sales }) => ({ holder, stock, sales }))
  expect(byHolder.toSorted((a, b) => (a.holder < b.holder ? -1 : 1))).toEqual(expected)
  // The ledger says the same: what was sold is income, and is in the hands of whoever sold it.
  const { accounts, broken } = made.query(ledgerBalances, {})
  expect(broken).toEqual([])
  const inLedger = (kind: string, code: string, currency: string) =>
    accounts.find((one) => one.kind === kind && one.code === code && one.currency === currency)?.balanceMinor ?? 0
  for (const { currency, salesMinor, reversedSalesMinor, netMinor } of told.totals) {
    expect(inLedger('income', 'vouchers', currency)).toBe(salesMinor - reversedSalesMinor)
    expect(inLedger('expense', 'commission', currency)).toBe(netMinor)
  }
  for (const { holder, agentId, sales } of told.sellers)
    for (const { currency, salesMinor, reversedSalesMinor, netMinor } of sales) {
      expect(inLedger('asset', `cash:${agentId ?? holder}`, currency)).toBe(salesMinor - reversedSalesMinor)
      expect(inLedger('liability', `commission:${agentId ?? holder}`, currency)).toBe(netMinor)
    }
  // Two halves of the time make the whole.
  const middle = clock.now() - 1_000_000
  const halves = [...report(0, middle).totals, ...report(middle).totals]
  for (const { currency, ...sums } of told.totals)
    for (const what of Object.keys(sums) as (keyof typeof sums)[])
      expect(halves.filter((each) => each.currency === currency).reduce((sum, each) => sum + each[what], 0)).toBe(
        sums[what],
      )
})
