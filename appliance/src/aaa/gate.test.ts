import { expect, test } from 'vitest'
import { memoryVault, orThrow } from '@lango/kernel'
import { insertSql, migrate, openDatabase } from '@lango/kernel/db'
import { memorySite, seededRandom } from '@lango/kernel/testing'
import { Calendar, access, credentialPurpose, firstUse, openPolicy, topUp, type Policy } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { addPlan, plans } from '@lango/modules/plans'
import { addSubscriber, resumeSubscriber, services, suspendSubscriber } from '@lango/modules/services'
import { sessions } from '@lango/modules/sessions'
import { lockouts, sessionHistory } from '@lango/modules/sessions/tables'
import { vouchers } from '@lango/modules/vouchers'
import { allowanceAt, quotaTermsOf } from '@lango/modules/access/rules'
import { decide, type Decided, type GrantRow, type World } from './decide.ts'
import { Gate, KEY_LOST } from './gate.ts'
import { ANY_NEW_DEVICE } from './housekeeping.ts'
import { createReaders } from './readers.ts'
import { SharedState, sharedStateBytes } from './shared-state.ts'
import { RESERVATION_SEC, SlotTable, slotTableBytes } from './slots.ts'

const NOW = Date.UTC(2026, 10, 21, 6)
const HOUR_SEC = 3600
const A = 'AA:00:00:00:00:01'
const B = 'AA:00:00:00:00:02'
const C = 'AA:00:00:00:00:03'

const calendar = new Calendar('Africa/Nairobi')

const grant = (changes: Partial<GrantRow> = {}): GrantRow => ({
  id: 'grt_1',
  no: 1,
  login: 'amina',
  status: 'active',
  credential: null,
  macLogin: null,
  policyId: 'pol_1',
  expiresAt: null,
  validitySec: null,
  firstUsedAt: null,
  framedIp: null,
  framedIpv6Prefix: null,
  delegatedIpv6Prefix: null,
  vlan: null,
  devices: '[]',
  quotaOctets: null,
  quotaSec: null,
  beginsAt: null,
  topUps: null,
  serial: null,
  serialLogin: false,
  ...changes,
})

const decided = (
  changes: Partial<GrantRow>,
  policy: Partial<Policy> = {},
  {
    octets = 0,
    sec = 0,
    seen = [],
    ...world
  }: Partial<Pick<World, 'device' | 'clockSure'>> & {
    readonly octets?: number
    readonly sec?: number
    readonly seen?: readonly string[]
  } = {},
): Decided => {
  const row = grant(changes)
  const whole = { ...openPolicy, ...policy }
  const terms = quotaTermsOf(row, whole, NOW)
  return decide({
    grant: row,
    policy: whole,
    device: A,
    router: 1,
    serials: () => seen,
    calendar,
    now: NOW,
    clockSure: true,
    allowance: terms && allowanceAt(terms, whole, calendar, () => ({ octets, sec }), NOW),
    ...world,
  })
}

test('a grant in order is let in, without a limit where none is set', () => {
  expect(decided({})).toEqual({
    kind: 'accept',
    reason: 'accepted',
    policy: openPolicy,
    sessionTimeoutSec: 0,
    quotaLeftOctets: undefined,
    tierLeftOctets: undefined,
    speed: undefined,
    firstUse: false,
  })
})

test.each([
  ['suspended', { status: 'suspended' }],
  ['ended', { status: 'ended' }],
  ['ended', { status: 'anything-else' }],
  ['expired', { expiresAt: NOW }],
  ['expired', { expiresAt: NOW - 1 }],
  ['quota-used', { quotaOctets: 0 }],
  // What comes first is what is told: a suspended subscriber is not told of the date.
  ['suspended', { status: 'suspended', expiresAt: NOW - 1, devices: `["${B}"]` }],
  ['other-device', { devices: `["${B}"]`, expiresAt: NOW - 1 }],
])('%s: %j is refused', (reason, changes) => {
  expect(decided(changes)).toEqual({ kind: 'reject', reason })
})

