import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import type { Actor } from '@lango/kernel/verbs'
import { access, firstUse } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { createPeopleGuard, createToken, inviteStaff, people, setRole, type PeopleGuard } from '../people/index.ts'
import { ledger } from '../ledger/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import {
  handVouchers,
  makeVouchers,
  openBatch,
  ownCommission,
  ownSales,
  ownStock,
  revealVoucher,
  revealVouchers,
  revokeVoucher,
  sellVoucher,
  showSoldVoucher,
  vouchers,
} from './index.ts'
import { voucherAt } from './overview.ts'
import { voucherMoves, voucherSales, vouchers as vouchersTable } from './tables.ts'

const DAY_SEC = 86_400

/** A box whose people may what their roles say. */
const site = () => {
  let guard: PeopleGuard | undefined
  const may = (actor: Actor, permission: string) => actor.kind === 'system' || guard!.may(actor, permission)
  const made = memorySite([people, access, plans, ledger, vouchers], { may })
  const { must, query, database, dispatch, clock, vault } = made
  guard = createPeopleGuard(database.raw, vault, clock.now)
  const day = must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: DAY_SEC, priceMinor: 5000 })
  const week = must(addPlan, { name: 'Week', kind: 'hotspot', policy: {}, priceMinor: 20_000 })
  const somebody = (login: string, permissions: readonly string[]): Actor => {
    const { id: role } = must(setRole, { name: `role of ${login}`, permissions: [...permissions] as never })
    return { kind: 'staff', id: must(inviteStaff, { login, name: login, role }).id }
  }
  const amina = somebody('amina', ['vouchers.sell'])
  const baraka = somebody('baraka', ['vouchers.sell'])
  const issue = (count: number, more: object = {}): readonly string[] => {
    const { batch } = must(openBatch, { plan: 'Day', count, ...more })
    return must(makeVouchers, { batch }).codes
  }
  const give = (from: number, to: number, holder: string, batch = 1) =>
    must(handVouchers, { batch, from, to, state: 'given', holder })
  const sell = (actor: Actor, plan = day.id) => dispatch(sellVoucher, { plan }, { actor })
  const show = (actor: Actor, id: string) => dispatch(showSoldVoucher, { id }, { actor })
  const idOf = (serial: number, batch = 1): string => query(voucherAt, { batch, serial })!
  const use = (serial: number): void => {
    const all = database.orm.select().from(grants.site).all()
    const { id: grantId } = all.find(({ serviceId }) => serviceId === idOf(serial))!
    must(firstUse, { grantId, device: 'AA:BB:CC:DD:EE:01', bind: false, deviceLimit: 1 })
  }
  const stockOf = ({ id }: Actor) =>
    query(ownStock, { staffId: id, now: clock.now() }).map(({ plan, stock }) => `${plan} ${stock}`)
  const rows = () => database.orm.select().from(vouchersTable.site).all()
  return { ...made, day, week, amina, baraka, somebody, issue, give, sell, show, idOf, use, stockOf, rows }
}

test('a sale tells the code, takes the voucher out of the stock and writes it down', () => {
  const { issue, give, sell, amina, day, week, stockOf, query, clock, rows } = site()
  const codes = issue(3)
  const weeks = issue(1, { plan: 'Week' })
  give(2, 3, 'Amina')
  give(1, 1, 'amina', 2)
  expect(stockOf(amina)).toEqual(['Day 2', 'Week 1'])
  expect(sell(amina)).toMatchObject({ value: { batch: 1, serial: 2, code: codes[1], plan: 'Day', priceMinor: 5000 } })
  expect(sell(amina, week.id)).toMatchObject({ value: { batch: 2, serial: 1, code: weeks[0], priceMinor: 20_000 } })
  expect(stockOf(amina)).toEqual(['Day 1'])
  expect(rows().filter(({ state }) => state === 'sold')).toMatchObject([{ holder: 'amina' }, { holder: 'amina' }])
  const asked = { staffId: amina.id, fromAt: 0, toAt: clock.now() + 1 }
  expect(query(ownSales, asked)).toHaveLength(2)
  expect(query(ownCommission, asked)).toMatchObject({ sums: [{ sold: 2, salesMinor: 25_000 }], commissionBp: null })
  expect(sell(amina, day.id).ok).toBe(true)
  expect(sell(amina, day.id)).toMatchObject({ error: { type: 'StockEmpty' } })
})

test('nobody sells, sees or is told what is in another’s stock', () => {
  const { issue, give, sell, show, amina, baraka, idOf, stockOf, count, query, rows } = site()
  issue(2)
  give(1, 2, 'amina')
  const before = rows()
  expect(stockOf(baraka)).toEqual([])
  expect(sell(baraka)).toMatchObject({ error: { type: 'StockEmpty' } })
  expect(show(baraka, idOf(1))).toMatchObject({ error: { type: 'SaleUnknown' } })
  // What is in one's own stock is told with its sale, and not before.
  expect(show(amina, idOf(1))).toMatchObject({ error: { type: 'SaleUnknown' } })
  expect([rows(), count(voucherSales)]).toEqual([before, 0])
  expect(sell(amina).ok).toBe(true)
  expect(show(baraka, idOf(1))).toMatchObject({ error: { type: 'SaleUnknown' } })
  expect(query(ownSales, { staffId: baraka.id, fromAt: 0, toAt: Number.MAX_SAFE_INTEGER })).toEqual([])
})

