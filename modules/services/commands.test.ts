import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access, credentialPurpose } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/index.ts'
import { customers as customersTable } from '../customers/tables.ts'
import { addPlan, plans } from '../plans/index.ts'
import { services as servicesTable } from './tables.ts'
import {
  addSubscriber,
  importSubscribers,
  listSubscribers,
  resumeSubscriber,
  services,
  showSubscriber,
  suspendSubscriber,
} from './index.ts'

const DAY_SEC = 86_400

const site = () => {
  const made = memorySite([access, plans, customers, services])
  made.must(addPlan, {
    name: 'Home',
    kind: 'pppoe',
    policy: { downKbps: 10_000, upKbps: 2_000 },
    validitySec: 30 * DAY_SEC,
  })
  made.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: DAY_SEC, quotaOctets: 500_000_000 })
  made.must(addPlan, { name: 'Fixed', kind: 'static', policy: {} })
  const rows = () => [customersTable, servicesTable, grants].map((table) => made.count(table))
  return { ...made, rows }
}
const amina = { login: 'amina', password: 'p@ss', plan: 'Home' }

test('a subscriber is a customer, a service and a grant, made together', () => {
  const { must, query, rows, clock } = site()
  must(addSubscriber, { ...amina, name: 'Amina Otieno', phone: '+254 712 345 678', ip: '100.64.0.9' })
  expect(rows()).toEqual([1, 1, 1])
  expect(query(showSubscriber, { login: 'amina' })).toMatchObject({
    status: 'active',
    customer: { name: 'Amina Otieno', phone: '+254 712 345 678' },
    plan: { name: 'Home' },
    grant: { expiresAt: clock.now() + 30 * DAY_SEC * 1000, framedIp: '100.64.0.9' },
  })
})

test('a network password is sealed, bound to its row, and in no log or audit', () => {
  const { must, database, vault, log } = site()
  must(addSubscriber, amina)
  const row = database.orm.select().from(grants.site).get()!
  expect(row.credential!.toString('latin1')).not.toContain('p@ss')
  const opened = vault.open(row.credential!, credentialPurpose(row.id))
  expect(opened.ok && opened.value.reveal()).toBe('p@ss')
  expect(vault.open(row.credential!, credentialPurpose('grt_other')).ok).toBe(false)
  const stored =
    JSON.stringify(database.raw.prepare('SELECT record FROM audit').all()) +
    JSON.stringify(database.raw.prepare('SELECT * FROM commands').all())
  expect(stored + log.text()).not.toContain('p@ss')
})

test.each([
  [{ ...amina, plan: 'None' }, 'PlanUnknown'],
  [{ login: 'amina', plan: 'Home' }, 'CredentialMissing'],
  [{ ...amina, ip: '300.1.1.1' }, 'InputInvalid'],
  [{ ...amina, login: 'a\u0000b' }, 'InputInvalid'],
  [{ ...amina, login: '' }, 'InputInvalid'],
  [{ ...amina, mac: 'not-a-mac' }, 'InputInvalid'],
])('what cannot be sold is refused and leaves nothing behind: %j', (subscriber, type) => {
  const { dispatch, rows } = site()
  const before = rows()
  const refused = dispatch(addSubscriber, subscriber)
  expect(!refused.ok && refused.error.type).toBe(type)
  expect(rows()).toEqual(before)
})

test('a login, and a MAC address that logs in, belong to one subscriber', () => {
  const { must, dispatch } = site()
  must(addSubscriber, amina)
  expect(dispatch(addSubscriber, amina)).toMatchObject({ ok: false, error: { type: 'LoginTaken' } })
  must(addSubscriber, { login: 'shop', plan: 'Fixed', mac: 'aa-bb-cc-dd-ee-ff' })
  expect(dispatch(addSubscriber, { login: 'shop2', plan: 'Fixed', mac: 'AABB.CCDD.EEFF' })).toMatchObject({
    ok: false,
    error: { type: 'MacTaken', mac: 'AA:BB:CC:DD:EE:FF' },
  })
})

test('names of the language itself are ordinary logins', () => {
  const { must, query } = site()
  for (const login of ['__proto__', 'constructor', 'toString'])
    must(addSubscriber, { login, password: 'x', plan: 'Home' })
  expect(query(listSubscribers, {}).map((row) => row.login)).toEqual(['__proto__', 'constructor', 'toString'])
})

