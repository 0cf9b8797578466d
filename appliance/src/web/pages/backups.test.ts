import { listBackupRuns, setBackupSchedule, showBackupSchedule } from '@lango/modules/backups'
import { backupRuns, backupSchedules } from '@lango/modules/backups/tables'
import { scheduleSecretPurpose } from '@lango/modules/backups/rules'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const PASSPHRASE = 'samaki mmoja akioza'
const folder = { place: '/mnt/usb/backups', every: '24h', keep: '14', seal: 'own', passphrase: PASSPHRASE }
const storage = {
  ...folder,
  place: 's3://isp-backups/kisumu',
  endpoint: 'https://s3.example.com',
  region: 'eu-west-1',
  accessKeyId: 'AKIA1',
  secretKey: 'storage-secret',
}

const HERE = '/settings/backups'

const desk = () => {
  const made = deskUnderTest()
  const { site } = made
  const schedule = () => site.query(showBackupSchedule, {})
  const secrets = (): unknown => {
    const row = site.database.orm.select().from(backupSchedules.site).get()!
    const opened = site.vault.open(row.secrets, scheduleSecretPurpose)
    return opened.ok ? JSON.parse(opened.value.reveal()) : undefined
  }
  const ran = (more: Partial<(typeof backupRuns.site)['$inferInsert']> = {}) => {
    const at = site.clock.now()
    const run = { startedAt: at - 5000, endedAt: at, place: folder.place, name: 'lango-pop-20261126T020000Z.backup' }
    site.database.orm
      .insert(backupRuns.site)
      .values({ ...run, state: 'done', bytes: 1_500_000, removed: 1, error: null, ...more })
      .run()
    site.database.orm
      .update(backupSchedules.site)
      .set({ nextAt: at + 3_600_000 })
      .run()
  }
  return { ...made, schedule, secrets, ran }
}

const problemOf = (page: string, field: string) => new RegExp(`id="${field}-error">([^<]*)`).exec(page)?.[1]

test('an owner says where backups go, with a passphrase of their own', async () => {
  const { as, page, post, schedule, secrets } = desk()
  as('owner')
  expect(await page(HERE)).toContain('The box makes no backups by itself')
  expect((await post(HERE, 'set', folder)).headers.get('location')).toBe(`${HERE}?said=set`)
  expect(schedule()).toMatchObject({ place: folder.place, everySec: 86_400, keep: 14 })
  expect(secrets()).toEqual({ passphrase: PASSPHRASE })
  const shown = await page(`${HERE}?said=set`)
  for (const text of ['/mnt/usb/backups', 'None is made yet', 'http-equiv="refresh"']) expect(shown).toContain(text)
  for (const address of [HERE, `${HERE}?tab=change`]) expect(await page(address)).not.toContain(PASSPHRASE)
})

test('the address of a shelf at another box is kept with the certificate that it names', async () => {
  const { as, post, schedule, page } = desk()
  as('owner')
  const endpoint = `https://10.0.0.3/shelf#sha256:${'ab'.repeat(32)}`
  const shelf = { ...storage, place: 's3://backups/kisumu', endpoint }
  expect((await post(HERE, 'set', shelf)).headers.get('location')).toBe(`${HERE}?said=set`)
  expect(schedule()).toMatchObject({ place: 's3://backups/kisumu', endpoint })
  expect(await page(`${HERE}?tab=change`)).toContain(`value="${endpoint}"`)
})

test('a recovery key is made where no passphrase is chosen, and told this once', async () => {
  const { as, page, post, secrets } = desk()
  as('owner')
  const answer = await (await post(HERE, 'set', { ...folder, seal: 'new', passphrase: '' })).text()
  const [, key = ''] = /id="recovery-key">([^<]+)</.exec(answer) ?? []
  expect(key).toMatch(/^([a-z2-9]{4}-){6}[a-z2-9]{4}$/)
  expect(secrets()).toEqual({ passphrase: key })
  for (const address of [HERE, `${HERE}?tab=change`]) expect(await page(address)).not.toContain(key)
})

test('what is changed leaves the secrets as they are, unless others are typed', async () => {
  const { as, page, post, secrets, schedule } = desk()
  as('owner')
  await post(HERE, 'set', storage)
  expect(secrets()).toEqual({ passphrase: PASSPHRASE, secretKey: 'storage-secret' })
  const change = `${HERE}?tab=change`
  const form = await page(change)
  for (const text of ['value="s3://isp-backups/kisumu"', 'value="1d"', 'value="AKIA1"']) expect(form).toContain(text)
  expect(form).not.toContain('storage-secret')
  await post(change, 'set', { ...storage, every: '6h', seal: 'keep', passphrase: '', secretKey: '' })
  expect(schedule()).toMatchObject({ everySec: 21_600 })
  expect(secrets()).toEqual({ passphrase: PASSPHRASE, secretKey: 'storage-secret' })
  // Another id has another key.
  const other = await post(change, 'set', { ...storage, accessKeyId: 'AKIA2', seal: 'keep', secretKey: '' })
  expect([other.status, problemOf(await other.text(), 'secretKey')]).toEqual([422, 'S3-compatible storage needs it.'])
  expect(schedule()).toMatchObject({ accessKeyId: 'AKIA1' })
  // Back in a folder, the storage's key is kept no longer.
  await post(change, 'set', { ...folder, seal: 'keep', passphrase: '' })
  expect(secrets()).toEqual({ passphrase: PASSPHRASE })
})

