import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import {
  addSubscriber,
  changeSubscribers,
  importSubscribers,
  revealPasswords,
  services,
  subscriberCells,
  subscriberSheet,
} from './index.ts'

const DAY_SEC = 86_400

const site = () => {
  const made = memorySite([access, plans, customers, services])
  made.must(addPlan, { name: 'Home', kind: 'pppoe', policy: { downKbps: 10_000 }, validitySec: 30 * DAY_SEC })
  made.must(addPlan, { name: 'Fast', kind: 'pppoe', policy: { downKbps: 50_000 } })
  made.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: DAY_SEC, quotaOctets: 5_000_000 })
  made.must(addPlan, { name: 'Fixed', kind: 'static', policy: {} })
  const cells = () => made.query(subscriberSheet, {}).map(subscriberCells)
  const passwords = (...logins: string[]) =>
    made.must(revealPasswords, { logins }).passwords.map(({ login, password }) => `${login}:${password}`)
  return { ...made, cells, passwords }
}
const imported = { added: 1, refused: [] }

test('what another box had of a subscriber is what this one has', () => {
  const { must, cells } = site()
  const rows = [
    {
      login: 'amina',
      password: 'p',
      plan: 'Home',
      phone: '+254 712 345 678',
      ip: '100.64.0.9',
      mac: 'AA:BB:CC:DD:EE:01',
      name: 'Amina "=1+1" Otieno',
      email: 'amina@example.net',
      customer: 'cus_4711',
      vlan: '100',
      ipv6: '2001:db8:1::/64',
      delegated: '2001:db8:2::/56',
      serial: 'HWTCA1B2C3D4',
      loginBy: 'password' as const,
      devices: 'AA:BB:CC:DD:EE:01 AA:BB:CC:DD:EE:02',
      status: 'suspended' as const,
      expiresAt: '2026-12-24T18:00:00.000Z',
      validSec: '',
      firstUsedAt: '2026-11-01T00:00:00.000Z',
      beginsAt: '2026-11-24T18:00:00.000Z',
      quotaOctets: '5000000',
      quotaSec: 'none',
      topUps: '[{"at":1795000000000,"octets":1000}]',
      createdAt: '2025-01-02T03:04:05.678Z',
    },
  ]
  expect(must(importSubscribers, { rows })).toEqual(imported)
  const { password: _, ...seen } = rows[0]!
  expect(cells()).toEqual([seen])
})

test.each([
  ['never', '', null],
  ['first-login', String(DAY_SEC), null],
])('a life of %s is told from what the plan would give', (expiresAt, validSec) => {
  const { must, cells } = site()
  must(importSubscribers, { rows: [{ login: 'a', password: 'p', plan: 'Home', expiresAt, validSec }] })
  expect(cells()[0]).toMatchObject({ expiresAt, validSec })
})

test.each([
  [{ expiresAt: 'soon' }, /An end is/],
  [{ expiresAt: 'first-login' }, /needs a length/],
  [{ createdAt: '2026-12-24' }, /An instant looks like/],
  [{ quotaOctets: '1e999' }, /whole number/],
  [{ topUps: '[{"at":"now"}]' }, /bought beside/],
  [{ devices: 'pigeon' }, /MAC/],
  [{ name: 'a\0b' }, /NUL/],
  [{ password: 'a\0b' }, /NUL/],
])('cells that cannot be are refused: %j', (cells, says) => {
  const { dispatch, count } = site()
  const refused = dispatch(importSubscribers, { rows: [{ login: 'a', password: 'p', plan: 'Home', ...cells }] })
  expect(JSON.stringify(refused)).toMatch(says)
  expect(count({ name: 'services' })).toBe(0)
})

test('a device that logs in by itself stays one, and a person whose login looks like one stays a person', () => {
  const { must, cells, passwords } = site()
  const mac = 'AA:BB:CC:DD:EE:07'
  must(addSubscriber, { login: mac, plan: 'Home' })
  must(addSubscriber, { login: 'AA:BB:CC:DD:EE:08', plan: 'Home', password: 'p' })
  must(addSubscriber, { login: 'shop', plan: 'Fixed', mac: 'AA:BB:CC:DD:EE:09' })
  const told = cells()
  expect(told.map(({ loginBy }) => loginBy)).toEqual(['device', 'password', 'device'])
  const other = site()
  const result = other.must(importSubscribers, { rows: told })
  expect(result).toMatchObject({ added: 2, refused: [{ row: 1, fault: { type: 'CredentialMissing' } }] })
  expect(other.must(importSubscribers, { rows: [told[1]!], newPasswords: true })).toEqual(imported)
  expect(other.cells()).toEqual(told)
  expect(passwords(mac, 'shop')).toEqual([])
  expect(other.passwords('AA:BB:CC:DD:EE:08')[0]).toMatch(/:[\w-]{12}$/)
})

