import { generateKeyPairSync } from 'node:crypto'
import { hearPayments, listPurchases, requestPurchase, revealPurchase, showMpesa } from '@lango/modules/payments'
import { addPlan } from '@lango/modules/plans'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const PAGE = '/settings/mpesa'
const form = {
  baseUrl: 'https://api.safaricom.co.ke',
  kind: 'paybill',
  shortcode: '174379',
  till: '',
  consumerKey: 'key-of-the-app',
  consumerSecret: 'secret-of-the-app',
  passkey: 'passkey-of-it',
  phone: '+254700000001',
}

const desk = () => {
  const made = deskUnderTest()
  return { ...made, account: () => made.site.query(showMpesa, {}) }
}

test('M-Pesa is set up on a page that says what is missing, and shows no secret', async () => {
  const { as, page, post, account } = desk()
  as('owner')
  expect(await page('/settings')).toContain(`href="${PAGE}"`)
  await post(PAGE, 'save', { ...form, passkey: '' })
  expect(await page(PAGE)).toContain('Missing still: Passkey.')
  await post(PAGE, 'save', { ...form, consumerSecret: '' })
  expect(account()).toMatchObject({ missing: [], settings: { shortcode: '174379', kind: 'paybill' } })
  const html = await page(PAGE)
  expect(html).toContain('Customers can pay')
  for (const secret of [form.consumerSecret, form.passkey]) expect(html).not.toContain(secret)
})

test.each([
  ['baseUrl', 'http://api.safaricom.co.ke', 'begins with https://'],
  ['shortcode', '12', 'It has 5 to 7 digits'],
  ['till', 'abc', 'A till number has'],
  ['phone', '0712345678', 'Write it as'],
  ['trustUpTo', '1.5', 'a whole number of shillings, 250000 at most'],
  ['callbackUrl', 'https://mpesa.example.com', 'does not call: m-pesa, mpesa'],
])('what is wrong in %s is said beside it, and nothing is kept', async (name, value, sentence) => {
  const { as, post, account } = desk()
  as('owner')
  const answer = await post(PAGE, 'save', { ...form, [name]: value })
  expect(await answer.text()).toContain(sentence)
  expect(account()).toBeUndefined()
})

test('once Safaricom reaches the box it can be told of payments that nobody was asked for', async () => {
  const { as, page, post, account } = desk()
  as('owner')
  await post(PAGE, 'save', form)
  expect(await page(PAGE)).not.toContain('Have M-Pesa tell this box')
  await post(PAGE, 'save', { ...form, callbackUrl: 'https://pop.example.com', trustUpTo: '50' })
  expect(account()).toMatchObject({ settings: { callbackUrl: 'https://pop.example.com', trustUpTo: 50 } })
  expect(await page(PAGE)).toContain('Have M-Pesa tell this box')
  await post(PAGE, 'register', {})
  expect(account()).toMatchObject({ registration: { state: 'asking' } })
  expect(await page(PAGE)).toContain('M-Pesa is being asked.')
})

test('whoever may not change settings does not see it', async () => {
  const { as, visit, post } = desk()
  as('cashier')
  expect((await visit(PAGE)).status).toBe(403)
  expect((await post(PAGE, 'save', form)).status).toBe(403)
})

test('the code of what was bought is told to whoever may tell codes, and to nobody else', async () => {
  const { as, page, post, site } = desk()
  site.must(addPlan, {
    name: 'Hour',
    kind: 'hotspot',
    policy: {},
    validitySec: 3600,
    priceMinor: 2000,
    currency: 'KES',
  })
  const { number, reference } = site.must(requestPurchase, { plan: 'Hour', phone: '+254712345678' })
  const paidAt = site.clock.now()
  const money = {
    receipt: 'SJ41',
    amountMinor: 2000,
    currency: 'KES',
    shortcode: '1',
    paidAt,
    account: reference,
    phones: [],
  }
  site.must(hearPayments, { payments: [money] })
  expect(site.query(listPurchases, {})[0]!.state).toBe('granted')
  const { code } = site.must(revealPurchase, { number })
  const path = `/payments/purchases/${number}`
  as('cashier')
  expect(await page(path)).not.toContain(code)
  expect(await (await post(path, 'reveal')).text()).toContain(code)
  as(['payments.read'])
  expect(await page(path)).not.toContain('Show the code')
  expect((await post(path, 'reveal')).status).toBe(403)
})

test('what it takes to pay back and out has a page of its own, is needed for that alone, and its password is shown nowhere', async () => {
  const { as, page, post, account } = desk()
  as('owner')
  await post(PAGE, 'save', form)
  expect(await page(PAGE)).toContain('Customers can pay')
  const PAYING = `${PAGE}/paying-out`
  expect(await page(PAYING)).toMatch(/cannot go back by M-Pesa yet.*Missing still: Initiator, Cert/s)
  const { publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const sums = { payoutUpTo: '1000', payoutDayUpTo: '5000', payoutAloneUpTo: '200' }
  const initiator = { initiatorName: 'testapi', initiatorPassword: 'Initiator#1', ...sums }
  const wrong = await post(PAYING, 'save', { ...initiator, certificate: 'no PEM', payoutUpTo: '1.5' })
  expect(await wrong.text()).toMatch(/Paste the whole certificate.*whole number of shillings, 250000 at most/s)
  // As browsers send the lines of a text.
  await post(PAYING, 'save', { ...initiator, certificate: publicKey.replaceAll('\n', '\r\n') })
  expect(account()).toMatchObject({
    missing: [],
    missingToPayBack: [],
    settings: { payoutUpTo: 1000, payoutAloneUpTo: 200 },
  })
  const html = await page(PAYING)
  expect(html).toContain('Money can go back by M-Pesa')
  expect(html).not.toContain('Initiator#1')
})
