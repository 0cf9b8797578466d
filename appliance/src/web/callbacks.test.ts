import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { err, seededRandom, ok, type Fault, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { ledger } from '@lango/modules/ledger'
import { messages } from '@lango/modules/messages'
import {
  createPaymentWork,
  hearPayments,
  listPurchases,
  payments,
  refundPayment,
  registerCallbacks,
  requestPurchase,
  setMpesa,
  showMpesa,
} from '@lango/modules/payments'
import type { PaymentProvider } from '@lango/modules/payments/port'
import { paymentInbox } from '@lango/modules/payments/tables'
import { offers } from '@lango/modules/offers'
import { addPlan, plans } from '@lango/modules/plans'
import { services } from '@lango/modules/services'
import { wallets } from '@lango/modules/wallets'
import { settings } from '@lango/modules/settings'
import { callbacksOf } from '../callbacks.ts'
import { createFixtureFeed, sampleSnapshot } from './testing/fixture-feed.ts'
import { siteUnderTest } from './testing/site-under-test.ts'
import { createWeb } from './web.ts'

const certificate = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).publicKey

/** A purchase with a prompt on a phone, and the address that its provider was told. */
const shop = async () => {
  const urls: string[] = []
  const asked: string[] = []
  const reversals: { resultUrl: string | undefined; timeoutUrl: string | undefined }[] = []
  const registered: { confirmationUrl: string; validationUrl: string }[] = []
  const now = { of: () => 0 }
  const provider: Partial<PaymentProvider> = {
    prompt({ callbackUrl = '' }) {
      urls.push(callbackUrl)
      return Promise.resolve(ok({ ref: `ws_CO_${urls.length}` }))
    },
    promptState(ref) {
      asked.push(ref)
      return Promise.resolve(ok({ state: 'pending' }))
    },
    received() {
      asked.push('the list')
      return Promise.resolve(ok({ payments: [], unread: 0 }))
    },
    reverse(told) {
      reversals.push(told)
      return Promise.resolve(ok({ ref: 'AG_1' }))
    },
    registerCallbacks(told) {
      registered.push(told)
      return Promise.resolve(ok('registered'))
    },
  }
  const jobs = createPaymentWork({ provider: () => provider as PaymentProvider, clock: { now: () => now.of() } })
  const site = memorySite([settings, messages, access, plans, ledger, customers, wallets, services, offers, payments], {
    jobs,
  })
  now.of = site.clock.now
  void site.jobs.run(new AbortController().signal)
  site.must(setMpesa, {
    shortcode: '174379',
    consumerKey: 'k',
    consumerSecret: 's',
    passkey: 'p',
    phone: '+254700000001',
    callbackUrl: 'https://pop.example.com',
    initiatorName: 'testapi',
    initiatorPassword: 'x',
    certificate: certificate(),
  })
  await site.runJobs()
  const plan = {
    name: 'Hour',
    kind: 'hotspot',
    policy: {},
    validitySec: 3600,
    priceMinor: 2000,
    currency: 'KES',
  } as const
  site.must(addPlan, plan)
  const disk: { fault?: Fault } = {}
  const onDisk = (): Promise<Result<void, Fault>> => Promise.resolve(disk.fault ? err(disk.fault) : ok())
  const dispatcher = { ...site.dispatcher, dispatch: site.dispatcher.dispatch.bind(site.dispatcher), synced: onDisk }
  const callbacks = callbacksOf({ ...site, dispatcher: dispatcher as typeof site.dispatcher }, site.log)
  const web = createWeb({
    token: 'x'.repeat(32),
    feed: createFixtureFeed(sampleSnapshot({ now: site.clock.now(), sessions: 1 })),
    site: siteUnderTest().web,
    pages: [],
    siteName: 'Kisumu POP',
    clock: site.clock,
    demo: false,
    log: site.log,
    callbacks,
  })
  const buy = async (phone: string) => {
    site.must(requestPurchase, { plan: 'Hour', phone })
    await site.runJobs()
    return new URL(urls.at(-1)!).pathname
  }
  /** Where the provider is to tell of payments, and to ask for them. */
  const register = async () => {
    site.must(registerCallbacks, {})
    await site.runJobs()
    asked.length = 0
    const { confirmationUrl, validationUrl } = registered.at(-1)!
    return { confirm: new URL(confirmationUrl).pathname, validate: new URL(validationUrl).pathname }
  }
  const post = async (path: string, body: BodyInit | object, headers: Record<string, string> = {}) => {
    const isRaw = typeof body === 'string' || body instanceof ReadableStream || body instanceof Uint8Array
    return web.app.request(path, {
      method: 'POST',
      headers: { host: 'pop.example.com', ...headers },
      body: isRaw ? body : JSON.stringify(body),
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    } as RequestInit)
  }
  /** Where the provider is to tell how a refund of such a receipt ended, and that it waited too long. */
  const payBack = async (receipt: string) => {
    const of = { receipt, amountMinor: 2000, currency: 'KES', shortcode: '174379', paidAt: 0, account: '' }
    site.must(hearPayments, { payments: [{ ...of, phones: [] }] })
    site.must(refundPayment, { receipt })
    await site.runJobs()
    const { resultUrl, timeoutUrl } = reversals.at(-1)!
    return { result: new URL(resultUrl!).pathname, timeout: new URL(timeoutUrl!).pathname }
  }
  const refundState = (): string | undefined =>
    site.database.raw.prepare<[], string>('SELECT state FROM refunds').pluck().get()
  return {
    ...site,
    payBack,
    refundState,
    web,
    post,
    buy,
    register,
    asked,
    disk,
    rows: () => site.database.orm.select().from(paymentInbox.site).all(),
  }
}

