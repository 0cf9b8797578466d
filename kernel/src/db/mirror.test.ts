import { sql } from 'drizzle-orm'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PGLITE_START_MS_MAX, testMirror, type TestMirror } from '../testing/index.ts'
import { defineModule } from '../verbs/module.ts'
import { migrateMirror, MIRROR_ROLE } from './mirror.ts'
import { withTenant } from './query.ts'
import { defineTable } from './table.ts'

const policy = { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' } as const
const notes = defineTable(
  'notes',
  policy,
  (c) => ({
    id: c.id(),
    body: c.text(),
    octets: c.bytes64(),
    on: c.flag(),
    doc: c.json<unknown>(),
    pin: c.optSecret(),
  }),
  { unique: { byBody: ['body'] } },
)
const hidden = defineTable('hidden', { ...policy, flow: 'never' }, (c) => ({ id: c.id() }))

let mirror: TestMirror
const row = (id: string, body: string) => ({ id, body, octets: 2 ** 52, on: true, doc: { a: [1] }, pin: null })
beforeAll(async () => {
  mirror = await testMirror([defineModule({ name: 'notes', tables: [notes, hidden] })])
  for (const tenant of ['t1', 't2']) {
    for (const site of ['s1', 's2']) await mirror.load(notes, tenant, site, [row('n1', `${tenant}/${site}`)])
  }
}, PGLITE_START_MS_MAX)
afterAll(() => mirror.close())

const asApp = (settings: string) =>
  mirror.owner.transaction(async (transaction) => {
    await transaction.exec(`SET LOCAL ROLE ${MIRROR_ROLE}; ${settings}`)
    return (await transaction.query<{ body: string }>('SELECT body FROM notes ORDER BY body')).rows.map(
      (one) => one.body,
    )
  })

test('a tenant sees its own rows and nobody else’s, by site or all together', async () => {
  expect(await asApp("SET LOCAL app.tenant = 't1'")).toEqual(['t1/s1', 't1/s2'])
  expect(await asApp("SET LOCAL app.tenant = 't1'; SET LOCAL app.site = 's2'")).toEqual(['t1/s2'])
  expect(await asApp("SET LOCAL app.tenant = 't3'")).toEqual([])
})

test('a connection on which the tenant was forgotten sees nothing, fresh or used', async () => {
  expect(await asApp('')).toEqual([])
  await asApp("SET LOCAL app.tenant = 't1'")
  expect(await asApp('')).toEqual([])
  expect(await asApp("SET LOCAL app.tenant = ''")).toEqual([])
})

test('a tenant cannot write, move or remove another’s rows', async () => {
  const as = (run: Parameters<typeof withTenant>[2]) =>
    withTenant(mirror.db, { tenantId: 't1', role: MIRROR_ROLE }, run)
  const insert = (tx: Parameters<Parameters<typeof withTenant>[2]>[0]) =>
    tx.execute(
      sql`insert into notes (tenant_id, site_id, id, body, octets, "on", doc) values ('t2', 's1', 'x', 'x', 1, true, '{}')`,
    )
  await expect(as(insert)).rejects.toThrow('Failed query')
  await expect(as((tx) => tx.execute(sql`update notes set tenant_id = 't2'`))).rejects.toThrow('Failed query')
  await as((tx) => tx.execute(sql`delete from notes where tenant_id = 't2'`))
  expect(await asApp("SET LOCAL app.tenant = 't2'")).toEqual(['t2/s1', 't2/s2'])
})

test('the application’s role owns nothing, is no superuser, and may not bypass the fence', async () => {
  const { rows } = await mirror.owner.query(
    'SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = $1',
    [MIRROR_ROLE],
  )
  expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcanlogin: false }])
  const tables = await mirror.owner.query(
    `SELECT relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) = $1 AS owned
     FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    [MIRROR_ROLE],
  )
  expect(tables.rows.length).toBeGreaterThan(2)
  for (const table of tables.rows)
    expect(table).toMatchObject({ relrowsecurity: true, relforcerowsecurity: true, owned: false })
})

test('secret columns and tables that never leave the site do not exist above', async () => {
  const { rows } = await mirror.owner.query<{ name: string }>(
    "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'",
  )
  const names = rows.map((one) => one.name)
  expect(names).toContain('notes.body')
  expect(names).not.toContain('notes.pin')
  expect(names.filter((name) => name.startsWith('hidden') || name.startsWith('jobs'))).toEqual([])
})

test('no unique key of the mirror tells one tenant of another’s rows, nor stops rows that pass each other', async () => {
  const { rows } = await mirror.owner.query<{ indexdef: string }>(
    "SELECT indexdef FROM pg_indexes WHERE tablename = 'notes'",
  )
  const unique = rows.filter((one) => one.indexdef.includes('UNIQUE'))
  expect(unique).toHaveLength(1)
  expect(unique[0]!.indexdef).toContain('(tenant_id, site_id, id)')
  await mirror.load(notes, 't1', 's1', [row('n2', 't1/s1')])
  await mirror.owner.query("DELETE FROM notes WHERE id = 'n2'")
})

test('every text and JSON value comes back as it went, U+0000 too', async () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom('\0', '\x01', '\x02', 'a', 'é', '😀') }), {
    minLength: 1,
    maxLength: 40,
  })
  const documents = fc.oneof(fc.jsonValue(), fc.constantFrom('1', '"x"', 'null')).filter((doc) => doc !== null)
  await fc.assert(
    fc.asyncProperty(texts, documents, async (bodies, doc) => {
      const values = bodies.map((body, index) => ({
        ...row(`p${String(index).padStart(3, '0')}`, body),
        doc,
        siteId: 'p',
        tenantId: 'tp',
      }))
      const read = await withTenant(mirror.db, { tenantId: 'tp', siteId: 'p', role: MIRROR_ROLE }, async (tx) => {
        await tx.execute(sql`delete from notes`)
        await tx.insert(notes.ingest).values(values)
        const rows = await tx
          .select()
          .from(notes.ingest)
          .orderBy(sql`id`)
        return rows as { body: string; doc: unknown }[]
      })
      expect(read.map((one) => one.body)).toEqual(bodies)
      expect(read[0]!.doc).toEqual(JSON.parse(JSON.stringify(doc)))
    }),
    { numRuns: 40 },
  )
})

test('migrating again changes nothing; a new column is added with what its rows hold', async () => {
  const wider = defineTable('notes', policy, (c) => ({ ...notes.columns, rank: c.int({ before: 7 }), by: c.optText() }))
  await migrateMirror(mirror.owner, [notes])
  await migrateMirror(mirror.owner, [wider])
  await migrateMirror(mirror.owner, [wider])
  const { rows } = await mirror.owner.query("SELECT rank, by FROM notes WHERE tenant_id = 't1' LIMIT 1")
  expect(rows).toEqual([{ rank: 7, by: null }])
  expect(await asApp("SET LOCAL app.tenant = 't1'")).toHaveLength(2)
})

test('a mirror from before a column could be left out takes rows without it', async () => {
  const loose = defineTable('notes', policy, (c) => ({ ...notes.columns, octets: c.optBytes64() }))
  await expect(mirror.load(loose, 't3', 's1', [{ ...row('n1', 'x'), octets: null }])).rejects.toThrow('Failed query')
  await migrateMirror(mirror.owner, [loose])
  await mirror.load(loose, 't3', 's1', [{ ...row('n1', 'x'), octets: null }])
  expect(await asApp("SET LOCAL app.tenant = 't3'")).toEqual(['x'])
})
