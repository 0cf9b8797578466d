/** Work of many rows never keeps the control thread long (design §3): by rows and transactions, never by time. */
import { expect, test } from 'vitest'
import { memorySite, seededRandom, type MemorySite } from '@lango/kernel/testing'
import { dispatchWhole, system, type AnyCommand, type Dispatcher } from '@lango/kernel/verbs'
import { drawCode } from '@lango/modules/access'
import { faultSentence } from './cli/faults.ts'
import { commandsByName, siteModules } from './site.ts'

/** Rows that one transaction may write, those of its own record and of the change log among them: some 10 ms. */
const ROWS_WRITTEN_MAX = 1000

const SUBSCRIBERS = 60
const VOUCHERS = 430

const command = (name: string): AnyCommand => commandsByName.get(name)!

const login = (n: number) => `u${String(n).padStart(3, '0')}`
const rowOf = (n: number) => ({ login: login(n), password: 'pw', plan: 'Home', name: 'Amina', customer: 'cus_amina' })
const everyone = Array.from({ length: SUBSCRIBERS }, (_, n) => n)

/** A customer with many services, and a batch of vouchers of which some are used. */
const furnished = (): MemorySite => {
  const site = memorySite(siteModules)
  site.must(command('plans.add'), { name: 'Home', kind: 'pppoe', policy: {} })
  site.must(command('plans.add'), { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 86_400, priceMinor: 500 })
  site.must(command('subscribers.import'), { rows: everyone.map(rowOf) })
  site.must(command('vouchers.openBatch'), { plan: 'Day', count: VOUCHERS })
  while ((site.must(command('vouchers.make'), { batch: 1 }) as { left: number }).left > 0);
  site.database.raw.exec('UPDATE grants SET first_used_at = 1 WHERE no % 10 = 0')
  return site
}

const random = seededRandom(9)
const paper = Array.from({ length: 120 }, (_, n) => ({
  batch: '7',
  serial: String(n + 1),
  code: drawCode({ prefix: '', length: 8, numeric: false }, random.below),
  plan: 'Day',
  codeLength: '8',
  numeric: 'no',
  wanted: '120',
}))

type Work = { readonly what: string; readonly name: string; readonly input: object; readonly does: object }

const works: readonly Work[] = [
  {
    what: 'adding subscribers',
    name: 'subscribers.import',
    input: { rows: everyone.map((n) => ({ ...rowOf(n + 100), customer: '' })).concat(rowOf(0)) },
    does: { added: SUBSCRIBERS, refused: [{ row: SUBSCRIBERS }] },
  },
  {
    what: 'changing subscribers',
    name: 'subscribers.change',
    input: { rows: [...everyone.map((n) => ({ login: login(n), ip: `10.0.0.${n + 1}` })), { login: 'nobody' }] },
    does: { changed: SUBSCRIBERS, refused: [{ row: SUBSCRIBERS }] },
  },
  {
    what: 'suspending a customer',
    name: 'customers.suspend',
    input: { customer: login(7) },
    does: { logins: everyone.map(login), more: false },
  },
  {
    what: 'erasing a customer',
    name: 'customers.erase',
    input: { login: login(7) },
    does: { services: SUBSCRIBERS, more: false },
  },
  {
    what: 'adding vouchers',
    name: 'vouchers.import',
    input: { rows: paper },
    does: { added: paper.length, refused: [] },
  },
  {
    what: 'giving vouchers',
    name: 'vouchers.hand',
    input: { batch: 1, from: 1, to: 1_000_000_000, state: 'given', holder: 'Njeri' },
    does: { moved: VOUCHERS, asked: 1_000_000_000, through: 1_000_000_000 },
  },
  {
    what: 'selling vouchers',
    name: 'vouchers.hand',
    input: { batch: 1, from: 2, to: 401, state: 'sold', holder: 'Njeri' },
    does: { moved: 400, asked: 400, through: 401 },
  },
  {
    what: 'revoking a batch',
    name: 'vouchers.revoke',
    input: { batch: 1 },
    does: { revoked: VOUCHERS - 43, more: false },
  },
  {
    what: 'revoking the rest',
    name: 'vouchers.revokeRest',
    input: { batch: 1, keepSold: true },
    does: { revoked: VOUCHERS - 43, more: false },
  },
]

/** A dispatcher that counts the rows which each of its transactions writes, and dies after so many of them. */
const watched = ({ dispatcher, database: { raw } }: MemorySite, partsMax = Infinity) => {
  const written: number[] = []
  const total = raw.prepare<[], number>('SELECT total_changes()').pluck()
  const watching: Dispatcher = {
    dispatch(...given) {
      if (written.length === partsMax) throw new Error('killed')
      const before = total.get()!
      const done = dispatcher.dispatch(...given)
      written.push(total.get()! - before)
      return done
    },
    synced: () => dispatcher.synced(),
  }
  return { dispatcher: watching, written }
}

const asked = { id: 'bulk', actor: system('test') }

const contents = ({ database: { raw } }: MemorySite) =>
  Object.fromEntries(
    raw
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      .pluck()
      .all()
      .map((name) => [name, raw.prepare(`SELECT * FROM "${name}"`).all()]),
  )

test.each(works)('$what: $name is done in transactions of a bounded size', async ({ name, input, does }) => {
  const site = furnished()
  const { dispatcher, written } = watched(site)
  expect(await dispatchWhole(dispatcher, command(name), input, asked)).toMatchObject({ ok: true, value: does })
  expect(written.length).toBeGreaterThan(1)
  expect(Math.max(...written)).toBeLessThanOrEqual(ROWS_WRITTEN_MAX)
})

test.each(works)('$what: $name, cut off anywhere and repeated, is done once', async ({ name, input }) => {
  const whole = furnished()
  const { dispatcher, written } = watched(whole)
  const done = await dispatchWhole(dispatcher, command(name), input, asked)
  for (let parts = 0; parts <= written.length; parts++) {
    const site = furnished()
    await dispatchWhole(watched(site, parts).dispatcher, command(name), input, asked).catch(() => {})
    expect(await dispatchWhole(site.dispatcher, command(name), input, asked)).toEqual(done)
    expect(contents(site)).toEqual(contents(whole))
  }
})

test('why it stopped on the way is said together with that a part of it is done', () => {
  const full = { type: 'DiskFull', file: 'site.db' } as const
  expect(faultSentence({ ...full, soFar: { moved: 400 } })).toBe(
    `${faultSentence(full)} A part was done before that; the same again does the rest.`,
  )
})

test('vouchers are made in transactions of a bounded size', () => {
  const site = memorySite(siteModules)
  site.must(command('plans.add'), { name: 'Day', kind: 'hotspot', policy: {} })
  site.must(command('vouchers.openBatch'), { plan: 'Day', count: 120 })
  const { dispatcher, written } = watched(site)
  for (let part = 1; part <= 3; part++)
    dispatcher.dispatch(command('vouchers.make'), { batch: 1 }, { ...asked, id: `${part}` })
  expect(site.count({ name: 'vouchers' })).toBe(120)
  expect(Math.max(...written)).toBeLessThanOrEqual(ROWS_WRITTEN_MAX)
})
