import { expect, test } from 'vitest'
import { orThrow } from '../base/result.ts'
import { changesAfter, installChangeLog, trimChangeLog } from './changelog.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './sqlite.ts'
import { defineTable } from './table.ts'

const plans = defineTable(
  'plans',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({ id: c.id(), name: c.text() }),
  { unique: { byName: ['name'] } },
)
const people = defineTable('people', { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' }, (c) => ({
  id: c.id(),
  name: c.text(),
}))
const ledger = defineTable('ledger', { home: 'site', flow: 'append', onDelete: 'keep', key: 'no' }, (c) => ({
  minor: c.minor(),
}))
const cache = defineTable('cache', { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' }, (c) => ({
  id: c.id(),
}))
const live = defineTable('live', { home: 'sessions', flow: 'latest', onDelete: 'follow', key: 'no' }, (c) => ({
  a: c.int(),
}))

const site = () => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  orThrow(migrate(database, { version: 1, tables: [plans, people, ledger, cache, live], changeLog: true }))
  return database.raw
}
const ops = (raw: ReturnType<typeof site>) =>
  changesAfter(raw, 0, 100).map(({ table, rowId, op }) => `${table} ${rowId} ${op}`)

test('the log tells what changed, by the policy of each table', () => {
  const raw = site()
  raw.exec(`INSERT INTO plans VALUES ('p', 'a'); UPDATE plans SET name = 'b'; DELETE FROM plans;
    INSERT INTO people VALUES ('x', 'a'); DELETE FROM people;
    INSERT INTO ledger (minor) VALUES (5); DELETE FROM ledger;
    INSERT INTO cache VALUES ('c'); INSERT INTO live VALUES (1, 2)`)
  expect(ops(raw)).toEqual([
    'plans p put',
    'plans p put',
    'plans p delete',
    'people x put',
    'people x erase',
    'ledger 1 put',
  ])
})

test('a rolled-back change is not in the log', () => {
  const raw = site()
  raw.exec("BEGIN; INSERT INTO plans VALUES ('p', 'a'); ROLLBACK")
  expect(ops(raw)).toEqual([])
})

test('a row that REPLACE takes away is in the log', () => {
  const raw = site()
  raw.exec("INSERT INTO plans VALUES ('p', 'a'); INSERT OR REPLACE INTO plans VALUES ('q', 'a')")
  expect(ops(raw)).toEqual(['plans p put', 'plans p delete', 'plans q put'])
})

test('an update of what is append-only, and a change of key, are faults', () => {
  const raw = site()
  raw.exec("INSERT INTO ledger (minor) VALUES (5); INSERT INTO plans VALUES ('p', 'a')")
  expect(() => raw.exec('UPDATE ledger SET minor = 6')).toThrow('ledger is append only')
  expect(() => raw.exec("UPDATE plans SET id = 'q'")).toThrow('the key of plans never changes')
  raw.exec("UPDATE plans SET id = 'p', name = 'c'")
})

test('numbers of an append-only table do not come back after retention has emptied it', () => {
  const raw = site()
  raw.exec('INSERT INTO ledger (minor) VALUES (5), (6); DELETE FROM ledger; INSERT INTO ledger (minor) VALUES (7)')
  expect(raw.prepare('SELECT no FROM ledger').all()).toEqual([{ no: 3 }])
})

test('triggers follow the definitions of the release that starts', () => {
  const raw = site()
  installChangeLog(raw, [{ ...plans, flow: 'never' }])
  raw.exec("INSERT INTO plans VALUES ('p', 'a'); INSERT INTO people VALUES ('x', 'a')")
  expect(ops(raw)).toEqual([])
})

test('a log that nobody fetches gives up its largest table and remembers to send it whole', async () => {
  const raw = site()
  for (let i = 0; i < 20; i++) raw.prepare('INSERT INTO plans VALUES (?, ?)').run(`p${i}`, `n${i}`)
  raw.exec("INSERT INTO people VALUES ('x', 'a')")
  expect(await trimChangeLog(raw, 100)).toEqual([])
  expect(await trimChangeLog(raw, 10)).toEqual(['plans'])
  expect(ops(raw)).toEqual(['people x put'])
  expect(raw.prepare('SELECT tbl FROM snapshot_needed').all()).toEqual([{ tbl: 'plans' }])
  raw.exec("INSERT INTO plans VALUES ('z', 'z')")
  expect(changesAfter(raw, 0, 100).at(-1)!.seq).toBe(22)
})
