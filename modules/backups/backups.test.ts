import { expect, test } from 'vitest'
import { Secret, seededRandom } from '@lango/kernel'
import { createJobRunner } from '@lango/kernel/verbs'
import { memorySite } from '@lango/kernel/testing'
import type { BackupStore } from './port.ts'
import { backupName, beyondKeep, causeOf, madeAtOf, newestFirst, newRecoveryKey, readPlace } from './rules.ts'
import {
  backUpNow,
  backups,
  clearBackupSchedule,
  createBackupJob,
  listBackupRuns,
  resealBackupSecrets,
  setBackupSchedule,
  showBackupSchedule,
} from './index.ts'

const DAY_MS = 86_400_000
const schedule = { everySec: 86_400, keep: 2, place: '/mnt/usb', passphrase: 'a long passphrase' }

/** A site whose backups go into memory, in ways that may go wrong. */
const site = () => {
  const made = memorySite([backups])
  const there = new Map<string, number>()
  const did: string[] = []
  const wrong: { put?: string | undefined; verify?: string | undefined; list?: string } = {}
  const store: BackupStore = {
    async put(name, { bytes }) {
      if (wrong.put !== undefined) throw new Error(wrong.put)
      there.set(name, bytes)
      did.push('put')
    },
    async verify() {
      if (wrong.verify !== undefined) throw new Error(wrong.verify)
      did.push('verify')
    },
    async list() {
      if (wrong.list !== undefined) throw new Error(wrong.list)
      return [...there.keys()]
    },
    async remove(name) {
      there.delete(name)
      did.push('remove')
    },
    get: () => Promise.reject(new Error('not asked for')),
  }
  const noted: unknown[] = []
  const job = createBackupJob({
    clock: made.clock,
    hostName: 'pop',
    secrets: () => ({ passphrase: new Secret('p'), secretKey: undefined }),
    storeAt: () => store,
    withBackup: (_passphrase, name, use) => use({ path: name, bytes: 10, sha256: 'x' }),
    noted: (done) => noted.push(done),
  })
  const runner = createJobRunner({ ...made, timers: made.clock, jobs: [job] })
  const stop = new AbortController()
  const running = runner.run(stop.signal)
  /** A day and a look. */
  const pass = async (ms: number) => {
    await made.clock.advanceAsync(ms)
    await runner.settled()
  }
  const end = () => {
    stop.abort()
    return running
  }
  return { ...made, there, did, wrong, noted, pass, end, runs: () => made.query(listBackupRuns, {}) }
}

test('it is made when it is due, put away, verified, and only then older ones go', async () => {
  const { must, pass, there, did, runs, noted, end } = site()
  await pass(60_000)
  expect(runs()).toEqual([])
  must(setBackupSchedule, schedule)
  there.set('lango-pop-1-20200101T000000Z.backup', 1)
  for (let day = 0; day < 4; day++) await pass(DAY_MS)
  expect(runs().length).toBeGreaterThanOrEqual(3)
  expect(runs().every(({ state }) => state === 'done')).toBe(true)
  // Another box's, whose name begins alike, is nobody's business here.
  expect([...there.keys()].filter((name) => name.startsWith('lango-pop-1-'))).toHaveLength(1)
  expect([...there.keys()].filter((name) => name.startsWith('lango-pop-2'))).toHaveLength(2)
  expect(did.slice(0, 4)).toEqual(['put', 'verify', 'put', 'verify'])
  expect(did.indexOf('remove')).toBeGreaterThan(did.lastIndexOf('verify', did.indexOf('remove')))
  expect(noted.at(-1)).toMatchObject({ file: expect.stringMatching(/^\/mnt\/usb\/lango-pop-2.*\.backup$/), bytes: 10 })
  await end()
})

test.each(['put', 'verify'] as const)(
  'when it fails to %s nothing is removed, the cause is kept, and it is tried again',
  async (what) => {
    const { must, pass, there, did, wrong, runs, noted, end } = site()
    for (const day of [1, 2, 3]) there.set(backupName('pop', Date.UTC(2020, 0, day)), 1)
    must(setBackupSchedule, schedule)
    wrong[what] = 'the disk is not there'
    await pass(60_000)
    expect(runs()[0]).toMatchObject({ state: 'failed', error: 'the disk is not there', removed: 0 })
    expect(did).not.toContain('remove')
    expect(noted).toEqual([])
    wrong[what] = undefined
    await pass(20 * 60_000)
    expect(runs()[0]).toMatchObject({ state: 'done', removed: what === 'put' ? 2 : 3 })
    await end()
  },
)

test('old ones that cannot be removed do not spoil the new one', async () => {
  const { must, pass, wrong, runs, end } = site()
  must(setBackupSchedule, schedule)
  wrong.list = 'no'
  await pass(60_000)
  expect(runs()[0]).toMatchObject({ state: 'done', removed: 0 })
  await end()
})

test.each([
  [{ ...schedule, everySec: 60 }, 'InputInvalid'],
  [{ ...schedule, place: 'relative/path' }, 'InputInvalid'],
  [{ ...schedule, place: 's3://UPPER/x' }, 'InputInvalid'],
  [{ ...schedule, passphrase: 'short' }, 'InputInvalid'],
  [{ ...schedule, place: 's3://isp-backups/x' }, 'StorageKeyMissing'],
  [
    { ...schedule, place: 's3://isp-backups/x', accessKeyId: 'id', secretKey: 'k', endpoint: 'file:///etc' },
    'InputInvalid',
  ],
])('a schedule that cannot be is refused: %j', (input, type) => {
  const { dispatch, count } = site()
  const refused = dispatch(setBackupSchedule, input)
  expect(!refused.ok && refused.error.type).toBe(type)
  expect(count({ name: 'backup_schedules' })).toBe(0)
})

