import { ok } from '@lango/kernel'
import { lendShelf, listShelves, recordShelf } from '@lango/modules/backups'
import { backupShelves } from '@lango/modules/backups/tables'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const HERE = '/settings/backups'
const PIN = 'ab'.repeat(32)
const ENDPOINT = `https://10.0.0.3/shelf#sha256:${PIN}`
const reached = {
  'shelf.address': () => ok({ endpoint: ENDPOINT, others: [`https://10.9.0.3/shelf#sha256:${PIN}`] }),
}

const desk = (others: Parameters<typeof deskUnderTest>[0] = { others: reached }) => {
  const made = deskUnderTest(others)
  return { ...made, shelves: () => made.site.query(listShelves, {}) }
}

const problemOf = (page: string, field: string) => new RegExp(`id="${field}-error">([^<]*)`).exec(page)?.[1]

test('an owner lends a shelf, and is told once what the other box needs', async () => {
  const { as, page, post, shelves } = desk()
  as('owner')
  expect(await page(HERE)).toContain('This box keeps nothing of others.')
  const told = await (await post(HERE, 'lend', { shelf: 'kisumu', shelfMax: '200' })).text()
  const [, secret = ''] = /id="shelf-secret">([^<]+)</.exec(told) ?? []
  expect(secret).toMatch(/^[a-z2-9]{40}$/)
  const { accessKeyId } = shelves()[0]!
  const line = `lango backup schedule --every 24h --to s3://backups/kisumu --endpoint ${ENDPOINT} --access-key-id ${accessKeyId} --secret-key ${secret}`
  for (const text of ['s3://backups/kisumu', ENDPOINT, accessKeyId, line, 'https://10.9.0.3/shelf'])
    expect(told).toContain(text)
  expect(shelves()).toMatchObject([{ name: 'kisumu', bytesMax: 200_000_000_000 }])
  const shown = await page(`${HERE}?said=lent`)
  for (const text of ['kisumu', 'Nothing came yet', 'The shelf is there.']) expect(shown).toContain(text)
  expect(shown).not.toContain(secret)
})

test('what came is shown with its age, and a box that has sent nothing for days is marked', async () => {
  const { as, page, site } = desk()
  as('owner')
  site.must(lendShelf, { name: 'kisumu' })
  const held = { name: 'kisumu', bytesUsed: 2_500_000, kept: 3, newestName: 'x.backup' }
  site.must(recordShelf, { ...held, newestAt: site.clock.now() - 3_600_000 })
  const fresh = await page(HERE)
  expect(fresh).toContain('2.5\u00a0MB of 50.0\u00a0GB')
  expect(fresh).not.toContain('is that box well?')
  site.must(recordShelf, { ...held, newestAt: site.clock.now() - 4 * 86_400_000 })
  expect(await page(HERE)).toContain('is that box well?')
})

test.each([
  [{ shelf: 'Kisumu', shelfMax: '50' }, 'shelf', 'small letters'],
  [{ shelf: '', shelfMax: '50' }, 'shelf', 'small letters'],
  [{ shelf: 'kisumu', shelfMax: '0' }, 'shelfMax', 'from 1 to'],
  [{ shelf: 'kisumu', shelfMax: '' }, 'shelfMax', 'from 1 to'],
])('%j is told beside the field, and nothing is lent', async (fields, field, why) => {
  const { as, post, site } = desk()
  as('owner')
  const answer = await post(HERE, 'lend', fields)
  expect([answer.status, problemOf(await answer.text(), field)]).toEqual([422, expect.stringContaining(why)])
  expect(site.count(backupShelves)).toBe(0)
})

test('a name that is taken is told, and a box that nobody reaches lends nothing', async () => {
  const { as, post, site } = desk()
  as('owner')
  site.must(lendShelf, { name: 'kisumu' })
  const taken = await post(HERE, 'lend', { shelf: 'kisumu', shelfMax: '50' })
  expect([taken.status, await taken.text()]).toEqual([422, expect.stringContaining('A shelf is called kisumu already')])
  const alone = desk({
    others: { 'shelf.address': () => ({ ok: false, error: { type: 'ShelfUnreachable', listen: '127.0.0.1' } }) },
  })
  alone.as('owner')
  const answer = await alone.post(HERE, 'lend', { shelf: 'kisumu', shelfMax: '50' })
  expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('listens on 127.0.0.1')])
  expect(alone.site.count(backupShelves)).toBe(0)
})

test('a shelf gets another size, and is ended', async () => {
  const { as, post, page, shelves, site } = desk()
  as('owner')
  site.must(lendShelf, { name: 'kisumu' })
  const resized = await post(HERE, 'resizeShelf', { resized: 'kisumu', resizedMax: '9' })
  expect(resized.headers.get('location')).toBe(`${HERE}?said=resized`)
  expect(shelves()).toMatchObject([{ bytesMax: 9_000_000_000 }])
  expect((await post(HERE, 'endShelf', { ended: 'kisumu' })).headers.get('location')).toBe(`${HERE}?said=ended`)
  expect(shelves()).toEqual([])
  expect((await post(HERE, 'endShelf', { ended: 'kisumu' })).status).toBe(422)
  expect(await page(`${HERE}?said=ended`)).toContain('The shelf is ended.')
})

test('who may only read sees the shelves and no form of them', async () => {
  const { as, page, post, site, shelves } = desk()
  site.must(lendShelf, { name: 'kisumu' })
  as(['backups.read'])
  const shown = await page(HERE)
  expect(shown).toContain('kisumu')
  expect(shown).not.toMatch(/value="(lend|endShelf|resizeShelf)"/)
  for (const deed of ['lend', 'endShelf', 'resizeShelf'])
    expect((await post(HERE, deed, { ended: 'kisumu', shelf: 'x', shelfMax: '1' })).status).toBe(403)
  expect(shelves()).toHaveLength(1)
})
