import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { err, ok, orThrow, secret } from '../base/index.ts'
import { openDatabase } from '../db/index.ts'
import { memorySite, type MemorySite } from '../testing/index.ts'
import { addGood, addShelf, goods, goodsList, setCount, shelfRows, shelves, shop } from '../testing/shop.fixture.ts'
import { system } from './actor.ts'
import { verifyAudit } from './audit-verify.ts'
import { defineCommand, type Command, type FaultOf, type ValueOf } from './command.ts'
import { lastCommittedAt, pruneCommands } from './command-store.ts'
import { secretText } from './secret-text.ts'
import { audit, commands, counters, jobs } from './tables.ts'

const audited = (site: MemorySite) =>
  site.database.raw
    .prepare<[], { outcome: string; command: string; record: string }>(
      'SELECT outcome, command, record FROM audit ORDER BY no',
    )
    .all()
const outcomes = (site: MemorySite) => audited(site).map((row) => `${row.command} ${row.outcome}`)

const stocked = () => {
  const site = memorySite([shop])
  const { id: shelfId } = site.must(addShelf, { name: 'A' })
  return { site, shelfId }
}

test('a command commits its rows, result, audit, job and event together', () => {
  const { site, shelfId } = stocked()
  expect(site.must(addGood, { shelfId, label: 'tea', pin: '1234' }).number).toBe(1)
  expect(site.query(goodsList, {}).rows).toMatchObject([{ label: 'tea', shelf: 'A' }])
  expect(site.count(commands)).toBe(2)
  expect(outcomes(site)).toEqual(['shelves.add done', 'goods.add done'])
  expect(site.count(jobs)).toBe(1)
  expect(site.told.map((one) => one.name)).toEqual(['jobs.enqueued', 'goods.sold'])
  expect(verifyAudit(site.database.raw)).toMatchObject({ ok: true, value: { no: 2 } })
})

test('a handler’s value and faults are typed, and a handler cannot be async', () => {
  expectTypeOf<ValueOf<typeof addGood>>().toEqualTypeOf<{ readonly id: string; readonly number: 1 }>()
  expectTypeOf<FaultOf<typeof addGood>['type']>().toEqualTypeOf<'LabelRefused'>()
  const shared = { name: 'x.y', summary: 'Of the test.', permission: 'x', input: z.object({}) }
  // @ts-expect-error it runs inside one SQLite transaction
  defineCommand({ ...shared, handle: async () => ok() })
  defineCommand({
    ...shared,
    // @ts-expect-error in whatever way it is written
    async handle() {
      return ok()
    },
  })
  // @ts-expect-error and it may not hide the promise in its value
  defineCommand({ ...shared, handle: () => ok(Promise.resolve(1)) })
  expect(defineCommand({ ...shared, handle: () => ok({ n: 1 }) }).name).toBe('x.y')
})

test('a commit waits for the disk unless it is said that it need not, and the next one does again', () => {
  const site = memorySite([shop])
  const seen: unknown[] = []
  const looking = defineCommand({
    name: 'shop.look',
    summary: 'Of the test.',
    permission: 'shop.write',
    input: z.object({ fails: z.boolean() }),
    handle({ raw }, { fails }) {
      seen.push(raw.pragma('synchronous', { simple: true }))
      if (fails) throw new Error('on purpose')
      return ok({})
    },
  })
  const look = (id: string, fails: boolean, syncsLater?: boolean) =>
    site.dispatcher.dispatch(looking, { fails }, { id, actor: system('test'), ...(syncsLater && { syncsLater }) })
  look('a', false)
  look('b', false, true)
  look('c', true, true)
  look('d', false)
  const [NORMAL, FULL] = [1, 2]
  expect([...new Set(seen.slice(1, -1))]).toEqual([NORMAL])
  expect([seen[0], seen.at(-1)]).toEqual([FULL, FULL])
})