const told = (more: object = {}) => ({
  Body: {
    stkCallback: {
      MerchantRequestID: '1',
      CheckoutRequestID: 'ws_CO_1',
      ResultCode: 0,
      ResultDesc: 'done',
      CallbackMetadata: {
        Item: [
          { Name: 'Amount', Value: 20 },
          { Name: 'MpesaReceiptNumber', Value: 'R1' },
        ],
      },
      ...more,
    },
  },
})
const ACCEPTED = { ResultCode: 0, ResultDesc: 'Accepted' }

test('what is posted to the address of a prompt is written down, answered, and once', async () => {
  const { post, buy, rows } = await shop()
  const path = await buy('+254712345678')
  for (let times = 0; times < 3; times++) {
    const answer = await post(path, told(), { 'x-forwarded-for': '196.201.214.200' })
    expect([answer.status, await answer.json()]).toEqual([200, ACCEPTED])
  }
  expect(rows()).toMatchObject([{ outcome: 'asked', body: JSON.stringify(told()), isKnownSource: false }])
  await post(path, told({ ResultCode: '1032' }))
  expect(rows()).toHaveLength(2)
})

test('no 2xx leaves before the row is on disk', async () => {
  const { post, buy, disk, rows } = await shop()
  const path = await buy('+254712345678')
  disk.fault = { type: 'DiskFailed' }
  expect((await post(path, told())).status).toBe(503)
  // It was committed and may be lost: a repeat is no reason to say that it is there.
  expect((await post(path, told())).status).toBe(503)
  delete disk.fault
  expect((await post(path, told())).status).toBe(200)
  expect(rows()).toHaveLength(1)
})

test('strangers are answered the same and leave nothing behind, whatever they post', async () => {
  const { post, buy, rows, log, count } = await shop()
  const path = await buy('+254712345678')
  const token = path.split('/').at(-1)!
  const other = await buy('+254712345679')
  const swapped = `${token.slice(0, 14)}${other.split('/').at(-1)!.slice(14)}`
  const junk = [
    'x',
    '__proto__',
    'constructor',
    '%00',
    '..%2f..%2fetc',
    token.toUpperCase(),
    `${token}0`,
    token.slice(0, -1),
    `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`,
    swapped,
    `01${'f'.repeat(52)}`,
    `01${'0'.repeat(52)}`,
  ]
  const commands = count({ name: 'commands' })
  for (const one of junk) {
    const answer = await post(`/callbacks/${one}`, told())
    expect([one, answer.status, await answer.json()]).toEqual([one, 200, ACCEPTED])
  }
  expect([rows(), count({ name: 'commands' }) - commands]).toEqual([[], 0])
  // Told the first time and the tenth.
  expect(log.lines.filter(({ msg }) => msg.includes('nobody was told'))).toHaveLength(2)
})

test('an address of a shortcode that is no more is nobody’s', async () => {
  const { post, buy, rows, must } = await shop()
  const path = await buy('+254712345678')
  must(setMpesa, { shortcode: '600984' })
  await post(path, told())
  expect(rows()).toEqual([])
})

