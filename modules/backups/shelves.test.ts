import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import type { ShelfHeld } from './port.ts'
import { causeOf, readEndpoint } from './rules.ts'
import { SHELF_FILE, SHELF_NAME, shelfLimits, shelfSecretPurpose } from './shelf-rules.ts'
import { backupShelves } from './tables.ts'
import {
  backups,
  createShelfJob,
  endShelf,
  lendShelf,
  listShelves,
  recordShelf,
  resealBackupSecrets,
  resizeShelf,
} from './index.ts'

const GB = 1_000_000_000
const EMPTY: ShelfHeld = { bytesUsed: 0, kept: 0, newestName: null, newestAt: null }
const HELD: ShelfHeld = { bytesUsed: 7, kept: 2, newestName: 'b.backup', newestAt: 99 }

/** Folders in memory, of which one is lent already, or was. */
const site = () => {
  const folders = new Map<string, ShelfHeld>([['old', HELD]])
  const job = createShelfJob({
    count: (name) => Promise.resolve(folders.get(name) ?? EMPTY),
    async remove(name) {
      folders.delete(name)
    },
  })
  const made = memorySite([backups], { jobs: [job] })
  void made.jobs.run(new AbortController().signal)
  return { ...made, folders, shelves: () => made.query(listShelves, {}) }
}

test('a shelf has a key of its own, told once and kept sealed', () => {
  const { must, database, vault, shelves, dispatch } = site()
  const [one, two] = [must(lendShelf, { name: 'kisumu' }), must(lendShelf, { name: 'mombasa', bytesMax: 3 * GB })]
  expect(one).toMatchObject({ name: 'kisumu', place: 's3://backups/kisumu', bytesMax: 50 * GB })
  expect(one.accessKeyId).toMatch(/^LANGO[A-Z2-9]{15}$/)
  expect(one.secretKey).toMatch(/^[a-z2-9]{40}$/)
  expect(new Set([one.accessKeyId, two.accessKeyId, one.secretKey, two.secretKey]).size).toBe(4)
  const row = database.orm.select().from(backupShelves.site).all()[0]!
  const opened = vault.open(row.secret, shelfSecretPurpose(row.id))
  expect(opened.ok && opened.value.reveal()).toBe(one.secretKey)
  expect(shelves().map(({ name, kept }) => [name, kept])).toEqual([
    ['kisumu', 0],
    ['mombasa', 0],
  ])
  expect(JSON.stringify(shelves())).not.toContain(one.secretKey)
  const audit = JSON.stringify(database.raw.prepare('SELECT * FROM audit').all())
  expect(audit).toContain('kisumu')
  expect(audit).not.toContain(one.secretKey)
  // Told once: the same command again tells nothing.
  const again = { id: 'cmd_1' }
  dispatch(lendShelf, { name: 'nakuru' }, again)
  expect(dispatch(lendShelf, { name: 'nakuru' }, again)).toMatchObject({ ok: false, error: { type: 'ToldOnce' } })
})

test('what cannot be is refused, and changes nothing', () => {
  const { must, dispatch, count, shelves } = site()
  must(lendShelf, { name: 'kisumu' })
  expect(dispatch(lendShelf, { name: 'kisumu' })).toMatchObject({ error: { type: 'ShelfNameTaken', name: 'kisumu' } })
  for (const input of [{ name: 'Kisumu' }, { name: '../x' }, { name: '' }, { name: 'a', bytesMax: 5 }])
    expect(dispatch(lendShelf, input)).toMatchObject({ error: { type: 'InputInvalid' } })
  for (const command of [resizeShelf, endShelf])
    expect(dispatch(command, { name: 'nobody', bytesMax: GB })).toMatchObject({ error: { type: 'ShelfUnknown' } })
  expect(dispatch(recordShelf, { name: 'nobody', ...HELD })).toMatchObject({ error: { type: 'ShelfUnknown' } })
  expect(shelves()).toHaveLength(1)
  for (let n = count(backupShelves); n < shelfLimits.shelvesMax; n++) must(lendShelf, { name: `box-${n}` })
  expect(dispatch(lendShelf, { name: 'more' })).toMatchObject({ error: { type: 'ShelvesTooMany', max: 20 } })
  expect(count(backupShelves)).toBe(20)
})

