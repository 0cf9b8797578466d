/** What a query answers with, as a schema. */
import { getTableName, is } from 'drizzle-orm'
import { QueryBuilder, SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { z } from 'zod'
import { isSelected, siteReader, type AnyQuery } from './query.ts'
import type { SiteOrm } from './sqlite.ts'

type Field = SQLiteColumn | { readonly [name: string]: Field }

/** Of a drizzle builder: what it selects, and which of its tables have a row for each of the answer's. */
type Built = {
  readonly _: { readonly selectedFields: Readonly<Record<string, Field>> }
  readonly joinsNotNullableMap: Readonly<Record<string, boolean>>
}

const valueOf = ({ dataType, enumValues }: SQLiteColumn): z.ZodType => {
  if (enumValues !== undefined && enumValues.length > 0) return z.enum(enumValues as [string, ...string[]])
  if (dataType === 'string') return z.string()
  if (dataType === 'number') return z.number()
  // A document's own shape is the module's affair, and so is what an expression comes to.
  return dataType === 'boolean' ? z.boolean() : z.unknown()
}

const isAlwaysThere = ({ notNull, table }: SQLiteColumn, there: Built['joinsNotNullableMap']): boolean =>
  notNull && there[getTableName(table)] === true

const schemaOf = (field: Field, there: Built['joinsNotNullableMap']): z.ZodType => {
  if (is(field, SQLiteColumn)) return isAlwaysThere(field, there) ? valueOf(field) : valueOf(field).nullable()
  // An expression is an object with a class of its own, what is selected under one name a plain one.
  if (Object.getPrototypeOf(field) !== Object.prototype) return z.unknown()
  const members = z.object(mapped(field as Readonly<Record<string, Field>>, there))
  // All of a joined table's columns at once are null where it has no row.
  return Object.values(there).every(Boolean) ? members : members.nullable()
}

const mapped = (fields: Readonly<Record<string, Field>>, there: Built['joinsNotNullableMap']) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field, there)]))

/** What the query says of itself; else its rows, where they or the first of them go out as they were read. */
export const answerOf = (query: AnyQuery): z.ZodType | undefined => {
  if (query.output !== undefined) return query.output
  const input: unknown = query.input.parse(query.examples?.[0] ?? {})
  // It is built, and never run.
  const built = query.select(siteReader(query.tables, new QueryBuilder() as unknown as SiteOrm), input)
  if (!isSelected(built)) return undefined
  const rows = [Object.freeze({ row: 1 }), Object.freeze({ row: 2 })]
  const { _, joinsNotNullableMap } = built as unknown as Built
  const row = () => z.object(mapped(_.selectedFields, joinsNotNullableMap))
  const answer = shaped(query, rows, input)
  if (answer === rows) return z.array(row())
  return answer === rows[0] ? row().nullable() : undefined
}

/** Nothing where the shape looks for what these rows do not have. */
const shaped = (query: AnyQuery, rows: unknown[], input: unknown): unknown => {
  try {
    return query.shape(rows, input)
  } catch {
    return undefined
  }
}
