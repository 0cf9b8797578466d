import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { migrate, openDatabase, runSite } from '@lango/kernel/db'
import { codes, encodeNamed, encodeRequest, prepareSecret, type NamedAttributes } from '@lango/drivers/radius'
import { Calendar, openPolicy, type Policy } from '@lango/modules/access'
import type { Speed } from '@lango/modules/access/rules'
import { HOUR_MS, sessions, showSession, usageByHour } from '@lango/modules/sessions'
import { SessionStore } from './session-store.ts'
import { SlotTable, slotTableBytes } from './slots.ts'
import { allowancesFrom } from './usage.ts'

const secret = prepareSecret(Buffer.from('testing123'))
const T0 = 1_800_000_000_000
const sec = (n: number): number => T0 + n * 1000
const MB = 1_000_000

const packet = (named: NamedAttributes): Buffer =>
  encodeRequest({ code: codes.accountingRequest, id: 1, secret, attributes: encodeNamed(named) })

type Grant = { readonly no: number; readonly quotaOctets: number | null; readonly speed?: Speed }
const inOrder = {
  login: 'amina',
  status: 'active',
  expiresAt: null,
  validitySec: null,
  firstUsedAt: null,
  beginsAt: null,
  quotaSec: null,
  topUps: null,
}

const box = (
  grants: Record<string, Grant> = {},
  policy: Partial<Policy> = {},
  keptName: (userName: string) => string = (userName) => userName,
) => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  const tables = sessions.tables.filter((table) => table.home === 'sessions')
  orThrow(migrate(database, { version: 1, tables, changeLog: false }))
  const slots = new SlotTable(new SharedArrayBuffer(slotTableBytes))
  const spent: number[] = []
  const allowances = allowancesFrom(database.raw, new Calendar('Africa/Nairobi'))
  const store = new SessionStore({
    db: database.raw,
    slots,
    now: () => T0,
    keptName,
    grantOf: (_className, userName) => {
      const grant = grants[userName]
      return (
        grant && {
          no: grant.no,
          hasQuota: grant.quotaOctets !== null || policy.fairUse !== undefined,
          speed: grant.speed,
        }
      )
    },
    allowanceOf(grantNo, at) {
      const grant = Object.values(grants).find(({ no }) => no === grantNo)
      return grant && allowances({ ...inOrder, ...grant }, { ...openPolicy, ...policy }, at)
    },
    limitReached: (grantNo) => spent.push(grantNo),
  })
  store.load()
  const send = (at: number, named: NamedAttributes, router = 1): void => {
    const bytes = packet({ 'User-Name': 'amina', 'NAS-IP-Address': '10.0.0.1', ...named })
    store.apply(bytes, 0, bytes.length, router, sec(at), false)
  }
  return {
    database,
    slots,
    store,
    spent,
    send,
    /** Sends and makes durable. */
    told: (at: number, named: NamedAttributes, router?: number): void => {
      send(at, named, router)
      store.commit([])
    },
    show: (id: string) => runSite(showSession, database, { acctSessionId: id }),
    usage: (grantNo: number) => runSite(usageByHour, database, { grantNo, fromAt: 0, toAt: sec(1e9) }),
  }
}

const start = { 'Acct-Status-Type': 'Start', 'Acct-Session-Id': 's1', 'Acct-Delay-Time': 0 } as const
const interim = (seconds: number, input: number, output: number): NamedAttributes => ({
  ...start,
  'Acct-Status-Type': 'Interim-Update',
  'Acct-Session-Time': seconds,
  'Acct-Input-Octets': input,
  'Acct-Output-Octets': output,
})
const stop = (seconds: number, input: number, output: number): NamedAttributes => ({
  ...interim(seconds, input, output),
  'Acct-Status-Type': 'Stop',
  'Acct-Terminate-Cause': 'User-Request',
})