test('a fault takes back rows, jobs and events, and keeps the refusal', () => {
  const { site, shelfId } = stocked()
  const refused = site.dispatch(addGood, { shelfId, label: 'forbidden', pin: '1' }, { id: 'c1' })
  expect(refused).toEqual({ ok: false, error: { type: 'LabelRefused', label: 'forbidden' } })
  expect([site.count(goods), site.count(jobs), site.told.length]).toEqual([0, 0, 0])
  expect(outcomes(site)).toEqual(['shelves.add done', 'goods.add refused'])
  expect(site.dispatch(addGood, { shelfId, label: 'forbidden', pin: '1' }, { id: 'c1' })).toEqual(refused)
  expect(site.count(audit)).toBe(2)
})

test('the same id again gets the stored result and does nothing', () => {
  const { site, shelfId } = stocked()
  const first = site.dispatch(addGood, { shelfId, label: 'tea', pin: '1' }, { id: 'c1' })
  const told = site.told.length
  expect(site.dispatch(addGood, { pin: '1', label: 'tea', shelfId }, { id: 'c1' })).toEqual(first)
  expect([site.count(goods), site.count(jobs), site.count(audit), site.told.length]).toEqual([1, 1, 2, told])
})

test('the same id with another input, secret or command is a fault', () => {
  const { site, shelfId } = stocked()
  site.dispatch(addGood, { shelfId, label: 'tea', pin: '1' }, { id: 'c1' })
  const reused = { ok: false, error: { type: 'CommandIdReused', id: 'c1' } }
  expect(site.dispatch(addGood, { shelfId, label: 'milk', pin: '1' }, { id: 'c1' })).toEqual(reused)
  expect(site.dispatch(addGood, { shelfId, label: 'tea', pin: '2' }, { id: 'c1' })).toEqual(reused)
  expect(site.dispatch(addShelf, { name: 'B' }, { id: 'c1' })).toEqual(reused)
  expect([site.count(goods), site.count(shelves)]).toEqual([1, 1])
})

test('a throw is tried three times, then kept as failed with an alarm; its rows are gone', () => {
  const { site, shelfId } = stocked()
  let calls = 0
  const broken = {
    ...addGood,
    handle: (...given: Parameters<typeof addGood.handle>) => (calls++, addGood.handle(...given)),
  }
  const input = { shelfId, label: 'broken', pin: '1' }
  const failed = { ok: false, error: { type: 'CommandFailed', id: 'c1' } }
  expect(site.dispatch(broken, input, { id: 'c1' })).toEqual(failed)
  expect(calls).toBe(3)
  expect([site.count(goods), site.count(jobs)]).toEqual([0, 0])
  expect(outcomes(site)).toEqual(['shelves.add done', 'goods.add failed'])
  expect(site.told).toEqual([
    {
      name: 'alarm.raised',
      data: { kind: 'CommandFailed', name: 'goods.add', id: 'c1', message: 'the handler broke' },
    },
  ])
  expect(site.log.lines.filter((line) => line.level === 50)).toHaveLength(1)
  expect(site.dispatch(broken, input, { id: 'c1' })).toEqual(failed)
  expect(calls).toBe(3)
})

test('a throw that passes leaves one effect', () => {
  const { site } = stocked()
  let calls = 0
  const flaky = defineCommand({
    name: 'shelves.flaky',
    summary: 'Of the test.',
    permission: 'shop.write',
    input: z.object({}),
    handle({ db, ids }) {
      db.insert(shelves.site)
        .values({ id: ids.next('shelf'), name: 'F', room: null })
        .run()
      calls += 1
      if (calls < 3) throw new Error('not yet')
      return ok({ calls })
    },
  })
  expect(site.dispatch(flaky, {})).toEqual({ ok: true, value: { calls: 3 } })
  expect(site.count(shelves)).toBe(2)
})

