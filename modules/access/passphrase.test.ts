import { expect, test } from 'vitest'
import { Secret } from '@lango/kernel'
import { memorySite, seededRandom } from '@lango/kernel/testing'
import { customers } from '../customers/index.ts'
import { wallets } from '../wallets/index.ts'
import { ledger } from '../ledger/index.ts'
import { messages } from '../messages/index.ts'
import { settings } from '../settings/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { addSubscriber, eraseCustomer, revealPasswords, services } from '../services/index.ts'
import {
  access,
  bindDevice,
  drawPassphrase,
  isPassphrase,
  removePassphrase,
  resealGrants,
  setPassphrase,
  showPassphrase,
} from './index.ts'
import { madePassphraseBits } from './passphrase.ts'

const A = 'AA:00:00:00:00:01'
const B = 'AA:00:00:00:00:02'
const C = 'AA:00:00:00:00:03'
const D = 'AA:00:00:00:00:04'

const estate = (policy: object = {}) => {
  const made = memorySite([settings, messages, access, plans, ledger, customers, wallets, services])
  made.must(addPlan, { name: 'Flat', kind: 'pppoe', policy })
  made.must(addSubscriber, { login: 'flat-1', password: 'x', plan: 'Flat' })
  made.must(addSubscriber, { login: 'flat-2', password: 'y', plan: 'Flat' })
  const told = (login: string): string | undefined =>
    made.must(revealPasswords, { logins: [login] }).passphrases[0]?.passphrase
  const rows = () => made.database.raw.prepare('SELECT id, hex(passphrase), hex(hash) FROM passphrases').all()
  return { ...made, told, rows }
}

test('a passphrase that the box makes has over 60 bits, can be read aloud, and joins any Wi-Fi', () => {
  expect(madePassphraseBits).toBeGreaterThan(60)
  const random = seededRandom(7)
  const drawn = Array.from({ length: 500 }, () => drawPassphrase(random.below))
  expect(new Set(drawn)).toHaveProperty('size', 500)
  for (const one of drawn) {
    expect(one).toMatch(/^(?:(?:[bdfghjklmnprstwz][aeiou]){2}-?){5}$/)
    expect(isPassphrase(one)).toBe(true)
    expect(one).not.toMatch(/kuma|nazi|fira/)
  }
})

test('8 to 63 printable characters are a passphrase, and nothing else is', () => {
  for (const good of ['12345678', 'a'.repeat(63), 'two words here', '!"#$%&/()=~'])
    expect(isPassphrase(good)).toBe(true)
  for (const bad of [
    '',
    '1234567',
    'a'.repeat(64),
    ' 12345678',
    '12345678 ',
    'häuschen!',
    'with\ttab!',
    'nul\0nul\0nul',
  ])
    expect(isPassphrase(bad)).toBe(false)
})

test('a passphrase that is made is told once, and later only at the box itself', () => {
  const { must, dispatch, query, told, clock } = estate()
  expect(query(showPassphrase, { login: 'flat-1' })).toBeUndefined()
  const id = 'cmd_1'
  const made = dispatch(setPassphrase, { login: 'flat-1' }, { id })
  if (!made.ok) throw new Error('refused')
  expect(isPassphrase(made.value.passphrase)).toBe(true)
  expect(dispatch(setPassphrase, { login: 'flat-1' }, { id })).toMatchObject({ error: { type: 'ToldOnce' } })
  expect(told('flat-1')).toBe(made.value.passphrase)
  expect(told('flat-2')).toBeUndefined()
  expect(query(showPassphrase, { login: 'flat-1' })).toEqual({ setAt: clock.now() })
  expect(revealPasswords.permission).toBe('system')
  const other = must(setPassphrase, { login: 'flat-1' })
  expect(other.passphrase).not.toBe(made.value.passphrase)
  expect(told('flat-1')).toBe(other.passphrase)
})

test('a passphrase is nowhere in clear: not in its table, the audit log, nor the results of commands', () => {
  const { must, database, told } = estate()
  const given = 'given by the landlord'
  must(setPassphrase, { login: 'flat-1', passphrase: new Secret(given) })
  const { passphrase } = must(setPassphrase, { login: 'flat-2' })
  expect(told('flat-1')).toBe(given)
  const tables = database.raw
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map(({ name }) => JSON.stringify(database.raw.prepare(`SELECT * FROM "${name}"`).all()))
    .join('\n')
  for (const secret of [given, passphrase]) {
    expect(tables).not.toContain(secret)
    expect(tables).not.toContain(Buffer.from(secret).toString('base64'))
    expect(tables).not.toContain([...Buffer.from(secret)].join(','))
  }
})

