import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { collectingLog } from '@lango/kernel/testing'
import { testBox, type TestBox } from './cli/testing/box.ts'
import { openSite } from './site.ts'
import { PAGES_BEFORE_WRITE_BACK, startWriteBack } from './write-back.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

test('a long write-ahead log is written back beside the control thread, not by its commits', async () => {
  const log = collectingLog()
  const site = orThrow(openSite(box.folder, log))
  const { raw } = site.database
  const inLog = () => (raw.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[])[0]!
  const hand = { look: () => {} }
  const writeBack = startWriteBack({
    raw,
    file: box.folder.siteFile,
    every(_, run) {
      hand.look = run
      return () => {}
    },
    log,
  })
  raw.exec('CREATE TABLE bulk (page TEXT)')
  const add = raw.prepare('INSERT INTO bulk VALUES (?)')
  const fill = (pages: number) => {
    for (let at = 0; at < pages; at += 500)
      raw.transaction(() => {
        for (let page = 0; page < 500; page++) add.run('x'.repeat(3500))
      })()
  }
  fill(PAGES_BEFORE_WRITE_BACK / 2)
  hand.look()
  fill(PAGES_BEFORE_WRITE_BACK * 4)
  // As much as used to be brought back by the commit that came to it.
  expect(inLog()).toMatchObject({ checkpointed: 0 })
  hand.look()
  await expect.poll(() => inLog().checkpointed, { timeout: 60_000 }).toBeGreaterThan(PAGES_BEFORE_WRITE_BACK * 4)
  expect(raw.prepare('SELECT count(*) n FROM bulk').get()).toEqual({ n: PAGES_BEFORE_WRITE_BACK * 4.5 })
  await writeBack.stop()
  expect(site.database.integrityFaults()).toEqual([])
  expect(log.lines.filter(({ level }) => level >= 40)).toEqual([])
  site.close()
})