test('a quota is used up with its last octet', () => {
  const quota = { quotaOctets: 1000 }
  expect(decided(quota, {}, { octets: 999 })).toMatchObject({ kind: 'accept', quotaLeftOctets: 1 })
  expect(decided(quota, {}, { octets: 1000 })).toEqual({ kind: 'reject', reason: 'quota-used' })
  expect(decided(quota, {}, { octets: 5000 })).toEqual({ kind: 'reject', reason: 'quota-used' })
})

test('time online is used up with its last second, and ends the session when it will be', () => {
  const hour = { quotaSec: HOUR_SEC }
  expect(decided(hour, {}, { sec: 3540 })).toMatchObject({ kind: 'accept', sessionTimeoutSec: 60 })
  expect(decided(hour, { sessionTimeoutSec: 30 }, { sec: 3540 })).toMatchObject({ sessionTimeoutSec: 30 })
  expect(decided({ ...hour, expiresAt: NOW + 10_000 }, {}, { sec: 3540 })).toMatchObject({ sessionTimeoutSec: 10 })
  expect(decided(hour, {}, { sec: HOUR_SEC })).toEqual({ kind: 'reject', reason: 'time-used' })
})

test('a login that is bound to an ONT comes from it, or is refused', () => {
  const bound = { serial: 'HWTCA1B2C3D4' }
  expect(decided(bound, {}, { seen: ['HWTCA1B2C3D4'] })).toMatchObject({ kind: 'accept', firstUse: false })
  expect(decided(bound, {}, { seen: ['OLT1 ETH 0/1/3:HWTCA1B2C3D4'] })).toMatchObject({ kind: 'accept' })
  for (const seen of [[], ['HWTCA1B2C3D5'], ['XHWTCA1B2C3D4'], ['HWTCA1B2C3D45']])
    expect(decided(bound, {}, { seen })).toEqual({ kind: 'reject', reason: 'other-serial' })
  // Whose time is over is not told of the device.
  expect(decided({ ...bound, status: 'suspended' })).toEqual({ kind: 'reject', reason: 'suspended' })
})

test('a plan binds the first ONT that is seen, of what names it best, and never a second', () => {
  const first = { bindSerial: 'first' } as const
  expect(decided({}, first, { seen: ['HWTCA1B2C3D4', 'OLT1 0/1/3'] })).toMatchObject({
    firstUse: true,
    bindSerial: 'HWTCA1B2C3D4',
  })
  expect(decided({}, first)).toMatchObject({ kind: 'accept', firstUse: false, bindSerial: undefined })
  expect(decided({ serial: 'OTHER' }, first, { seen: ['HWTCA1B2C3D4'] })).toMatchObject({ reason: 'other-serial' })
})

const tiers = [
  { afterOctets: 1000, downKbps: 5000, upKbps: 1000 },
  { afterOctets: 2000, downKbps: 512, upKbps: 256 },
]

test.each([
  [999, undefined, 1],
  [1000, { downKbps: 5000, upKbps: 1000 }, 1000],
  [1999, { downKbps: 5000, upKbps: 1000 }, 1],
  [2000, { downKbps: 512, upKbps: 256 }, undefined],
])('after %d octets of fair use the speed is %j', (octets, speed, tierLeftOctets) => {
  const given = decided({}, { downKbps: 50_000, upKbps: 50_000, fairUse: tiers }, { octets })
  expect(given).toMatchObject({ kind: 'accept', speed, tierLeftOctets })
  expect(given.kind === 'accept' && given.policy).toMatchObject(speed ?? { downKbps: 50_000, upKbps: 50_000 })
})

test('data bought on top does not count towards the tiers of fair use', () => {
  const topUps = JSON.stringify([{ at: NOW, octets: 600 }])
  expect(decided({ topUps }, { fairUse: tiers }, { octets: 1599 })).toMatchObject({ speed: undefined })
  expect(decided({ topUps }, { fairUse: tiers }, { octets: 1600 })).toMatchObject({ speed: { downKbps: 5000 } })
})