test('hostile bodies are kept as they are, and change nothing', async () => {
  const { post, buy, rows } = await shop()
  const path = await buy('+254712345678')
  const random = seededRandom(7)
  const bodies: (string | Uint8Array)[] = [
    '',
    'null',
    '[]',
    '{"Body":{"__proto__":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":0}}}}',
    '{"__proto__":{"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":0}}}}',
    '{"constructor":{"prototype":{"Body":1}}}',
    '['.repeat(16_000),
    JSON.stringify(told({ CheckoutRequestID: { toString: 'x' }, ResultCode: ['0'] })),
    JSON.stringify(told({ CheckoutRequestID: '__proto__' })),
    JSON.stringify(told({ CallbackMetadata: { Item: { Name: 'Amount', Value: 1e308 } } })),
    JSON.stringify(told({ CallbackMetadata: null })),
    'Body[stkCallback]=1&\0=\x01',
    random.bytes(500),
  ]
  for (const body of bodies) expect((await post(path, body)).status).toBe(200)
  expect(rows()).toHaveLength(bodies.length)
  for (const { outcome } of rows()) expect(['unreadable', 'mismatch']).toContain(outcome)
  expect(Object.hasOwn(Object.prototype, 'Body')).toBe(false)
})

test('what is too long is not read to its end, and whoever has an address cannot fill the disk', async () => {
  const { post, buy, rows, log } = await shop()
  const path = await buy('+254712345678')
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(stream) {
      sent += 1
      stream.enqueue(new Uint8Array(4096).fill(32))
    },
  })
  expect((await post(path, endless)).status).toBe(200)
  expect(sent).toBeLessThan(20)
  expect((await post(path, 'x'.repeat(1_000_000))).status).toBe(200)
  expect([rows(), log.lines.filter(({ msg }) => msg.includes('too long')).length]).toEqual([[], 1])
  for (let n = 0; n < 50; n++) expect((await post(path, told({ ResultDesc: `no ${n}` }))).status).toBe(200)
  expect(rows()).toHaveLength(20)
})

test('the proxy’s name is nobody’s of the desk, and nothing else is served by it', async () => {
  const { post, buy, web } = await shop()
  const path = await buy('+254712345678')
  expect((await post(path, told(), { origin: 'https://evil.example', 'content-type': 'text/plain' })).status).toBe(200)
  const get = (to: string) => web.app.request(to, { headers: { host: 'pop.example.com' } })
  expect((await get('/')).status).toBe(400)
  expect((await get(path)).status).toBe(404)
  expect((await get('/callbacks')).status).toBe(404)
  const answer = await post(path, told())
  expect(answer.headers.get('set-cookie')).toBeNull()
})

const paidIn = (more: object = {}) => ({
  TransactionType: 'Pay Bill',
  TransID: 'SJ41XK2P9Q',
  TransTime: '20261126120000',
  TransAmount: '20.00',
  BusinessShortCode: '174379',
  BillRefNumber: 'nyumba 7',
  MSISDN: '2547 ***** 678',
  FirstName: 'AMINA',
  ...more,
})

test('a payment that nobody was asked for has the list read at once, and is no money before it stands there', async () => {
  const { post, register, asked, rows, count, runJobs, must } = await shop()
  const { confirm } = await register()
  const answer = await post(confirm, paidIn())
  expect([answer.status, await answer.json()]).toEqual([200, ACCEPTED])
  await runJobs()
  expect([asked, count({ name: 'payments' })]).toEqual([[], 0])
  expect(rows()).toMatchObject([{ outcome: 'listed', purchaseId: null }])
  const { receipt, ...rest } = { receipt: 'SJ41XK2P9Q', amountMinor: 2000, currency: 'KES', shortcode: '174379' }
  must(hearPayments, { payments: [{ receipt, ...rest, paidAt: 0, account: '', phones: [] }] })
  await post(confirm, paidIn({ OrgAccountBalance: '49.00' }))
  expect(rows().map(({ outcome }) => outcome)).toEqual(['listed', 'settled'])
})

test('the list is read some seconds after it was read at the earliest, however much comes', async () => {
  const { post, register, asked, clock, runJobs } = await shop()
  const { confirm } = await register()
  for (let n = 0; n < 30; n++) await post(confirm, paidIn({ TransID: `SJ41XK2P${n}` }))
  await runJobs()
  expect(asked).toEqual([])
  clock.advance(3000)
  await runJobs()
  expect(asked).toEqual(['the list'])
})