test('who may not is told so, audited, and changes nothing; the id stays free', () => {
  const site = memorySite([shop], { may: (actor, permission) => actor.id === 'boss' && permission === 'shop.write' })
  const forbidden = site.dispatch(addShelf, { name: 'A' }, { id: 'c1', actor: { kind: 'staff', id: 'guest' } })
  expect(forbidden).toEqual({ ok: false, error: { type: 'Forbidden', permission: 'shop.write' } })
  expect([site.count(shelves), site.count(commands), outcomes(site)]).toEqual([0, 0, ['shelves.add forbidden']])
  expect(site.dispatch(addShelf, { name: 'A' }, { id: 'c1', actor: { kind: 'staff', id: 'boss' } }).ok).toBe(true)
})

test('input that does not parse names its fields, repeats nothing of them and is kept nowhere', () => {
  const { site, shelfId } = stocked()
  const outcome = site.dispatch(addGood, { shelfId, label: 5, pin: 'x'.repeat(300) } as never)
  expect(outcome).toMatchObject({
    ok: false,
    error: { type: 'InputInvalid', problems: [{ path: 'label' }, { path: 'pin' }] },
  })
  expect(JSON.stringify(outcome)).not.toContain('xxx')
  expect([site.count(commands), site.count(audit)]).toEqual([1, 1])
})

test('a watermark alongside commits with every kind of outcome', () => {
  const { site, shelfId } = stocked()
  site.database.raw.exec('CREATE TABLE mark (at INTEGER)')
  const may = (command: string) => command !== 'nobody.may'
  const orders = [
    () => site.dispatcher.dispatch(addGood, { shelfId, label: 'tea', pin: '1' }, order(1)),
    () => site.dispatcher.dispatch(addGood, { shelfId, label: 'forbidden', pin: '1' }, order(2)),
    () => site.dispatcher.dispatch(addGood, { shelfId, label: 'broken', pin: '1' }, order(3)),
    () => site.dispatcher.dispatch(addGood, { label: 5 } as never, order(4)),
    () => site.dispatcher.dispatch(addGood, { shelfId, label: 'tea', pin: '1' }, order(1)),
  ]
  const order = (at: number) => ({
    id: `c${at}`,
    actor: { kind: 'cloud', id: 'office' } as const,
    alongside: (raw: typeof site.database.raw) => void raw.prepare('INSERT INTO mark VALUES (?)').run(at),
  })
  for (const run of orders) run()
  expect(site.database.raw.prepare('SELECT at FROM mark').pluck().all()).toEqual([1, 2, 3, 4, 1])
  expect(may('nobody.may')).toBe(false)
})

test('secrets reach neither results, audit, log nor events, even when the command fails', () => {
  const { site, shelfId } = stocked()
  site.must(addGood, { shelfId, label: 'tea', pin: 'hunter2' })
  site.dispatch(addGood, { shelfId, label: 'forbidden', pin: 'hunter2' })
  site.dispatch(addGood, { shelfId, label: 'broken', pin: 'hunter2' })
  const everything = ['commands', 'audit', 'jobs'].map((table) =>
    site.database.raw.prepare(`SELECT * FROM ${table}`).all(),
  )
  const seen = JSON.stringify(everything) + site.log.text() + JSON.stringify(site.told)
  expect(seen).not.toContain('hunter2')
  expect(audited(site)[1]!.record).toContain('"pin":"‹secret›"')
  const { pin, id } = site.database.orm.select().from(goods.site).get()!
  expect(orThrow(site.vault.open(pin, `goods.pin:${id}`)).reveal()).toBe('hunter2')
})

test('what an audit record may hold is decided by the command, then by the site’s protection', () => {
  const site = memorySite([shop], { protect: (record) => ({ sealed: JSON.stringify(record).length }) })
  const quiet = { ...addShelf, audit: ({ name }: { name: string }) => ({ letters: name.length }) }
  site.must(quiet, { name: 'private' })
  expect(audited(site)[0]!.record).toBe('{"sealed":13}')
})