// NOW is a Saturday, nine in the morning in Nairobi.
const everyDay = [0, 1, 2, 3, 4, 5, 6]

test('outside the hours of its plan a login is refused, and inside them the session ends with them', () => {
  const open = { days: everyDay, from: '08:00', to: '09:30' }
  expect(decided({}, { windows: [open] })).toMatchObject({ kind: 'accept', sessionTimeoutSec: 1800 })
  expect(decided({ expiresAt: NOW + 1000 }, { windows: [open] })).toMatchObject({ sessionTimeoutSec: 1 })
  const shut = { kind: 'reject', reason: 'outside-hours' }
  expect(decided({}, { windows: [{ ...open, from: '09:30', to: '08:00' }] })).toEqual(shut)
  expect(decided({}, { windows: [{ ...open, days: [0, 1, 2, 3, 4, 5] }] })).toEqual(shut)
  // Nobody knows the hour while the clock is unsure.
  expect(decided({}, { windows: [{ ...open, days: [0] }] }, { clockSure: false })).toMatchObject({ kind: 'accept' })
})

test('a window with a speed gives it while it lasts, whatever fair use says, and refuses nobody outside', () => {
  const fast = { days: everyDay, from: '08:00', to: '10:00', downKbps: 90_000, upKbps: 9000 }
  const policy = { downKbps: 50_000, upKbps: 50_000, fairUse: tiers, windows: [fast] }
  expect(decided({}, policy, { octets: 5000 })).toMatchObject({ speed: { downKbps: 90_000, upKbps: 9000 } })
  expect(decided({}, policy)).toMatchObject({ kind: 'accept', sessionTimeoutSec: 0 })
  const later = { ...policy, windows: [{ ...fast, from: '20:00', to: '22:00' }] }
  expect(decided({}, later, { octets: 5000 })).toMatchObject({ speed: { downKbps: 512 } })
  expect(decided({}, later)).toMatchObject({ kind: 'accept', speed: undefined })
})

test('what has been sold for later is refused until it begins', () => {
  expect(decided({ beginsAt: NOW + 1 })).toEqual({ kind: 'reject', reason: 'not-begun' })
  expect(decided({ beginsAt: NOW })).toMatchObject({ kind: 'accept' })
})

const expired = { expiresAt: NOW - 1, quotaOctets: 1000 }
const rich = { downKbps: 50_000, upKbps: 50_000, pool: 'public', group: 'gold', interimSec: 120 }

test('an expired subscriber goes into the pool of the expired, slowly, and is looked at again', () => {
  const onExpiry = { kind: 'pool', pool: 'walled', kbps: 128 } as const
  const walled = decided(expired, { ...rich, onExpiry }, { octets: 5000 })
  expect(walled).toMatchObject({ kind: 'accept', reason: 'accepted-expired', firstUse: false })
  expect(walled).toMatchObject({
    sessionTimeoutSec: 1800,
    quotaLeftOctets: undefined,
    policy: { pool: 'walled', downKbps: 128, upKbps: 128, interimSec: 120 },
  })
  expect(walled.kind === 'accept' && walled.policy.group).toBeUndefined()
})

test('an expired subscriber of a plan with a page is let in slowly and out of the paid pool', () => {
  const onExpiry = { kind: 'redirect', url: 'https://pay.example/', kbps: 64 } as const
  const walled = decided(expired, { ...rich, onExpiry })
  expect(walled).toMatchObject({ reason: 'accepted-expired', sessionTimeoutSec: 1800, policy: { downKbps: 64 } })
  expect(walled.kind === 'accept' && walled.policy.pool).toBeUndefined()
})

test('a suspended subscriber gets no page and no pool', () => {
  const onExpiry = { kind: 'pool', pool: 'walled', kbps: 128 } as const
  expect(decided({ ...expired, status: 'suspended' }, { onExpiry })).toEqual({ kind: 'reject', reason: 'suspended' })
})

