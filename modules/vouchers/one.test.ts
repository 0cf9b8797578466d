import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { CODE_PURPOSE, access, codeLogin, firstUse } from '../access/index.ts'
import { grants, policies } from '../access/tables.ts'
import { people } from '../people/index.ts'
import { ledger } from '../ledger/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { batchHolders, countVouchers, movable, voucherAt } from './overview.ts'
import {
  batchCounts,
  deskBatches,
  deskVouchers,
  extendVoucher,
  handVouchers,
  makeVouchers,
  oneVoucher,
  openBatch,
  revealVoucher,
  revokeRest,
  revokeVoucher,
  setVoucherSpeed,
  vouchers,
} from './index.ts'

const DAY_SEC = 86_400
const speed = { downKbps: 5000, upKbps: 1000 }

const site = () => {
  const made = memorySite([people, access, plans, ledger, vouchers])
  const { must, query, clock, vault, database } = made
  const burst = { downKbps: 9000, upKbps: 2000, thresholdDownKbps: 5000, thresholdUpKbps: 1000, timeSec: 16 }
  must(addPlan, { name: 'Day', kind: 'hotspot', policy: { ...speed, burst }, validitySec: DAY_SEC })
  const issue = (count: number, more: object = {}) => {
    const { batch } = must(openBatch, { plan: 'Day', count, ...more })
    return must(makeVouchers, { batch }).codes
  }
  const grantOf = (code: string) =>
    database.orm
      .select()
      .from(grants.site)
      .all()
      .find(({ login }) => login === codeLogin(vault.keyedHash(code, CODE_PURPOSE)))!
  const use = (code: string) =>
    must(firstUse, { grantId: grantOf(code).id, device: 'AA:BB:CC:DD:EE:01', bind: false, deviceLimit: 1 })
  const idOf = (serial: number, batch = 1) => query(voucherAt, { batch, serial })!
  const one = (serial: number) => query(oneVoucher, { id: idOf(serial) })!
  const hand = (from: number, to: number, state: 'given' | 'sold', holder = 'Njeri') =>
    must(handVouchers, { batch: 1, from, to, state, holder })
  const counts = () => query(batchCounts, { batches: [1], now: clock.now() })[0]
  return { ...made, issue, grantOf, use, idOf, one, hand, counts }
}

test('a batch is counted by what became of its vouchers, and listed by it', () => {
  const { issue, use, hand, must, idOf, counts, query, clock } = site()
  const codes = issue(8, { useWithinSec: 10 * DAY_SEC, note: ' For the fair ' })
  hand(1, 2, 'given')
  hand(3, 4, 'sold', 'Otieno')
  use(codes[3]!)
  use(codes[4]!)
  must(revokeVoucher, { id: idOf(6) })
  expect(counts()).toEqual({ batch: 1, made: 2, given: 2, sold: 1, used: 2, expired: 0, revoked: 1, away: 0 })
  const serials = (state?: 'used' | 'sold' | 'expired', q = '') =>
    query(deskVouchers, { batch: 1, now: clock.now(), state, q }).map(({ serial }) => serial)
  expect([serials('used'), serials('sold'), serials()]).toEqual([[4, 5], [3], [1, 2, 3, 4, 5, 6, 7, 8]])
  expect([serials(undefined, 'otie'), serials(undefined, '7'), serials(undefined, codes[1]!.slice(-4))]).toEqual([
    [3, 4],
    [7],
    [2],
  ])
  expect(query(deskVouchers, { batch: 1, now: clock.now(), offset: 6, limit: 5 })).toMatchObject([
    { serial: 7 },
    { serial: 8 },
  ])
  const count = (asked: object) => query(countVouchers, { batch: 1, now: clock.now(), ...asked })
  expect([count({}), count({ state: 'used' }), count({ q: 'otie' }), count({ q: 'otie', state: 'used' })]).toEqual([
    8, 2, 2, 1,
  ])
  expect(query(batchHolders, { batch: 1, now: clock.now() })).toMatchObject([
    { holder: null, made: 2, used: 1, revoked: 1 },
    { holder: 'Njeri', given: 2, used: 0 },
    { holder: 'Otieno', sold: 1, used: 1 },
  ])
  expect(query(deskBatches, {})).toMatchObject({ rows: [{ number: 1, plan: 'Day', note: 'For the fair' }], total: 1 })
  clock.advance(11 * DAY_SEC * 1000)
  expect(counts()).toEqual({ batch: 1, made: 0, given: 0, sold: 0, used: 0, expired: 7, revoked: 1, away: 0 })
  expect(serials('expired')).toHaveLength(7)
})

test('batches are listed the newest first, by plan and in pages', () => {
  const { issue, must, query } = site()
  must(addPlan, { name: 'Week', kind: 'hotspot', policy: {} })
  issue(1)
  issue(1, { plan: 'Week' })
  issue(1)
  const numbers = (input: object) => query(deskBatches, input).rows.map(({ number }) => number)
  expect([numbers({}), numbers({ plan: 'Day' }), numbers({ offset: 1, limit: 1 }), numbers({ number: 2 })]).toEqual([
    [3, 2, 1],
    [3, 1],
    [2],
    [2],
  ])
})