test('a hotspot plan begins with the first login, not with the sale', () => {
  const { must, database } = site()
  must(addSubscriber, { login: 'guest', password: 'x', plan: 'Day' })
  expect(database.orm.select().from(grants.site).get()).toMatchObject({
    expiresAt: null,
    validitySec: DAY_SEC,
    firstUsedAt: null,
    quotaOctets: 500_000_000,
  })
})

test('a dated plan is not sold by a clock that nobody vouches for', () => {
  const { clock, dispatch, must, rows } = site()
  clock.setSure(false)
  expect(dispatch(addSubscriber, amina)).toMatchObject({ ok: false, error: { type: 'ClockUnsure' } })
  expect(rows()).toEqual([0, 0, 0])
  must(addSubscriber, { login: 'guest', password: 'x', plan: 'Day' })
})

test('an import tells of each row it refuses and adds the others', () => {
  const { must, rows } = site()
  const result = must(importSubscribers, {
    rows: [
      amina,
      { ...amina },
      { login: 'b', password: '', plan: 'Home' },
      { login: 'c', password: 'x', plan: 'Home', phone: '' },
    ],
  })
  expect(result).toMatchObject({
    added: 2,
    refused: [
      { row: 1, fault: { type: 'LoginTaken' } },
      { row: 2, fault: { type: 'CredentialMissing' } },
    ],
  })
  expect(rows()).toEqual([2, 2, 2])
})

test('suspend and resume change service and grant together, and wake whoever ends sessions', () => {
  const { must, dispatch, query, database, told } = site()
  must(addSubscriber, amina)
  must(suspendSubscriber, { login: 'amina' })
  expect(query(showSubscriber, { login: 'amina' })?.status).toBe('suspended')
  expect(database.orm.select().from(grants.site).get()?.status).toBe('suspended')
  expect(told.at(-1)).toMatchObject({ name: 'access.changed', data: { grantNo: 1 } })
  must(resumeSubscriber, { login: 'amina' })
  expect(database.orm.select().from(grants.site).get()?.status).toBe('active')
  expect(dispatch(suspendSubscriber, { login: 'nobody' })).toMatchObject({
    ok: false,
    error: { type: 'SubscriberUnknown' },
  })
})

test('a plan for a fixed time begins and ends as each sale says', () => {
  const { must, dispatch, database, clock, rows } = site()
  must(addPlan, { name: 'Event', kind: 'pppoe', policy: { clock: 'fixed' } })
  const times = { beginsAt: clock.now() + 3600_000, endsAt: clock.now() + 7200_000 }
  const sale = { login: 'guest', password: 'x', plan: 'Event' }
  const before = rows()
  for (const wrong of [
    {},
    { beginsAt: times.beginsAt },
    { ...times, endsAt: times.beginsAt },
    { beginsAt: 1, endsAt: 2 },
  ])
    expect(dispatch(addSubscriber, { ...sale, ...wrong })).toMatchObject({ error: { type: 'SaleTimesUnfit' } })
  expect(dispatch(addSubscriber, { ...amina, ...times })).toMatchObject({ error: { type: 'SaleTimesUnfit' } })
  clock.setSure(false)
  expect(dispatch(addSubscriber, { ...sale, ...times })).toMatchObject({ error: { type: 'ClockUnsure' } })
  expect(rows()).toEqual(before)
  clock.setSure(true)
  must(addSubscriber, { ...sale, ...times })
  expect(database.orm.select().from(grants.site).get()).toMatchObject({
    beginsAt: times.beginsAt,
    expiresAt: times.endsAt,
    validitySec: null,
  })
})

test('clocks of a plan that cannot be meant are refused', () => {
  const { dispatch } = site()
  const odd = (policy: object, terms: object = {}) =>
    dispatch(addPlan, { name: 'Odd', kind: 'hotspot', policy, ...terms })
  expect(odd({ clock: 'fixed' }, { validitySec: DAY_SEC })).toMatchObject({ error: { type: 'PlanUnfit' } })
  expect(odd({ clock: 'used' })).toMatchObject({ error: { type: 'PlanUnfit' } })
  expect(odd({ clock: 'used', quotaPeriod: 'day' }, { quotaSec: 60 })).toMatchObject({ error: { type: 'PlanUnfit' } })
  expect(odd({ clock: 'used' }, { quotaSec: 3600, validitySec: 30 * DAY_SEC })).toMatchObject({ ok: true })
})

test('whoever has no name is called as they log in, without blanks at its ends', () => {
  const { must, query } = site()
  must(addSubscriber, { ...amina, login: ' wanjiku ' })
  expect(query(showSubscriber, { login: ' wanjiku ' })?.customer.name).toBe('wanjiku')
})