test('a handler learns whether the time is sure, and reads what it has written', () => {
  const { site } = stocked()
  site.clock.setSure(false)
  const look = defineCommand({
    name: 'shelves.look',
    summary: 'Of the test.',
    permission: 'x',
    input: z.object({}),
    handle({ call, query, sure, now }) {
      const made = call(addShelf, { name: 'B' })
      const { plain } = query(shelfRows, {})
      return ok({ sure, now, seen: plain.length, made: made.ok })
    },
  })
  expect(site.dispatch(look, {})).toEqual({
    ok: true,
    value: { sure: false, now: site.clock.now(), seen: 2, made: true },
  })
})

test('a secret input is held to its schema, is a secret already or becomes one, and is described as a password', () => {
  const input = z.object({ pin: secretText(z.string().min(4)) })
  expect(input.parse({ pin: '1234' }).pin.reveal()).toBe('1234')
  expect(input.parse({ pin: secret('1234') }).pin.reveal()).toBe('1234')
  expect(input.safeParse({ pin: secret('123') }).success).toBe(false)
  expect(input.safeParse({ pin: 1234 }).success).toBe(false)
  const described = JSON.stringify(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }))
  expect(described).toContain('"format":"password"')
})

const nested = (after: 'ok' | 'fault' | 'throw') =>
  defineCommand({
    name: 'shop.open',
    summary: 'Of the test.',
    permission: 'shop.write',
    input: z.object({ label: z.string() }),
    handle({ call }, { label }) {
      const shelf = call(addShelf, { name: 'nested' })
      if (!shelf.ok) return shelf
      const good = call(addGood, { shelfId: shelf.value.id, label, pin: '1' })
      if (after === 'throw') throw new Error('late')
      if (after === 'fault') return err({ type: 'Late' })
      return ok({ goodWasAdded: good.ok })
    },
  })

test('a nested command is part of the outer one: its fault takes back only its own', () => {
  const { site } = stocked()
  expect(site.dispatch(nested('ok'), { label: 'forbidden' })).toEqual({ ok: true, value: { goodWasAdded: false } })
  expect([site.count(shelves), site.count(goods), site.count(jobs), site.told.length]).toEqual([2, 0, 0, 0])
  expect(outcomes(site).slice(1)).toEqual(['shelves.add done', 'goods.add refused', 'shop.open done'])
})

test.each(['fault', 'throw'] as const)('an outer %s takes back what the nested commands did', (after) => {
  const { site } = stocked()
  expect(site.dispatch(nested(after), { label: 'tea' }).ok).toBe(false)
  expect([site.count(shelves), site.count(goods), site.count(jobs)]).toEqual([1, 0, 0])
  expect(site.told.filter((one) => one.name === 'goods.sold')).toEqual([])
})

test('calls that go round in a circle end', () => {
  const { site } = stocked()
  const round: Command<'a', z.ZodObject, { ok: true; value: null }> = defineCommand({
    name: 'a',
    summary: 'Of the test.',
    permission: 'x',
    input: z.object({}),
    handle: ({ call }) => call(round, {}),
  })
  expect(site.dispatch(round, {})).toMatchObject({ ok: false, error: { type: 'CommandFailed' } })
})

test('human numbers run without gaps, per series, and a refusal gives its number back', () => {
  const { site } = stocked()
  const invoice = defineCommand({
    name: 'invoices.issue',
    summary: 'Of the test.',
    permission: 'x',
    input: z.object({ series: z.string(), refuse: z.boolean().default(false) }),
    handle({ counter }, { series, refuse }) {
      const number = counter(series)
      return refuse ? err({ type: 'NothingToInvoice' }) : ok({ number })
    },
  })
  const numbers = [['a'], ['a'], ['b'], ['a', true], ['a']].map(([series, refuse]) => {
    const outcome = site.dispatch(invoice, { series: String(series), refuse: refuse === true })
    return outcome.ok ? outcome.value.number : 'refused'
  })
  expect(numbers).toEqual([1, 2, 1, 'refused', 3])
  expect(site.count(counters)).toBe(2)
})