test('two subscribers never have the same passphrase, for the handshake would show either', () => {
  const { must, dispatch, rows } = estate()
  must(setPassphrase, { login: 'flat-1', passphrase: 'the same for both' })
  const before = rows()
  expect(dispatch(setPassphrase, { login: 'flat-2', passphrase: 'the same for both' })).toMatchObject({
    error: { type: 'PassphraseTaken' },
  })
  expect(rows()).toEqual(before)
  // One's own again is no other's, and what was given up is free.
  must(setPassphrase, { login: 'flat-1', passphrase: 'the same for both' })
  expect(must(removePassphrase, { login: 'flat-1' })).toMatchObject({ had: true })
  expect(must(removePassphrase, { login: 'flat-1' })).toMatchObject({ had: false })
  must(setPassphrase, { login: 'flat-2', passphrase: 'the same for both' })
})

test('what cannot be a passphrase, nobody and a service that has ended are refused, and nothing changes', () => {
  const { must, dispatch, rows } = estate()
  must(eraseCustomer, { login: 'flat-2' })
  for (const [login, passphrase, type] of [
    ['flat-1', 'short', 'InputInvalid'],
    ['flat-1', 'a'.repeat(64), 'InputInvalid'],
    ['nobody', undefined, 'SubscriberUnknown'],
    ['flat-2', 'long enough', 'SubscriberUnknown'],
  ] as const)
    expect(dispatch(setPassphrase, { login, passphrase })).toMatchObject({ error: { type } })
  expect(dispatch(removePassphrase, { login: 'nobody' })).toMatchObject({ error: { type: 'SubscriberUnknown' } })
  expect(rows()).toEqual([])
})

test('who is erased has no passphrase any more', () => {
  const { must, rows } = estate()
  must(setPassphrase, { login: 'flat-1' })
  must(setPassphrase, { login: 'flat-2' })
  must(eraseCustomer, { login: 'flat-1' })
  expect(rows()).toHaveLength(1)
})

test('a new key of the box seals passphrases anew, and they stay the same', () => {
  const { must, vault, rows, told } = estate()
  const { passphrase } = must(setPassphrase, { login: 'flat-1' })
  const before = rows()
  vault.rotate()
  expect(must(resealGrants, { afterNo: 0 })).toMatchObject({ resealed: 3, unreadable: 0 })
  expect(must(resealGrants, { afterNo: 0 })).toMatchObject({ resealed: 0, unreadable: 0 })
  expect(rows()).not.toEqual(before)
  expect(told('flat-1')).toBe(passphrase)
  // The hash by which it is told apart does not hang on that key.
  expect(() => must(setPassphrase, { login: 'flat-2', passphrase })).toThrow('PassphraseTaken')
})

test('a device is bound by hand while the plan has room, and to one passphrase only', () => {
  const { must, dispatch, database } = estate({ bindDevices: 'first', deviceLimit: 2 })
  must(setPassphrase, { login: 'flat-1' })
  must(setPassphrase, { login: 'flat-2' })
  must(addPlan, { name: 'Static', kind: 'static', policy: {} })
  must(addSubscriber, { login: 'camera', plan: 'Static', mac: D })
  const devices = () => database.raw.prepare('SELECT devices FROM grants ORDER BY no').pluck().all()
  expect(must(bindDevice, { login: 'flat-1', device: 'aa-00-00-00-00-01' })).toMatchObject({ device: A })
  must(bindDevice, { login: 'flat-1', device: A })
  must(bindDevice, { login: 'flat-1', device: B })
  expect(devices()).toEqual([JSON.stringify([A, B]), '[]', '[]'])
  for (const [login, device, type] of [
    ['flat-1', C, 'DevicesBound'],
    ['flat-2', A, 'DeviceTaken'],
    ['flat-2', D, 'MacTaken'],
    ['flat-2', 'no address', 'InputInvalid'],
    ['nobody', C, 'SubscriberUnknown'],
  ] as const)
    expect(dispatch(bindDevice, { login, device })).toMatchObject({ error: { type } })
  expect(devices()).toEqual([JSON.stringify([A, B]), '[]', '[]'])
})
