import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ok, orThrow, systemRandom } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { collectingLog } from '@lango/kernel/testing'
import type { AuditHead } from '@lango/kernel/verbs'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { examine } from '../doctor/index.ts'
import { openSite } from '../site.ts'
import { readHead } from './head-file.ts'
import { verifyFolder, type AuditWalk } from './verify-folder.ts'
import { startAuditWatch } from './watch.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

const addRouters = async (...names: string[]) => {
  for (const [n, name] of names.entries())
    await box.json('router', 'add', name, '--address', `10.0.${name.length}.${n}`, '--secret', 'a-long-enough-secret')
}

/** A box's audit watch, whose hours and days are called by hand. */
const watching = (walk: () => Promise<AuditWalk> = () => Promise.resolve(verifyFolder(box.folder, systemRandom()))) => {
  const site = orThrow(openSite(box.folder, collectingLog()))
  const turns: (() => void)[] = []
  let monotonicMs = 0
  const watch = startAuditWatch({
    site: { ...site, clock: { ...site.clock, monotonicMs: () => monotonicMs } },
    hostName: 'pop',
    every: (_ms, run) => {
      turns.push(run)
      return () => {}
    },
    walk,
    log: collectingLog(),
  })
  const [sign, look] = turns as [() => void, () => void]
  return {
    watch,
    sign,
    lookAfter: async (ms: number) => {
      monotonicMs += ms
      look()
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    },
    close: site.close,
  }
}
const signOnce = () => {
  const { watch, close } = watching()
  watch.stop()
  close()
}
const write = (sql: string) => {
  const database = orThrow(openDatabase({ file: box.folder.siteFile }))
  database.raw.exec(sql)
  database.close()
}
const auditOf = (full: boolean) =>
  orThrow(examine({ folder: box.folder, status: undefined, now: Date.now(), full, random: systemRandom() })).find(
    ({ name }) => name === 'audit',
  )

test('a box signs its log when it starts and each hour in which it grew', async () => {
  await addRouters('a')
  const { sign, watch, close } = watching()
  const first = readHead(box.folder)!
  expect(first).toMatchObject({ entryNo: 1, site: 'pop' })
  sign()
  expect(readHead(box.folder)).toEqual(first)
  close()
  await addRouters('bb')
  signOnce()
  expect(readHead(box.folder)).toMatchObject({ entryNo: 2, keyId: first.keyId })
  expect(watch.checks()).toEqual([])
})

test('verify tells a whole log, and by the head beside the database that its end was cut', async () => {
  await addRouters('a', 'bb')
  signOnce()
  await addRouters('ccc')
  const whole = await box.lango('audit', 'verify')
  expect(whole).toMatchObject({
    code: 0,
    out: 'The audit log is whole: rows 1 to 3, signed up to row 2; the 1 after it wait for the next signature.\n',
  })
  expect(auditOf(false)).toMatchObject({ state: 'ok' })
  write('DELETE FROM audit WHERE no > 1; DELETE FROM audit_heads')
  const cut = await box.lango('audit', 'verify')
  expect(cut.code).toBe(1)
  expect(cut.err).toMatch(/cut off: it ends at row 1, .* reached row 2/)
  for (const full of [false, true])
    expect(auditOf(full)).toMatchObject({ state: 'attention', sentence: expect.stringMatching(/cut off/) as string })
})

test('a backup knows how far the log had come', async () => {
  await addRouters('a', 'bb')
  const file = join(box.dir, 'pop.backup')
  const { manifest } = await box.json<{ manifest: { auditHead: AuditHead } }>(
    'backup',
    file,
    '--passphrase',
    'kisumu 2026',
  )
  expect(manifest.auditHead).toMatchObject({ kind: 'head', entryNo: 2 })
  expect((await box.lango('audit', 'verify', '--against', file)).out).toMatch(/signed up to row 2\./)
  write('DELETE FROM audit WHERE no > 1')
  expect((await box.lango('audit', 'verify')).code).toBe(0)
  expect(await box.lango('audit', 'verify', '--against', file)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/cut off/) as string,
  })
  const head = join(box.dir, 'kept.json')
  writeFileSync(head, JSON.stringify(manifest.auditHead))
  expect(await box.lango('audit', 'verify', '--against', head)).toMatchObject({ code: 1 })
  writeFileSync(head, JSON.stringify({ ...manifest.auditHead, entryNo: 1 }))
  expect((await box.lango('audit', 'verify', '--against', head)).err).toMatch(/not of this box’s key/)
  writeFileSync(head, '{}')
  expect((await box.lango('audit', 'verify', '--against', head)).err).toMatch(/holds no signed head/)
})

test('once a day the whole log is walked, and what is found wrong needs attention until it is mended', async () => {
  await addRouters('a', 'bb', 'ccc')
  const { watch, lookAfter, close } = watching()
  write('DELETE FROM audit WHERE no = 2')
  await lookAfter(60_000)
  expect(watch.checks()).toEqual([])
  await lookAfter(900_000)
  expect(watch.checks()).toMatchObject([
    { name: 'audit', state: 'attention', sentence: expect.stringMatching(/row 3/) as string },
  ])
  close()
  const mended = watching(() => Promise.resolve(ok({ no: 3, hash: '', firstNo: 1, heads: 1, signedNo: 3 })))
  await mended.lookAfter(86_400_000)
  expect(mended.watch.checks()).toEqual([])
  mended.close()
})

test('a log that no longer fits is not signed over, and that needs attention at once', async () => {
  await addRouters('a', 'bb')
  signOnce()
  write('DELETE FROM audit WHERE no = 2')
  const { watch, close } = watching()
  expect(watch.checks()).toMatchObject([{ state: 'attention', sentence: expect.stringMatching(/cut off/) as string }])
  close()
})

test('a database that was put back while the box was down is not signed over', async () => {
  await addRouters('a', 'bb')
  signOnce()
  write('DELETE FROM audit WHERE no = 2; DELETE FROM audit_heads')
  const { watch, close } = watching()
  expect(watch.checks()).toMatchObject([{ sentence: expect.stringMatching(/cut off/) as string }])
  expect(readHead(box.folder)).toMatchObject({ entryNo: 2 })
  close()
})

test('the public key is told', async () => {
  expect((await box.lango('audit', 'key')).out).toMatch(/^-----BEGIN PUBLIC KEY-----\n/)
  expect((await box.lango('audit', 'head')).err).toMatch(/holds no signed head/)
  signOnce()
  expect(JSON.parse((await box.lango('audit', 'head')).out)).toMatchObject({ kind: 'head' })
})
