import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { createJobRunner } from '@lango/kernel/verbs'
import { memorySite } from '@lango/kernel/testing'
import {
  checkUpdates as lookNow,
  createUpdateJob,
  denyUpdate,
  installUpdate,
  listUpdateRuns,
  pauseUpdates,
  setUpdates,
  showUpdates,
  updates,
} from '@lango/modules/updates'
import type { UpdatePort } from '@lango/modules/updates/port'
import { makeFeed, manifestOf, serveFeed } from '../../firmware/testing/feed.ts'
import { playRootService } from '../../firmware/testing/root-service.ts'
import { testBox } from './cli/testing/box.ts'
import { checkUpdates } from './doctor/updates.ts'
import { createUpdatePort, imagePlaces } from './updates.ts'

const HOUR_MS = 3_600_000
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

/** A box of version 1.0.0 whose root service is played, and a feed on a web server. Time is moved by hand. */
const start = async (change: Partial<UpdatePort> = {}) => {
  const made = memorySite([updates])
  const { clock } = made
  // The library judges by the wall clock too, so what is signed must be good by both.
  const signedAt = (): number => Math.max(Date.now(), clock.now())
  const feed = await makeFeed(signedAt())
  const server = await serveFeed(feed.dir)
  const dir = mkdtempSync(join(tmpdir(), 'lango-test-updates-'))
  const files = testBox()
  const reader = orThrow(
    openDatabase({ file: files.folder.sessionsFile, readonly: true, attach: { site: files.folder.siteFile } }),
  ).raw
  ending.push(
    () => rmSync(dir, { recursive: true }),
    () => feed.remove(),
    () => server.stop(),
    () => files.remove(),
    () => reader.close(),
  )
  const places = { wishes: join(dir, 'os'), told: join(dir, 'told'), trust: join(dir, 'root.json') }
  mkdirSync(places.wishes)
  cpSync(join(feed.dir, 'metadata/1.root.json'), places.trust)
  const root = playRootService(places.wishes, places.told, '1.0.0', clock.now)
  const port = {
    ...createUpdatePort({ places, folder: { dir }, reader, clock, timeZone: 'Africa/Nairobi' }),
    // Room is left on a real disk.
    ...change,
  }
  const runner = createJobRunner({ ...made, timers: clock, jobs: [createUpdateJob({ clock, port })] })
  const stop = new AbortController()
  const running = runner.run(stop.signal)
  ending.push(async () => {
    stop.abort()
    await running
  })
  /** A minute, and what the root service does of it. */
  const pass = async (minutes = 1) => {
    for (let minute = 0; minute < minutes; minute++) {
      await clock.advanceAsync(60_000)
      await runner.settled()
      root.tick()
    }
  }
  const hoursUntil = (hourOfWeek: number) => {
    let hours = 0
    while (port.hourOfWeek(clock.now() + hours * HOUR_MS) !== hourOfWeek) hours += 1
    return hours
  }
  const release = (version: string, more = {}) =>
    feed.release(manifestOf(version, { arch, ...more }), `bundle ${version}`, signedAt())
  const shown = () => made.query(showUpdates, {})
  const runs = () => made.query(listUpdateRuns, {}).map(({ version, outcome }) => `${version} ${outcome}`)
  const findings = () => checkUpdates(made.database.raw, clock.now()).map(({ finding }) => finding?.type)
  return { ...made, feed, server, dir, root, pass, release, shown, runs, port, findings, hoursUntil }
}

test('asked for, a release is loaded, handed over, started, and noted as good; nothing of it stays on the disk', async () => {
  const { must, pass, release, server, root, shown, runs, dir, findings } = await start()
  must(setUpdates, { place: server.base, mode: 'ask' })
  await release('1.1.0')
  await pass()
  expect(shown()).toMatchObject({ offered: { version: '1.1.0' }, file: expect.any(String), fault: null })
  expect(findings()).toEqual(['update-waits'])
  await pass(3)
  expect(runs()).toEqual([])
  must(installUpdate, {})
  await pass(3)
  expect(root.status()).toMatchObject({ slot: 'B', phase: 'good', versions: { B: '1.1.0' } })
  await pass()
  expect(runs()).toEqual(['1.1.0 good', '1.1.0 handed-over'])
  expect(shown()).toMatchObject({ offered: null, highest: '1.1.0', installAsked: null })
  expect(readdirSync(join(dir, 'updates'))).toEqual([])
  expect(findings()).toEqual([])
  await pass(5)
  expect(runs()).toHaveLength(2)
})

