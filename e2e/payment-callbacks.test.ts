import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDarajaSimulator, type DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { seededRandom, systemTimers } from '../kernel/src/base/index.ts'
import { newBox } from './box.ts'

const box = newBox()
const soon = { timeout: 25_000, interval: 50 }
const msisdn = '254708374149'
const shortcode = '174379'
const passkey = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'
const prices = ['20', '30', '40', '50', '60'] as const
let daraja: DarajaSimulator
let token: string

type Purchase = {
  number: number
  state: string
  acceptedAt: number
  grantedAt: number | null
  aheadAt: number | null
  deniedAt: number | null
}
type Callback = { purchase: number | null; outcome: string; origin: string }

const ask = async <T>(path: string, input: object): Promise<T> => {
  const answer = await fetch(`http://127.0.0.1:${box.ports.web}/api/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(input),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return ((await answer.json()) as { value: T }).value
}
const purchase = async (number: number) =>
  (await ask<Purchase[]>('queries/purchases.list', {})).find((one) => one.number === number)!
const stateOf = async (number: number) => (await purchase(number)).state
const callbacks = () => box.json<Callback[]>('payment', 'callbacks')
const set = (name: string, value: string) => box.json('setting', 'set', `mpesa.${name}`, value)
/** A plan for each price: M-Pesa takes no two payments of one amount from one customer within two minutes. */
const buy = async (price: (typeof prices)[number]): Promise<number> => {
  const asked = { plan: `For ${price}`, phone: `+${msisdn}` }
  const { number } = await ask<{ number: number }>('commands/purchases.request', asked)
  await expect.poll(() => daraja.openPrompts(msisdn).length, soon).toBe(1)
  await expect.poll(() => stateOf(number), soon).toBe('accepted')
  return number
}
const addressOf = () => daraja.openPrompts(msisdn)[0]!.callbackUrl
const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
const told = (ref: string, amount: number, code = 0) => ({
  Body: {
    stkCallback: {
      MerchantRequestID: '1',
      CheckoutRequestID: ref,
      ResultCode: code,
      ResultDesc: 'told by a stranger',
      CallbackMetadata: {
        Item: [
          { Name: 'Amount', Value: amount },
          { Name: 'MpesaReceiptNumber', Value: 'FORGED0001' },
        ],
      },
    },
  },
})

beforeAll(async () => {
  const app = { consumerKey: 'key-of-the-app', consumerSecret: 'secret-of-the-app' }
  daraja = await startDarajaSimulator({
    apps: [{ ...app, shortcodes: [{ shortcode, name: 'An estate', kind: 'paybill', passkey, validates: true }] }],
    customers: [{ msisdn, name: 'Amina Otieno', balance: 1000, pin: '1234' }],
    random: seededRandom(1),
    now: Date.now,
    timers: systemTimers(),
  })
  await box.start()
  const speed = ['--down-kbps', '5000', '--up-kbps', '2000']
  for (const price of prices)
    await box.json('plan', 'add', `For ${price}`, '--kind', 'hotspot', ...speed, '--price', price)
  ;({ token } = await box.json<{ token: string }>('token', 'create', '--role', 'owner'))
  await set('baseUrl', daraja.server)
  const settings = { shortcode, ...app, passkey, phone: '+254700000001' }
  for (const [name, value] of Object.entries(settings)) await set(name, value)
  await set('callbackUrl', `http://127.0.0.1:${box.ports.web}`)
})
afterAll(async () => {
  await box.remove()
  await daraja.close()
})

test('M-Pesa calls back, and what was paid for is given as soon as it does', async () => {
  const number = await buy('20')
  expect(addressOf()).toMatch(/\/callbacks\/[0-9a-f]{54}$/)
  daraja.enterPin(msisdn)
  await expect.poll(() => stateOf(number), soon).toBe('granted')
  await daraja.settled()
  expect(daraja.delivered.at(-1)).toMatchObject({ status: 200 })
  expect(await callbacks()).toMatchObject([{ purchase: number, outcome: 'asked', origin: '127.0.0.1' }])
})

test('whoever has the address and says that it is paid, of another amount or prompt, or that it failed, gets nothing', async () => {
  const number = await buy('30')
  const { ref, callbackUrl } = daraja.openPrompts(msisdn)[0]!
  const forged = [told(ref, 30), told(ref, 1), told('ws_CO_forged', 30), told(ref, 30, 1032), { Body: null }]
  for (const body of forged) expect((await post(callbackUrl, body)).status).toBe(200)
  const others = await post(
    callbackUrl.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    told(ref, 30),
  )
  expect([others.status, await others.json()]).toEqual([200, { ResultCode: 0, ResultDesc: 'Accepted' }])
  expect(await purchase(number)).toMatchObject({ state: 'accepted', aheadAt: null })
  const outcomes = (await callbacks()).filter((one) => one.purchase === number).map(({ outcome }) => outcome)
  expect(outcomes.toReversed()).toEqual(['asked', 'mismatch', 'mismatch', 'asked', 'unreadable'])
  daraja.failCallbacks('duplicated')
  daraja.enterPin(msisdn)
  await expect.poll(() => stateOf(number), soon).toBe('granted')
  expect((await box.cli('doctor')).stdout).toMatch(/do not agree with M-Pesa: 0 .*, 2 of another prompt/)
})

test('what is trusted is given before M-Pesa can be asked, and stays when it says the same', async () => {
  await set('trustUpTo', '40')
  const number = await buy('40')
  // It says that the prompt is still being processed for as long as it cannot be asked.
  daraja.fail('http-500', 'http-500', 'http-500')
  daraja.enterPin(msisdn)
  await expect.poll(async () => (await purchase(number)).aheadAt, soon).not.toBeNull()
  await expect.poll(() => stateOf(number), soon).toBe('granted')
  expect((await purchase(number)).deniedAt).toBeNull()
})

test('a callback that comes while the box is away costs nobody anything', async () => {
  const number = await buy('50')
  daraja.failCallbacks({ lateMs: 500 })
  await box.kill()
  daraja.enterPin(msisdn)
  await box.start()
  await expect.poll(() => stateOf(number), soon).toBe('granted')
})

test('payments that nobody was asked for are told of once the addresses are registered', async () => {
  await box.json('payment', 'register-callbacks')
  const registration = async () => (await box.json<Record<string, string>>('setting', 'show'))['mpesa.registration']
  await expect.poll(registration, soon).toBe('registered')
  expect(await daraja.pay({ msisdn, shortcode, amount: 60, account: 'HOUSE 7' })).toMatchObject({ paid: true })
  const unmatched = async () => (await ask<{ unmatched: number }>('queries/payments.list', {})).unmatched
  // The list is read each minute, and at once when it is told of.
  await expect.poll(unmatched, { timeout: 10_000, interval: 100 }).toBe(1)
  const { accounts } = await ask<{ accounts: { code: string; balanceMinor: number }[] }>('queries/ledger.balances', {})
  expect(Object.fromEntries(accounts.map(({ code, balanceMinor }) => [code, balanceMinor]))).toEqual({
    'mobile-money': 20_000,
    unmatched: 6000,
    plans: 14_000,
    purchases: 0,
  })
})
