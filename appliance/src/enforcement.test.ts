import { expect, test } from 'vitest'
import { insertSql } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { Calendar, access, type Policy } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { addPlan, plans } from '@lango/modules/plans'
import { addSubscriber, resumeSubscriber, services, suspendSubscriber } from '@lango/modules/services'
import { finishOrders, orderSession, sessions } from '@lango/modules/sessions'
import { liveSessions } from '@lango/modules/sessions/tables'
import { createEnforcement } from './enforcement.ts'
import { createStandings } from './standings.ts'

const HOUR_SEC = 3600
const calendar = new Calendar('Africa/Nairobi')

type Sale = {
  readonly policy?: Partial<Policy>
  readonly validitySec?: number
  readonly quotaOctets?: number
  readonly quotaSec?: number
}

const box = () => {
  const site = memorySite([access, plans, customers, services, sessions])
  const { clock, log, must, dispatch } = site
  const { raw } = site.database
  const addSession = raw.prepare(insertSql(liveSessions))
  const grantNo = raw.prepare<[string], number>('SELECT no FROM grants WHERE login = ?').pluck()
  const orders = raw.prepare<[], { no: number; kind: string; reason: string }>(
    'SELECT session_no no, kind, reason FROM session_orders ORDER BY session_no',
  )
  const asked: number[] = []
  const standings = createStandings(raw, calendar, clock)
  const watch = () =>
    createEnforcement({
      reader: raw,
      clock,
      calendar,
      standings,
      log,
      order({ no, acctSessionId }, kind, reason) {
        asked.push(no)
        must(orderSession, { sessionNo: no, acctSessionId, kind, reason })
      },
    })
  return {
    ...site,
    raw,
    standings,
    enforcement: watch(),
    watch,
    asked,
    dispatch,
    sell: (login: string, { policy = {}, ...rest }: Sale = {}) => {
      must(addPlan, { name: `plan of ${login}`, kind: 'pppoe', policy, ...rest })
      must(addSubscriber, { login, password: 'x', plan: `plan of ${login}` })
      return grantNo.get(login)!
    },
    online: (no: number, grant: number, octets = 0, endedAt: number | null = null) => {
      addSession.run({
        no,
        grantNo: grant,
        routerNo: 1,
        nas: '',
        acctSessionId: `s${no}`,
        userName: 'amina',
        device: '',
        calledStationId: '',
        framedIp: '',
        framedIpv6Prefix: '',
        delegatedIpv6Prefix: '',
        nasPort: '',
        startedAt: clock.now(),
        startAuthenticator: '',
        lastEventAt: clock.now(),
        lastReceivedAt: clock.now(),
        sessionTimeSec: 0,
        inputOctets: 0,
        outputOctets: octets,
        gigawords: 0,
        implausible: 0,
        interimSec: 300,
        state: 'start',
        endedAt,
        endedBy: '',
        downKbps: null,
        upKbps: null,
        timeoutSec: null,
        hourAt: 0,
        hourInputOctets: 0,
        hourOutputOctets: 0,
        hourSessionTimeSec: 0,
      })
    },
    ordered: () => orders.all().map(({ no, kind, reason }) => `${no} ${kind} ${reason}`),
  }
}

test('the sessions of a suspended subscriber are ordered to end once; nobody else’s are', () => {
  const { sell, online, must, enforcement, ordered } = box()
  const amina = sell('amina')
  const baraka = sell('baraka')
  online(1, amina)
  online(2, amina)
  online(3, baraka)
  online(4, amina, 0, 1)
  enforcement.look(amina)
  expect(ordered()).toEqual([])
  must(suspendSubscriber, { login: 'amina' })
  for (let look = 0; look < 3; look++) enforcement.look(amina)
  enforcement.look(baraka)
  expect(ordered()).toEqual(['1 end suspended', '2 end suspended'])
})

test('a subscriber who was resumed in time keeps the session', () => {
  const { sell, online, must, enforcement, ordered } = box()
  const amina = sell('amina')
  online(1, amina)
  must(suspendSubscriber, { login: 'amina' })
  must(resumeSubscriber, { login: 'amina' })
  enforcement.look(amina)
  expect(ordered()).toEqual([])
})

test('a session ends with its validity: found within the look after it, and told once', async () => {
  const { sell, online, clock, enforcement, asked, ordered } = box()
  online(1, sell('amina', { validitySec: HOUR_SEC }))
  online(2, sell('baraka', { validitySec: 2 * HOUR_SEC }))
  clock.advance(HOUR_SEC * 1000 - 1)
  await enforcement.lookAtDue()
  expect(asked).toEqual([])
  clock.advance(1)
  await enforcement.lookAtDue()
  clock.advance(1000)
  await enforcement.lookAtDue()
  expect(asked).toEqual([1])
  expect(ordered()).toEqual(['1 end expired'])
})

