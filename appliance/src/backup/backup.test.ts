import { createRequire } from 'node:module'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow, secret, type Secret } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { collectingLog, seededRandom } from '@lango/kernel/testing'
import { dataFolder, lockFolder, makeFolder, type DataFolder } from '../data-folder.ts'
import { createQueryRunner, runWhole } from '../run-named.ts'
import { openSite } from '../site.ts'
import { loadTls } from '../tls/index.ts'
import { backUp, restore } from './index.ts'

const actor = { kind: 'console', id: 'test' } as const
const passphrase = secret('kisumu 2026')
const now = Date.UTC(2026, 10, 21, 9)

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'lango-backup-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A box's folder with a router, a plan and subscribers; closed again. */
const furnish = async (name: string): Promise<DataFolder> => {
  const folder = orThrow(makeFolder(join(dir, name)))
  const site = orThrow(openSite(folder, collectingLog()))
  const must = async (command: string, input: unknown) => orThrow(await runWhole(site, command, input, { actor }))
  await must('routers.add', { name: 'tower', address: '10.0.0.1', secret: 'shared-secret-of-tower' })
  await must('plans.add', { name: 'Home', kind: 'pppoe', policy: { downKbps: 1000, upKbps: 500 } })
  await must('subscribers.import', {
    rows: Array.from({ length: 50 }, (_, n) => ({ login: `user${n}`, password: `pw-of-user${n}`, plan: 'Home' })),
  })
  site.close()
  orThrow(await loadTls(folder, { now: () => now, sure: true, hostName: 'pop', random: seededRandom(1) }))
  return folder
}

const back = (folder: DataFolder, file: string, key: Secret | undefined = passphrase) =>
  backUp({ folder, file, passphrase: key, now, hostName: 'pop', random: seededRandom(2) })
const bring = (file: string, to: string, more: Partial<Parameters<typeof restore>[0]> = {}) =>
  restore({ file, dir: join(dir, to), passphrase, replace: false, withoutKeys: false, now, ...more })

/** Every row of every table of a database. */
const contents = (file: string) => {
  const database = orThrow(openDatabase({ file, readonly: true }))
  const names = database.raw
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
  const rows = Object.fromEntries(
    names.map(({ name }) => [name, database.raw.prepare(`SELECT * FROM "${name}"`).all()]),
  )
  database.close()
  return rows
}

test('a restored box holds the same rows, keys and certificates', async () => {
  const folder = await furnish('box')
  // As a box has it whose certificate an authority renews.
  writeFileSync(join(folder.tlsDir, 'acme.sealed'), seededRandom(4).bytes(300), { mode: 0o600 })
  const file = join(dir, 'pop.backup')
  const made = orThrow(await back(folder, file))
  expect(made.bytes).toBe(statSync(file).size)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const restored = dataFolder(join(dir, 'other'))
  expect(orThrow(await bring(file, 'other'))).toEqual({ manifest: made.manifest, movedTo: undefined })
  expect(contents(restored.siteFile)).toEqual(contents(folder.siteFile))
  expect(contents(restored.sessionsFile)).toEqual(contents(folder.sessionsFile))
  for (const name of ['keys.json', 'tls/ca.pem', 'tls/server.pem', 'tls/acme.sealed']) {
    expect(readFileSync(join(restored.dir, name))).toEqual(readFileSync(join(folder.dir, name)))
    expect(statSync(join(restored.dir, name)).mode & 0o777).toBe(0o600)
  }
  const site = orThrow(openSite(restored, collectingLog()))
  const { credential, id } = site.database.raw
    .prepare<[], { credential: Buffer; id: string }>('SELECT * FROM grants LIMIT 1')
    .get()!
  expect(orThrow(site.vault.open(credential, `grants.credential:${id}`)).reveal()).toMatch(/^pw-of-user/)
  expect(site.database.integrityFaults()).toEqual([])
  site.close()
})

test('nothing secret can be read in the archive without the passphrase', async () => {
  const folder = await furnish('box')
  const file = join(dir, 'pop.backup')
  orThrow(await back(folder, file))
  const archive = readFileSync(file, 'latin1')
  const { keys } = JSON.parse(readFileSync(folder.keyFile, 'utf8')) as { keys: Record<string, string> }
  for (const text of [...Object.values(keys), 'pw-of-user7', 'shared-secret-of-tower', 'PRIVATE KEY'])
    expect(archive).not.toContain(text)
  expect(await bring(file, 'other', { passphrase: secret('guess') })).toEqual({
    ok: false,
    error: { type: 'PassphraseWrong' },
  })
  expect(await bring(file, 'other', { passphrase: undefined })).toMatchObject({ error: { type: 'PassphraseMissing' } })
  expect(existsSync(join(dir, 'other', 'site.db'))).toBe(false)
})

const writer = `
const { parentPort, workerData } = require('node:worker_threads')
const Database = require(workerData.sqlite)
const db = new Database(workerData.file)
db.pragma('journal_mode = WAL')
const insert = db.prepare('INSERT INTO pairs (n, half) VALUES (?, ?)')
const pair = db.transaction((n) => { insert.run(n, 'a'); insert.run(n, 'b') })
let on = true
parentPort.on('message', () => (on = false))
let n = 0
const turn = () => {
  for (let i = 0; i < 20; i++) pair(n++)
  if (n === 200) parentPort.postMessage('warm')
  if (on) setImmediate(turn)
  else { db.close(); parentPort.postMessage(n); parentPort.close() }
}
turn()`