test.each([
  ['policy alone', 600, null, 600],
  ['validity alone', 0, NOW + 900_000, 900],
  ['policy before validity', 600, NOW + 900_000, 600],
  ['validity before policy', 1200, NOW + 900_000, 900],
  ['part of a second counts as a second', 0, NOW + 1, 1],
])(
  'Session-Timeout is the shorter of policy and remaining validity: %s',
  (_what, sessionTimeoutSec, expiresAt, sec) => {
    expect(decided({ expiresAt }, { sessionTimeoutSec })).toMatchObject({ kind: 'accept', sessionTimeoutSec: sec })
  },
)

test('validity that begins now ends the session when it ends', () => {
  expect(decided({ validitySec: HOUR_SEC })).toMatchObject({ firstUse: true, sessionTimeoutSec: HOUR_SEC })
  expect(decided({ validitySec: HOUR_SEC }, { sessionTimeoutSec: 60 })).toMatchObject({ sessionTimeoutSec: 60 })
})

test('a clock that nobody vouches for begins no validity, lets in all the same, and forgets no expiry', () => {
  const unsure = { clockSure: false }
  expect(decided({ validitySec: HOUR_SEC }, {}, unsure)).toMatchObject({
    kind: 'accept',
    firstUse: false,
    sessionTimeoutSec: HOUR_SEC,
  })
  expect(decided({ expiresAt: NOW - 1 }, {}, unsure)).toEqual({ kind: 'reject', reason: 'expired' })
})

test('a grant bound to devices is for them alone', () => {
  const bound = { devices: JSON.stringify([A, B]) }
  expect(decided(bound)).toMatchObject({ kind: 'accept', firstUse: false })
  expect(decided(bound, {}, { device: B }).kind).toBe('accept')
  for (const device of [C, '', 'aa:00:00:00:00:01'])
    expect(decided(bound, {}, { device })).toEqual({ kind: 'reject', reason: 'other-device' })
})

test('first come, first bound: as many devices as the limit, then no other', () => {
  const first = { bindDevices: 'first', deviceLimit: 2 } as const
  const withBound = (devices: readonly string[], device: string): Decided =>
    decided({ devices: JSON.stringify(devices) }, first, { device })
  expect(withBound([], A)).toMatchObject({ kind: 'accept', firstUse: true })
  expect(withBound([A], A)).toMatchObject({ kind: 'accept', firstUse: false })
  expect(withBound([A], B)).toMatchObject({ kind: 'accept', firstUse: true })
  expect(withBound([A, B], C)).toEqual({ kind: 'reject', reason: 'other-device' })
  expect(withBound([], '')).toEqual({ kind: 'reject', reason: 'other-device' })
})

test('first-come binding without a device limit binds one', () => {
  const first = { bindDevices: 'first', deviceLimit: 0 } as const
  expect(decided({}, first)).toMatchObject({ kind: 'accept', firstUse: true })
  expect(decided({ devices: `["${A}"]` }, first, { device: B })).toEqual({ kind: 'reject', reason: 'other-device' })
})

type Sale = {
  readonly login: string
  readonly password?: string
  readonly mac?: string
  readonly serial?: string
  readonly policy?: Partial<Policy>
  readonly kind?: 'pppoe' | 'hotspot' | 'static'
  readonly validitySec?: number
  readonly quotaOctets?: number
}

