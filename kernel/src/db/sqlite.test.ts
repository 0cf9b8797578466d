import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '../base/result.ts'
import { databaseFault, openDatabase } from './sqlite.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db-'))
  file = join(folder, 'site.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const made = () => {
  const database = orThrow(openDatabase({ file }))
  database.raw.exec('CREATE TABLE t (a TEXT)')
  return database
}

test('a commit is on disk before it is acknowledged: WAL with full sync, set and not assumed', () => {
  const { raw, close } = made()
  expect(raw.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(raw.pragma('synchronous', { simple: true })).toBe(2)
  expect(raw.pragma('foreign_keys', { simple: true })).toBe(1)
  expect(raw.pragma('recursive_triggers', { simple: true })).toBe(1)
  close()
})

test('a file that is no database is told apart', () => {
  writeFileSync(
    file,
    'this is a text file and certainly not a database, whatever its name may say about it\n'.repeat(20),
  )
  expect(openDatabase({ file })).toEqual({ ok: false, error: { type: 'NotADatabase', file } })
})

test('a file that is missing is not made for a reader, and a folder never', () => {
  expect(openDatabase({ file, readonly: true })).toEqual({ ok: false, error: { type: 'DatabaseMissing', file } })
  const astray = join(folder, 'no', 'site.db')
  expect(openDatabase({ file: astray })).toEqual({
    ok: false,
    error: { type: 'DatabaseUnreachable', file: astray, cause: 'its folder does not exist' },
  })
})

test('a read-only folder is said so', () => {
  made().close()
  chmodSync(folder, 0o555)
  chmodSync(file, 0o444)
  // The superuser may write anywhere: then the same is tried as nobody.
  const superuser = process.getuid?.() === 0
  if (superuser) chownSync(folder, 65_534, 65_534)
  const module = join(import.meta.dirname, 'sqlite.ts')
  const script = `import { openDatabase } from ${JSON.stringify(module)}; console.log(JSON.stringify(openDatabase({ file: ${JSON.stringify(file)} })))`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    ...(superuser ? { uid: 65_534, gid: 65_534 } : {}),
  })
  expect(JSON.parse(child.stdout)).toEqual({ ok: false, error: { type: 'DatabaseReadOnly', file } })
})

test('a full disk is said so, and what was committed before stays', () => {
  const { raw, close } = made()
  raw.prepare('INSERT INTO t VALUES (?)').run('before')
  raw.pragma('max_page_count = 3')
  let thrown: unknown
  try {
    raw.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100_000))
  } catch (error) {
    thrown = error
  }
  expect(databaseFault(thrown, file)).toEqual({ type: 'DiskFull', file })
  expect(raw.prepare('SELECT a FROM t').all()).toEqual([{ a: 'before' }])
  close()
})

test('a mistake in a statement is no fault of the file', () => {
  const { raw, close } = made()
  let thrown: unknown
  try {
    raw.exec('SELECT a FROM nowhere')
  } catch (error) {
    thrown = error
  }
  expect((thrown as Error).message).toBe('no such table: nowhere')
  expect(databaseFault(thrown, file)).toBeUndefined()
  close()
})

test('a second writer waits its time and is then told that the file is busy', () => {
  const first = made()
  const second = orThrow(openDatabase({ file, busyTimeoutMs: 1 }))
  first.raw.exec('BEGIN IMMEDIATE')
  let thrown: unknown
  try {
    second.raw.exec('BEGIN IMMEDIATE')
  } catch (error) {
    thrown = error
  }
  expect(databaseFault(thrown, file)).toEqual({ type: 'DatabaseBusy', file })
  first.raw.exec('COMMIT')
  first.close()
  second.close()
})

test('a reader reads across files and writes to none', () => {
  const site = made()
  const sessionsFile = join(folder, 'sessions.db')
  const sessions = orThrow(openDatabase({ file: sessionsFile }))
  sessions.raw.exec("CREATE TABLE s (b TEXT); INSERT INTO s VALUES ('x')")
  const reader = orThrow(openDatabase({ file, readonly: true, attach: { sessions: sessionsFile } }))
  expect(reader.raw.prepare('SELECT b FROM s LEFT JOIN t').all()).toEqual([{ b: 'x' }])
  expect(() => reader.raw.exec("INSERT INTO s VALUES ('y')")).toThrow('readonly')
  expect(() => openDatabase({ file, attach: { sessions: sessionsFile } })).toThrow(TypeError)
  for (const one of [site, sessions, reader]) one.close()
})

test('the integrity check finds broken pages and orphans, and nothing in a sound file', () => {
  const { raw, integrityFaults, close } = made()
  expect(integrityFaults()).toEqual([])
  raw.exec('CREATE TABLE p (id TEXT PRIMARY KEY) STRICT; CREATE TABLE c (p TEXT REFERENCES p) STRICT')
  raw.pragma('foreign_keys = OFF')
  raw.exec("INSERT INTO c VALUES ('nobody')")
  expect(integrityFaults()).toEqual(['row 1 of c refers to nothing in p'])
  close()
})