test('what opens storage and backups is sealed, and in no answer, audit or log', () => {
  const { must, query, database, log, vault } = site()
  must(setBackupSchedule, {
    ...schedule,
    place: 's3://isp-backups/pop',
    accessKeyId: 'id',
    secretKey: 'storage-secret',
  })
  const kept = ['audit', 'commands', 'backup_schedules'].map((table) =>
    database.raw
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map((row) =>
        Object.values(row as object)
          .map(String)
          .join(),
      ),
  )
  expect(JSON.stringify([kept, query(showBackupSchedule, {})]) + log.text()).not.toMatch(
    /storage-secret|a long passphrase/,
  )
  vault.rotate()
  expect(must(resealBackupSecrets, {})).toEqual({ resealed: 1, unreadable: 0 })
  expect(must(clearBackupSchedule, {})).toEqual({ removed: 1 })
  expect(query(showBackupSchedule, {})).toBeUndefined()
})

test('secrets that are not given stay; a recovery key is made where there is none, or a new one is asked for', () => {
  const { must, dispatch, database } = site()
  const { passphrase: _, ...without } = schedule
  const first = must(setBackupSchedule, without)
  expect(first.recoveryKey).toMatch(/^([a-z2-9]{4}-){6}[a-z2-9]{4}$/)
  expect(must(setBackupSchedule, { ...without, keep: 3 })).not.toHaveProperty('recoveryKey')
  const second = must(setBackupSchedule, { ...without, newKey: true })
  expect(second.recoveryKey).not.toBe(first.recoveryKey)
  expect(second.recoveryKey).toBeDefined()
  const kept = JSON.stringify(
    ['audit', 'commands'].map((table) => database.raw.prepare(`SELECT * FROM ${table}`).all()),
  )
  for (const key of [first.recoveryKey!, second.recoveryKey!]) expect(kept).not.toContain(key)
  // The storage's key belongs to its id.
  const s3 = { ...without, place: 's3://isp-backups/pop', accessKeyId: 'one' }
  must(setBackupSchedule, { ...s3, secretKey: 'k' })
  must(setBackupSchedule, s3)
  expect(dispatch(setBackupSchedule, { ...s3, accessKeyId: 'two' })).toMatchObject({
    error: { type: 'StorageKeyMissing' },
  })
})

test('asked for now, one is made at the next look, and none without a schedule', async () => {
  const { must, dispatch, pass, runs, end, clock, query } = site()
  expect(dispatch(backUpNow, {})).toMatchObject({ error: { type: 'BackupsUnscheduled' } })
  must(setBackupSchedule, schedule)
  await pass(60_000)
  expect(runs()).toHaveLength(1)
  must(backUpNow, {})
  expect(query(showBackupSchedule, {})?.nextAt).toBe(clock.now())
  await pass(60_000)
  expect(runs()).toHaveLength(2)
  await end()
})

test.each([
  ['/mnt/usb cannot be used (ENOSPC)', 'space'],
  ['/mnt/usb cannot be used (EACCES)', 'rights'],
  ['/mnt/usb cannot be used (EROFS)', 'readOnly'],
  ['the storage cannot be reached (ECONNREFUSED)', 'unreachable'],
  ['the storage refuses the key (403): look at the access key', 'forbidden'],
  ['the storage has no such bucket or object (NoSuchBucket)', 'bucket'],
  ['the bucket b is in the region eu-west-1, not us-east-1', 'region'],
  ['no stick for backups is plugged in', 'stick'],
  ['this machine mounts no sticks by itself', 'noImage'],
  ['the storage answered 500', 'other'],
])('%s is a matter of %s', (error, cause) => expect(causeOf(error)).toBe(cause))

test('names sort by time, and places are read', () => {
  const names = [3, 1, 2].map((day) => backupName('a b', Date.UTC(2026, 0, day)))
  expect(beyondKeep([...names, 'lango-a-b-x.backup', '../etc'], 'a b', 1)).toEqual([
    'lango-a-b-20260101T000000Z.backup',
    'lango-a-b-20260102T000000Z.backup',
  ])
  expect(readPlace('s3://isp-backups//a/b/')).toEqual({ kind: 's3', bucket: 'isp-backups', prefix: 'a/b' })
  expect(readPlace('s3://isp-backups')).toEqual({ kind: 's3', bucket: 'isp-backups', prefix: '' })
  expect(readPlace('usb')).toEqual({ kind: 'usb' })
  expect(readPlace('ftp://x')).toBeUndefined()
})

test('a recovery key is long enough and never the same', () => {
  const random = seededRandom(9)
  const keys = Array.from({ length: 100 }, () => newRecoveryKey(random))
  expect(new Set(keys).size).toBe(100)
  for (const key of keys) expect(key).toMatch(/^([a-z2-9]{4}-){6}[a-z2-9]{4}$/)
})

test('the newest backup comes first, whichever box it is of and whoever has made it', () => {
  const at = (hostName: string, hour: number) => backupName(hostName, Date.UTC(2026, 10, 26, hour))
  const byHand = 'lango-pop-20261126-0430.backup'
  const names = [at('zebra', 3), 'notes.txt', 'mine.backup', at('a', 5), byHand, `${at('a', 6)}.part`, at('a', 4)]
  expect([at('a', 5), byHand, 'lango-x-99999999T999999Z.backup'].map(madeAtOf)).toEqual([
    Date.UTC(2026, 10, 26, 5),
    undefined,
    undefined,
  ])
  expect(newestFirst(names)).toEqual([at('a', 5), byHand, at('a', 4), at('zebra', 3), 'mine.backup'])
})
