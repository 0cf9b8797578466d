import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { orThrow } from '../base/result.ts'
import { checkReadable, makeOptional, migrate, schemaState, type MigrationStep } from './migrate.ts'
import { openDatabase, type RawDatabase } from './sqlite.ts'
import { defineTable, type AnyTable } from './table.ts'

const policy = { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' } as const
const first = defineTable('plans', policy, (c) => ({ id: c.id(), name: c.text() }), { unique: { byName: ['name'] } })
const wider = defineTable(
  'plans',
  policy,
  (c) => ({
    id: c.id(),
    name: c.text(),
    upKbps: c.int({ before: 512 }),
    note: c.optText(),
    on: c.flag({ before: true }),
    rules: c.json<string[]>({ before: '["it\'s"]' }),
  }),
  { unique: { byName: ['name'] }, indexes: { byUp: ['upKbps'] } },
)
const extra = defineTable('notes', policy, (c) => ({ id: c.id(), planId: c.ref('plans') }))

const memory = () => orThrow(openDatabase({ file: ':memory:' }))
const to = (
  database: ReturnType<typeof memory>,
  version: number,
  tables: readonly AnyTable[],
  steps: readonly MigrationStep[] = [],
) => migrate(database, { version, tables, steps, changeLog: true })

test('an empty file gets everything, STRICT, and says which schema it has', () => {
  const database = memory()
  expect(orThrow(to(database, 3, [wider, extra]))).toEqual({ schema: 3, minReader: 1 })
  expect(schemaState(database.raw)).toEqual({ schema: 3, minReader: 1 })
  const write = () => database.raw.exec("INSERT INTO plans (id, name, up_kbps) VALUES ('p', 'x', 'fast')")
  expect(write).toThrow('cannot store TEXT value in INTEGER column')
  const orphan = () => database.raw.exec("INSERT INTO notes VALUES ('n', 'nobody')")
  expect(orphan).toThrow('FOREIGN KEY')
})

test('an older file gets new tables, columns with what its rows hold, and indexes; its rows stay', () => {
  const database = memory()
  orThrow(to(database, 1, [first]))
  database.raw.exec("INSERT INTO plans VALUES ('p1', 'Day')")
  expect(orThrow(to(database, 2, [wider, extra]))).toEqual({ schema: 2, minReader: 1 })
  const rows = database.orm.select().from(wider.site).all()
  expect(rows).toEqual([{ id: 'p1', name: 'Day', upKbps: 512, note: null, on: true, rules: ["it's"] }])
  const index = database.raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'plans_by_up'").get()
  expect(index).toBeDefined()
})

test('a release from before the new columns still writes: they have defaults', () => {
  const database = memory()
  orThrow(to(database, 2, [wider]))
  database.orm.insert(first.site).values({ id: 'p', name: 'n' }).run()
  expect(database.orm.select().from(wider.site).all()[0]!.upKbps).toBe(512)
})

const destructive: [string, AnyTable][] = [
  ['plans.name is TEXT and should be INTEGER', defineTable('plans', policy, (c) => ({ id: c.id(), name: c.int() }))],
  [
    'plans.name is required and should not be',
    defineTable('plans', policy, (c) => ({ id: c.id(), name: c.optText() })),
  ],
  ['plans.name is not defined, and required', defineTable('plans', policy, (c) => ({ id: c.id() }))],
  [
    'plans.up is required and says nothing of rows from before it',
    defineTable('plans', policy, (c) => ({ id: c.id(), name: c.text(), up: c.int() })),
  ],
]
test.each(destructive)('%s: refused, and nothing is changed', (difference, table) => {
  const database = memory()
  orThrow(to(database, 1, [first]))
  const before = database.raw.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()
  const outcome = to(database, 2, [extra, table])
  expect(outcome).toMatchObject({ ok: false, error: { type: 'SchemaDestructive', differences: [difference] } })
  expect(database.raw.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()).toEqual(before)
  expect(schemaState(database.raw)!.schema).toBe(1)
})

test('a unique key over rows that are not unique is refused', () => {
  const database = memory()
  orThrow(to(database, 1, [defineTable('plans', policy, (c) => ({ id: c.id(), name: c.text() }))]))
  database.raw.exec("INSERT INTO plans VALUES ('a', 'x'), ('b', 'x')")
  expect(to(database, 2, [first])).toMatchObject({ ok: false, error: { type: 'SchemaDestructive' } })
})

test('an index that changed its columns is made anew, one that is gone is dropped', () => {
  const database = memory()
  orThrow(to(database, 1, [wider]))
  const moved = defineTable('plans', policy, () => wider.columns, { unique: { byName: ['name', 'upKbps'] } })
  orThrow(to(database, 2, [moved]))
  const names = database.raw
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    .pluck()
    .all()
  expect(names).toEqual(['plans_by_name'])
  database.raw.exec("INSERT INTO plans (id, name, up_kbps) VALUES ('a', 'x', 1), ('b', 'x', 2)")
})

const steps: MigrationStep[] = [
  { version: 3, minReader: 3, up: (raw) => raw.exec('ALTER TABLE plans DROP COLUMN note') },
  { version: 2, minReader: 1, up: (raw) => raw.exec("UPDATE plans SET name = name || '!'") },
]

test('a file that is as it should be is not written to; triggers of another release make room', () => {
  const database = memory()
  const { raw } = database
  const state = () => ({
    changes: raw.prepare('SELECT total_changes()').pluck().get(),
    schema: raw.pragma('schema_version', { simple: true }),
    sql: raw.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name").all(),
  })
  orThrow(to(database, 2, [wider, extra]))
  const before = state()
  expect(before.sql.length).toBeGreaterThan(0)
  orThrow(to(database, 2, [wider, extra]))
  expect(state()).toEqual(before)
  raw.exec('DROP TRIGGER log_plans_update; DROP TRIGGER log_plans_insert')
  raw.exec('CREATE TRIGGER log_plans_insert AFTER INSERT ON plans BEGIN SELECT 1; END')
  raw.exec('CREATE TRIGGER log_gone_insert AFTER INSERT ON plans BEGIN SELECT 1; END')
  orThrow(to(database, 2, [wider, extra]))
  expect(state().sql).toEqual(before.sql)
})

test('steps run once, in order, and raise minReader', () => {
  const database = memory()
  orThrow(to(database, 1, [wider]))
  database.raw.exec("INSERT INTO plans (id, name, note) VALUES ('p', 'Day', 'x')")
  const slim = defineTable('plans', policy, (c) => ({ id: c.id(), name: c.text() }), { unique: { byName: ['name'] } })
  expect(orThrow(to(database, 3, [slim], steps))).toEqual({ schema: 3, minReader: 3 })
  orThrow(to(database, 3, [slim], steps))
  expect(database.orm.select().from(slim.site).all()).toEqual([{ id: 'p', name: 'Day!' }])
})

test('a step that throws leaves the file as it was', () => {
  const database = memory()
  orThrow(to(database, 1, [first]))
  const broken: MigrationStep = {
    version: 2,
    minReader: 2,
    up(raw) {
      raw.exec('DROP TABLE plans')
      throw new Error('step failed')
    },
  }
  expect(() => to(database, 2, [first], [broken])).toThrow('step failed')
  expect(schemaState(database.raw)).toEqual({ schema: 1, minReader: 1 })
  expect(database.raw.prepare('SELECT count(*) AS n FROM plans').get()).toEqual({ n: 0 })
})

test('a new file knows the minReader of the steps it did not need', () => {
  const database = memory()
  expect(orThrow(to(database, 3, [first], steps))).toEqual({ schema: 3, minReader: 3 })
})

test('a release that was rolled back serves a newer file whose minReader allows it, and lowers nothing', () => {
  const database = memory()
  orThrow(to(database, 5, [wider]))
  expect(orThrow(to(database, 4, [first]))).toEqual({ schema: 5, minReader: 1 })
  expect(database.raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'plans_by_up'").get()).toBeDefined()
})

test('a file whose minReader is beyond the release is refused, by writer and reader alike', () => {
  const database = memory()
  orThrow(to(database, 3, [first], steps))
  const fault = { type: 'ReleaseTooOld', file: ':memory:', minReader: 3, release: 2 }
  expect(to(database, 2, [first])).toEqual({ ok: false, error: fault })
  expect(checkReadable(database, 2)).toEqual({ ok: false, error: fault })
  expect(checkReadable(database, 3)).toEqual({ ok: true, value: undefined })
})

test('a step lets rows do without a value: those that were there stay, and all else that was asked of them holds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'migrate-'))
  const file = join(folder, 'site.db')
  const open = () => orThrow(openDatabase({ file }))
  const of = (optional: boolean) =>
    defineTable(
      'notes',
      policy,
      (c) => ({ id: c.id(), planId: optional ? c.optRef('plans') : c.ref('plans'), at: c.instant() }),
      { indexes: { byPlan: ['planId'] } },
    )
  const database = open()
  const other = open()
  orThrow(to(database, 1, [first, of(false)]))
  database.raw.exec("INSERT INTO plans VALUES ('p', 'Day'); INSERT INTO notes VALUES ('n', 'p', 1)")
  const insert = "INSERT INTO notes VALUES ('m', NULL, 2)"
  expect(() => other.raw.exec(insert)).toThrow('NOT NULL')
  const loosened = { version: 2, minReader: 1, up: (raw: RawDatabase) => makeOptional(raw, of(true), 'planId') }
  expect(orThrow(to(database, 2, [first, of(true)], [loosened]))).toEqual({ schema: 2, minReader: 1 })
  other.raw.exec(insert)
  for (const raw of [database.raw, other.raw, open().raw]) {
    expect(raw.prepare('SELECT * FROM notes').all()).toMatchObject([{ id: 'n', plan_id: 'p' }, { plan_id: null }])
    expect(() => raw.exec("INSERT INTO notes VALUES ('o', 'nobody', 3)")).toThrow('FOREIGN KEY')
    expect(() => raw.exec("INSERT INTO notes VALUES ('o', NULL, NULL)")).toThrow('NOT NULL')
    expect(() => raw.exec("UPDATE sqlite_schema SET sql = ''")).toThrow('may not be modified')
  }
  expect(database.integrityFaults()).toEqual([])
  const plain = "SELECT sql FROM sqlite_schema WHERE name = 'notes'"
  const fresh = memory()
  orThrow(to(fresh, 2, [first, of(true)], [loosened]))
  expect(database.raw.prepare(plain).get()).toEqual(fresh.raw.prepare(plain).get())
  rmSync(folder, { recursive: true })
})
