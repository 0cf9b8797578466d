import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import type { RequestFault } from '../simulators/daraja/index.ts'
import { amina, PASSKEY, shillings, startIsp, until, type Isp } from '../simulators/daraja/testing.ts'
import { createMpesa, type MpesaConfig } from './index.ts'

const never = new AbortController().signal
let isp: Isp
const mpesaOf = (more: Partial<MpesaConfig> = {}) => createMpesa({ ...isp.config, ...more }, isp.dependencies)
beforeEach(async () => {
  isp = await startIsp()
})
afterEach(() => isp.close())

const request = () => ({
  phone: '+254712345678',
  amount: shillings(50),
  reference: 'INV-000123',
  description: 'Internet',
  callbackUrl: undefined,
})
const tokensAsked = () => isp.simulator.asked.filter((asked) => asked.includes('/oauth/')).length
const pushesAsked = () => isp.simulator.asked.filter((asked) => asked.includes('/stkpush/')).length
const coded = (status: number, code: string, message = 'words'): RequestFault => ({ status, code, message })
const DEAD = [coded(404, '404.001.03'), coded(401, '401.002.01'), coded(400, '400.003.01')]

describe('the token', () => {
  test('is one for all who ask at once, and lives 50 minutes', async () => {
    const mpesa = mpesaOf()
    const all = await Promise.all(['ws_CO_1', 'ws_CO_2', 'ws_CO_3'].map((ref) => mpesa.promptState(ref, never)))
    expect(all).toHaveLength(3)
    expect(tokensAsked()).toBe(1)
    isp.clock.advance(50 * 60_000 - 1)
    await mpesa.prompt(request(), never)
    expect(tokensAsked()).toBe(1)
    isp.clock.advance(1)
    await mpesa.promptState('ws_CO_1', never)
    expect(tokensAsked()).toBe(2)
  })

  test.each(DEAD)('that is dead by %j is dropped, and what was asked is asked once more', async (fault) => {
    isp.simulator.fail(fault)
    expect(await mpesaOf().prompt(request(), never)).toMatchObject({ ok: true })
    expect([tokensAsked(), pushesAsked()]).toEqual([2, 2])
    expect(isp.simulator.openPrompts(amina)).toHaveLength(1)
  })

  test('that stays dead is a matter for staff, after one more try', async () => {
    isp.simulator.fail(...DEAD)
    const answer = await mpesaOf().prompt(request(), never)
    expect(answer).toMatchObject({ error: { type: 'ProviderMisconfigured', code: '401.002.01' } })
    expect(pushesAsked()).toBe(2)
  })

  test('that somebody else’s ended is fetched anew', async () => {
    const [one, two] = [mpesaOf(), mpesaOf()]
    await one.prompt(request(), never)
    await two.promptState('ws_CO_1', never)
    expect(await one.promptState('ws_CO_1', never)).toMatchObject({ error: { type: 'ProviderRefused' } })
    expect(tokensAsked()).toBe(3)
  })

  test.each(['http-500', 'garbage', 'cut', 'redirect', coded(500, '500.003.1001')] as const)(
    'that is not had (%j) means that nothing was heard of a payment',
    async (fault) => {
      isp.simulator.failToken(fault)
      const type = fault === 'redirect' ? 'ProviderMisconfigured' : 'ProviderUnreachable'
      expect(await mpesaOf().prompt(request(), never)).toMatchObject({ error: { type } })
      expect(pushesAsked()).toBe(0)
    },
  )

  test('whose keys are wrong is a matter for staff', async () => {
    const mpesa = mpesaOf({ consumerSecret: secret('wrong-secret') })
    const answer = await mpesa.prompt(request(), never)
    expect(answer).toMatchObject({ error: { type: 'ProviderMisconfigured', code: '400.008.01' } })
    expect(JSON.stringify(answer)).not.toContain('wrong-secret')
  })
})