test('a backup taken while another thread writes is one moment of the box', async () => {
  const folder = await furnish('box')
  const setUp = orThrow(openDatabase({ file: folder.sessionsFile }))
  setUp.raw.exec('CREATE TABLE pairs (n INTEGER, half TEXT) STRICT')
  setUp.close()
  const sqlite = createRequire(import.meta.url).resolve('better-sqlite3')
  const worker = new Worker(writer, { eval: true, workerData: { sqlite, file: folder.sessionsFile } })
  const heard: unknown[] = []
  worker.on('message', (message) => heard.push(message))
  await new Promise((resolve) => worker.once('message', resolve))
  const file = join(dir, 'busy.backup')
  orThrow(await back(folder, file))
  worker.postMessage('stop')
  await new Promise((resolve) => worker.once('exit', resolve))
  orThrow(await bring(file, 'other'))
  const { pairs } = contents(dataFolder(join(dir, 'other')).sessionsFile) as unknown as {
    pairs: { n: number; half: string }[]
  }
  // Whole transactions, from the first on without a gap, and not all of them.
  expect(pairs.length % 2).toBe(0)
  expect(pairs.map(({ n }) => n)).toEqual(Array.from({ length: pairs.length }, (_, at) => Math.floor(at / 2)))
  expect(pairs.length / 2).toBeGreaterThanOrEqual(200)
  expect(pairs.length / 2).toBeLessThan(heard.at(-1) as number)
})

test('a backup is there whole or not at all, and overwrites nothing', async () => {
  const folder = await furnish('box')
  const file = join(dir, 'pop.backup')
  orThrow(await back(folder, file))
  expect(await back(folder, file)).toEqual({ ok: false, error: { type: 'FileExists', file } })
  expect(await back(folder, join(dir, 'absent', 'x'))).toMatchObject({
    error: { type: 'FileUnwritable', cause: 'ENOENT' },
  })
  writeFileSync(
    folder.sessionsFile,
    Buffer.concat([readFileSync(folder.sessionsFile).subarray(0, 8192), Buffer.alloc(78_000, 7)]),
  )
  const broken = join(dir, 'broken.backup')
  expect(await back(folder, broken)).toMatchObject({ ok: false, error: { type: 'DatabaseCorrupt' } })
  expect(readdirSync(dir).toSorted()).toEqual(['box', 'pop.backup'])
})

test('a folder that holds something is left alone, or kept aside', async () => {
  const folder = await furnish('box')
  const file = join(dir, 'pop.backup')
  orThrow(await back(folder, file))
  const other = await furnish('other')
  const before = contents(other.siteFile)
  expect(await bring(file, 'other')).toMatchObject({ ok: false, error: { type: 'FolderNotEmpty' } })
  expect(contents(other.siteFile)).toEqual(before)
  const { movedTo } = orThrow(await bring(file, 'other', { replace: true }))
  expect(contents(other.siteFile)).toEqual(contents(folder.siteFile))
  expect(contents(join(movedTo!, 'site.db'))).toEqual(before)
  mkdirSync(join(dir, 'notes'))
  writeFileSync(join(dir, 'notes', 'todo.txt'), 'call the tower')
  expect(await bring(file, 'notes')).toMatchObject({ error: { type: 'FolderNotEmpty', found: 'todo.txt' } })
})

test('a running box is not restored over', async () => {
  const folder = await furnish('box')
  const file = join(dir, 'pop.backup')
  orThrow(await back(folder, file))
  const lock = orThrow(lockFolder(folder))
  expect(await bring(file, 'box', { replace: true })).toMatchObject({ ok: false, error: { type: 'FolderInUse' } })
  lock.release()
})

test('without keys a backup says so, and restores its rows when that is asked for', async () => {
  const folder = await furnish('box')
  const file = join(dir, 'bare.backup')
  const { manifest } = orThrow(
    await backUp({ folder, file, passphrase: undefined, now, hostName: 'pop', random: seededRandom(2) }),
  )
  expect(manifest.keys).toBe('absent')
  expect(await bring(file, 'other')).toMatchObject({ error: { type: 'KeysAbsent' } })
  orThrow(await bring(file, 'other', { withoutKeys: true }))
  const queries = orThrow(createQueryRunner(dataFolder(join(dir, 'other'))))
  expect(orThrow(queries.run('subscribers.list', {}))).toHaveLength(50)
  queries.close()
})

test('a backup of a newer release that this one cannot read is refused', async () => {
  const folder = await furnish('box')
  const database = orThrow(openDatabase({ file: folder.siteFile }))
  database.raw.prepare("UPDATE lango_meta SET value = 9999 WHERE key = 'minReader'").run()
  database.close()
  const file = join(dir, 'new.backup')
  orThrow(await back(folder, file))
  expect(await bring(file, 'other')).toMatchObject({ ok: false, error: { type: 'ReleaseTooOld', minReader: 9999 } })
  expect(existsSync(join(dir, 'other', 'site.db'))).toBe(false)
})