test('a payment by a prompt has that asked after, not the list read', async () => {
  const { post, buy, register, asked, rows, query, runJobs } = await shop()
  await buy('+254712345678')
  const { confirm } = await register()
  const { reference } = query(listPurchases, {})[0]!
  await post(confirm, paidIn({ BillRefNumber: reference.toLowerCase() }))
  await runJobs()
  expect([asked, rows()[0]?.outcome]).toEqual([['ws_CO_1'], 'asked'])
  await post(confirm, paidIn({ BillRefNumber: reference, TransAmount: '19.00' }))
  expect(rows()[1]?.outcome).toBe('listed')
  expect(query(listPurchases, {})[0]?.state).toBe('accepted')
})

test('another shortcode’s payments, and what is none, change nothing', async () => {
  const { post, register, rows, asked, runJobs, clock } = await shop()
  const { confirm } = await register()
  await post(confirm, paidIn({ BusinessShortCode: '999999' }))
  for (const body of [
    '',
    'null',
    '{"__proto__":{"TransID":"x"}}',
    paidIn({ TransAmount: '-5' }),
    paidIn({ TransID: {} }),
  ])
    await post(confirm, body)
  clock.advance(10_000)
  await runJobs()
  expect(asked).toEqual([])
  expect(rows().map(({ outcome }) => outcome)).toEqual(['mismatch', ...Array.from({ length: 5 }, () => 'unreadable')])
})

test('nobody is kept from paying, and whoever asks leaves nothing behind', async () => {
  const { post, register, rows } = await shop()
  const { validate } = await register()
  const answer = await post(validate, paidIn())
  expect([answer.status, await answer.json()]).toEqual([200, { ResultCode: '0', ResultDesc: 'Accepted' }])
  expect(rows()).toEqual([])
})

test('where addresses are registered is on record until they change', async () => {
  const { register, query, must, dispatch } = await shop()
  await register()
  expect(query(showMpesa, {})?.registration).toMatchObject({ state: 'registered' })
  must(setMpesa, { trustUpTo: 50 })
  expect(query(showMpesa, {})?.registration).toMatchObject({ state: 'registered' })
  must(setMpesa, { callbackUrl: '' })
  expect(query(showMpesa, {})?.registration).toBeNull()
  expect(dispatch(registerCallbacks, {})).toMatchObject({ error: { type: 'CallbackUrlMissing' } })
  must(setMpesa, { phone: '' })
  expect(dispatch(registerCallbacks, {})).toMatchObject({ error: { type: 'MpesaUnready', missing: ['phone'] } })
})

const result = (more: object = {}, amount = 20) => ({
  Result: {
    ResultType: 0,
    ResultCode: 0,
    ResultDesc: 'done',
    OriginatorConversationID: '1',
    ConversationID: 'AG_1',
    TransactionID: 'S1',
    ResultParameters: {
      ResultParameter: [
        { Key: 'OriginalTransactionID', Value: 'R1' },
        { Key: 'Amount', Value: amount },
      ],
    },
    ...more,
  },
})

test('how a refund ended is told at an address of its own, and is written down before it is answered', async () => {
  const { post, payBack, refundState, rows, disk } = await shop()
  const { result: path } = await payBack('R1')
  disk.fault = { type: 'DiskFull' }
  expect((await post(path, result())).status).toBe(503)
  delete disk.fault
  expect((await post(path, result())).status).toBe(200)
  expect([refundState(), rows().map(({ outcome }) => outcome)]).toEqual(['done', ['believed']])
})

test('whoever posts something else to it, or to one that nobody was told, has paid nothing back', async () => {
  const { post, payBack, refundState, rows } = await shop()
  const { result: path, timeout } = await payBack('R1')
  const other = path.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  for (const url of [other, timeout.replace('/07', '/06'), path.replace('/06', '/07'), path.replace('/06', '/01')])
    expect((await post(url, result())).status).toBe(200)
  expect(rows()).toEqual([])
  const forged = [result({ ConversationID: 'AG_2' }), result({}, 2000), told(), 'no JSON', '', 'x'.repeat(20_000)]
  for (const body of forged) expect((await post(path, body)).status).toBe(200)
  expect(rows().map(({ outcome }) => outcome)).toEqual([
    'mismatch',
    'mismatch',
    'unreadable',
    'unreadable',
    'unreadable',
  ])
  expect(refundState()).toBe('sent')
  await post(timeout, result({ ResultCode: 0 }))
  expect(refundState()).toBe('unknown')
  await post(path, result({ ResultCode: 'R000001', ResultParameters: undefined }))
  expect(refundState()).toBe('done')
})
