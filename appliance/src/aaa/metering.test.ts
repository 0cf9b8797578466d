import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { migrate, openDatabase } from '@lango/kernel/db'
import { codes, encodeNamed, encodeRequest, prepareSecret, type NamedAttributes } from '@lango/drivers/radius'
import { Calendar, openPolicy } from '@lango/modules/access'
import { HOUR_MS, sessions } from '@lango/modules/sessions'
import { SessionStore } from './session-store.ts'
import { SlotTable, slotTableBytes } from './slots.ts'
import { allowancesFrom, usageOf } from './usage.ts'

const secret = prepareSecret(Buffer.from('testing123'))
/** Noon before the night in which summer time ends: a day of 25 hours follows. */
const T0 = Date.UTC(2026, 9, 24, 12)
const WORD = 2 ** 32
const GRANT = 5
const QUOTA = 3_000_000_000
const calendar = new Calendar('Europe/Lisbon')
const inOrder = {
  no: GRANT,
  login: 'amina',
  status: 'active',
  expiresAt: null,
  validitySec: null,
  firstUsedAt: null,
  beginsAt: null,
  quotaOctets: QUOTA,
  quotaSec: null,
  topUps: null,
}

/** What a device reports of a session: seconds since T0, seconds online, octets both ways, as the wire cannot say them. */
type Report = { readonly at: number; readonly sec: number; readonly up: number; readonly down: number }
type Session = {
  readonly id: string
  readonly device: string
  readonly gigawords: boolean
  readonly reports: readonly Report[]
}
/** The network's doing: which report of which session comes, how late, and what the box does then. */
type Delivery = { readonly session: number; readonly report: number; readonly lateSec: number; readonly after: After }
type After = 'nothing' | 'commit' | 'commit and restart'

const octetsOf = (total: number, name: 'Input' | 'Output', gigawords: boolean): NamedAttributes => ({
  [`Acct-${name}-Octets`]: total % WORD,
  ...(gigawords ? { [`Acct-${name}-Gigawords`]: Math.floor(total / WORD) } : {}),
})

const packetOf = ({ id, device, gigawords, reports }: Session, which: number, delaySec: number): Buffer => {
  const { sec, up, down } = reports[which]!
  const status = which === 0 ? 'Start' : which === reports.length - 1 ? 'Stop' : 'Interim-Update'
  const named: NamedAttributes = {
    'User-Name': 'amina',
    'NAS-IP-Address': '10.0.0.1',
    'Acct-Status-Type': status,
    'Acct-Session-Id': id,
    'Calling-Station-Id': device,
    'Acct-Delay-Time': delaySec,
    'Acct-Session-Time': sec,
    ...octetsOf(up, 'Input', gigawords),
    ...octetsOf(down, 'Output', gigawords),
  }
  return encodeRequest({ code: codes.accountingRequest, id: 1, secret, attributes: encodeNamed(named) })
}

/** One for all runs: it is large, and every store clears it. */
const slots = new SlotTable(new SharedArrayBuffer(slotTableBytes))

const box = () => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  const tables = sessions.tables.filter((table) => table.home === 'sessions')
  orThrow(migrate(database, { version: 1, tables, changeLog: false }))
  const told: number[] = []
  const allowances = allowancesFrom(database.raw, calendar)
  const store = new SessionStore({
    db: database.raw,
    slots,
    now: () => T0,
    keptName: (userName) => userName,
    grantOf: () => ({ no: GRANT, hasQuota: true }),
    allowanceOf: (_no, at) => allowances(inOrder, { ...openPolicy, quotaPeriod: 'day' }, at),
    limitReached: (grantNo) => told.push(grantNo),
  })
  store.load()
  return { database, store, told, usage: usageOf(database.raw)(GRANT) }
}

const dayOf = (atMs: number): number => calendar.periodAt('day', 0, atMs).fromAt

/**
 * The plain model: of each session the largest report that came before its Stop, and what it grew by in the day of the
 * hour that it was reported of.
 */
const createModel = () => {
  const days = new Map<number, { octets: number; sec: number }>()
  const known = new Map<string, { sec: number; octets: number; hourAt: number; stopped: boolean }>()
  let crossed = 0
  return {
    days,
    /** Whether a day’s quota was used up since the last question. */
    hasCrossed(): boolean {
      const has = crossed > 0
      crossed = 0
      return has
    },
    hear({ id, reports }: Session, which: number): void {
      const { at, sec, up, down } = reports[which]!
      const hourAt = Math.floor((T0 + at * 1000) / HOUR_MS) * HOUR_MS
      const one = known.get(id) ?? { sec: 0, octets: 0, hourAt, stopped: false }
      known.set(id, one)
      if (one.stopped) return
      one.stopped = which === reports.length - 1
      if (sec <= one.sec) return
      one.hourAt = Math.max(one.hourAt, hourAt)
      const day = days.get(dayOf(one.hourAt)) ?? { octets: 0, sec: 0 }
      const wasWithin = day.octets < QUOTA
      day.octets += up + down - one.octets
      // A day that is over ends nobody's session.
      const isLatest = [...days.keys()].every((fromAt) => fromAt <= dayOf(one.hourAt))
      if (wasWithin && day.octets >= QUOTA && isLatest) crossed += 1
      day.sec += sec - one.sec
      days.set(dayOf(one.hourAt), day)
      one.sec = sec
      one.octets = up + down
    },
  }
}

