import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { collectingLog, seededRandom } from '@lango/kernel/testing'
import { dataFolder, makeFolder, type DataFolder } from '../data-folder.ts'
import { runWhole } from '../run-named.ts'
import { openSite } from '../site.ts'
import { backUp, forgetUndecided, layReady, putInPlace, unpackBackup } from './index.ts'
import { placing } from './place.ts'

/** On a machine that others use too. */
const patienceMs = 60_000
const passphrase = secret('kisumu 2026')
const now = Date.UTC(2026, 10, 27, 9)

let dir: string
let file: string
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'lango-place-'))
  file = join(dir, 'pop.backup')
  const old = await furnish('old', { owner: true })
  orThrow(await backUp({ folder: old, file, passphrase, now, hostName: 'pop', random: seededRandom(1) }))
  await unpackedAt((await furnish('new', { owner: false })).dir)
}, patienceMs)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** A box's folder; closed again, without what only its threads had written. */
const furnish = async (name: string, { owner }: { owner: boolean }): Promise<DataFolder> => {
  const folder = orThrow(makeFolder(join(dir, name)))
  const site = orThrow(openSite(folder, collectingLog()))
  const actor = { kind: 'console', id: 'test' } as const
  orThrow(await runWhole(site, 'routers.add', { name: `tower of ${name}`, address: '10.0.0.1' }, { actor }))
  if (owner) orThrow(await runWhole(site, 'staff.invite', { login: name, name, role: 'owner' }, { actor }))
  site.close()
  writeFileSync(join(folder.tlsDir, 'server.pem'), `certificate of ${name}`)
  // What an image and its updates keep in the folder of the data is this machine's.
  mkdirSync(join(folder.dir, 'os'))
  writeFileSync(join(folder.dir, 'os', 'network-wanted.json'), `network of ${name}`)
  // So is what it keeps for others.
  mkdirSync(join(folder.dir, 'shelf', 'sibling'), { recursive: true })
  writeFileSync(join(folder.dir, 'shelf', 'sibling', 'a.backup'), `kept by ${name}`)
  return folder
}

const unpackedAt = async (at: string) => orThrow(await unpackBackup({ file, dir: at, passphrase, withoutKeys: false }))

let copies = 0
/** The new box, with the backup of the old one unpacked beside it. */
const readied = (from = 'new'): DataFolder => {
  const folder = dataFolder(join(dir, `copy-${copies++}`))
  cpSync(join(dir, from), folder.dir, { recursive: true })
  return folder
}

/** Whose box a folder holds. */
const boxIn = (folder: DataFolder): { readonly routers: unknown; readonly keys: string; readonly cert: string } => {
  const database = orThrow(openDatabase({ file: folder.siteFile, readonly: true }))
  const routers = database.raw.prepare('SELECT name FROM routers').pluck().all()
  database.close()
  const [keys, cert] = [folder.keyFile, join(folder.tlsDir, 'server.pem')].map((each) => readFileSync(each, 'utf8'))
  return { routers, keys: keys!, cert: cert! }
}
const isOldBox = (folder: DataFolder): void => {
  expect(boxIn(folder)).toEqual(boxIn(dataFolder(join(dir, 'old'))))
  expect(readFileSync(join(folder.dir, 'os', 'network-wanted.json'), 'utf8')).toBe('network of new')
  expect(readFileSync(join(folder.dir, 'shelf', 'sibling', 'a.backup'), 'utf8')).toBe('kept by new')
  expect(readdirSync(folder.dir).filter((name) => name.startsWith('restore'))).toEqual([])
}

test('a backup that was unpacked but not decided on changes nothing, and is forgotten', () => {
  const folder = readied()
  expect(orThrow(putInPlace(folder, now))).toEqual({ is: 'nothing' })
  forgetUndecided(folder)
  expect(boxIn(folder).routers).toEqual(['tower of new'])
  expect(readdirSync(folder.dir).filter((name) => name.startsWith('restore'))).toEqual([])
})

test(
  'killed after whichever step, the next start is the restored box, and what was there is kept',
  { timeout: patienceMs },
  () => {
    const whole = readied()
    layReady(whole, { replaces: false })
    const steps = [...placing(whole, now)]
    isOldBox(whole)
    const site = orThrow(openSite(whole, collectingLog()))
    const sealed = site.database.raw
      .prepare<[], { secret: Buffer; id: string }>('SELECT secret, id FROM routers')
      .get()!
    expect(site.vault.open(sealed.secret, `routers.secret:${sealed.id}`).ok).toBe(true)
    site.close()
    // The new box first, its database last; then the restored one, its database last.
    expect(steps.indexOf('site.db')).toBeLessThan(steps.indexOf('restore-placing'))
    expect(steps.at(-1)).toBe('site.db')
    for (let kill = 0; kill <= steps.length; kill++) {
      const folder = readied()
      layReady(folder, { replaces: false })
      const placed = placing(folder, now)
      for (let step = 0; step < kill; step++) placed.next()
      orThrow(putInPlace(folder, now + 1))
      isOldBox(folder)
      const kept = readdirSync(folder.dir).filter((name) => name.startsWith('replaced-'))
      const files = kept
        .flatMap((name) => readdirSync(join(folder.dir, name)))
        .filter((name) => !/-(wal|shm)$/.test(name))
      expect(files.toSorted(), `killed after step ${kill}`).toEqual(['keys.json', 'sessions.db', 'site.db', 'tls'])
      rmSync(folder.dir, { recursive: true })
    }
  },
)

test('a box that has got an owner meanwhile stays what it is', async () => {
  await furnish('owned', { owner: true })
  await unpackedAt(join(dir, 'owned'))
  const folder = readied('owned')
  layReady(folder, { replaces: false })
  expect(orThrow(putInPlace(folder, now))).toEqual({ is: 'owned' })
  expect(boxIn(folder).routers).toEqual(['tower of owned'])
  expect(existsSync(join(folder.dir, 'restore-ready'))).toBe(false)
  expect(orThrow(putInPlace(folder, now))).toEqual({ is: 'nothing' })
})
