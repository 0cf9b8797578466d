import { is, sql, type SQL } from 'drizzle-orm'
import { SQLiteColumn } from 'drizzle-orm/sqlite-core'

/**
 * Expressions that mean the same on SQLite and on PostgreSQL, for the places where their SQL differs.
 * Text columns of the mirror collate as "C", so that order, comparison and `lower` are by code unit on both.
 */
type Operand = SQLiteColumn | SQL

const safeInteger = (value: unknown): number => {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${String(value)} is no safe integer`)
  return number
}

/** The sum of an integer column, 0 over no rows. PostgreSQL answers `numeric`, SQLite an int64: both are checked. */
export const sumOf = (operand: Operand): SQL<number> => sql`coalesce(sum(${operand}), 0)`.mapWith(safeInteger)

export const countRows = (): SQL<number> => sql`count(*)`.mapWith(safeInteger)

/** How many rows satisfy a condition. */
export const countWhere = (condition: SQL): SQL<number> =>
  sql`coalesce(sum(case when ${condition} then 1 else 0 end), 0)`.mapWith(safeInteger)

/** A condition as a selected value: SQLite answers 0 and 1. Null counts as false. */
export const truth = (condition: SQL): SQL<boolean> =>
  sql`case when ${condition} then 1 else 0 end`.mapWith((value) => Number(value) === 1)

/** The larger of two integers; SQLite's two-argument `max` is PostgreSQL's `greatest`, and their nulls differ. */
export const largerOf = (a: Operand, b: Operand): SQL<number> =>
  sql`case when ${a} >= ${b} then ${a} else ${b} end`.mapWith(safeInteger)
export const smallerOf = (a: Operand, b: Operand): SQL<number> =>
  sql`case when ${a} <= ${b} then ${a} else ${b} end`.mapWith(safeInteger)

/** Case-insensitive for ASCII letters only, as SQLite's LIKE; `%` and `_` in the text are themselves. */
export const contains = (operand: Operand, text: string): SQL => like(operand, `%${escapeLike(text)}%`)
export const startsWith = (operand: Operand, text: string): SQL => like(operand, `${escapeLike(text)}%`)

/** SQLite's LIKE takes ASCII letters of either case for the same by itself: `lower` is a third of the time of a search. */
const like = (operand: Operand, pattern: string): SQL => {
  const text = is(operand, SQLiteColumn) ? operand : sql`lower(${operand})`
  return sql`${text} like ${pattern} escape '!'`
}

/** SQLite's LIKE ends at U+0000, in the column and in the pattern; so does the search everywhere. */
const escapeLike = (text: string): string =>
  text
    .replace(/\0.*$/s, '')
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll(/[!%_]/g, (sign) => `!${sign}`)