/** A delta of librsync that copies nothing: the whole is in it. */
const deltaOf = (content: string): Buffer =>
  Buffer.concat([Buffer.from('72730236', 'hex'), Buffer.from([content.length]), Buffer.from(content), Buffer.from([0])])

test('where the feed has a delta from what runs, that is loaded in its place', async () => {
  const { must, pass, release, server, feed, root, runs, dir } = await start()
  writeFileSync(join(dir, 'told/slot'), 'what runs')
  must(setUpdates, { place: server.base, mode: 'ask' })
  await release('1.1.0')
  await feed.delta('1.1.0', '0.9.0', deltaOf('of another release'))
  await feed.delta('1.1.0', '1.0.0', deltaOf('bundle 1.1.0'))
  await pass()
  must(installUpdate, {})
  await pass(3)
  expect(root.status()).toMatchObject({ slot: 'B', phase: 'good', versions: { B: '1.1.0' } })
  expect(server.asked.filter((path) => path.startsWith('targets/'))).toEqual([
    expect.stringMatching(/\.lango-1\.1\.0-amd64-from-1\.0\.0\.delta$/),
  ])
  await pass()
  expect(runs()[0]).toBe('1.1.0 good')
  expect(readdirSync(join(dir, 'updates'))).toEqual([])
})

test.each([
  ['does not fit', deltaOf('something else')],
  ['is none', Buffer.from('no delta at all')],
])('a delta that %s costs a second download, and no release', async (_, content) => {
  const { must, pass, release, server, feed, root, runs, shown, dir } = await start()
  writeFileSync(join(dir, 'told/slot'), 'what runs')
  must(setUpdates, { place: server.base, mode: 'ask' })
  await release('1.1.0')
  await feed.delta('1.1.0', '1.0.0', content)
  await pass()
  must(installUpdate, {})
  await pass(6)
  expect(root.status()).toMatchObject({ slot: 'B', phase: 'good', versions: { B: '1.1.0' } })
  expect(runs()).toEqual(['1.1.0 good', '1.1.0 handed-over', '1.1.0 refused', '1.1.0 handed-over'])
  expect(shown().settings.denied).toEqual([])
})

test('by itself it is installed in the quiet hour and not before', async () => {
  const { must, pass, release, server, root, hoursUntil, clock, port } = await start({ busyHours: () => [] })
  must(setUpdates, { place: server.base, mode: 'auto' })
  // The first quiet hour of the week is Monday, 03:00: until an hour before it nothing happens.
  const hours = hoursUntil(3)
  await clock.advanceAsync((hours > 2 ? hours - 2 : hours + 166) * HOUR_MS)
  await release('1.1.0')
  must(lookNow, {})
  await pass(30)
  expect(root.status().phase).toBe('idle')
  while (port.hourOfWeek(clock.now()) !== 3) await pass(10)
  await pass(4)
  expect(root.status()).toMatchObject({ phase: 'good', slot: 'B' })
})

test.each(['backup', 'sale'] as const)('not while there is a %s', async (what) => {
  let hindered = true
  const { must, pass, release, server, root } = await start({ hindrance: () => (hindered ? what : undefined) })
  must(setUpdates, { place: server.base, mode: 'ask' })
  await release('1.1.0')
  await pass()
  must(installUpdate, {})
  await pass(5)
  expect(root.status().phase).toBe('idle')
  hindered = false
  await pass(3)
  expect(root.status().phase).toBe('good')
})

