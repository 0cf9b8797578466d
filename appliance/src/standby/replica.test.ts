import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openRaw, type RawDatabase } from '@lango/kernel/db'
import { dataFolder, makeFolder } from '../data-folder.ts'
import { Replica } from './replica.ts'
import { setAside } from './set-aside.ts'
import { openTap, type WalRun, type WalTap } from './wal-tap.ts'

let folder: string
let raw: RawDatabase
let tap: WalTap
const open = (after?: Parameters<typeof openTap>[0]['after']) =>
  openTap({ raw, file: raw.name, checkpointPages: 1_000_000, runFrames: 1000, after })
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replica-'))
  raw = orThrow(openRaw({ file: join(folder, 'a.db') }))
  raw.exec('CREATE TABLE t (n INTEGER)')
  tap = open().tap
})
afterEach(() => {
  tap.close()
  raw.close()
  rmSync(folder, { recursive: true })
})

const filled = (): { replica: Replica; last: WalRun } => {
  const replica = new Replica(join(folder, 'replica'))
  const copy = replica.beginBase()
  raw.exec('INSERT INTO t VALUES (1)')
  const runs = tap.take()
  for (const run of runs) expect(copy.append(run)).toBe('stored')
  replica.endBase()
  return { replica, last: runs.at(-1)! }
}
const count = (file: string): unknown => {
  const taken = orThrow(openRaw({ file }))
  try {
    expect(taken.pragma('integrity_check', { simple: true })).toBe('ok')
    return taken.prepare('SELECT count(*) FROM t').pluck().get()
  } finally {
    taken.close()
  }
}

test('what was stored is where it is released to; a second release, after a crash, leaves it there', () => {
  const { replica } = filled()
  const file = join(folder, 'taken.db')
  replica.release(file)
  const again = new Replica(join(folder, 'replica'))
  expect(again.isWhole).toBe(false)
  again.release(file)
  expect(count(file)).toBe(1)
})

test('a run that is damaged, or does not follow, is not stored; one that is there already is', () => {
  const { replica, last } = filled()
  raw.exec('INSERT INTO t VALUES (2)')
  const [run] = tap.take()
  raw.exec('INSERT INTO t VALUES (3)')
  const [later] = tap.take()
  const copy = replica.filling!
  expect(copy.append(later!)).toBe('gap')
  for (const at of [0, 9, 20, 24, 2000]) {
    const octets = Uint8Array.from(run!.octets)
    octets[at]! ^= 1
    expect(copy.append({ ...run!, octets }), `octet ${at}`).toBe('damaged')
  }
  expect(copy.append({ ...run!, octets: run!.octets.slice(0, -1) })).toBe('damaged')
  expect([copy.append(last), copy.append(run!), copy.append(run!), copy.append(later!)]).toEqual(
    Array.from({ length: 4 }, () => 'stored'),
  )
  replica.release(join(folder, 'taken.db'))
  expect(count(join(folder, 'taken.db'))).toBe(3)
})

test('the primary goes on where the standby is, if it is in the same log and was given the same', () => {
  const { replica } = filled()
  const position = replica.position!
  tap.close()
  const again = open(position)
  expect([again.resumed, again.tap.take()]).toEqual([true, []])
  again.tap.close()
  for (const other of [{ salt: '0'.repeat(16) }, { sum: '1.2' }, { frames: position.frames + 1 }]) {
    const unlike = open({ ...position, ...other })
    expect(unlike.resumed).toBe(false)
    expect(unlike.tap.take()[0]?.from).toBe(0)
    unlike.tap.close()
  }
  tap = open().tap
})

test('half a copy is gone with its link, and the one before still counts', () => {
  const { replica } = filled()
  replica.beginBase().writePage(1, Buffer.alloc(4096))
  replica.dropBase()
  replica.close()
  const again = new Replica(join(folder, 'replica'))
  again.release(join(folder, 'taken.db'))
  expect(count(join(folder, 'taken.db'))).toBe(1)
})

test('what a folder holds is put aside whole, once, and nothing else', () => {
  const box = orThrow(makeFolder(join(folder, 'box')))
  for (const name of ['site.db', 'site.db-wal', 'sessions.db', 'keys.json', 'tls/ca.pem', 'demo.json'])
    writeFileSync(join(box.dir, name), name)
  const aside = setAside(dataFolder(box.dir), Date.UTC(2026, 10, 27))!
  expect(aside).toBe(join(box.dir, 'set-aside-2026-11-27T00-00-00-000Z'))
  for (const name of ['site.db', 'site.db-wal', 'sessions.db', 'keys.json', 'tls/ca.pem'])
    expect(readFileSync(join(aside, name), 'utf8')).toBe(name)
  expect([existsSync(box.siteFile), existsSync(box.tlsDir), existsSync(join(box.dir, 'demo.json'))]).toEqual([
    false,
    true,
    true,
  ])
  expect(setAside(dataFolder(box.dir), 0)).toBeUndefined()
})
