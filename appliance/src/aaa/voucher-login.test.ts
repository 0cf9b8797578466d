import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { insertSql, migrate, openDatabase } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { CODE_PURPOSE, access, codeLogin, firstUse, readCode } from '@lango/modules/access'
import { people } from '@lango/modules/people'
import { addPlan, plans } from '@lango/modules/plans'
import { sessions } from '@lango/modules/sessions'
import { sessionHistory } from '@lango/modules/sessions/tables'
import { makeVouchers, openBatch, vouchers } from '@lango/modules/vouchers'
import { Gate } from './gate.ts'
import { Calendar } from '@lango/modules/access'
import { createReaders, grantLookup } from './readers.ts'
import { SharedState, sharedStateBytes } from './shared-state.ts'
import { SlotTable, slotTableBytes } from './slots.ts'

const PHONE = 'AA:00:00:00:00:01'
const DAY_SEC = 86_400
const from = (device: string, router = 1) => ({ realm: undefined, device, router })

const box = (count: number, shape: { length?: number; numeric?: boolean } = {}) => {
  const site = memorySite([people, access, plans, vouchers])
  const records = orThrow(openDatabase({ file: ':memory:' }))
  const tables = sessions.tables.filter((table) => table.home === 'sessions')
  orThrow(migrate(records, { version: 1, tables, changeLog: false }))
  site.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: DAY_SEC })
  site.must(openBatch, { plan: 'Day', count, ...shape })
  const { codes } = site.must(makeVouchers, { batch: 1 })
  const { clock, vault, log, database } = site
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  const readers = createReaders(database.raw, records.raw, state, new Calendar('Africa/Nairobi'))
  const gate = new Gate({ readers, vault, slots: new SlotTable(new SharedArrayBuffer(slotTableBytes)), clock, log })
  /** The gate's read of this turn of the loop ends, so that a command can write. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const use = async (code: string): Promise<void> => {
    const grant = gate.again(loginOf(code))!
    await turn()
    site.must(firstUse, { grantId: grant.id, device: PHONE, bind: false, deviceLimit: 1 })
    records.raw.prepare(insertSql(sessionHistory)).run({ ...session, grantNo: grant.no, endedAt: clock.now() })
  }
  const loginOf = (code: string): string => codeLogin(vault.keyedHash(code, CODE_PURPOSE))
  return { ...site, gate, codes, use, loginOf, turn }
}

const session = {
  no: 1,
  routerNo: 1,
  nas: '',
  acctSessionId: 's1',
  userName: 'x',
  device: PHONE,
  framedIp: '',
  startedAt: 0,
  startAuthenticator: '',
  stopReceivedAt: 0,
  sessionTimeSec: 1,
  inputOctets: 0,
  outputOctets: 0,
  implausible: 0,
  terminateCause: '',
  hourAt: 0,
  hourInputOctets: 0,
  hourOutputOctets: 0,
  hourSessionTimeSec: 0,
}

/** Codes that are spelt right and that nobody has. */
const strangers = (count: number): string[] => {
  const other = memorySite([people, access, plans, vouchers], { seed: 99 })
  other.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {} })
  other.must(openBatch, { plan: 'Day', count })
  const codes: string[] = []
  while (codes.length < count) codes.push(...other.must(makeVouchers, { batch: 1 }).codes)
  return codes
}

test('a voucher is found by its code in any spelling, never by the hash it is stored under', () => {
  const { gate, codes, loginOf } = box(1)
  const [code] = codes
  for (const typed of [code!, code!.toLowerCase(), `${code!.slice(0, 4)} ${code!.slice(4)}`])
    expect(gate.find(typed, from(PHONE))).toMatchObject({ login: loginOf(code!), validitySec: DAY_SEC })
  expect(gate.find(loginOf(code!), from(PHONE))).toBe('unknown-user')
})

