import fc from 'fast-check'
import { expect, test } from 'vitest'
import { insertSql, type RawDatabase } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber, changeSubscribers } from '@lango/modules/services'
import { heaviestIn, HOUR_MS, topOfDays, topUsers, usageByPlan, usageHoursOfAll } from '@lango/modules/sessions'
import { liveSessions, sessionHistory, usageHours } from '@lango/modules/sessions/tables'
import { makeVouchers, openBatch } from '@lango/modules/vouchers'
import { siteModules } from '../site.ts'
import { createUsageSums, type UsageSums } from './usage-sums.ts'

const T0 = 1_800_000_000_000 - (1_800_000_000_000 % HOUR_MS)
const ALL = { fromAt: 0, toAt: T0 + 1000 * HOUR_MS }

const text = { nas: '', acctSessionId: 'a', userName: 'u', device: '', framedIp: '', startAuthenticator: '' }

const box = () => {
  const site = memorySite(siteModules)
  const { database, must } = site
  for (const name of ['Home', 'Fast']) must(addPlan, { name, kind: 'pppoe', policy: {} })
  for (const login of ['amina', 'baraka']) must(addSubscriber, { login, password: 'x', plan: 'Home' })
  const numbers = database.raw.prepare<[], number>('SELECT no FROM grants ORDER BY login').pluck().all()
  const insert = {
    live: database.raw.prepare(insertSql(liveSessions)),
    history: database.raw.prepare(insertSql(sessionHistory, { without: ['no'] })),
    hours: database.raw.prepare(insertSql(usageHours, { without: ['no'] })),
  }
  let lastLive = 0
  const tailOf = (grantNo: number, hourAt: number, octets: number) => ({
    ...text,
    grantNo,
    routerNo: 1,
    startedAt: hourAt,
    sessionTimeSec: octets + 5,
    inputOctets: octets + 7,
    outputOctets: 2 * octets + 9,
    implausible: 0,
    hourAt,
    hourInputOctets: 7,
    hourOutputOctets: 9,
    hourSessionTimeSec: 5,
  })
  return {
    ...site,
    numbers,
    add: (kind: keyof typeof insert, grantNo: number, hourAt: number, octets: number): void => {
      if (kind === 'hours')
        insert.hours.run({ grantNo, hourAt, inputOctets: octets, outputOctets: 2 * octets, sessionTimeSec: octets })
      else if (kind === 'history')
        insert.history.run({
          ...tailOf(grantNo, hourAt, octets),
          endedAt: hourAt + 1,
          stopReceivedAt: hourAt + 1,
          terminateCause: '',
        })
      else
        insert.live.run({
          ...tailOf(grantNo, hourAt, octets),
          no: ++lastLive,
          calledStationId: '',
          framedIpv6Prefix: '',
          delegatedIpv6Prefix: '',
          nasPort: '',
          lastEventAt: hourAt,
          lastReceivedAt: hourAt,
          gigawords: 0,
          interimSec: 300,
          state: 'interim',
          endedAt: null,
          endedBy: '',
          downKbps: null,
          upKbps: null,
          timeoutSec: null,
        })
    },
  }
}

const movedBy = (octets: number) => ({ inputOctets: octets, outputOctets: 2 * octets, sessionTimeSec: octets })

const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('live' as const, 'history' as const, 'hours' as const),
      who: fc.nat(2),
      hour: fc.nat(3),
      octets: fc.nat(1000),
      // Some fill more than a page.
      times: fc.constantFrom(1, 1, 1, 600),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('step' as const, 'broken' as const, 'restart' as const) }),
  },
)

/** A page whose sums are written, and whose place is not. */
const breakOff = (db: RawDatabase, sums: UsageSums): void => {
  db.exec(`CREATE TEMP TRIGGER broken BEFORE INSERT ON usage_summed BEGIN SELECT RAISE(ABORT, 'broken'); END`)
  try {
    sums.step()
  } catch (fault) {
    expect(fault).toMatchObject({ message: 'broken' })
  }
  db.exec('DROP TRIGGER broken')
}

