import { sqlName } from './columns.ts'
import { createMirrorSql, mirrorColumns, mirrorIndexSql, mirrored } from './schema.ts'
import { quoted } from './sql.ts'
import type { AnyTable } from './table.ts'

/** The owner's connection to the mirror's database: PGlite, or a client of PostgreSQL. */
export interface MirrorOwner {
  query(sql: string, parameters?: unknown[]): Promise<{ rows: unknown[] }>
}

/** The role that the application acts as: no owner, no superuser, no BYPASSRLS. */
export const MIRROR_ROLE = 'lango_app'

/**
 * Brings the mirror to the definitions: makes what is missing, adds new columns, and lets go of what is no longer required. It takes away nothing: a column that
 * sites no longer send stays until a later release drops it.
 */
export const migrateMirror = async (owner: MirrorOwner, tables: readonly AnyTable[]): Promise<void> => {
  await ensureRole(owner)
  for (const table of mirrored(tables)) {
    for (const sql of createMirrorSql(table, MIRROR_ROLE)) await owner.query(sql)
    await fitColumns(owner, table)
    for (const sql of mirrorIndexSql(table)) await owner.query(sql)
  }
}

const ensureRole = async (owner: MirrorOwner): Promise<void> => {
  const { rows } = await owner.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [MIRROR_ROLE])
  if (rows.length === 0) await owner.query(`CREATE ROLE ${quoted(MIRROR_ROLE)} NOLOGIN NOSUPERUSER NOBYPASSRLS`)
  await owner.query(`GRANT ${quoted(MIRROR_ROLE)} TO current_user`)
}

/** What sites may leave out now was required before: a mirror that is older takes their rows all the same. */
const fitColumns = async (owner: MirrorOwner, table: AnyTable): Promise<void> => {
  const sql =
    'SELECT column_name, is_nullable FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1'
  const { rows } = await owner.query(sql, [table.name])
  const there = new Map((rows as Live[]).map((row) => [row.column_name, row.is_nullable]))
  for (const [property, type] of mirrorColumns(table)) {
    const [name, live] = [quoted(sqlName(property)), there.get(sqlName(property))]
    if (live === undefined) await owner.query(`ALTER TABLE ${quoted(table.name)} ADD COLUMN ${name} ${type}`)
    else if (live === 'NO' && table.columns[property]!.optional)
      await owner.query(`ALTER TABLE ${quoted(table.name)} ALTER COLUMN ${name} DROP NOT NULL`)
  }
}
type Live = { readonly column_name: string; readonly is_nullable: 'YES' | 'NO' }