test('one that does not serve is taken back, told, and not tried again until somebody says so', async () => {
  const { must, pass, release, server, root, runs, findings, shown } = await start()
  must(setUpdates, { place: server.base, mode: 'auto', windowFromHour: 0, windowToHour: 23 })
  await release('1.1.0')
  root.fault = 'unhealthy'
  must(setUpdates, { mode: 'ask' })
  await pass()
  must(installUpdate, {})
  await pass(4)
  expect(root.status()).toMatchObject({ slot: 'A', phase: 'rolled-back' })
  expect(runs()[0]).toBe('1.1.0 rolled-back')
  expect(findings()).toEqual(['update-rolled-back'])
  await pass(10)
  expect(shown()).toMatchObject({ offered: null, settings: { denied: ['1.1.0'] } })
  // The next one mends it.
  root.fault = undefined
  await release('1.1.1')
  must(lookNow, {})
  await pass(2)
  must(installUpdate, {})
  await pass(4)
  expect(root.status()).toMatchObject({ phase: 'good', versions: { B: '1.1.1' } })
})

test('one that the root service refuses is told with its reason', async () => {
  const { must, pass, release, server, root, query, findings } = await start()
  must(setUpdates, { place: server.base })
  await release('1.1.0')
  root.fault = 'signature'
  await pass()
  must(installUpdate, {})
  await pass(3)
  expect(query(listUpdateRuns, {})[0]).toMatchObject({ outcome: 'refused', why: 'signature' })
  expect(findings()).toEqual(['update-refused'])
})

test('paused or denied, nothing is loaded; a release that is called back is not installed', async () => {
  const { must, pass, release, server, shown, root, clock } = await start()
  must(setUpdates, { place: server.base, mode: 'auto', windowFromHour: 0, windowToHour: 23 })
  must(pauseUpdates, { days: 1 })
  await release('1.1.0')
  await pass(3)
  expect(shown()).toMatchObject({ offered: { version: '1.1.0' }, file: null })
  must(denyUpdate, { version: '1.1.0' })
  await pass(2)
  expect(shown().offered).toBeNull()
  await clock.advanceAsync(25 * HOUR_MS)
  await release('1.2.0', { withdrawn: true })
  await pass(3)
  expect(shown().offered).toBeNull()
  expect(root.status().phase).toBe('idle')
})

test('a place that cannot be read is told, and what was found stays; a folder is a place for once', async () => {
  const { must, pass, release, server, shown, findings, feed } = await start()
  must(setUpdates, { place: server.base, mode: 'auto' })
  server.misbehave = (_path, _request, response) => {
    response.writeHead(503).end()
    return true
  }
  await pass()
  expect(JSON.parse(shown().fault!)).toMatchObject({ type: 'FeedUnreachable', cause: 'HTTP 503' })
  expect(findings()).toEqual(['updates-unread'])
  await release('1.1.0')
  must(lookNow, { place: feed.dir })
  await pass()
  expect(shown()).toMatchObject({ offered: { version: '1.1.0' }, place: feed.dir, file: expect.any(String) })
})

test('with an unsure clock nothing is judged, and nothing happens', async () => {
  const { must, pass, release, server, shown, clock, port } = await start()
  await release('1.1.0')
  must(setUpdates, { place: server.base })
  clock.setSure(false)
  await pass(3)
  expect(shown().checkedAt).toBeNull()
  expect(server.asked).toEqual([])
  expect(await port.check(server.base)).toEqual({ ok: false, error: { type: 'ClockUnsure' } })
  clock.setSure(true)
  await pass()
  expect(shown().offered).toMatchObject({ version: '1.1.0' })
})

test('what the machine tells is read, and a backup that is being made hinders', async () => {
  const { port, dir } = await start()
  expect(port.status()).toMatchObject({ slot: 'A', versions: { A: '1.0.0' } })
  expect(port.hindrance()).toBeUndefined()
  mkdirSync(join(dir, 'scheduled-backup.part'))
  expect(port.hindrance()).toBe('backup')
  expect(port.busyHours()).toHaveLength(168)
  expect(port.data()).toMatchObject({ schema: expect.any(Number), minReader: 1 })
  writeFileSync(join(dir, 'told/update.json'), '{"slot":"C"}')
  expect(port.status()).toBeUndefined()
  expect(existsSync(join(dir, 'updates'))).toBe(false)
})

test('a machine that is no image has no places', () => {
  expect(imagePlaces({})).toBeUndefined()
  expect(imagePlaces({ LANGO_OS_DIR: '/var/lib/lango/os' })).toMatchObject({ told: '/run/lango-os' })
})