test('a key of a program, and the box itself, have no stock', () => {
  const { issue, give, must, dispatch, day } = site()
  issue(1)
  give(1, 1, 'amina')
  must(createToken, { name: 'shop', role: 'owner' })
  expect(dispatch(sellVoucher, { plan: day.id })).toMatchObject({ error: { type: 'StockEmpty' } })
})

test('who sells may see the code again while it is good for a first login, and only of what was sold this way', () => {
  const { issue, give, sell, show, use, amina, idOf, must } = site()
  const codes = issue(4)
  give(1, 4, 'amina')
  sell(amina)
  sell(amina)
  sell(amina)
  expect(show(amina, idOf(1))).toMatchObject({ value: { code: codes[0], priceMinor: 5000 } })
  use(1)
  expect(show(amina, idOf(1))).toMatchObject({ error: { type: 'SaleUnknown' } })
  must(revokeVoucher, { id: idOf(2) })
  expect(show(amina, idOf(2))).toMatchObject({ error: { type: 'SaleUnknown' } })
  expect(show(amina, idOf(3)).ok).toBe(true)
  // Noted from the paper: whoever has the paper has the code.
  must(handVouchers, { batch: 1, from: 4, to: 4, state: 'sold', holder: 'amina' })
  expect(show(amina, idOf(4))).toMatchObject({ error: { type: 'SaleUnknown' } })
})

test('what cannot be used is not sold: used, too old or revoked ones are passed over', () => {
  const { issue, give, sell, use, amina, idOf, must, clock, stockOf } = site()
  issue(3, { useWithinSec: 3600 })
  issue(1)
  give(1, 3, 'amina')
  give(1, 1, 'amina', 2)
  use(1)
  must(revokeVoucher, { id: idOf(2) })
  expect(stockOf(amina)).toEqual(['Day 2'])
  clock.advance(2 * 3600_000)
  expect(stockOf(amina)).toEqual(['Day 1'])
  expect(sell(amina)).toMatchObject({ value: { batch: 2, serial: 1 } })
  expect(sell(amina)).toMatchObject({ error: { type: 'StockEmpty' } })
})

test('an agent hands nothing on, reveals nothing, and changes no other voucher', () => {
  const { issue, give, dispatch, amina, idOf, rows, count } = site()
  issue(3)
  give(1, 2, 'baraka')
  const before = rows()
  const asAmina = { actor: amina }
  for (const state of ['given', 'sold'] as const)
    expect(dispatch(handVouchers, { batch: 1, from: 1, to: 3, state, holder: 'amina' }, asAmina)).toMatchObject({
      error: { type: 'Forbidden', permission: 'vouchers.read' },
    })
  for (const refused of [
    dispatch(revealVouchers, { batch: 1 }, asAmina),
    dispatch(revealVoucher, { id: idOf(3) }, asAmina),
    dispatch(revokeVoucher, { id: idOf(3) }, asAmina),
  ])
    expect(refused).toMatchObject({ error: { type: 'Forbidden' } })
  expect([rows(), count(voucherMoves), count(voucherSales)]).toEqual([before, 1, 0])
})

test('it takes the right to see codes to give somebody vouchers whose codes they will see', () => {
  const { issue, dispatch, somebody, sell, rows } = site()
  issue(2)
  const seller = somebody('seller', ['vouchers.read', 'vouchers.sell'])
  const cashier = somebody('till', ['vouchers.read', 'vouchers.sell', 'vouchers.reveal'])
  const hand = (actor: Actor, state: 'given' | 'sold', holder: string) =>
    dispatch(handVouchers, { batch: 1, from: 1, to: 1, state, holder }, { actor })
  for (const holder of ['seller', 'SELLER', 'amina'])
    expect(hand(seller, 'given', holder)).toMatchObject({ error: { permission: 'vouchers.reveal' } })
  expect(rows().map(({ state, holder }) => [state, holder])).toEqual([
    ['made', null],
    ['made', null],
  ])
  expect(sell(seller)).toMatchObject({ error: { type: 'StockEmpty' } })
  expect(hand(seller, 'given', 'Kiosk Mama Njeri').ok).toBe(true)
  expect(hand(cashier, 'given', 'seller').ok).toBe(true)
  expect(sell(seller)).toMatchObject({ value: { serial: 1 } })
})

test('a shop that is called like somebody who comes later does not become theirs', () => {
  const { issue, give, somebody, sell, stockOf } = site()
  issue(1)
  give(1, 1, 'chebet')
  const chebet = somebody('chebet', ['vouchers.sell'])
  expect(stockOf(chebet)).toEqual([])
  expect(sell(chebet)).toMatchObject({ error: { type: 'StockEmpty' } })
})

test('a code that was sold stands nowhere in clear', () => {
  const { issue, give, sell, show, amina, idOf, database, log } = site()
  const [code] = issue(1)
  give(1, 1, 'amina')
  sell(amina)
  show(amina, idOf(1))
  const stored = ['commands', 'audit', 'voucher_sales', 'voucher_moves', 'vouchers'].flatMap((name) =>
    database.raw.prepare(`SELECT * FROM ${name}`).all(),
  )
  expect(JSON.stringify(stored) + log.text()).not.toContain(code)
})