test('whatever is added up so far, and whatever broke off, a report has each row once', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 15 }), (events) => {
      const { database, numbers, query, add } = box()
      let sums = createUsageSums(database.raw, database.raw)
      const byHour = new Map<number, number>()
      const byPlan = new Map<string, number>()
      const byLogin = new Map<string, number>()
      for (const one of events) {
        if ('who' in one) {
          // The third is nobody.
          const grantNo = numbers[one.who] ?? 0
          const hourAt = T0 + one.hour * HOUR_MS
          for (let n = 0; n < one.times; n++) add(one.kind, grantNo, hourAt, one.octets)
          const plan = grantNo === 0 ? '' : 'Home'
          byHour.set(hourAt, (byHour.get(hourAt) ?? 0) + one.octets * one.times)
          byPlan.set(plan, (byPlan.get(plan) ?? 0) + one.octets * one.times)
          const login = ['amina', 'baraka'][one.who]
          if (login !== undefined) byLogin.set(login, (byLogin.get(login) ?? 0) + 3 * one.octets * one.times)
        } else if (one.kind === 'restart') sums = createUsageSums(database.raw, database.raw)
        else if (one.kind === 'step') sums.step()
        else breakOff(database.raw, sums)
      }
      expect(query(usageHoursOfAll, ALL)).toEqual({
        hours: [...byHour].toSorted(([a], [b]) => a - b).map(([hourAt, octets]) => ({ hourAt, ...movedBy(octets) })),
        isWhole: true,
      })
      const expected = [...byPlan].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      expect(query(usageByPlan, ALL)).toEqual({
        plans: expected.map(([plan, octets]) => ({ plan, ...movedBy(octets) })),
        isWhole: true,
      })
      const heaviest = [...byLogin].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      expect(query(heaviestIn, ALL)).toEqual(heaviest.map(([login, octets]) => ({ login, octets })))
      expect(query(usageHoursOfAll, { fromAt: T0 + HOUR_MS, toAt: T0 + 2 * HOUR_MS }).hours).toEqual(
        [...byHour]
          .filter(([hourAt]) => hourAt === T0 + HOUR_MS)
          .map(([hourAt, octets]) => ({ hourAt, ...movedBy(octets) })),
      )
      database.close()
    }),
    { numRuns: 40 },
  )
})

test('what was used before somebody moved to another plan stays with the plan it was used on', () => {
  const { database, numbers, query, must, add } = box()
  const sums = createUsageSums(database.raw, database.raw)
  add('hours', numbers[0]!, T0, 10)
  sums.step()
  must(changeSubscribers, { rows: [{ login: 'amina', plan: 'Fast' }] })
  add('hours', numbers[0]!, T0, 1)
  const after = [
    { plan: 'Home', ...movedBy(10) },
    { plan: 'Fast', ...movedBy(1) },
  ]
  expect(query(usageByPlan, ALL).plans).toEqual(after)
  sums.step()
  expect(query(usageByPlan, ALL).plans).toEqual(after)
})

test('a voucher counts on its batch’s plan, and is named by the end of its code', () => {
  const { database, query, must, add } = box()
  must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 86_400 })
  const { batch } = must(openBatch, { plan: 'Day', count: 1 })
  const { codes } = must(makeVouchers, { batch })
  const grantNo = database.raw.prepare<[], number>("SELECT no FROM grants WHERE kind = 'hotspot'").pluck().get()!
  add('history', grantNo, T0, 10)
  createUsageSums(database.raw, database.raw).step()
  expect(query(usageByPlan, ALL).plans).toEqual([{ plan: 'Day', ...movedBy(10) }])
  expect(query(topUsers, ALL)).toMatchObject([{ voucherTail: codes[0]!.slice(-4), plan: 'Day', ...movedBy(10) }])
})

