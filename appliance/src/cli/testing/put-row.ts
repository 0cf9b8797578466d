import type { RawDatabase } from '@lango/kernel/db'

/** A row of which a test says only what matters to it. */
export const putRow = (raw: RawDatabase, table: string, row: Readonly<Record<string, unknown>>): void => {
  const zeros = raw
    .prepare<[string], { name: string; type: string }>(
      'SELECT name, type FROM pragma_table_info(?) WHERE pk = 0 AND "notnull" = 1',
    )
    .all(table)
    .map(({ name, type }) => [name, type === 'TEXT' ? '' : 0] as const)
  const values = { ...Object.fromEntries(zeros), ...row }
  const names = Object.keys(values)
  raw.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map((name) => `@${name}`).join()})`).run(values)
}