test('its first login begins the day, and is refused after the last day to begin', async () => {
  const { gate, codes, use, clock } = box(1)
  const admit = () => {
    const grant = gate.find(codes[0]!, from(PHONE))
    if (typeof grant === 'string') throw new Error(grant)
    return gate.admit(grant, { device: PHONE, place: PHONE, router: 1 })
  }
  expect(admit()).toMatchObject({ kind: 'accept', firstUse: true, sessionTimeoutSec: DAY_SEC })
  await use(codes[0]!)
  clock.advance(3600_000)
  expect(admit()).toMatchObject({ kind: 'accept', firstUse: false, sessionTimeoutSec: DAY_SEC - 3600 })
  clock.advance(DAY_SEC * 1000)
  expect(admit()).toEqual({ kind: 'reject', reason: 'expired' })
})

test('who guesses is stopped by device, then by router, and the street goes on', async () => {
  // Seven digits can be guessed: here new codes wait too.
  const { gate, codes, use, clock } = box(2, { length: 7, numeric: true })
  await use(codes[0]!)
  const guesses = strangers(700)
  const answers = guesses.map((guess) => gate.find(guess, from('BB:00:00:00:00:01')))
  expect(answers.filter((answer) => answer === 'unknown-user')).toHaveLength(10)
  expect(answers.filter((answer) => answer === 'too-many-guesses')).toHaveLength(690)
  // A device for each guess: the router has no tries left, and a code that is nobody's yet looks like one that is.
  for (const [no, guess] of guesses.entries()) gate.find(guess, from(`CC:00:00:00:00:${no}`))
  expect(gate.find(codes[1]!, from('DD:00:00:00:00:01'))).toBe('too-many-guesses')
  expect(gate.find(guesses[0]!, from('DD:00:00:00:00:02'))).toBe('too-many-guesses')
  // Who mistyped until it was enough still has the code that is in use on that phone.
  for (const guess of guesses) gate.find(guess, from(PHONE, 3))
  // Who has used a code comes back, and another router's new customers come in.
  expect(typeof gate.find(codes[0]!, from(PHONE))).toBe('object')
  expect(typeof gate.find(codes[1]!, from('DD:00:00:00:00:01', 2))).toBe('object')
  clock.advance(60_000)
  expect(typeof gate.find(codes[1]!, from('DD:00:00:00:00:01'))).toBe('object')
})

test('while a device for each guess goes at a router without end, who has a code of eight letters gets in there', () => {
  const { gate, codes } = box(1)
  const guesses = strangers(2000)
  const answers = guesses.map((guess, no) => gate.find(guess, from(`CC:00:00:00:00:${no}`)))
  expect(answers.filter((answer) => answer === 'too-many-guesses').length).toBeGreaterThanOrEqual(1690)
  expect(gate.find(codes[0]!, from('DD:00:00:00:00:01'))).toMatchObject({ firstUsedAt: null })
})

test('who knows how a code ends and tries what may stand before it is held up like any guesser', () => {
  const { gate, codes } = box(1)
  const end = codes[0]!.slice(-4)
  // What may stand before it, as numbers: none of them is written with letters that codes do not have.
  const guesses = Array.from({ length: 60_000 }, (_, no) => (no + 9000).toString(9)).map(
    (open) => open.replaceAll('0', 'A').replaceAll('1', 'B').slice(-4) + end,
  )
  const known = guesses.filter((guess) => guess !== codes[0] && readCode(guess) === guess).slice(0, 500)
  expect(known).toHaveLength(500)
  for (const [no, guess] of known.entries()) gate.find(guess, from(`CC:00:00:00:00:${no}`))
  expect(gate.find(codes[0]!, from('DD:00:00:00:00:01'))).toBe('too-many-guesses')
})

test('accounting that brings no Class finds the grant by the code', () => {
  const { database, vault, codes, loginOf } = box(1)
  const grantOf = grantLookup(database.raw, (name) => codeLogin(vault.keyedHash(name, CODE_PURPOSE)))
  expect(grantOf('', codes[0]!)).toEqual({ no: 1, hasQuota: false })
  expect(grantOf('', loginOf('other'))).toBeUndefined()
})