test('an expired subscriber who was let into the pool of the expired is left there; the session from before is not', async () => {
  const { sell, online, clock, enforcement, ordered } = box()
  const onExpiry = { kind: 'pool', pool: 'walled', kbps: 128 } as const
  const amina = sell('amina', { validitySec: HOUR_SEC, policy: { onExpiry } })
  online(1, amina)
  clock.advance(HOUR_SEC * 1000)
  online(2, amina)
  await enforcement.lookAtDue()
  await enforcement.lookAtAll()
  expect(ordered()).toEqual(['1 end expired'])
})

test('where the expired are refused, a session that a NAS began after the expiry ends too', async () => {
  const { sell, online, clock, enforcement, ordered } = box()
  const amina = sell('amina', { validitySec: HOUR_SEC })
  clock.advance(HOUR_SEC * 1000)
  online(1, amina)
  await enforcement.lookAtAll()
  expect(ordered()).toEqual(['1 end expired'])
})

test('a suspended subscriber is not left in the pool of the expired', () => {
  const { sell, online, clock, must, enforcement, ordered } = box()
  const onExpiry = { kind: 'pool', pool: 'walled', kbps: 128 } as const
  const amina = sell('amina', { validitySec: HOUR_SEC, policy: { onExpiry } })
  clock.advance(HOUR_SEC * 1000)
  online(1, amina)
  must(suspendSubscriber, { login: 'amina' })
  enforcement.look(amina)
  expect(ordered()).toEqual(['1 end suspended'])
})

test('all sessions of a grant count against its quota, and all end when it is used up', () => {
  const { sell, online, raw, enforcement, ordered } = box()
  const amina = sell('amina', { quotaOctets: 1000 })
  online(1, amina, 600)
  online(2, amina, 399)
  enforcement.look(amina)
  expect(ordered()).toEqual([])
  raw.prepare('UPDATE live_sessions SET input_octets = 1 WHERE no = 2').run()
  enforcement.look(amina)
  enforcement.look(amina)
  expect(ordered()).toEqual(['1 end quota-used', '2 end quota-used'])
})

test('time online goes on between two reports: it ends when the rest has passed, and a silent device is not charged', async () => {
  const { sell, online, clock, enforcement, ordered } = box()
  const amina = sell('amina', { quotaSec: 100 })
  online(1, amina)
  online(2, amina)
  enforcement.look(amina)
  clock.advance(49_999)
  await enforcement.lookAtDue()
  expect(ordered()).toEqual([])
  clock.advance(1)
  await enforcement.lookAtDue()
  expect(ordered()).toEqual(['1 end time-used', '2 end time-used'])
  const silent = sell('silent', { quotaSec: 1000 })
  online(3, silent)
  clock.advance(3600_000)
  enforcement.look(silent)
  expect(ordered()).toHaveLength(2)
})

test('a quota by the day is whole again after midnight in the time zone of the site', () => {
  const { sell, online, raw, clock, enforcement, ordered } = box()
  const amina = sell('amina', { quotaOctets: 1000, policy: { quotaPeriod: 'day' } })
  online(1, amina, 1000)
  raw.prepare('UPDATE live_sessions SET hour_at = ?').run(clock.now() - (clock.now() % 3_600_000))
  const midnight = calendar.periodAt('day', 0, clock.now()).toAt!
  clock.advance(midnight - clock.now())
  enforcement.look(amina)
  expect(ordered()).toEqual([])
  clock.advance(-1)
  enforcement.look(amina)
  expect(ordered()).toEqual(['1 end quota-used'])
})

test('a grant that was removed ends its sessions; one that belongs to no grant is left alone', async () => {
  const { sell, online, raw, enforcement, ordered } = box()
  const amina = sell('amina')
  online(1, amina)
  online(2, 0)
  raw.prepare('DELETE FROM grants').run()
  await enforcement.lookAtAll()
  expect(ordered()).toEqual(['1 end removed'])
})

test('a look at everything sees every session, however many there are', async () => {
  const { online, raw, clock, log, standings } = box()
  raw.transaction(() => {
    for (let no = 1; no <= 2500; no++) online(no, 77)
  })()
  const seen: number[] = []
  const enforcement = createEnforcement({
    reader: raw,
    clock,
    calendar,
    standings,
    log,
    order: ({ no }) => seen.push(no),
  })
  await enforcement.lookAtAll()
  expect(seen).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1))
})

const MORNING = Date.UTC(2026, 10, 21, 6)
const fairUse = [{ afterOctets: 1000, downKbps: 512, upKbps: 256 }]