test('a full disk is told as such; nothing is kept and the same id may try again', () => {
  const { site, shelfId } = stocked()
  const { raw } = site.database
  raw.pragma(`max_page_count = ${String(raw.pragma('page_count', { simple: true }))}`)
  const big = { shelfId, label: 'x'.repeat(200_000), pin: '1' }
  expect(site.dispatch(addGood, big, { id: 'c1' })).toEqual({
    ok: false,
    error: { type: 'DiskFull', file: ':memory:' },
  })
  expect([site.count(goods), site.count(commands), raw.inTransaction]).toEqual([0, 1, false])
  raw.pragma('max_page_count = 100000')
  expect(site.dispatch(addGood, big, { id: 'c1' }).ok).toBe(true)
})

test('each commit raises the floor of the clock, and a restart finds it', () => {
  const { site } = stocked()
  site.clock.advance(5000)
  site.must(addShelf, { name: 'B' })
  expect(lastCommittedAt(site.database.raw)).toBe(site.clock.now())
})

test('a dispatch from inside a transaction is a mistake that shows', () => {
  const { site } = stocked()
  const inside = defineCommand({
    name: 'x.y',
    summary: 'Of the test.',
    permission: 'x',
    input: z.object({}),
    handle: () => ok({ inner: site.dispatch(setCount, { id: 'g', count: 1 }).ok }),
  })
  expect(site.dispatch(inside, {})).toMatchObject({ error: { type: 'CommandFailed' } })
  expect(site.log.text()).toContain('use call')
})

test('old results are forgotten a bounded number at a time', () => {
  const { site } = stocked()
  for (let i = 0; i < 5; i++) site.must(addShelf, { name: 'x' })
  site.clock.advance(1000)
  site.must(addShelf, { name: 'late' })
  expect(pruneCommands(site.database.raw, { before: site.clock.now(), rowsMax: 4 })).toBe(4)
  expect(pruneCommands(site.database.raw, { before: site.clock.now(), rowsMax: 4 })).toBe(2)
  expect(site.count(commands)).toBe(1)
})

test('killed at any moment, what was acknowledged is there whole and nothing is there in part', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kill-'))
  const file = join(folder, 'site.db')
  try {
    const acknowledged = await killWhileWriting(file)
    const { raw, integrityFaults, close } = orThrow(openDatabase({ file }))
    const count = (sql: string) => raw.prepare<[], { n: number }>(sql).get()!.n
    expect(acknowledged).toBeGreaterThan(0)
    expect(count(`SELECT count(*) AS n FROM commands WHERE id <= printf('c%08d', ${acknowledged})`)).toBe(acknowledged)
    expect(count('SELECT count(*) AS n FROM shelves')).toBe(count('SELECT count(*) AS n FROM commands'))
    expect(count('SELECT count(*) AS n FROM audit')).toBe(count('SELECT count(*) AS n FROM commands'))
    expect(verifyAudit(raw).ok).toBe(true)
    expect(integrityFaults()).toEqual([])
    close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const killWhileWriting = (file: string): Promise<number> => {
  const at = (path: string) => JSON.stringify(join(import.meta.dirname, path))
  const script = `
    import { memorySite } from ${at('../testing/memory-site.ts')}
    import { addShelf, shop } from ${at('../testing/shop.fixture.ts')}
    import { writeSync } from 'node:fs'
    const site = memorySite([shop], { file: ${JSON.stringify(file)} })
    for (let i = 1; ; i++) {
      site.dispatch(addShelf, { name: 'x' }, { id: 'c' + String(i).padStart(8, '0') })
      writeSync(1, i + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    if (output.split('\n').length > 200) child.kill('SIGKILL')
  })
  return new Promise((resolve) => child.on('close', () => resolve(Number(output.split('\n').at(-2) ?? 0))))
}