test('its size changes, and what lies there is written down', () => {
  const { must, shelves } = site()
  must(lendShelf, { name: 'kisumu' })
  must(resizeShelf, { name: 'kisumu', bytesMax: 7 * GB })
  must(recordShelf, { name: 'kisumu', ...HELD })
  expect(shelves()).toMatchObject([{ name: 'kisumu', bytesMax: 7 * GB, ...HELD }])
})

test('what is kept stays when a shelf is ended, is found when it is lent again, and goes when that is asked', async () => {
  const { must, runJobs, folders, shelves } = site()
  must(lendShelf, { name: 'old' })
  await runJobs()
  expect(shelves()).toMatchObject([HELD])
  expect(must(endShelf, { name: 'old' })).toEqual({ name: 'old', kept: 2, bytesUsed: 7, removed: false })
  await runJobs()
  expect([shelves(), folders.has('old')]).toEqual([[], true])
  must(lendShelf, { name: 'old' })
  // Ended to be removed, and lent again before that was done: what lies there stays.
  must(endShelf, { name: 'old', removeBackups: true })
  must(lendShelf, { name: 'old' })
  await runJobs()
  expect([shelves(), folders.has('old')]).toMatchObject([[HELD], true])
  must(endShelf, { name: 'old', removeBackups: true })
  await runJobs()
  expect([shelves(), folders.has('old')]).toEqual([[], false])
})

test('its secret is sealed anew under a new key', () => {
  const { must, vault, database } = site()
  const { secretKey } = must(lendShelf, { name: 'kisumu' })
  vault.rotate()
  expect(must(resealBackupSecrets, {})).toEqual({ resealed: 1, unreadable: 0 })
  const { id, secret } = database.orm.select().from(backupShelves.site).get()!
  const opened = vault.open(secret, shelfSecretPurpose(id))
  expect([vault.isCurrent(secret), opened.ok && opened.value.reveal()]).toEqual([true, secretKey])
})

const PIN = 'ab'.repeat(32)

test.each([
  ['https://s3.example.com', { address: 'https://s3.example.com', pinSha256: undefined }],
  ['http://10.0.0.3:9000', { address: 'http://10.0.0.3:9000', pinSha256: undefined }],
  [`https://10.0.0.3/shelf#sha256:${PIN}`, { address: 'https://10.0.0.3/shelf', pinSha256: PIN }],
  [
    `https://[fd00::3]:8443/shelf#sha256:${PIN.toUpperCase()}`,
    { address: 'https://[fd00::3]:8443/shelf', pinSha256: PIN },
  ],
  [`http://10.0.0.3/shelf#sha256:${PIN}`, undefined],
  [`https://10.0.0.3/shelf#sha256:${PIN.slice(1)}`, undefined],
  ['https://10.0.0.3/shelf#', undefined],
  ['https://10.0.0.3/shelf#md5:00', undefined],
  ['file:///etc/passwd', undefined],
  ['10.0.0.3', undefined],
])('the endpoint %s', (text, read) => {
  expect(readEndpoint(text)).toEqual(read)
})

test.each([
  ['kisumu', true],
  ['pop-1', true],
  ['-pop', false],
  ['pop-', false],
  ['pop/..', false],
  ['POP', false],
  ['a'.repeat(41), false],
])('a shelf called %s: %s', (name, isRight) => {
  expect(SHELF_NAME.test(name)).toBe(isRight)
})

test.each([
  ['lango-pop-20261126T020000Z.backup', true],
  ['pop.backup', true],
  ['../pop.backup', false],
  ['.backup', false],
  ['pop.backup.sha256', false],
  ['pop.part', false],
  ['po\np.backup', false],
  [`${'a'.repeat(201)}.backup`, false],
])('a backup called %j: %s', (name, isRight) => {
  expect(SHELF_FILE.test(name)).toBe(isRight)
})

test.each([
  ['the storage shows another certificate than the one that its address names behind #sha256:', 'certificate'],
  ['the clocks of the storage and of this box are too far apart', 'clock'],
  ['the storage has no room for it (QuotaExceeded)', 'space'],
] as const)('“%s” is told as %s', (cause, kind) => {
  expect(causeOf(cause)).toBe(kind)
})
