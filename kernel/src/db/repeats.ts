/**
 * Columns of a table that say what a row of another table says of the same thing, so that many are counted from one
 * index and without a join. Triggers write them with the row that they repeat: in its transaction, whoever writes it,
 * and also a release that knows nothing of them.
 */
import { sqlName } from './columns.ts'
import { quoted } from './sql.ts'
import type { RawDatabase } from './sqlite.ts'
import type { AnyTable, Repeats } from './table.ts'
import { installTriggers, triggerName } from './triggers.ts'

const KIND = 'repeat'

export const installRepeats = (raw: RawDatabase, tables: readonly AnyTable[]): void =>
  installTriggers(raw, KIND, tables.flatMap(triggers))

/** A row that repeats another is there before it: an insert finds it, and writes nothing where it says the same already. */
const triggers = (table: AnyTable): string[] => {
  const { repeats } = table
  if (repeats === undefined) return []
  const names = columnNames(repeats)
  const differs = (from: string) => names.map((name) => `${from}${name} IS NOT new.${name}`).join(' OR ')
  const trigger = (event: 'insert' | 'update', when: string) =>
    `CREATE TRIGGER ${triggerName(KIND, table.name, event)} AFTER ${when} BEGIN
      UPDATE ${quoted(table.name)} SET ${names.map((name) => `${name} = new.${name}`).join(', ')}
      WHERE ${quoted(table.key)} = new.${quoted(sqlName(repeats.by))} AND (${differs('')}); END`
  const of = quoted(repeats.of.name)
  return [
    trigger('insert', `INSERT ON ${of}`),
    trigger('update', `UPDATE OF ${names.join(', ')} ON ${of} WHEN ${differs('old.')}`),
  ]
}

const columnNames = ({ columns }: Repeats): string[] => columns.map((property) => quoted(sqlName(property)))

/** For a file from before the columns: what their rows repeat. */
export const fillRepeats = (raw: RawDatabase, { name, key, repeats }: AnyTable): void => {
  if (repeats === undefined) return
  const names = columnNames(repeats).join(', ')
  const [table, of] = [quoted(name), quoted(repeats.of.name)]
  const itsRow = `${of} WHERE ${of}.${quoted(sqlName(repeats.by))} = ${table}.${quoted(key)}`
  raw.exec(`UPDATE ${table} SET (${names}) = (SELECT ${names} FROM ${itsRow})
    WHERE EXISTS (SELECT 1 FROM ${itsRow} AND (${columnNames(repeats)
      .map((one) => `${of}.${one} IS NOT NULL`)
      .join(' OR ')}))`)
}