const box = (...sales: readonly Sale[]) => {
  const site = memorySite([access, plans, customers, services, vouchers])
  const records = orThrow(openDatabase({ file: ':memory:' }))
  const tables = sessions.tables.filter((table) => table.home === 'sessions')
  orThrow(migrate(records, { version: 1, tables, changeLog: false }))
  for (const { login, password, mac, serial, policy = {}, kind = 'pppoe', validitySec, quotaOctets } of sales) {
    site.must(addPlan, { name: `plan of ${login}`, kind, policy, validitySec, quotaOctets })
    site.must(addSubscriber, { login, password, mac, serial, plan: `plan of ${login}` })
  }
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  const slots = new SlotTable(new SharedArrayBuffer(slotTableBytes))
  const { clock, vault, log } = site
  const gateOver = (keys = vault): Gate =>
    new Gate({
      readers: createReaders(site.database.raw, records.raw, state, calendar),
      vault: keys,
      slots,
      clock,
      log,
    })
  const gate = gateOver()
  const found = (userName: string, realm?: string): GrantRow => {
    const row = gate.find(userName, at(realm))
    if (typeof row === 'string') throw new Error(`${userName} is not found: ${row}`)
    return row
  }
  const admit = (userName: string, device = A) => gate.admit(found(userName), { device, place: device, router: 1 })
  const taken = (userName: string): number => slots.taken(found(userName).no, Math.floor(clock.now() / 1000))
  /** The gate's read of this turn of the loop ends, so that a command can write. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return { ...site, records, state, slots, gate, gateOver, found, admit, taken, turn }
}

const secret = 'p@ss'
const at = (realm: string | undefined, device = A) => ({ realm, device, router: 1 })

test('a login is found by its very octets', () => {
  const { gate, found } = box({ login: 'alice', password: secret }, { login: '__proto__', password: secret })
  expect(found('alice').login).toBe('alice')
  expect(found('__proto__').login).toBe('__proto__')
  for (const other of ['alice\0', 'alice ', ' alice', 'Alice', 'alic', '', 'constructor', "alice' OR '1'='1"])
    expect(gate.find(other, at(undefined))).toBe('unknown-user')
})

test('at a router with a realm its own subscribers are found, the bare name first as the realm’s', () => {
  const { gate, found } = box(
    { login: 'alice', password: secret },
    { login: 'alice@isp', password: secret },
    { login: 'bob', password: secret },
    { login: 'eve@other', password: secret },
  )
  expect(found('alice', 'isp').login).toBe('alice@isp')
  expect(found('alice@isp', 'isp').login).toBe('alice@isp')
  expect(found('bob@isp', 'isp').login).toBe('bob')
  expect(gate.find('eve@other', at('isp'))).toBe('wrong-realm')
  expect(gate.find('nobody@isp', at('isp'))).toBe('unknown-user')
})

test('a device that logs in by its address is found in any spelling and has no password', () => {
  const { gate, found } = box({ login: 'shop', mac: 'aa-00-00-00-00-01', kind: 'static' })
  for (const spelling of [A, 'aa0000000001', 'aa00.0000.0001', '1:aa:0:0:0:0:1'])
    expect(found(spelling)).toMatchObject({ login: 'shop', macLogin: A })
  expect(gate.password(found(A))).toBeUndefined()
  expect(gate.find(B, at(undefined))).toBe('unknown-user')
})

test('a password is opened; one whose key is gone, or that is of another row, is told of and not guessed', () => {
  const { gate, gateOver, found, vault, log } = box({ login: 'alice', password: secret })
  const alice = found('alice')
  expect(gate.password(alice)).toBe(secret)
  expect(gateOver(memoryVault(seededRandom(99))).password(alice)).toBe(KEY_LOST)
  const moved = { ...alice, credential: vault.seal(secret, credentialPurpose('grt_other')) }
  expect(gate.password(moved)).toBe(KEY_LOST)
  expect(log.lines.filter((line) => line.msg === 'a stored password cannot be opened')).toHaveLength(2)
  expect(log.text()).not.toContain(secret)
})

test('two devices at once: one takes the last slot, the other is refused and takes none', () => {
  const { admit, taken } = box({ login: 'alice', password: secret, policy: { deviceLimit: 1 } })
  expect([admit('alice', A), admit('alice', B)]).toMatchObject([
    { kind: 'accept' },
    { kind: 'reject', reason: 'device-limit' },
  ])
  expect(admit('alice', A).kind).toBe('accept')
  expect(taken('alice')).toBe(1)
})

test('a slot that is not used comes back: when it is left, or when no session began in time', () => {
  const { admit, gate, found, clock, taken } = box({ login: 'alice', password: secret, policy: { deviceLimit: 1 } })
  admit('alice', A)
  gate.leave(found('alice'), A)
  expect(taken('alice')).toBe(0)
  expect(admit('alice', B).kind).toBe('accept')
  clock.advance(RESERVATION_SEC * 1000)
  expect(admit('alice', A).kind).toBe('accept')
})

test('logins that tell nothing of where they come from share one slot', () => {
  const { admit, taken } = box({ login: 'alice', password: secret, policy: { deviceLimit: 2 } })
  expect([admit('alice', '').kind, admit('alice', '').kind]).toEqual(['accept', 'accept'])
  expect(taken('alice')).toBe(1)
})

test('a refused login holds no slot, and the slot is there once it is let in', async () => {
  const { admit, taken, must, turn } = box({ login: 'alice', password: secret, policy: { deviceLimit: 1 } })
  must(suspendSubscriber, { login: 'alice' })
  expect(admit('alice', A)).toEqual({ kind: 'reject', reason: 'suspended' })
  expect(taken('alice')).toBe(0)
  await turn()
  must(resumeSubscriber, { login: 'alice' })
  expect(admit('alice', B).kind).toBe('accept')
})

test('validity begins with the first login and is counted from it', async () => {
  const { admit, found, must, clock, turn, taken } = box({
    login: 'guest',
    password: secret,
    kind: 'hotspot',
    validitySec: HOUR_SEC,
    policy: { deviceLimit: 1 },
  })
  clock.setSure(false)
  expect(admit('guest')).toMatchObject({ kind: 'accept', firstUse: false })
  clock.setSure(true)
  expect(admit('guest')).toMatchObject({ kind: 'accept', firstUse: true, sessionTimeoutSec: HOUR_SEC })
  const grantId = found('guest').id
  await turn()
  must(firstUse, { grantId, device: A, bind: false, deviceLimit: 1 })
  await turn()
  clock.advance(600_000)
  expect(admit('guest')).toMatchObject({ kind: 'accept', firstUse: false, sessionTimeoutSec: HOUR_SEC - 600 })
  clock.advance(3000_000)
  expect(admit('guest')).toEqual({ kind: 'reject', reason: 'expired' })
  expect(taken('guest')).toBe(0)
})

test('a device that was bound first keeps others out', async () => {
  const { admit, found, must, turn } = box({
    login: 'guest',
    password: secret,
    policy: { bindDevices: 'first', deviceLimit: 1 },
  })
  expect(admit('guest', A)).toMatchObject({ kind: 'accept', firstUse: true })
  const grantId = found('guest').id
  await turn()
  must(firstUse, { grantId, device: A, bind: true, deviceLimit: 1 })
  await turn()
  expect(admit('guest', B)).toEqual({ kind: 'reject', reason: 'other-device' })
  expect(admit('guest', A)).toMatchObject({ kind: 'accept', firstUse: false })
})

/** A session that is over. */
const over = {
  routerNo: 1,
  nas: '',
  acctSessionId: 's1',
  userName: 'guest',
  device: A,
  framedIp: '',
  startedAt: NOW,
  startAuthenticator: '',
  endedAt: NOW,
  stopReceivedAt: NOW,
  sessionTimeSec: 1,
  inputOctets: 0,
  outputOctets: 0,
  implausible: 0,
  terminateCause: '',
  hourAt: NOW,
  hourInputOctets: 0,
  hourOutputOctets: 0,
  hourSessionTimeSec: 0,
}

test('what earlier sessions moved, both ways, counts against the quota', () => {
  const { admit, found, records } = box({ login: 'guest', password: secret, quotaOctets: 1000 })
  const grantNo = found('guest').no
  const add = records.raw.prepare(insertSql(sessionHistory, { without: ['no'] }))
  add.run({ ...over, grantNo, inputOctets: 400, outputOctets: 500 })
  expect(admit('guest')).toMatchObject({ kind: 'accept', quotaLeftOctets: 100 })
  add.run({ ...over, grantNo, outputOctets: 100 })
  expect(admit('guest')).toEqual({ kind: 'reject', reason: 'quota-used' })
})

test('a lockout holds for its device, or for devices never seen, until it ends', () => {
  const { gate, found, records, state, clock } = box({ login: 'alice', password: secret })
  const alice = found('alice')
  const add = records.raw.prepare(insertSql(lockouts, { without: ['no'] }))
  const lock = (device: string): void => {
    add.run({ login: 'alice', device, until: clock.now() + 1000, failures: 10 })
    state.set('lockouts', 1)
  }
  expect(gate.isLockedOut(alice, A)).toBe(false)
  lock(A)
  expect([gate.isLockedOut(alice, A), gate.isLockedOut(alice, B)]).toEqual([true, false])
  lock(ANY_NEW_DEVICE)
  expect(gate.isLockedOut(alice, B)).toBe(true)
  clock.advance(1000)
  expect([gate.isLockedOut(alice, A), gate.isLockedOut(alice, B)]).toEqual([false, false])
})

test('data bought on top lets in again who has used up the plan’s, and is counted', async () => {
  const { admit, must, turn, records, found } = box({ login: 'guest', password: secret, quotaOctets: 1000 })
  const add = records.raw.prepare(insertSql(sessionHistory, { without: ['no'] }))
  add.run({ ...over, grantNo: found('guest').no, outputOctets: 1200 })
  expect(admit('guest')).toEqual({ kind: 'reject', reason: 'quota-used' })
  await turn()
  must(topUp, { login: 'guest', octets: 500 })
  expect(admit('guest')).toMatchObject({ kind: 'accept', quotaLeftOctets: 300 })
})

test('a line logs in by its ONT, whatever device asks on it, and by nothing else', () => {
  const { gate } = box({ login: 'house-1', kind: 'static', serial: 'HWTCA1B2C3D4' })
  const line = () => ['HWTCA1B2C3D4', 'OLT1 0/1/3']
  const found = gate.find(C, at(undefined), line)
  expect(found).toMatchObject({ login: 'house-1', serialLogin: true })
  expect(gate.find('hwtca1b2c3d4', at(undefined), line)).toMatchObject({ login: 'house-1' })
  expect(gate.find('a guest', at(undefined), line)).toBe('unknown-user')
  expect(gate.find(C, at(undefined), () => ['HWTCA1B2C3D5'])).toBe('unknown-user')
  // Who types the login of the line elsewhere is on another line.
  const typed = gate.find('house-1', at(undefined)) as GrantRow
  expect(gate.admit(typed, { device: C, place: C, router: 1 })).toEqual({ kind: 'reject', reason: 'other-serial' })
  expect(gate.admit(typed, { device: C, place: C, router: 1, serials: line() })).toMatchObject({ kind: 'accept' })
})

test('a grant whose login also has a password is not found by its ONT alone', () => {
  const { gate } = box({ login: 'house-1', password: secret, serial: 'HWTCA1B2C3D4' })
  expect(gate.find(C, at(undefined), () => ['HWTCA1B2C3D4'])).toBe('unknown-user')
})

test('the first ONT is bound once, also of two that come at once', async () => {
  const { admit, gate, found, must, dispatch, turn } = box({
    login: 'alice',
    password: secret,
    policy: { bindSerial: 'first' },
  })
  const from = (serial: string) => gate.admit(found('alice'), { device: A, place: A, router: 1, serials: [serial] })
  expect(from('HWTC00000001')).toMatchObject({ firstUse: true, bindSerial: 'HWTC00000001' })
  const grantId = found('alice').id
  await turn()
  const use = { grantId, device: A, bind: false, deviceLimit: 0 }
  must(firstUse, { ...use, serial: 'HWTC00000001' })
  must(firstUse, { ...use, serial: 'HWTC00000001' })
  expect(dispatch(firstUse, { ...use, serial: 'HWTC00000002' })).toMatchObject({ error: { type: 'DevicesBound' } })
  expect(from('HWTC00000001')).toMatchObject({ kind: 'accept', firstUse: false })
  expect(from('HWTC00000002')).toEqual({ kind: 'reject', reason: 'other-serial' })
  expect(admit('alice')).toEqual({ kind: 'reject', reason: 'other-serial' })
})
