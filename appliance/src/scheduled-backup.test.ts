import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { system } from '@lango/kernel/verbs'
import { collectingLog } from '@lango/kernel/testing'
import { startS3Simulator, type S3Simulator } from '@lango/drivers/simulators/s3'
import { createS3Store } from '@lango/drivers/s3'
import { addPlan } from '@lango/modules/plans'
import { setBackupSchedule } from '@lango/modules/backups'
import { addSubscriber } from '@lango/modules/services'
import { restore } from './backup/index.ts'
import { testBox, type TestBox } from './cli/testing/box.ts'
import { checkScheduledBackup } from './doctor/scheduled-backup.ts'
import { createBackupPlaces } from './drivers.ts'
import { createQueryRunner } from './run-named.ts'
import { createScheduledBackup } from './scheduled-backup.ts'
import { createJobs, openSite } from './site.ts'

const key = { accessKeyId: 'box', secretKey: 'a-storage-secret', region: 'eu-west-1' }
const PASSPHRASE = 'correct horse battery'
let box: TestBox
let storage: S3Simulator
beforeAll(async () => {
  box = testBox()
  storage = await startS3Simulator({ ...key, bucket: 'isp-backups' })
})
afterAll(async () => {
  await storage.close()
  box.remove()
})

/** Everything of a table but what a look at it may change. */
const rowsOf = (file: string, table: string): unknown[] => {
  const database = orThrow(openDatabase({ file, readonly: true }))
  const rows = database.raw.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()
  database.close()
  return rows
}

test('a backup that the box makes by itself reaches the storage, and a box is made anew from it', async () => {
  const log = collectingLog()
  const site = orThrow(openSite(box.folder, log))
  const actor = system('test')
  const must = (command: Parameters<typeof site.dispatcher.dispatch>[0], input: unknown, id: string) =>
    orThrow(site.dispatcher.dispatch(command, input, { id, actor }))
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} }, '1')
  must(addSubscriber, { login: 'amina', password: 'pw-of-amina', plan: 'Home' }, '2')
  const place = 's3://isp-backups/kisumu'
  must(
    setBackupSchedule,
    { everySec: 3600, keep: 1, place, endpoint: storage.endpoint, passphrase: PASSPHRASE, ...key },
    '3',
  )
  const queries = orThrow(createQueryRunner(box.folder))
  const reader = queries.sessions.raw
  const places = createBackupPlaces({ reader, vault: site.vault, clock: site.clock, log, sticksDir: undefined })
  const job = createScheduledBackup({ folder: box.folder, clock: site.clock, hostName: 'kisumu', ...places })
  const once = async () => {
    const jobs = createJobs(site, log, [job])
    const stop = new AbortController()
    const running = jobs.run(stop.signal)
    await jobs.settled()
    stop.abort()
    await running
  }
  const check = () => checkScheduledBackup(reader, site.clock.now())[0]!
  expect(check()).toMatchObject({ state: 'ok' })

  storage.fail('500')
  await once()
  expect(check()).toMatchObject({
    state: 'attention',
    sentence: expect.stringMatching(/failed: the storage answered 500/),
  })
  expect(storage.objects.size).toBe(0)

  site.database.raw.exec('UPDATE backup_schedules SET next_at = 0')
  await once()
  expect(check()).toMatchObject({ state: 'ok' })
  expect(queries.run('backups.runs', {})).toMatchObject({ value: [{ state: 'done', place }, { state: 'failed' }] })
  const [name] = [...storage.objects.keys()]
  expect(name).toMatch(/^kisumu\/lango-kisumu-\d{8}T\d{6}Z\.backup$/)
  expect(storage.objects.get(name!)!.includes('pw-of-amina')).toBe(false)
  queries.close()
  site.close()
  expect((await box.lango('backup', 'runs')).out).toMatch(/done[^]*failed[^]*storage answered 500/)
  expect((await box.lango('doctor')).out).toMatch(/Backups reach s3:\/\/isp-backups\/kisumu as scheduled/)

  // The rehearsal: onto an empty folder, and everything is there.
  const work = mkdtempSync(join(tmpdir(), 'lango-rehearsal-'))
  const file = join(work, 'back.backup')
  const store = createS3Store({
    ...key,
    bucket: 'isp-backups',
    prefix: 'kisumu',
    endpoint: storage.endpoint,
    now: Date.now,
  })
  await store.get(name!.slice('kisumu/'.length), file, new AbortController().signal)
  const dir = join(work, 'new')
  const options = { file, dir, replace: false, withoutKeys: false, now: Date.now() }
  expect(await restore({ ...options, passphrase: secret('wrong') })).toMatchObject({
    error: { type: 'PassphraseWrong' },
  })
  orThrow(await restore({ ...options, passphrase: secret(PASSPHRASE) }))
  for (const table of ['services', 'customers', 'grants', 'plans', 'policies'])
    expect(rowsOf(join(dir, 'site.db'), table)).toEqual(rowsOf(box.folder.siteFile, table))
  const told = await box.langoAt(dir, 'export', 'subscribers', '--with-secrets')
  expect(told.out).toContain('amina,pw-of-amina,Home')
  rmSync(work, { recursive: true })
}, 90_000)

test('a schedule is set, shown and taken away at the box', async () => {
  const other = testBox()
  const set = await other.json<{ recoveryKey: string }>('backup', 'schedule', '--every', '24h', '--to', '/mnt/usb')
  expect(set.recoveryKey).toMatch(/^(?:[a-z0-9]{4}-){6}[a-z0-9]{4}$/)
  const shown = await other.lango('backup', 'schedule')
  expect(shown.out).toMatch(/every +1 d\nto +\/mnt\/usb\nkeep +14/)
  expect(shown.out).not.toContain(set.recoveryKey)
  expect((await other.lango('backup', 'schedule', '--every', '24h')).code).toBe(2)
  expect((await other.lango('backup', 'schedule', '--every', '24h', '--to', 's3://isp-backups')).err).toMatch(
    /access-key-id/,
  )
  await other.json('backup', 'schedule', '--off')
  expect(await other.json('backup', 'schedule')).toBeNull()
  expect((await other.lango('backup', join(other.dir, 'by-hand.backup'), '--without-keys')).code).toBe(0)
  other.remove()
})