test('a session is one row from Start to Stop', () => {
  const { told, show } = box()
  told(0, { ...start, 'Calling-Station-Id': 'aa-bb-cc-dd-ee-ff', 'Framed-IP-Address': '100.64.0.9' })
  expect(show('s1')).toMatchObject([
    { state: 'start', device: 'AA:BB:CC:DD:EE:FF', framedIp: '100.64.0.9', userName: 'amina' },
  ])
  told(300, interim(300, 1 * MB, 9 * MB))
  expect(show('s1')).toMatchObject([{ state: 'interim', inputOctets: 1 * MB, outputOctets: 9 * MB }])
  told(600, stop(600, 2 * MB, 20 * MB))
  expect(show('s1')).toMatchObject([
    { state: 'stop', sessionTimeSec: 600, inputOctets: 2 * MB, outputOctets: 20 * MB, terminateCause: 'User-Request' },
  ])
})

test('a voucher’s session is kept under its login, however the code was typed, and its code nowhere', () => {
  const kept = (name: string): string => (name.toUpperCase() === 'KSM2345' ? 'voucher:ab' : name)
  const { told, show, database } = box({ 'voucher:ab': { no: 7, quotaOctets: null } }, {}, kept)
  told(0, { ...start, 'User-Name': 'KSM2345' })
  told(300, { ...interim(300, 1, 2), 'User-Name': 'ksm2345' })
  expect(show('s1')).toMatchObject([{ state: 'interim', userName: 'voucher:ab' }])
  told(600, { ...stop(600, 3, 4), 'User-Name': 'KSM2345' })
  expect(show('s1')).toMatchObject([{ state: 'stop', userName: 'voucher:ab', inputOctets: 3 }])
  expect(database.raw.prepare('SELECT grant_no grantNo, user_name userName FROM session_history').all()).toEqual([
    { grantNo: 7, userName: 'voucher:ab' },
  ])
  told(700, { ...start, 'Acct-Session-Id': 's2', 'User-Name': 'amina' })
  expect(show('s2')).toMatchObject([{ userName: 'amina' }])
})

test('Start, interim and Stop in one commit are one row, and a repeated Stop in the same commit is not another', () => {
  const { send, store, show } = box()
  send(0, start)
  send(300, interim(300, 1, 2))
  send(600, stop(600, 3, 4))
  send(601, { ...stop(600, 3, 4), 'Acct-Delay-Time': 1 })
  store.commit([])
  expect(show('s1')).toMatchObject([{ state: 'stop', inputOctets: 3, outputOctets: 4 }])
})

test('late and repeated records leave a stopped session as it was', () => {
  const { told, show } = box()
  told(0, start)
  told(600, stop(600, 2 * MB, 20 * MB))
  const before = show('s1')
  told(601, { ...stop(600, 2 * MB, 20 * MB), 'Acct-Delay-Time': 1 })
  told(602, { ...interim(590, 1 * MB, 19 * MB), 'Acct-Delay-Time': 12 })
  told(603, { ...start, 'Acct-Delay-Time': 603 })
  expect(show('s1')).toEqual(before)
})

test('an id used again is a new session, and both are kept', () => {
  const { told, show } = box()
  told(0, start)
  told(10, stop(10, 1, 1))
  told(15, start)
  told(20, stop(5, 2, 2))
  expect(show('s1').map((row) => [row.sessionTimeSec, row.inputOctets])).toEqual([
    [10, 1],
    [5, 2],
  ])
})

test('the same id at two NASes is two sessions, also behind one router entry', () => {
  const { told, show } = box()
  told(0, start)
  told(0, start, 2)
  told(0, { ...start, 'NAS-IP-Address': '10.0.0.2' })
  expect(show('s1')).toHaveLength(3)
})

