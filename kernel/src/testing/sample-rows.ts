import { crc32 } from 'node:zlib'
import { seededRandom, type Random } from '../base/random.ts'
import type { Column } from '../db/columns.ts'
import type { AnyTable } from '../db/table.ts'

export type SampleRow = Readonly<Record<string, unknown>>
/** Table → property → values to draw from, where the kind of the column does not say enough. */
export type SampleValues = Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>

/** Case, accents, digits, other scripts, a surrogate pair, LIKE's own signs, quotes, nothing, and U+0000. */
const TEXTS = [
  'a',
  'A',
  'b',
  'B',
  'Ä',
  'ä',
  'É',
  'ß',
  'Ñandú',
  '日本',
  '😀',
  '\uFFFC',
  '10',
  '9',
  'a%',
  'a_b',
  "o'neil",
  '',
  'a\0',
  '\x01',
]
const INSTANT = Date.UTC(2026, 10, 21)
const HOUR_MS = 3_600_000
const NULL_SHARE = 0.25

/**
 * Rows for every table, from one seed: the same ids at every site (`plans_1`, `plans_2`…), but other values; many
 * ties and nulls, text that tells collations apart; where text is unique, row 1 has 'a', row 2 'A'. Numbers are small, so that what refers by number finds its row.
 */
export const sampleRows = (
  tables: readonly AnyTable[],
  options: { seed: number; rowsPerTable: number; values?: SampleValues },
): Map<string, SampleRow[]> => {
  const { seed, rowsPerTable, values = {} } = options
  const names = new Set(tables.map((table) => table.name))
  const rowOf = (random: Random, table: AnyTable, no: number): SampleRow => {
    // Rows that break a unique key of several columns are left out when they are stored.
    const unique = new Set(
      Object.values(table.unique)
        .filter((properties) => properties.length === 1)
        .flat(),
    )
    const drawn = Object.entries(table.columns).map(([property, column]) => {
      const given = values[table.name]?.[property]
      if (given !== undefined && !unique.has(property)) return [property, pick(random, given)]
      if (column.optional && random.unit() < NULL_SHARE) return [property, null]
      if (given !== undefined) return [property, given[(no - 1) % given.length]]
      return [
        property,
        draw(random, { table, property, column, no, rowsPerTable, names, isUnique: unique.has(property) }),
      ]
    })
    return Object.fromEntries(drawn) as SampleRow
  }
  return new Map(
    tables.map((table) => {
      // By name: a table more changes no other's rows.
      const random = seededRandom(seed + crc32(table.name))
      return [table.name, Array.from({ length: rowsPerTable }, (_, index) => rowOf(random, table, index + 1))]
    }),
  )
}

type Drawing = {
  table: AnyTable
  property: string
  column: Column
  no: number
  rowsPerTable: number
  names: ReadonlySet<string>
  isUnique: boolean
}

const draw = (random: Random, drawing: Drawing): unknown => {
  const { table, property, column, no, rowsPerTable, isUnique } = drawing
  switch (column.storage) {
    case 'flag':
      return random.unit() < 0.5
    case 'json':
      return {}
    case 'sealed':
      return random.bytes(40)
    case 'integer':
      if (column.isKey || isUnique) return no
      return property.endsWith('At') ? INSTANT + random.below(4) * HOUR_MS : random.below(rowsPerTable + 1)
    case 'text':
    default:
      if (column.isKey) return `${table.name}_${no}`
      if (column.values !== undefined) return pick(random, column.values)
      if (column.isRef) return referred(random, drawing)
      return isUnique ? `${TEXTS[(no - 1) % TEXTS.length]}${no > TEXTS.length ? no : ''}` : pick(random, TEXTS)
  }
}

/** The id of a row in the table that the column names, or whose name its property resembles: `planId` → `plans`. */
const referred = (random: Random, { property, column, names, no, rowsPerTable, isUnique }: Drawing): string => {
  const stem = property.replace(/Id$/, '').toLowerCase()
  const table =
    column.references ??
    [...names].find((name) => name === stem || name === `${stem}s` || name === stem.replace(/y$/, 'ies'))
  return `${table ?? stem}_${isUnique ? no : 1 + random.below(rowsPerTable)}`
}

const pick = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)]!