test('a report says when more waits to be added up than it reads itself', () => {
  const { database, query, add } = box()
  for (let n = 0; n < 20_001; n++) add('hours', 0, T0, 1)
  expect(query(usageHoursOfAll, ALL)).toEqual({ hours: [{ hourAt: T0, ...movedBy(20_000) }], isWhole: false })
  expect(query(usageByPlan, ALL).isWhole).toBe(false)
  const sums = createUsageSums(database.raw, database.raw)
  while (sums.step());
  expect(query(usageHoursOfAll, ALL)).toEqual({ hours: [{ hourAt: T0, ...movedBy(20_001) }], isWhole: true })
})

test('who used most, of all and of some', () => {
  const { numbers, query, add } = box()
  const [amina = 0, baraka = 0] = numbers
  add('hours', amina, T0, 10)
  add('history', amina, T0, 10)
  add('live', baraka, T0, 15)
  expect(query(topUsers, ALL)).toMatchObject([
    { login: 'amina', ...movedBy(20) },
    { login: 'baraka', ...movedBy(15) },
  ])
  expect(query(topUsers, { ...ALL, top: 1 })).toMatchObject([{ login: 'amina' }])
  expect(query(topUsers, { ...ALL, logins: ['baraka'] })).toMatchObject([{ login: 'baraka', ...movedBy(15) }])
  expect(query(topUsers, { fromAt: T0 + HOUR_MS, toAt: ALL.toAt })).toEqual([])
  expect(query(heaviestIn, { ...ALL, top: 1 })).toEqual([{ login: 'amina', octets: 60 }])
  expect(query(heaviestIn, { fromAt: T0 + HOUR_MS, toAt: ALL.toAt })).toEqual([])
})

const DAY_MS = 24 * HOUR_MS
const DAY_0 = T0 - (T0 % DAY_MS)

test('who moved most is found for each day that is over, once, and for ninety-two days', () => {
  const { database, numbers, query, add } = box()
  const [amina = 0, baraka = 0] = numbers
  const sums = createUsageSums(database.raw, database.raw)
  const findAll = (now: number): number => {
    let days = 0
    while (sums.findTops(now)) days += 1
    return days
  }
  const found = (fromAt: number, toAt: number) =>
    query(topOfDays, { fromAt, toAt }).map(({ dayAt, login, octets }) => [(dayAt - DAY_0) / DAY_MS, login, octets])
  add('hours', amina, DAY_0, 10)
  add('history', amina, DAY_0 + 23 * HOUR_MS, 10)
  add('history', baraka, DAY_0 + 5 * HOUR_MS, 30)
  add('hours', 0, DAY_0, 99)
  add('history', baraka, DAY_0 + DAY_MS, 1)
  // The day is over, and not yet told of by everybody.
  findAll(DAY_0 + DAY_MS)
  expect(found(0, ALL.toAt)).toEqual([])
  expect(findAll(DAY_0 + DAY_MS + HOUR_MS)).toBe(1)
  const day0 = [
    [0, 'baraka', 90],
    [0, 'amina', 60],
  ]
  expect(found(0, ALL.toAt)).toEqual(day0)
  expect(findAll(DAY_0 + DAY_MS + HOUR_MS)).toBe(0)
  expect(findAll(DAY_0 + 3 * DAY_MS)).toBe(1)
  expect(found(0, ALL.toAt)).toEqual([...day0, [1, 'baraka', 3]])
  // Whole days of the range only.
  expect(found(DAY_0, DAY_0 + 2 * DAY_MS - 1)).toEqual(day0)
  expect(found(DAY_0 + 1, ALL.toAt)).toEqual([[1, 'baraka', 3]])
  // A clock that was ahead for a while.
  expect(findAll(DAY_0 + 500 * DAY_MS)).toBe(92)
  expect(found(0, ALL.toAt)).toEqual([])
  expect(findAll(DAY_0 + 3 * DAY_MS)).toBe(92)
  expect(found(0, ALL.toAt)).toEqual([...day0, [1, 'baraka', 3]])
})
