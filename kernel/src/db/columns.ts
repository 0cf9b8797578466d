import { blob, integer, text } from 'drizzle-orm/sqlite-core'
import type { SQLiteColumnBuilderBase } from 'drizzle-orm/sqlite-core'

/** How a kind is stored: on SQLite (STRICT) and on PostgreSQL the same JavaScript value comes out. */
export type Storage = 'text' | 'integer' | 'flag' | 'json' | 'sealed'

/**
 * One column of a definition. `Builder` is drizzle's SQLite builder: its type carries the JavaScript type of the value.
 * The SQL name is the property's name in snake_case.
 */
export type Column<
  Builder extends SQLiteColumnBuilderBase = SQLiteColumnBuilderBase,
  Sealed extends boolean = boolean,
> = {
  readonly storage: Storage
  readonly optional: boolean
  readonly isKey: boolean
  /** Sealed octets: never in the mirror, never selectable in a query. */
  readonly sealed: Sealed
  /** Holds the id of another row. */
  readonly isRef: boolean
  /** The table of that row, where it is named: a foreign key at the site. */
  readonly references: string | undefined
  /** The closed set of texts, where there is one. */
  readonly values: readonly string[] | undefined
  /** What rows hold that were written before this column existed. A required column added later must have it. */
  readonly before: string | number | boolean | undefined
  readonly build: (sqlName: string) => Builder
}

export type Columns = Readonly<Record<string, Column>>

type Before<T> = { before?: T }

const define = <Builder extends SQLiteColumnBuilderBase, const Sealed extends boolean = false>(
  storage: Storage,
  build: (sqlName: string) => Builder,
  rest: Partial<Omit<Column, 'storage' | 'build' | 'sealed'>> & { sealed?: Sealed } = {},
): Column<Builder, Sealed> => ({
  storage,
  optional: rest.optional ?? false,
  isKey: rest.isKey ?? false,
  sealed: (rest.sealed ?? false) as Sealed,
  isRef: rest.isRef ?? false,
  references: rest.references,
  values: rest.values,
  before: rest.before,
  build,
})

const whole = ({ before }: Before<number> = {}) => define('integer', (name) => integer(name).notNull(), { before })
const optWhole = () => define('integer', (name) => integer(name), { optional: true })

/**
 * The closed vocabulary. `opt…` kinds hold null too. Integers are safe integers; the name of the kind says what is
 * counted: `bytes64` octets, `minor` a currency's minor units, `instant` epoch milliseconds.
 */
export const column = {
  /** The row's id, `sub_01…`: the key of a table with `key: 'id'`. */
  id: () => define('text', (name) => text(name).primaryKey(), { isKey: true }),
  /** The integer key of a table with `key: 'no'`; `defineTable` adds it by itself. */
  no: () => define('integer', (name) => integer(name).primaryKey(), { isKey: true }),
  /** The id of another row. With the name of a table in the same file it is a foreign key. */
  ref: (table?: string) => define('text', (name) => text(name).notNull(), { isRef: true, references: table }),
  optRef: (table?: string) => define('text', (name) => text(name), { isRef: true, references: table, optional: true }),
  text: <T extends string = string>({ before }: Before<T> = {}) =>
    define('text', (name) => text(name).notNull().$type<T>(), { before }),
  optText: <T extends string = string>() => define('text', (name) => text(name).$type<T>(), { optional: true }),
  /** One of these texts: a state, a kind. The set may grow in a later release. */
  oneOf: <const T extends readonly [string, ...string[]]>(values: T, { before }: Before<T[number]> = {}) =>
    define('text', (name) => text(name).notNull().$type<T[number]>(), { values, before }),
  int: whole,
  optInt: optWhole,
  bytes64: whole,
  optBytes64: optWhole,
  minor: whole,
  optMinor: optWhole,
  instant: whole,
  optInstant: optWhole,
  flag: ({ before }: Before<boolean> = {}) =>
    define('flag', (name) => integer(name, { mode: 'boolean' }).notNull(), { before }),
  /** A JSON document; `before` is its text. */
  json: <T>({ before }: Before<string> = {}) =>
    define('json', (name) => text(name, { mode: 'json' }).notNull().$type<T>(), { before }),
  optJson: <T>() => define('json', (name) => text(name, { mode: 'json' }).$type<T>(), { optional: true }),
  /** Octets sealed by the vault (or otherwise not for the mirror). */
  secret: () => define('sealed', (name) => blob(name, { mode: 'buffer' }).notNull(), { sealed: true }),
  optSecret: () => define('sealed', (name) => blob(name, { mode: 'buffer' }), { sealed: true, optional: true }),
}

export type Vocabulary = typeof column

/** The SQL name of a property: `planId` is `plan_id`. */
export const sqlName = (property: string): string =>
  property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
