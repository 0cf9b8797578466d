import { memorySite } from '@lango/kernel/testing'
import { addPlan } from '@lango/modules/plans'
import {
  borrowVouchers,
  giveBack,
  lendVouchers,
  makeVouchers,
  openBatch,
  showBoxKey,
  trustBox,
  writeLoanFile,
} from '@lango/modules/vouchers'
import { voucherLoans, voucherPeers } from '@lango/modules/vouchers/tables'
import { expect, test } from 'vitest'
import { siteModules } from '../../site.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const PAGE = '/vouchers/loans'
const NAME = '<b>Kisumu</b>'

const desk = () => {
  const made = deskUnderTest()
  const { site, visit } = made
  const other = memorySite(siteModules, { seed: 7 })
  for (const of of [site, other]) {
    of.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 86_400, priceMinor: 5000 })
    of.must(openBatch, { plan: 'Day', count: 5 })
    of.must(makeVouchers, { batch: 1 })
  }
  const upload = (deed: string, text: string | undefined, fields: Readonly<Record<string, string>> = {}) => {
    const body = new FormData()
    const once = `upload-of-the-test-${Math.floor(visits++)}`.padEnd(22, '-')
    for (const [name, value] of Object.entries({ do: deed, once, ...fields })) body.append(name, value)
    if (text !== undefined) body.append('file', new File([text], 'file'))
    return visit(PAGE, { method: 'POST', body, headers: { origin: 'http://localhost' } })
  }
  let visits = 0
  const key = other.must(showBoxKey, {})
  return { ...made, other, upload, key }
}

test('two owners exchange their keys, one lends and gets back, all on the page', async () => {
  const { as, page, post, site, other, upload, key } = desk()
  as('owner')
  expect(await page(PAGE)).toContain('No box is trusted yet')
  expect((await upload('trust', key.file, { name: NAME })).headers.get('location')).toBe(`${PAGE}?said=trusted`)
  const own = await post(PAGE, 'key')
  expect(own.headers.get('content-disposition')).toContain('.key')
  other.must(trustBox, { file: await own.text(), name: 'Home' })
  const form = { box: key.fingerprint, from: '1', to: '2', days: '30' }
  expect((await post('/vouchers/1?tab=lend', 'lend', form)).headers.get('location')).toBe(`${PAGE}?said=lent`)
  const shown = await page(PAGE)
  for (const text of ['&lt;b>Kisumu', 'Lent to it', '1–2', 'Running', 'Download the file'])
    expect(shown).toContain(text)
  const loan = site.database.orm.select().from(voucherLoans.site).get()!.id
  for (let times = 0; times < 2; times++) {
    const file = await (await post(PAGE, 'loanFile', { loan })).text()
    expect(other.must(borrowVouchers, { file })).toMatchObject({ vouchers: 2, left: 0 })
  }
  expect(await page('/vouchers/1')).toContain('At another box')
  const { file: back } = other.must(giveBack, { loan })
  expect((await upload('take', back)).headers.get('location')).toBe(`${PAGE}?said=taken`)
  expect(await page(PAGE)).toContain('Given back: 2')
})

test('what another box lends is taken in from a file, sold here, and given back as a file', async () => {
  const { as, page, post, site, other, upload, key } = desk()
  as('owner')
  await upload('trust', key.file, { name: 'Kisumu' })
  const { fingerprint } = other.must(trustBox, { file: site.must(showBoxKey, {}).file, name: 'Here' })
  const { loan } = other.must(lendVouchers, { batch: 1, from: 1, to: 3, box: fingerprint, forSec: 86_400 })
  const { file } = other.must(writeLoanFile, { loan })
  expect((await upload('take', file)).headers.get('location')).toBe(`${PAGE}?said=borrowed`)
  const batch = await page('/vouchers/2')
  expect(batch).toContain('Kisumu: 1')
  expect(batch).not.toContain('are made</')
  const given = await post(PAGE, 'giveBack', { loan })
  expect(given.headers.get('content-disposition')).toContain(`${loan}.back`)
  const again = await (await post(PAGE, 'giveBack', { loan })).text()
  expect(again).toContain('signature')
})

test.each([
  ['take', undefined, 'Choose a file first'],
  ['take', 'something else', 'no such file of a loan'],
  ['trust', 'something else', 'no key file of a box'],
])('%s of %j is refused beside its form, and nothing is kept', async (deed, text, sentence) => {
  const { as, upload, site } = desk()
  as('owner')
  const answer = await upload(deed, text)
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(sentence)
  expect([site.count(voucherPeers), site.count(voucherLoans)]).toEqual([0, 0])
})

test.each([
  [{ to: '999' }, 'Write a number from 1'],
  [{ days: '0' }, 'from 1 to 366'],
  [{ box: '' }, 'Choose a box'],
  [{ box: 'f'.repeat(32) }, 'not trusted here any more'],
])('lending is refused in words: %j', async (change, sentence) => {
  const { as, post, upload, key, site } = desk()
  as('owner')
  await upload('trust', key.file, { name: 'Kisumu' })
  const form = { box: key.fingerprint, from: '1', to: '2', days: '30', ...change }
  const answer = await post('/vouchers/1?tab=lend', 'lend', form)
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(sentence)
  expect(site.count(voucherLoans)).toBe(0)
})

test('only whoever may sees and does each of it', async () => {
  const { as, page, post, upload, key, site } = desk()
  as(['vouchers.read'])
  const shown = await page(PAGE)
  for (const text of ['A file of another box', 'Its owner downloads']) expect(shown).not.toContain(text)
  for (const deed of ['loanFile', 'giveBack', 'writeOff', 'distrust'])
    expect((await post(PAGE, deed, { loan: 'x', box: 'x' })).status, deed).toBe(403)
  expect((await upload('take', 'x')).status).toBe(403)
  as(['vouchers.read', 'vouchers.write'])
  expect((await upload('trust', key.file)).status).toBe(403)
  as(['vouchers.sell'])
  expect((await post(PAGE, 'key')).status).toBe(403)
  expect([site.count(voucherPeers), site.count(voucherLoans)]).toEqual([0, 0])
})
