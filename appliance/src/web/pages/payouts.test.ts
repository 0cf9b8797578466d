import { generateKeyPairSync } from 'node:crypto'
import { hearPayments, listPayments, listPayouts, setMpesa } from '@lango/modules/payments'
import { topUpCash } from '@lango/modules/wallets'
import { expect, test } from 'vitest'
import { payoutStates } from '../../../../modules/payments/payout-rules.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const AMINA = '+254712345678'
const RECEIPT = 'SJ41XK2P9Q'
const { publicKey: certificate } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const account = {
  shortcode: '174379',
  consumerKey: 'k',
  consumerSecret: 's',
  passkey: 'p',
  phone: '+254700000001',
  initiatorName: 'testapi',
  initiatorPassword: 'x',
  certificate,
}
const open = { payoutUpTo: 1000, payoutDayUpTo: 5000, payoutAloneUpTo: 200 }
const typed = { phone: '0712 345 678', amount: '150', kind: 'compensation', seller: '', why: 'Outage <b>' }

const desk = (more: object = open) => {
  const made = deskUnderTest()
  made.site.must(setMpesa, { ...account, ...more })
  const inSwahili = (): void => void made.cookies.set('lango-view', 'lang=sw')
  return { ...made, inSwahili, payouts: () => made.site.query(listPayouts, {}).payouts }
}

test('until somebody has set how much may be paid out there is no form', async () => {
  const { as, page, post, payouts } = desk({})
  as('owner')
  expect(await page('/payouts')).toMatch(/Nothing was paid out yet.*Nothing is paid out from here yet/s)
  expect(await (await post('/payouts', 'payout', typed)).text()).toContain('Nothing is paid out from here yet')
  expect(payouts()).toEqual([])
})

test('a cashier pays out a sum, and its page says how it stands', async () => {
  const { as, page, post, payouts } = desk()
  as('cashier')
  const done = await post('/payouts', 'payout', typed)
  expect(done.headers.get('location')).toBe('/payouts/1?said=asked')
  expect(payouts()).toMatchObject([{ phone: AMINA, amountMinor: 15_000, state: 'asked', fromCode: 'compensation' }])
  const html = await page('/payouts/1')
  expect(html).toMatch(/M-Pesa is being asked.*KSh.150.*Outage &lt;b>.*Asked for by/s)
  expect(await page('/payouts')).toMatch(/1 not sent yet, KSh.150\.00 in all/)
})

test.each([
  ['phone', '12', 'That is no phone number'],
  ['amount', '1.50', 'That is no sum of money'],
  ['amount', '0', 'That is no sum of money'],
  ['why', ' ', 'Write what it is for'],
  ['why', 'x'.repeat(201), 'A reason has at most 200'],
  ['kind', 'commission', 'Choose whose commission'],
])('what is wrong in %s (%s) is said beside it', async (name, value, sentence) => {
  const { as, post, payouts } = desk()
  as('cashier')
  expect(await (await post('/payouts', 'payout', { ...typed, [name]: value })).text()).toContain(sentence)
  expect(payouts()).toEqual([])
})

test('what somebody wants back of their wallet goes out of it, no more than is there', async () => {
  const { as, post, payouts, site, page } = desk()
  as('cashier')
  const back = { ...typed, kind: 'wallet' }
  expect(await (await post('/payouts', 'payout', back)).text()).toContain('There is no wallet')
  site.must(topUpCash, { phone: AMINA, amountMinor: 15_000 })
  expect((await post('/payouts', 'payout', back)).headers.get('location')).toBe('/payouts/1?said=asked')
  expect(await (await post('/payouts', 'payout', back)).text()).toContain('There is not enough money in wallet 1')
  expect(payouts()).toMatchObject([{ phone: AMINA, amountMinor: 15_000, state: 'asked' }])
  expect(await page('/wallets/1')).toMatch(/Paid out by M-Pesa, payout 1.*KSh.-150/s)
})

test('above the sum of one person it waits, and whoever asked for it cannot release it', async () => {
  const { as, page, post, payouts } = desk()
  as('owner')
  expect((await post('/payouts', 'payout', { ...typed, amount: '201' })).headers.get('location')).toContain(
    'said=waiting',
  )
  expect(await (await post('/payouts/1', 'release', {})).text()).toContain('released by somebody else')
  expect(payouts()).toMatchObject([{ state: 'waiting' }])
  as('cashier')
  expect(await page('/payouts/1')).not.toContain('>Release<')
  expect((await post('/payouts/1', 'release', {})).status).toBe(403)
  expect((await post('/payouts/1', 'say', { how: 'done' })).status).toBe(403)
  await post('/payouts/1', 'turnDown', {})
  expect(payouts()).toMatchObject([{ state: 'turned-down' }])
})

test('whoever may not ask sees no form, and is refused', async () => {
  const { as, page, post, payouts } = desk()
  as(['payments.read'])
  expect(await page('/payouts')).not.toContain('name="amount"')
  expect((await post('/payouts', 'payout', typed)).status).toBe(403)
  as(['plans.read'])
  expect((await post('/payouts', 'payout', typed)).status).toBe(403)
  expect(payouts()).toEqual([])
})

test('money that waits is paid out to its phone from its page', async () => {
  const { as, page, post, site, payouts } = desk()
  const of = { receipt: RECEIPT, amountMinor: 2000, currency: 'KES', shortcode: '174379', paidAt: 0, account: 'X' }
  site.must(hearPayments, { payments: [{ ...of, phone: AMINA, phones: [] }] })
  as('cashier')
  const receipt = `/payments/receipts/${RECEIPT}`
  expect(await page(receipt)).toContain('Pay out to the phone instead')
  const other = await post(receipt, 'payOut', { payee: '+254799999999', why: 'r' })
  expect(await other.text()).toContain('goes back to the phone that it came from')
  await post(receipt, 'payOut', { payee: AMINA, why: 'Too old' })
  expect(payouts()).toMatchObject([{ paysBack: RECEIPT, phone: AMINA, amountMinor: 2000 }])
  expect(site.query(listPayments, {}).payments).toMatchObject([{ state: 'refunding' }])
  expect(await page(receipt)).toContain('href="/payouts/1"')
})

test.each(['en', 'sw'] as const)('each state of a payout is told, in %s', async (lang) => {
  const { as, page, post, site, inSwahili } = desk()
  as('owner')
  await post('/payouts', 'payout', typed)
  if (lang === 'sw') inSwahili()
  const said = async (state: string): Promise<string> => {
    site.database.raw.prepare('UPDATE payouts SET state = ?, failure = ?, sent_at = 1').run(state, 'balance')
    const html = await page('/payouts/1')
    expect(html).not.toMatch(/undefined|\[object/)
    return /<div class="page-head">.*?<\/div>/s.exec(html)?.[0] ?? ''
  }
  const told: string[] = []
  for (const state of payoutStates) told.push(await said(state))
  expect(new Set(told).size).toBe(payoutStates.length)
})

test('a payout that is not there is said not to be', async () => {
  const { as, page } = desk()
  as('owner')
  for (const path of ['/payouts/9', '/payouts/x', '/payouts/99999999999'])
    expect(await page(path)).toContain('There is no such payout')
})
