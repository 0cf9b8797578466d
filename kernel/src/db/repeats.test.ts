import { expect, test } from 'vitest'
import { orThrow } from '../base/result.ts'
import { changesAfter } from './changelog.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './sqlite.ts'
import { defineTable, type AnyTable } from './table.ts'

const policy = { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' } as const
const doors = defineTable('doors', policy, (c) => ({ id: c.id(), keyId: c.ref(), openedAt: c.optInstant() }))
const before = defineTable('keys', policy, (c) => ({ id: c.id(), name: c.text() }))
const keys = defineTable('keys', policy, (c) => ({ id: c.id(), name: c.text(), openedAt: c.optInstant() }), {
  repeats: { of: doors, by: 'keyId', columns: ['openedAt'] },
})

const file = (version: number, tables: readonly AnyTable[]) => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  const to = (version: number, tables: readonly AnyTable[]) =>
    orThrow(migrate(database, { version, tables, changeLog: true }))
  to(version, tables)
  const openedAt = (id: string) =>
    database.raw.prepare<[string], number | null>('SELECT opened_at FROM keys WHERE id = ?').pluck().get(id)
  const changes = () => changesAfter(database.raw, 0, 100).map(({ table, rowId }) => `${table} ${rowId}`)
  return { raw: database.raw, to, openedAt, changes }
}

test('a column repeats that of the other table, with its insert and each of its changes', () => {
  const { raw, openedAt, changes } = file(1, [doors, keys])
  raw.exec("INSERT INTO keys (id, name) VALUES ('k1', 'a'), ('k2', 'b'); INSERT INTO doors VALUES ('d1', 'k1', 5)")
  expect([openedAt('k1'), openedAt('k2')]).toEqual([5, null])
  raw.exec("UPDATE doors SET opened_at = 7; INSERT INTO doors VALUES ('d2', 'nobody', 9)")
  expect([openedAt('k1'), openedAt('k2')]).toEqual([7, null])
  raw.exec('BEGIN; UPDATE doors SET opened_at = 8; ROLLBACK')
  expect(openedAt('k1')).toBe(7)
  raw.exec('UPDATE doors SET opened_at = NULL')
  expect(openedAt('k1')).toBe(null)
  expect(changes().filter((change) => change === 'keys k1')).toHaveLength(4)
})

test('what says the same already is not written again', () => {
  const { raw, changes } = file(1, [doors, keys])
  raw.exec(`INSERT INTO keys VALUES ('k', 'a', 5); INSERT INTO doors VALUES ('d', 'k', 5);
    UPDATE doors SET opened_at = 5`)
  expect(changes().filter((change) => change === 'keys k')).toHaveLength(1)
})

test('a file from before the columns is filled in once, and the change log has what was written', () => {
  const { raw, to, openedAt, changes } = file(1, [doors, before])
  raw.exec(`INSERT INTO keys VALUES ('k1', 'a'), ('k2', 'b'), ('k3', 'c');
    INSERT INTO doors VALUES ('d1', 'k1', 5), ('d2', 'k2', NULL); DELETE FROM change_log`)
  to(2, [doors, keys])
  expect([openedAt('k1'), openedAt('k2'), openedAt('k3')]).toEqual([5, null, null])
  expect(changes()).toEqual(['keys k1'])
  to(2, [doors, keys])
  expect(changes()).toHaveLength(1)
})

test('a release from before the columns keeps them true', () => {
  const { raw, to, openedAt } = file(2, [doors, keys])
  to(1, [doors, before])
  raw.exec("INSERT INTO keys (id, name) VALUES ('k', 'a'); INSERT INTO doors VALUES ('d', 'k', 5)")
  expect(openedAt('k')).toBe(5)
})

test('a column that is required, or that the other table does not have, repeats nothing', () => {
  const of = (column: 'openedAt' | 'name') => () =>
    defineTable('keys', policy, (c) => ({ id: c.id(), name: c.optText(), openedAt: c.instant() }), {
      repeats: { of: doors, by: 'keyId', columns: [column] },
    })
  expect(of('openedAt')).toThrow('keys.openedAt cannot repeat doors')
  expect(of('name')).toThrow('keys.name cannot repeat doors')
})