test('Accounting-On ends the sessions of that NAS and no other, and a replay of it none that came later', () => {
  const { told, show } = box()
  told(0, start)
  told(0, { ...start, 'Acct-Session-Id': 's2' }, 2)
  const on: NamedAttributes = { 'Acct-Status-Type': 'Accounting-On', 'Acct-Session-Id': '0', 'Acct-Delay-Time': 0 }
  told(100, on)
  expect(show('s1')).toMatchObject([{ state: 'stop', terminateCause: 'NAS-Reboot' }])
  expect(show('s2')).toMatchObject([{ state: 'start' }])
  told(110, { ...start, 'Acct-Session-Id': 's3' })
  told(120, { ...on, 'Acct-Delay-Time': 20 })
  expect(show('s3')).toMatchObject([{ state: 'start' }])
})

test('a silent session is reaped, frees its slot, lives on when heard, and a late Stop is taken', () => {
  const { told, show, store, slots } = box({ amina: { no: 5, quotaOctets: null } })
  told(0, { ...start, 'Acct-Interim-Interval': 300 })
  expect(slots.taken(5, 0)).toBe(1)
  store.reap(sec(2000))
  store.commit([])
  expect(show('s1')).toMatchObject([{ state: 'stop', terminateCause: 'Lost-Carrier' }])
  expect(slots.taken(5, 0)).toBe(0)
  told(2100, interim(2100, 1, 2))
  expect(show('s1')).toMatchObject([{ state: 'interim' }])
  expect(slots.taken(5, 0)).toBe(1)
  told(2200, stop(2200, 3, 4))
  expect(show('s1')).toMatchObject([{ state: 'stop', inputOctets: 3, terminateCause: 'User-Request' }])
  expect(slots.taken(5, 0)).toBe(0)
})

test('a reaped session whose Stop never comes becomes history', () => {
  const { told, show, store, database } = box()
  told(0, { ...start, 'Acct-Interim-Interval': 300 })
  expect(store.openSessions).toBe(1)
  store.reap(sec(2000))
  store.commit([])
  // Nobody is online, though the session may still be heard of.
  expect(store.openSessions).toBe(0)
  store.load()
  expect(store.openSessions).toBe(0)
  store.reap(sec(2000 + 3 * 3600))
  store.commit([])
  expect(show('s1')).toMatchObject([{ state: 'stop', terminateCause: 'Lost-Carrier' }])
  expect(database.raw.prepare('SELECT count(*) FROM live_sessions').pluck().get()).toBe(0)
})

test('what a crash leaves is taken up again: nothing twice, nothing lost', () => {
  const one = box({ amina: { no: 5, quotaOctets: null } })
  one.told(0, start)
  one.told(300, interim(300, 1 * MB, 2 * MB))
  one.send(600, interim(600, 5 * MB, 6 * MB))
  // The process dies here; the second interim was never answered.
  one.store.load()
  expect(one.show('s1')).toMatchObject([{ inputOctets: 1 * MB }])
  one.told(605, { ...interim(600, 5 * MB, 6 * MB), 'Acct-Delay-Time': 5 })
  one.told(900, stop(900, 7 * MB, 8 * MB))
  expect(one.show('s1')).toMatchObject([{ state: 'stop', inputOctets: 7 * MB, outputOctets: 8 * MB }])
  expect(one.slots.taken(5, 0)).toBe(0)
})

test('a commit that fails stores nothing and forgets what it had applied', () => {
  const { told, send, store, database, show } = box()
  told(0, start)
  send(300, interim(300, 1, 2))
  send(301, { ...start, 'Acct-Session-Id': 's2' })
  database.raw.exec('CREATE TRIGGER refuse BEFORE INSERT ON live_sessions BEGIN SELECT RAISE(ABORT, "disk"); END')
  expect(() => store.commit([])).toThrow('disk')
  store.load()
  database.raw.exec('DROP TRIGGER refuse')
  store.commit([])
  expect(show('s1')).toMatchObject([{ state: 'start', inputOctets: 0 }])
  expect(show('s2')).toEqual([])
})