describe('a request', () => {
  test.each<[RequestFault, string]>([
    ['http-500', 'ProviderSilent'],
    ['garbage', 'ProviderSilent'],
    ['cut', 'ProviderSilent'],
    ['lost-answer', 'ProviderSilent'],
    ['huge', 'ProviderSilent'],
    ['spike-arrest', 'ProviderBusy'],
    ['quota', 'ProviderBusy'],
    ['redirect', 'ProviderMisconfigured'],
    [coded(404, '404.001.01'), 'ProviderMisconfigured'],
    [coded(405, '405.001'), 'ProviderMisconfigured'],
    [coded(500, '500.001.1001', 'Merchant does not exist'), 'ProviderMisconfigured'],
    [coded(500, '500.001.1001', 'Wrong credentials'), 'ProviderMisconfigured'],
    [coded(500, '500.001.1001', 'Something else'), 'ProviderSilent'],
    [coded(500, '500.003.1001'), 'ProviderSilent'],
    [coded(401, '', 'no apiproduct match found'), 'ProviderMisconfigured'],
    [coded(429, ''), 'ProviderBusy'],
    [coded(503, ''), 'ProviderSilent'],
    [coded(403, ''), 'ProviderMisconfigured'],
    [coded(400, '400.002.02', 'Bad Request - Invalid PhoneNumber'), 'ProviderRefused'],
    [coded(422, ''), 'ProviderRefused'],
    [coded(200, '500.003.02'), 'ProviderBusy'],
  ])('that goes wrong by %j is %s', async (fault, type) => {
    isp.simulator.fail(fault)
    const answer = await mpesaOf().prompt(request(), never)
    expect(answer).toMatchObject({ ok: false, error: { type } })
    expect(pushesAsked()).toBe(1)
    const wasDone = fault === 'lost-answer' || fault === 'huge'
    expect(isp.simulator.openPrompts(amina)).toHaveLength(wasDone ? 1 : 0)
  })

  test('that meets silence is given up in time, and may have been heard', async () => {
    isp.simulator.fail('silent')
    const asking = mpesaOf().prompt(request(), never)
    await until(() => pushesAsked() === 1)
    isp.clock.advance(30_000)
    const reason = 'no answer within 30000 ms'
    expect(await asking).toEqual({ ok: false, error: { type: 'ProviderSilent', reason } })
    expect(isp.clock.pending()).toBe(0)
  })

  test('that is answered slowly is waited for', async () => {
    isp.simulator.fail({ slowMs: 20_000 })
    const asking = mpesaOf().prompt(request(), never)
    await until(() => isp.clock.pending() === 2)
    isp.clock.advance(20_000)
    expect(await asking).toMatchObject({ ok: true })
  })

  test('that the box ends itself is told apart by whether it was begun', async () => {
    const stop = new AbortController()
    isp.simulator.fail('silent')
    const asking = mpesaOf().prompt(request(), stop.signal)
    await until(() => pushesAsked() === 1)
    stop.abort()
    expect(await asking).toMatchObject({ error: { type: 'ProviderSilent' } })
    expect(await mpesaOf().prompt(request(), stop.signal)).toMatchObject({ error: { type: 'ProviderUnreachable' } })
    expect(pushesAsked()).toBe(1)
  })

  test('that waits for a token is ended without one', async () => {
    const stop = new AbortController()
    isp.simulator.failToken('silent')
    const asking = mpesaOf().prompt(request(), stop.signal)
    await until(() => tokensAsked() === 1)
    stop.abort()
    expect(await asking).toMatchObject({ error: { type: 'ProviderUnreachable' } })
  })
})

test('no secret is in a reason, whatever they echo', async () => {
  const echo = `Invalid ${PASSKEY} consumer-secret key ${Buffer.from(`600984${PASSKEY}20260101000000`).toString('base64')}`
  isp.simulator.fail(coded(400, '400.002.02', echo))
  const told = JSON.stringify(await mpesaOf().prompt(request(), never))
  for (const held of [PASSKEY, 'consumer-secret', Buffer.from('600984').toString('base64').slice(0, 7)])
    expect(told).not.toContain(held)
  expect(told).toContain('‹secret›')
})

test('plain http is for this machine alone', () => {
  const config = {
    consumerKey: 'k',
    consumerSecret: secret('s'),
    passkey: secret('p'),
    shortcode: '1',
    kind: 'paybill',
  }
  const { clock } = isp
  const create = (baseUrl: string) => createMpesa({ ...config, baseUrl } as MpesaConfig, { clock, timers: clock })
  for (const url of ['http://api.safaricom.co.ke', 'http://127.0.0.1.example', 'ftp://127.0.0.1', 'file:///etc'])
    expect(() => create(url)).toThrow('https')
  for (const url of ['https://api.safaricom.co.ke', 'http://localhost:1', 'http://[::1]:1', 'http://127.0.0.1:1'])
    expect(() => create(url)).not.toThrow()
})