test('a line that logs in by its ONT stays one, belongs to one subscriber, and can be another', () => {
  const { must, cells } = site()
  const lines = [
    { login: 'house-1', plan: 'Fixed', serial: '48575443a1b2c3d4', loginBy: 'serial' as const },
    { login: 'house-2', plan: 'Fixed', serial: 'HWTCA1B2C3D4' },
    { login: 'house-3', plan: 'Home', serial: 'HWTCA1B2C3D4', password: 'p' },
    { login: 'house-4', plan: 'Home', serial: 'HWTC00000004' },
  ]
  expect(must(importSubscribers, { rows: lines })).toMatchObject({
    added: 2,
    refused: [
      { row: 1, fault: { type: 'SerialTaken', serial: 'HWTCA1B2C3D4' } },
      { row: 3, fault: { type: 'CredentialMissing' } },
    ],
  })
  expect(cells().map(({ login, serial, loginBy }) => [login, serial, loginBy])).toEqual([
    ['house-1', 'HWTCA1B2C3D4', 'serial'],
    ['house-3', 'HWTCA1B2C3D4', 'password'],
  ])
  must(changeSubscribers, {
    rows: [
      { login: 'house-1', serial: 'zteg00000001' },
      { login: 'house-3', serial: '' },
    ],
  })
  expect(cells()).toMatchObject([
    { serial: 'ZTEG00000001', loginBy: 'serial' },
    { serial: '', loginBy: 'password' },
  ])
  // Without its ONT nothing would log in any more.
  expect(must(changeSubscribers, { rows: [{ login: 'house-1', serial: '' }] })).toMatchObject({
    refused: [{ fault: { type: 'CredentialMissing' } }],
  })
})

test('a change touches what is given, clears what may be empty, and ends nothing else', () => {
  const { must, cells, passwords, told } = site()
  must(addSubscriber, {
    login: 'amina',
    password: 'p',
    plan: 'Home',
    phone: '0712345678',
    ip: '10.0.0.1',
    name: 'Amina',
  })
  const [before] = cells()
  const rows = [{ login: 'amina', phone: '', name: '', plan: 'Fast', vlan: '7', status: 'suspended' }]
  expect(must(changeSubscribers, { rows })).toEqual({ changed: 1, refused: [] })
  expect(cells()).toEqual([{ ...before, phone: '', plan: 'Fast', vlan: '7', status: 'suspended' }])
  expect(passwords('amina')).toEqual(['amina:p'])
  expect(told.at(-1)).toMatchObject({ name: 'access.changed' })
  must(changeSubscribers, { rows: [{ login: 'amina', password: 'q' }] })
  expect(passwords('amina')).toEqual(['amina:q'])
})

test.each([
  [{ login: 'nobody' }, 'SubscriberUnknown'],
  [{ login: 'amina', plan: 'Gone' }, 'PlanUnknown'],
  [{ login: 'amina', plan: 'Fixed', mac: 'AA:BB:CC:DD:EE:09' }, 'MacTaken'],
  [{ login: 'amina', ip: '300.1.1.1' }, 'InputInvalid'],
  [{ login: 'shop', plan: 'Home', loginBy: 'password', mac: '' }, 'CredentialMissing'],
])('a change that cannot be leaves the row as it was: %j', (row, type) => {
  const { must, cells } = site()
  must(addSubscriber, { login: 'amina', password: 'p', plan: 'Home' })
  must(addSubscriber, { login: 'shop', plan: 'Fixed', mac: 'AA:BB:CC:DD:EE:09' })
  const before = cells()
  expect(must(changeSubscribers, { rows: [row] })).toMatchObject({ changed: 0, refused: [{ row: 0, fault: { type } }] })
  expect(cells()).toEqual(before)
})

test('passwords are told to the console alone, and stored and logged nowhere', () => {
  const { must, dispatch, database, log } = site()
  must(addSubscriber, { login: 'amina', password: 'pw-of-amina', plan: 'Home' })
  must(revealPasswords, { logins: ['amina'] })
  must(changeSubscribers, { rows: [{ login: 'amina', password: 'pw-of-amina-2' }] })
  const kept = ['audit', 'commands'].map((table) =>
    JSON.stringify(database.raw.prepare(`SELECT * FROM ${table}`).all()),
  )
  expect(kept.join('') + log.text()).not.toContain('pw-of-amina')
  expect(revealPasswords.permission).toBe('system')
  const repeated = { id: 'one' }
  expect(dispatch(revealPasswords, { logins: ['amina'] }, repeated).ok).toBe(true)
  expect(dispatch(revealPasswords, { logins: ['amina'] }, repeated)).toMatchObject({ error: { type: 'ToldOnce' } })
})
