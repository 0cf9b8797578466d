import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '../base/index.ts'
import { openRaw } from './raw.ts'
import { createWalSync } from './wal-sync.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wal-sync-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('what was committed is brought to the disk, however many ask at once; SQLite goes on with its locks', async () => {
  const file = join(folder, 'a.db')
  const raw = orThrow(openRaw({ file }))
  const synced = createWalSync(file)
  raw.exec('CREATE TABLE t (n INTEGER)')
  const first = synced()
  raw.exec('INSERT INTO t VALUES (1)')
  const [second, third] = [synced(), synced()]
  // The sync that runs may have begun before the commit; the two that came later share one.
  expect([second === first, third === second]).toEqual([false, true])
  expect(await Promise.all([first, second, third])).toEqual(
    [{ ok: true }, { ok: true }, { ok: true }].map((one) => expect.objectContaining(one) as unknown),
  )
  raw.exec('BEGIN IMMEDIATE')
  const other = orThrow(openRaw({ file, busyTimeoutMs: 0 }))
  expect(() => other.exec('BEGIN IMMEDIATE')).toThrow(/locked/)
  raw.exec('COMMIT')
  other.close()
  raw.close()
})

test('a disk that fails is told, and asked again the next time', async () => {
  const file = join(folder, 'b.db')
  const synced = createWalSync(file)
  expect(await synced()).toMatchObject({ ok: false, error: { type: 'DiskFailed', file, cause: 'ENOENT' } })
  const raw = orThrow(openRaw({ file }))
  raw.exec('CREATE TABLE t (n INTEGER)')
  expect(await synced()).toMatchObject({ ok: true })
  raw.close()
})

test('a database in memory has no disk to wait for', async () => {
  expect(await createWalSync(':memory:')()).toMatchObject({ ok: true })
})
