import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(async () => {
  box = testBox()
  const speed = ['--down-kbps', '5000', '--up-kbps', '2000']
  await box.json('plan', 'add', 'Hour', '--kind', 'hotspot', ...speed, '--price', '20')
})
afterAll(() => box.remove())

const put = (sql: string) => {
  const database = orThrow(openDatabase({ file: box.folder.siteFile }))
  database.raw.exec(sql)
  database.close()
}

test('somebody is asked to pay, and what became of it is listed', async () => {
  expect((await box.lango('payment', 'purchases')).out).toMatch(/Nobody has bought/)
  expect((await box.lango('payment', 'request', 'Hour', '+254712345678')).out).toMatch(/Purchase 1: the phone is asked/)
  expect(await box.json('payment', 'purchases', '--phone', '+254712345678')).toMatchObject([
    { number: 1, state: 'requested', amountMinor: 2000 },
  ])
  expect((await box.lango('payment', 'request', 'Hour', '+254712345678')).err).toMatch(/purchase 1 already/)
  expect((await box.lango('payment', 'request', 'Nothing', '+254712345678')).err).toMatch(/No plan/)
  expect((await box.lango('payment', 'code', '1')).err).toMatch(/not given yet/)
})

test('money that waits is listed, and somebody says what it was for', async () => {
  put(`INSERT INTO payments (id, receipt, shortcode, amount_minor, currency, paid_at, account, phones, heard_at, state, doubt)
    VALUES ('pay_1', 'SJ41', '174379', 2000, 'KES', 0, 'nyumba 7', '[]', 0, 'unmatched', 'nothing-fits')`)
  expect((await box.lango('payment', 'list')).err).toMatch(/1 wait for somebody/)
  expect((await box.lango('payment', 'list', '--state', 'unmatched')).out).toMatch(
    /SJ41.*20\.00.*nyumba 7.*nothing-fits/,
  )
  for (const wrong of [[], ['--purchase', '1', '--refund'], ['--plan', 'Hour']])
    expect((await box.lango('payment', 'resolve', 'SJ41', ...wrong)).code).toBe(2)
  const offer = await box.lango(
    'payment',
    'resolve',
    'SJ41',
    '--plan',
    'Hour',
    '--offer',
    '7',
    '--phone',
    '+254712345678',
  )
  expect(offer.err).toMatch(/Offer 7 took nothing off Hour when this was paid/)
  const resolved = await box.lango('payment', 'resolve', 'SJ41', '--plan', 'Hour', '--phone', '+254712345678')
  expect(resolved.out).toMatch(/SJ41 is resolved/)
  expect(await box.json('payment', 'code', '2')).toMatchObject({ code: expect.stringMatching(/^P/) as string })
  expect((await box.lango('payment', 'resolve', 'SJ41', '--refund')).err).toMatch(/said already/)
})

test('what was posted to the box is listed with what came of it', async () => {
  expect((await box.lango('payment', 'callbacks')).out).toMatch(/Nothing was posted/)
  put(`INSERT INTO payment_inbox (arrived_at, origin, is_known_source, purchase_id, body, digest, outcome)
    SELECT 0, '196.201.214.200', 1, id, '{}', 'x', 'mismatch' FROM purchases WHERE number = 1`)
  expect((await box.lango('payment', 'callbacks')).out).toMatch(/196\.201\.214\.200 \(Safaricom\) +1 +mismatch/)
})

test('M-Pesa is asked to tell of payments where it is set up and knows where', async () => {
  expect((await box.lango('payment', 'register-callbacks')).err).toMatch(/not set up yet/)
  const set = (name: string, value: string) => box.json('setting', 'set', `mpesa.${name}`, value)
  await set('shortcode', '174379')
  expect((await box.lango('payment', 'register-callbacks')).err).toMatch(/Missing still: mpesa.consumerKey/)
  for (const name of ['consumerKey', 'consumerSecret', 'passkey']) await set(name, 'x')
  await set('phone', '+254700000001')
  expect((await box.lango('payment', 'register-callbacks')).err).toMatch(/mpesa.callbackUrl/)
  await set('callbackUrl', 'https://pop.example.com')
  expect(await box.json('payment', 'register-callbacks')).toEqual({ state: 'asking' })
  expect(await box.json('setting', 'show')).toMatchObject({ 'mpesa.registration': 'asking', 'mpesa.trustUpTo': 0 })
})

test('money is paid back by M-Pesa once the initiator is set up, and how it stands is listed and said', async () => {
  put(`INSERT INTO payments (id, receipt, shortcode, amount_minor, currency, paid_at, account, phones, heard_at, state, doubt)
    VALUES ('pay_2', 'SJ42', '174379', 3000, 'KES', 0, '', '[]', 0, 'unmatched', 'nothing-fits')`)
  expect((await box.lango('payment', 'refunds')).out).toMatch(/No money goes back/)
  expect((await box.lango('payment', 'refund', 'SJ42')).err).toMatch(/Missing still: mpesa.initiatorName/)
  const set = (name: string, value: string) => box.json('setting', 'set', `mpesa.${name}`, value)
  await set('initiatorName', 'testapi')
  await set('initiatorPassword', 'Initiator#1')
  expect((await box.lango('setting', 'set', 'mpesa.certificate', 'x')).err).toMatch(/certificate in PEM/)
  const { publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  await box.langoWith(publicKey, 'setting', 'set', 'mpesa.certificate', '-')
  const shown = await box.json('setting', 'show')
  expect(shown).toMatchObject({ 'mpesa.certificate': 'set', 'mpesa.initiatorName': 'testapi' })
  expect(JSON.stringify(shown)).not.toContain('Initiator#1')
  expect((await box.lango('payment', 'refund', 'SJ42', '--note', 'twice')).out).toMatch(/asked to pay SJ42 back/)
  expect((await box.lango('payment', 'refund', 'SJ42')).err).toMatch(/on its way back already/)
  expect((await box.lango('payment', 'refund-said', 'SJ42', 'done')).err).toMatch(/this moment/)
  put("UPDATE refunds SET state = 'unknown'")
  expect((await box.lango('payment', 'refunds', '--open')).out).toMatch(/SJ42.*30\.00.*unknown/)
  expect((await box.lango('payment', 'refund-said', 'SJ42', 'perhaps')).code).toBe(2)
  expect((await box.lango('payment', 'refund-said', 'SJ42', 'failed')).out).toMatch(/refund of SJ42 is failed/)
  expect((await box.lango('payment', 'refund-said', 'SJ42', 'done')).err).toMatch(/Nothing is on its way back/)
})