test('a voucher tells its way to its sale; what was asked for afterwards passed it over', () => {
  const { issue, hand, one, query, clock } = site()
  issue(5)
  hand(1, 5, 'given', 'Njeri')
  clock.advance(1000)
  expect(query(movable, { batch: 1, from: 1, to: 9 })).toEqual({ movable: 5, total: 5 })
  hand(2, 3, 'sold', 'Otieno')
  clock.advance(1000)
  expect(query(movable, { batch: 1, from: 1, to: 5 })).toEqual({ movable: 3, total: 5 })
  hand(1, 5, 'given', 'Wanjiku')
  const way = (serial: number) => one(serial).moves.map(({ state, holder }) => `${state} ${holder}`)
  expect(way(2)).toEqual(['given Njeri', 'sold Otieno'])
  expect(way(5)).toEqual(['given Njeri', 'given Wanjiku'])
  expect(one(2)).toMatchObject({ state: 'sold', holder: 'Otieno', batch: 1, serial: 2 })
})

test('a voucher is good for longer: counted from its end, or from now when that is over', () => {
  const { issue, use, must, idOf, grantOf, clock, told } = site()
  const [code] = issue(1)
  use(code!)
  const until = grantOf(code!).expiresAt!
  must(extendVoucher, { id: idOf(1), sec: 3600 })
  expect(grantOf(code!).expiresAt).toBe(until + 3600_000)
  expect(told.at(-1)).toEqual({ name: 'access.changed', data: { grantNo: grantOf(code!).no } })
  clock.advance(10 * DAY_SEC * 1000)
  must(extendVoucher, { id: idOf(1), sec: 3600 })
  expect(grantOf(code!).expiresAt).toBe(clock.now() + 3600_000)
})

test('a speed of its own takes the burst away; giving it back brings the plan’s again', () => {
  const { issue, must, idOf, one } = site()
  issue(2)
  must(setVoucherSpeed, { id: idOf(1), speed: { downKbps: 20_000, upKbps: 8000 } })
  expect(one(1).policy).toMatchObject({ downKbps: 20_000, upKbps: 8000 })
  expect(one(1).policy.burst).toBeUndefined()
  expect(one(2).policy).toMatchObject(speed)
  must(setVoucherSpeed, { id: idOf(1) })
  expect(one(1).policy).toEqual(one(2).policy)
})

test('the rest of a batch is revoked in chunks; what is used stays, and what is sold where that is wished', () => {
  const { issue, use, hand, must, counts, told } = site()
  const codes = issue(5)
  hand(1, 2, 'sold')
  use(codes[0]!)
  must(revokeRest, { batch: 1, keepSold: true })
  expect(counts()).toMatchObject({ made: 0, sold: 1, used: 1, revoked: 3 })
  expect(told.filter(({ name }) => name === 'access.changed')).toHaveLength(3)
  expect(must(revokeRest, { batch: 1, keepSold: false })).toEqual({ revoked: 1, more: false })
  expect(counts()).toMatchObject({ sold: 0, used: 1, revoked: 4 })
})

test('a code is told for a voucher that is still good for a first login', () => {
  const { issue, must, idOf } = site()
  const codes = issue(2, { prefix: 'ksm' })
  expect(must(revealVoucher, { id: idOf(2) })).toEqual({ id: idOf(2), code: codes[1], prefix: 'KSM' })
})

test('what is refused changes nothing', () => {
  const { issue, use, must, dispatch, idOf, database } = site()
  const codes = issue(3)
  use(codes[1]!)
  must(revokeVoucher, { id: idOf(3) })
  const rows = () => [grants, policies].map(({ name }) => database.raw.prepare(`SELECT * FROM ${name}`).all())
  const before = rows()
  const [fresh, used, revoked] = [idOf(1), idOf(2), idOf(3)]
  for (const [command, input, type] of [
    [extendVoucher, { id: 'vch_gone', sec: 60 }, 'VoucherUnknown'],
    [extendVoucher, { id: fresh, sec: 60 }, 'VoucherEndless'],
    [extendVoucher, { id: revoked, sec: 60 }, 'VoucherOver'],
    [extendVoucher, { id: used, sec: 59 }, 'InputInvalid'],
    [setVoucherSpeed, { id: revoked, speed }, 'VoucherOver'],
    [setVoucherSpeed, { id: fresh, speed: { downKbps: 0, upKbps: 0 } }, 'InputInvalid'],
    [revokeVoucher, { id: revoked }, 'VoucherOver'],
    [revokeRest, { batch: 9, keepSold: true }, 'BatchUnknown'],
    [revealVoucher, { id: used }, 'VoucherOver'],
    [revealVoucher, { id: revoked }, 'VoucherOver'],
  ] as const)
    expect(dispatch(command as typeof revokeVoucher, input as never), `${command.name} ${type}`).toMatchObject({
      ok: false,
      error: { type },
    })
  expect(rows()).toEqual(before)
})

test('without a sure clock nothing is extended', () => {
  const { issue, use, dispatch, idOf, clock } = site()
  const [code] = issue(1)
  use(code!)
  clock.setSure(false)
  expect(dispatch(extendVoucher, { id: idOf(1), sec: 60 })).toMatchObject({ error: { type: 'ClockUnsure' } })
})