describe('a server of another temper', () => {
  let odd: Server
  let answers: { readonly status?: number; readonly body: unknown }[]
  const mpesa = () => mpesaOf({ baseUrl: `http://127.0.0.1:${(odd.address() as AddressInfo).port}` })
  beforeEach(async () => {
    answers = []
    odd = createServer((_request, response) => {
      const { status = 200, body } = answers.shift() ?? { body: {} }
      response.writeHead(status).end(JSON.stringify(body))
    })
    await new Promise<void>((ready) => odd.listen(0, '127.0.0.1', ready))
  })
  afterEach(() => new Promise((closed) => (odd.close(closed), odd.closeAllConnections())))

  test('lets two find one token dead: the second that hears of it ends not the new one', async () => {
    let tokens = 0
    const late = Promise.withResolvers<void>()
    const dead = JSON.stringify({ errorCode: '404.001.03' })
    odd.removeAllListeners('request').on('request', ({ url, headers }: IncomingMessage, response: ServerResponse) => {
      if (url?.startsWith('/oauth/')) return response.end(JSON.stringify({ access_token: `t${(tokens += 1)}` }))
      if (headers.authorization !== 'Bearer t1') return response.end(JSON.stringify({ ResultCode: '0' }))
      const turnAway = () => response.writeHead(404).end(dead)
      if (early === undefined) return (early = turnAway)
      // The other one has the new token before this one hears of the old one's end.
      void late.promise.then(turnAway)
      return early()
    })
    let early: (() => void) | undefined
    const one = mpesa()
    const asking = [one.promptState('a', never), one.promptState('b', never)]
    await Promise.race(asking)
    late.resolve()
    expect(await Promise.all(asking)).toMatchObject([{ ok: true }, { ok: true }])
    expect(tokens).toBe(2)
  })

  test.each([3599, '3599', 90, 'soon', undefined])(
    'says that its token expires in %s, and it is used',
    async (life) => {
      answers = [{ body: { access_token: 't', expires_in: life } }, { body: { ResultCode: 1032, ResultDesc: '' } }]
      expect(await mpesa().promptState('ws_CO_1', never)).toMatchObject({
        value: { failure: 'cancelled', code: '1032' },
      })
    },
  )

  test.each([{}, [], null, 'text', 7, { ResponseCode: '0' }, { CheckoutRequestID: 'x' }])(
    'answers %j to a prompt: whether it was taken is not known',
    async (body) => {
      answers = [{ body: { access_token: 't' } }, { body }]
      expect(await mpesa().prompt(request(), never)).toMatchObject({ error: { type: 'ProviderSilent' } })
    },
  )

  test('answers about another prompt: that says nothing of this one', async () => {
    answers = [{ body: { access_token: 't' } }, { body: { CheckoutRequestID: 'ws_CO_2', ResultCode: '0' } }]
    expect(await mpesa().promptState('ws_CO_1', never)).toMatchObject({ error: { type: 'ProviderSilent' } })
  })

  test('turns spikes away in the words of its gateway', async () => {
    const fault = { faultstring: 'Spike arrest violation. Allowed rate : 5ps' }
    answers = [{ body: { access_token: 't' } }, { status: 500, body: { fault } }]
    expect(await mpesa().prompt(request(), never)).toMatchObject({ error: { type: 'ProviderBusy' } })
  })

  test('lists without an end: a part is not taken for all', async () => {
    const rows = (page: number) => ({ ResponseCode: '1000', Response: [{ transactionId: page }] })
    answers = [{ body: { access_token: 't' } }, ...Array.from({ length: 500 }, (_, page) => ({ body: rows(page) }))]
    expect(await mpesa().received({ fromAt: 0, toAt: 1 }, never)).toMatchObject({ error: { code: 'pages' } })
  })

  test('lists what cannot be read: it is counted, and the rest is had', async () => {
    const row = { transactionId: 'R1', trxDate: '2026-11-21T05:00:00Z', amount: 10.5, msisdn: 'x', sender: ' ' }
    const listed = {
      ResponseCode: '1000',
      Response: [row, { ...row, transactionId: '' }, null, [{ ...row, amount: '-' }]],
    }
    // It takes no offset either.
    answers = [{ body: { access_token: 't' } }, { body: listed }, { body: listed }]
    const { payments, unread } = orThrow(await mpesa().received({ fromAt: 0, toAt: 1 }, never))
    expect(payments).toMatchObject([{ receipt: 'R1', amount: { minor: 1050 }, phoneHint: 'x', name: undefined }])
    expect(unread).toBe(2)
  })
})