test('usage is metered by the hour, and the hours add up to the session', () => {
  const { told, usage } = box({ amina: { no: 5, quotaOctets: null } })
  const base = HOUR_MS / 1000 - (T0 % HOUR_MS) / 1000 // seconds to the next full hour
  told(base - 600, start)
  told(base - 300, interim(300, 1 * MB, 10 * MB))
  told(base + 300, interim(900, 3 * MB, 30 * MB))
  told(base + 3900, stop(4500, 4 * MB, 50 * MB))
  const hours = usage(5)
  expect(hours.map((hour) => hour.outputOctets)).toEqual([10 * MB, 20 * MB, 20 * MB])
  expect(hours.reduce((sum, hour) => sum + hour.inputOctets, 0)).toBe(4 * MB)
  expect(hours.reduce((sum, hour) => sum + hour.sessionTimeSec, 0)).toBe(4500)
})

test('a quota that is used up is told once, over sessions and restarts', () => {
  const { told, spent, store } = box({ amina: { no: 5, quotaOctets: 10 * MB } })
  told(0, start)
  told(300, stop(300, 0, 6 * MB))
  told(400, { ...start, 'Acct-Session-Id': 's2' })
  store.load()
  told(500, { ...interim(100, 0, 3 * MB), 'Acct-Session-Id': 's2' })
  expect(spent).toEqual([])
  told(600, { ...interim(200, 0, 5 * MB), 'Acct-Session-Id': 's2' })
  told(700, { ...interim(300, 0, 6 * MB), 'Acct-Session-Id': 's2' })
  expect(spent).toEqual([5])
})

test('whatever is lost, repeated or reordered, a session counts its largest report once', () => {
  // A NAS's true story of one session; the network delivers it in any order, any number of times, with gaps.
  const story = [
    start,
    interim(300, 1 * MB, 5 * MB),
    interim(600, 2 * MB, 9 * MB),
    interim(900, 4 * MB, 12 * MB),
    stop(1000, 5 * MB, 15 * MB),
  ]
  const happened = [0, 300, 600, 900, 1000]
  fc.assert(
    fc.property(fc.array(fc.nat(story.length - 1), { minLength: 1, maxLength: 12 }), (deliveries) => {
      const { told, show, usage } = box({ amina: { no: 5, quotaOctets: null } })
      deliveries.forEach((which, i) => {
        const at = 1000 + i
        told(at, { ...story[which]!, 'Acct-Delay-Time': at - happened[which]! })
      })
      const rows = show('s1')
      const upToStop = deliveries.includes(4) ? deliveries.slice(0, deliveries.indexOf(4) + 1) : deliveries
      const largest = Math.max(...upToStop)
      expect(rows).toHaveLength(1)
      expect(rows[0]!.outputOctets).toBe([0, 5, 9, 12, 15][largest]! * MB)
      expect(usage(5).reduce((sum, hour) => sum + hour.outputOctets, 0)).toBe(rows[0]!.outputOctets)
    }),
    { numRuns: 150 },
  )
})

test('a session keeps the speed that its Accept gave where that is not the plan’s own', () => {
  const { told, database } = box({ amina: { no: 5, quotaOctets: null, speed: { downKbps: 512, upKbps: 256 } } })
  told(0, start)
  const row = database.raw.prepare('SELECT down_kbps downKbps, up_kbps upKbps FROM live_sessions').get()
  expect(row).toEqual({ downKbps: 512, upKbps: 256 })
})

test('tiers of fair use are told of one by one, over restarts', () => {
  const fairUse = [
    { afterOctets: 5 * MB, downKbps: 512, upKbps: 256 },
    { afterOctets: 9 * MB, downKbps: 256, upKbps: 128 },
  ]
  const { told, spent, store } = box({ amina: { no: 5, quotaOctets: null } }, { fairUse })
  told(0, start)
  told(300, interim(300, 0, 4 * MB))
  expect(spent).toEqual([])
  told(600, interim(600, 0, 6 * MB))
  expect(spent).toEqual([5])
  store.load()
  told(900, interim(900, 0, 8 * MB))
  expect(spent).toEqual([5])
  told(1200, interim(1200, 0, 9 * MB))
  told(1500, interim(1500, 0, 30 * MB))
  expect(spent).toEqual([5, 5])
})