test('a session that crosses into a tier of fair use is slowed down once, and sped up when the period begins anew', async () => {
  const { sell, online, raw, clock, must, watch, enforcement, ordered } = box()
  const policy = { downKbps: 10_000, upKbps: 2000, fairUse, quotaPeriod: 'day' } as const
  const amina = sell('amina', { policy })
  online(1, amina)
  enforcement.look(amina)
  expect(ordered()).toEqual([])
  const hourAt = MORNING - (MORNING % 3_600_000)
  raw.prepare('UPDATE live_sessions SET output_octets = 1000, hour_at = ?').run(hourAt)
  for (let look = 0; look < 3; look++) enforcement.look(amina)
  expect(ordered()).toEqual(['1 change fair-use'])
  const done = (state: 'done' | 'failed', speed: { downKbps: number; upKbps: number }): void => {
    const orderId = raw.prepare<[], string>("SELECT id FROM session_orders WHERE state = 'waiting'").pluck().get()!
    must(finishOrders, { outcomes: [{ orderId, state, steps: [], ...speed }] })
  }
  done('done', { downKbps: 512, upKbps: 256 })
  // Also who has just been started knows what the session has.
  for (const one of [enforcement, watch()]) {
    await one.lookAtAll()
    await one.lookAtDue()
  }
  expect(ordered()).toHaveLength(1)
  clock.advance(calendar.periodAt('day', 0, MORNING).toAt! - MORNING - 1)
  await enforcement.lookAtDue()
  expect(ordered()).toHaveLength(1)
  clock.advance(1)
  await enforcement.lookAtDue()
  expect(ordered()).toEqual(['1 change fair-use', '1 change fair-use'])
  done('done', { downKbps: 10_000, upKbps: 2000 })
  await enforcement.lookAtDue()
  await enforcement.lookAtAll()
  expect(ordered()).toHaveLength(2)
})

test('a session that its Accept has slowed down already is left as it is', () => {
  const { sell, online, raw, enforcement, ordered } = box()
  const amina = sell('amina', { policy: { downKbps: 10_000, upKbps: 2000, fairUse } })
  online(1, amina, 5000)
  raw.prepare('UPDATE live_sessions SET down_kbps = 512, up_kbps = 256').run()
  enforcement.look(amina)
  expect(ordered()).toEqual([])
})

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]

test('sessions end with the hours of their plan, in the look after it, and whoever was down finds out at the start', async () => {
  const { sell, online, clock, watch, enforcement, ordered } = box()
  // It is nine in the morning in Nairobi.
  online(1, sell('amina', { policy: { windows: [{ days: EVERY_DAY, from: '08:00', to: '10:00' }] } }))
  online(2, sell('baraka', { policy: { windows: [{ days: EVERY_DAY, from: '08:00', to: '11:00' }] } }))
  await enforcement.lookAtDue()
  await enforcement.lookAtAll()
  clock.advance(HOUR_SEC * 1000 - 1)
  await enforcement.lookAtDue()
  expect(ordered()).toEqual([])
  clock.advance(1)
  await enforcement.lookAtDue()
  expect(ordered()).toEqual(['1 end outside-hours'])
  clock.advance(HOUR_SEC * 1000)
  await watch().lookAtAll()
  expect(ordered()).toEqual(['1 end outside-hours', '2 end outside-hours'])
})

test('a session gets the speed of a window when it begins; a clock that nobody vouches for changes and ends nothing', async () => {
  const { sell, online, clock, enforcement, ordered } = box()
  const night = { days: EVERY_DAY, from: '10:00', to: '06:00', downKbps: 50_000, upKbps: 5000 }
  online(1, sell('amina', { policy: { downKbps: 10_000, upKbps: 2000, windows: [night] } }))
  online(2, sell('baraka', { policy: { windows: [{ days: EVERY_DAY, from: '08:00', to: '10:00' }] } }))
  await enforcement.lookAtDue()
  clock.advance(HOUR_SEC * 1000)
  clock.setSure(false)
  await enforcement.lookAtDue()
  await enforcement.lookAtAll()
  expect(ordered()).toEqual([])
  clock.setSure(true)
  await enforcement.lookAtAll()
  expect(ordered()).toEqual(['1 change window', '2 end outside-hours'])
})

test('a change that failed does not hold up the end', () => {
  const { sell, online, raw, must, enforcement, ordered } = box()
  const amina = sell('amina', { policy: { downKbps: 10_000, upKbps: 2000, fairUse }, quotaOctets: 2000 })
  online(1, amina, 1500)
  enforcement.look(amina)
  const orderId = raw.prepare<[], string>('SELECT id FROM session_orders').pluck().get()!
  must(finishOrders, { outcomes: [{ orderId, state: 'failed', steps: [] }] })
  enforcement.look(amina)
  expect(ordered()).toEqual(['1 change fair-use'])
  raw.prepare('UPDATE live_sessions SET output_octets = 2000').run()
  enforcement.look(amina)
  expect(ordered()).toEqual(['1 change fair-use', '1 end quota-used'])
})