/** Growth between two reports stays under what a lost one could hide of a wrap. */
const GROWTH_MAX = 2 ** 29
const growth = fc.record({
  sec: fc.integer({ min: 1, max: 30_000 }),
  up: fc.nat(GROWTH_MAX),
  down: fc.nat(GROWTH_MAX),
})
const sessionOf = (index: number) =>
  fc
    .record({
      device: fc.constantFrom('AA-00-00-00-00-01', 'AA-00-00-00-00-02'),
      gigawords: fc.boolean(),
      startsAt: fc.nat(200_000),
      steps: fc.array(growth, { minLength: 1, maxLength: 8 }),
    })
    .map(({ device, gigawords, startsAt, steps }): Session => {
      const reports: Report[] = [{ at: startsAt, sec: 0, up: 0, down: 0 }]
      for (const { sec, up, down } of steps) {
        const last = reports.at(-1)!
        reports.push({ at: last.at + sec, sec: last.sec + sec, up: last.up + up, down: last.down + down })
      }
      return { id: `s${index}`, device, gigawords, reports }
    })

type Story = { readonly sessions: readonly Session[]; readonly deliveries: readonly Delivery[] }

/** Reports come in their order, a few are lost, and any that has been sent may come again at any later time. */
const story: fc.Arbitrary<Story> = fc.tuple(sessionOf(0), sessionOf(1), sessionOf(2), sessionOf(3)).chain((told) => {
  const sent = told
    .flatMap((session, index) =>
      session.reports.map((report, which) => ({ session: index, report: which, at: report.at })),
    )
    .sort((a, b) => a.at - b.at || a.session - b.session || a.report - b.report)
  const fate = fc.record({
    isLost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    again: fc.option(fc.nat(sent.length - 1), { freq: 3, nil: undefined }),
    lateSec: fc.nat(3000),
    after: fc.constantFrom<After>('nothing', 'commit', 'commit', 'commit and restart'),
  })
  return fc.array(fate, { minLength: sent.length, maxLength: sent.length }).map((fates): Story => {
    const deliveries = fates.flatMap(({ isLost, again, lateSec, after }, index) => {
      const own = { ...sent[index]!, lateSec: 0, after }
      const repeated = again === undefined || again > index ? [] : [{ ...sent[again]!, lateSec, after }]
      return isLost ? repeated : [own, ...repeated]
    })
    return { sessions: told, deliveries }
  })
})

test('every octet and second counts once, in the day that it was reported of, whatever network, NAS and box do', () => {
  fc.assert(
    fc.property(story, ({ sessions: told, deliveries }) => {
      const { database, store, told: limits, usage } = box()
      const model = createModel()
      let nowSec = 0
      const commit = (): void => {
        const before = limits.length
        store.commit([])
        // One commit tells a grant once, however many of its days it has ended.
        expect(limits.length > before || !model.hasCrossed()).toBe(true)
        model.hasCrossed()
      }
      for (const { session, report, lateSec, after } of deliveries) {
        const one = told[session]!
        const { at } = one.reports[report]!
        nowSec = Math.max(nowSec, at) + lateSec
        const bytes = packetOf(one, report, Math.min(nowSec - at, 86_400))
        // A delay of more than a day is not believed; such a repeat never comes.
        if (nowSec - at > 86_400) continue
        store.apply(bytes, 0, bytes.length, 1, T0 + nowSec * 1000, false)
        model.hear(one, report)
        if (after === 'nothing') continue
        commit()
        if (after === 'commit and restart') store.load()
      }
      commit()
      const days = [...model.days].map(([fromAt, used]) => ({ fromAt, ...used })).sort((a, b) => a.fromAt - b.fromAt)
      expect(days.map(({ fromAt }) => ({ fromAt, ...usage(calendar.periodAt('day', 0, fromAt)) }))).toEqual(days)
      const total = days.reduce((sum, day) => ({ octets: sum.octets + day.octets, sec: sum.sec + day.sec }), {
        octets: 0,
        sec: 0,
      })
      expect(usage({ fromAt: 0, toAt: undefined })).toEqual(total)
      const daysOver = days.filter(({ octets }) => octets >= QUOTA).length
      // A restart may tell again; nothing is told where there is nothing to tell.
      expect(daysOver > 0 || limits.length === 0).toBe(true)
      database.close()
    }),
    { numRuns: 60 },
  )
})
