import { eq, sql } from 'drizzle-orm'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { expect, test, vi } from 'vitest'
import { orThrow } from '../base/result.ts'
import { openDatabase } from './sqlite.ts'
import { statementLimits } from './statements.ts'

const shelves = sqliteTable('shelves', { id: text().primaryKey(), name: text() })

const shop = () => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  database.raw.exec("CREATE TABLE shelves (id TEXT PRIMARY KEY, name TEXT); INSERT INTO shelves VALUES ('a', 'oak')")
  return { ...database, prepared: vi.spyOn(database.raw, 'prepare') }
}

test('what is asked again is prepared once, and answered as it stands by then', () => {
  const { orm, raw, prepared } = shop()
  const nameOf = (id: string) => orm.select().from(shelves).where(eq(shelves.id, id)).get()
  expect([nameOf('a'), nameOf('b')]).toEqual([{ id: 'a', name: 'oak' }, undefined])
  raw.exec(
    "UPDATE shelves SET name = 'ash'; INSERT INTO shelves VALUES ('b', 'elm'); ALTER TABLE shelves ADD size TEXT",
  )
  expect([nameOf('a'), nameOf('b')]).toEqual([
    { id: 'a', name: 'ash' },
    { id: 'b', name: 'elm' },
  ])
  expect(prepared).toHaveBeenCalledTimes(1)
})

test('one text is answered in lists to whoever maps them, and in rows to whoever does not', () => {
  const { orm } = shop()
  const plain = sql`select "id", "name" from "shelves"`
  const read = () => [
    orm.select().from(shelves).all(),
    orm.all(plain),
    orm.select().from(shelves).get(),
    orm.get(plain),
  ]
  const oak = { id: 'a', name: 'oak' }
  expect([read(), read()]).toEqual([
    [[oak], [oak], oak, oak],
    [[oak], [oak], oak, oak],
  ])
})

test('those that were used last are kept, and no more than so many', () => {
  const { orm, prepared } = shop()
  const ask = (n: number) => orm.all(sql.raw(`SELECT ${n}`))
  for (let n = 0; n <= statementLimits.keptMax; n++) {
    ask(n)
    ask(0)
  }
  expect(prepared).toHaveBeenCalledTimes(statementLimits.keptMax + 1)
  ask(1)
  expect(prepared).toHaveBeenCalledTimes(statementLimits.keptMax + 2)
  ask(0)
  expect(prepared).toHaveBeenCalledTimes(statementLimits.keptMax + 2)
})