test('a device that the desk has freed is ended, and no other of the grant', () => {
  const { sell, online, raw, enforcement, ordered } = box()
  const amina = sell('amina')
  online(1, amina)
  online(2, amina)
  raw.prepare("UPDATE live_sessions SET device = 'AA:00:00:00:00:01' WHERE no = 2").run()
  enforcement.endDevice(amina, 'AA:00:00:00:00:01')
  expect(ordered()).toEqual(['2 end device-freed'])
})

const lengthened = () => {
  const made = box()
  const { raw, must } = made
  const told = raw.prepare('UPDATE live_sessions SET timeout_sec = ? WHERE no = ?')
  const until = raw.prepare('UPDATE grants SET expires_at = ? WHERE no = ?')
  return {
    ...made,
    told: (no: number, sec: number | null) => void told.run(sec, no),
    until: (grantNo: number, at: number) => void until.run(at, grantNo),
    done: (state: 'done' | 'failed', changed: { timeoutSec?: number; downKbps?: number; upKbps?: number } = {}) => {
      const orderId = raw.prepare<[], string>("SELECT id FROM session_orders WHERE state = 'waiting'").pluck().get()!
      must(finishOrders, { outcomes: [{ orderId, state, steps: [], ...changed }] })
    },
  }
}

test('a router that would end a session too soon is told once that it lasts longer, and again when it is longer still', () => {
  const { sell, online, clock, enforcement, ordered, told, until, done } = lengthened()
  const amina = sell('amina', { validitySec: HOUR_SEC })
  until(amina, clock.now() + HOUR_SEC * 1000)
  for (const no of [1, 2, 3]) online(no, amina)
  told(1, HOUR_SEC)
  told(2, HOUR_SEC - 30)
  enforcement.look(amina)
  expect(ordered()).toEqual([])
  clock.advance(1_800_000)
  until(amina, clock.now() + 1_800_000 + HOUR_SEC * 1000)
  told(2, null)
  for (let looks = 0; looks < 3; looks++) enforcement.look(amina)
  // Of the third nobody knows what its router was told; the second was told nothing.
  expect(ordered()).toEqual(['1 change extended'])
  done('done', { timeoutSec: 2 * HOUR_SEC })
  enforcement.look(amina)
  expect(ordered()).toHaveLength(1)
  until(amina, clock.now() + 10 * HOUR_SEC * 1000)
  enforcement.look(amina)
  expect(ordered()).toEqual(['1 change extended', '1 change extended'])
})

test('it is no longer than the plan lets a session be, nor by a clock that nobody vouches for; used time counts too', () => {
  const { sell, online, clock, raw, enforcement, ordered, told, until } = lengthened()
  const short = sell('short', { validitySec: HOUR_SEC, policy: { sessionTimeoutSec: 600 } })
  const unsure = sell('unsure', { validitySec: HOUR_SEC })
  const used = sell('used', { quotaSec: 600 })
  for (const [no, grant] of [short, unsure, used].entries()) {
    online(no + 1, grant)
    told(no + 1, 600)
    if (grant !== used) until(grant, clock.now() + 5 * HOUR_SEC * 1000)
  }
  clock.setSure(false)
  enforcement.look(unsure)
  clock.setSure(true)
  enforcement.look(short)
  expect(ordered()).toEqual([])
  enforcement.look(used)
  expect(ordered()).toEqual([])
  raw.prepare('UPDATE grants SET quota_sec = 1200 WHERE no = ?').run(used)
  enforcement.look(used)
  expect(ordered()).toEqual(['3 change extended'])
})

test('a router that does not take more time loses nobody, is asked again later, and its speeds are changed all the same', () => {
  const { sell, online, raw, clock, enforcement, ordered, told, until, done } = lengthened()
  const amina = sell('amina', { validitySec: HOUR_SEC, policy: { downKbps: 10_000, upKbps: 2000, fairUse } })
  online(1, amina)
  told(1, HOUR_SEC)
  until(amina, clock.now() + 5 * HOUR_SEC * 1000)
  enforcement.look(amina)
  done('failed')
  for (let looks = 0; looks < 3; looks++) enforcement.look(amina)
  expect(ordered()).toEqual(['1 change extended'])
  raw.prepare('UPDATE live_sessions SET output_octets = 1000').run()
  enforcement.look(amina)
  expect(ordered()).toEqual(['1 change extended', '1 change fair-use'])
  done('done', { downKbps: 512, upKbps: 256, timeoutSec: 5 * HOUR_SEC })
  clock.advance(10 * 60_000)
  enforcement.look(amina)
  expect(ordered()).toHaveLength(2)
})