test.each([
  ['place', folder, { place: '' }, 'Write where'],
  ['place', folder, { place: 'backups' }, 'a folder from /'],
  ['place', folder, { place: 's3://UPPER/x' }, 'a folder from /'],
  ['every', folder, { every: '5m' }, 'from 1h to 30d'],
  ['every', folder, { every: 'daily' }, 'from 1h to 30d'],
  ['keep', folder, { keep: '0' }, 'from 1 to 1000'],
  ['passphrase', folder, { passphrase: 'short' }, 'from 8 to'],
  ['endpoint', storage, { endpoint: 'file:///etc/passwd' }, 'Write an address'],
  ['endpoint', storage, { endpoint: 'https://10.0.0.3/shelf#sha256:1234' }, 'Write an address'],
  ['region', storage, { region: 'Europe West' }, 'Small letters'],
  ['accessKeyId', storage, { accessKeyId: '' }, 'needs it'],
  ['secretKey', storage, { secretKey: '' }, 'needs it'],
])('what cannot be is told beside %s, nothing else typed is lost, nothing is set', async (field, base, wrong, why) => {
  const { as, post, site } = desk()
  as('owner')
  const form = { ...base, ...wrong }
  const answer = await post(HERE, 'set', form)
  const page = await answer.text()
  expect(answer.status).toBe(422)
  expect(problemOf(page, field)).toContain(why)
  for (const text of [form.place, form.every].filter((each) => each !== '')) expect(page).toContain(`value="${text}"`)
  // What is secret is asked for again, and stands in no page.
  expect(problemOf(page, 'passphrase') ?? problemOf(page, 'secretKey')).toBeDefined()
  for (const secret of [PASSPHRASE, 'storage-secret']) expect(page).not.toContain(secret)
  expect(site.count(backupSchedules)).toBe(0)
})

test('“Back up now” brings the next one forward, and says so', async () => {
  const { as, page, post, schedule, ran, site } = desk()
  as('owner')
  await post(HERE, 'set', folder)
  ran()
  expect(await page(HERE)).not.toContain('http-equiv="refresh"')
  expect((await post(HERE, 'now')).headers.get('location')).toBe(`${HERE}?said=now`)
  expect(schedule()?.nextAt).toBe(site.clock.now())
  expect(await page(`${HERE}?said=now`)).toContain('being made, or within a minute')
})

test('without a schedule nothing can be made now, and that is said', async () => {
  const { as, post } = desk()
  as('owner')
  const answer = await post(HERE, 'now')
  expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('Say first where they go')])
})

test('how they went is said in words, with what to do', async () => {
  const { as, page, post, ran, site } = desk()
  as('owner')
  await post(HERE, 'set', folder)
  ran()
  const good = await page(HERE)
  for (const text of ['The last one succeeded', 'lango-pop-20261126T020000Z.backup', '1.5\u00a0MB'])
    expect(good).toContain(text)
  ran({ state: 'failed', bytes: null, removed: 0, error: '/mnt/usb/backups cannot be used (ENOSPC)' })
  const failed = await page(HERE)
  for (const text of ['The last one failed', 'no space left in /mnt/usb/backups', 'tried again'])
    expect(failed).toContain(text)
  ran({ state: 'failed', error: 'odd <script>' })
  expect(await page(HERE)).toContain('It says: odd &lt;script>.')
  expect(site.query(listBackupRuns, {})).toHaveLength(3)
})

test('stopping forgets the schedule and its secrets, and leaves what was made', async () => {
  const { as, page, post, ran, site } = desk()
  as('owner')
  await post(HERE, 'set', folder)
  ran()
  expect(await page(`${HERE}?tab=stop`)).toContain('Those that were made stay where they are')
  expect((await post(`${HERE}?tab=stop`, 'stop')).headers.get('location')).toBe(`${HERE}?said=stopped`)
  expect(site.count(backupSchedules)).toBe(0)
  expect(await page(HERE)).toContain('Made and verified')
})

test('who may only read sees all but the forms; who may not, nothing', async () => {
  const { as, page, post, visit, site } = desk()
  site.must(setBackupSchedule, { everySec: 3600, place: folder.place, passphrase: PASSPHRASE })
  as(['backups.read'])
  for (const path of [HERE, `${HERE}?tab=change`, `${HERE}?tab=stop`]) {
    const shown = await page(path)
    expect(shown).toContain('/mnt/usb/backups')
    expect(shown).not.toMatch(/<form[^>]* method="post" action="\/settings/)
  }
  for (const deed of ['set', 'now', 'stop']) expect((await post(HERE, deed, folder)).status).toBe(403)
  expect(site.count(backupSchedules)).toBe(1)
  for (const role of ['technician', 'cashier', 'viewer'] as const) {
    as(role)
    expect((await visit(HERE)).status).toBe(403)
  }
})

test('no link of the page leads nowhere', async () => {
  const { as, post, deadLinks } = desk()
  as('owner')
  expect(await deadLinks(HERE)).toEqual([])
  await post(HERE, 'set', folder)
  expect(await deadLinks(HERE)).toEqual([])
})
