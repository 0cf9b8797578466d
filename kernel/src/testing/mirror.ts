import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import type { z } from 'zod'
import { migrateMirror, MIRROR_ROLE } from '../db/mirror.ts'
import { runMirror, withTenant, type AnyQuery, type MirrorDb, type ResultOf } from '../db/query.ts'
import type { AnyTable } from '../db/table.ts'
import { kernelModule, partsOf, type Module } from '../verbs/module.ts'
import type { SampleRow } from './sample-rows.ts'

export interface TestMirror {
  /** The owner's handle: sees and may do everything. */
  readonly owner: PGlite
  readonly db: MirrorDb
  /** Writes rows as a tenant's site, through the fence. */
  load(table: AnyTable, tenantId: string, siteId: string, rows: readonly SampleRow[]): Promise<void>
  query<Q extends AnyQuery>(
    query: Q,
    scope: { tenantId: string; siteId?: string },
    input: z.input<Q['input']>,
  ): Promise<ResultOf<Q>>
  close(): Promise<void>
}

/** PGlite makes its database anew for each mirror: 2 s alone, far more beside a busy neighbour. */
export const PGLITE_START_MS_MAX = 240_000

/** The cloud's mirror of these modules on PGlite, empty. */
export const testMirror = async (modules: readonly Module[]): Promise<TestMirror> => {
  const { tables } = partsOf([kernelModule, ...modules])
  const owner = await PGlite.create()
  await migrateMirror(owner, tables)
  const db = drizzle(owner) as unknown as MirrorDb
  return {
    owner,
    db,
    async load(table, tenantId, siteId, rows) {
      if (rows.length === 0) return
      const open = Object.keys(table.columns).filter((property) => !table.columns[property]!.sealed)
      const values = rows.map((row) => ({
        ...Object.fromEntries(open.map((name) => [name, row[name]])),
        tenantId,
        siteId,
      }))
      await withTenant(db, { tenantId, siteId, role: MIRROR_ROLE }, (transaction) =>
        transaction.insert(table.ingest).values(values),
      )
    },
    query: (query, scope, input) =>
      runMirror(query, db, { ...scope, role: MIRROR_ROLE }, query.input.parse(input)) as never,
    close: () => owner.close(),
  }
}
