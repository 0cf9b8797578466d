import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDarajaSimulator, type DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { seededRandom, systemTimers } from '../kernel/src/base/index.ts'
import { newBox } from './box.ts'

const box = newBox()
const soon = { timeout: 25_000, interval: 100 }
const msisdn = '254708374149'
const shortcode = '174379'
const passkey = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'
const initiator = { name: 'testapi', password: 'Initiator#1' }
const CREDIT = 1000
let daraja: DarajaSimulator
let token = ''

type Payouts = { payouts: { number: number; state: string; receipt: string | null; failure: string | null }[] }
const last = async () => (await box.json<Payouts>('payout', 'list')).payouts[0]!
const stateOf = async () => (await last()).state
const set = (name: string, value: string) => box.json('setting', 'set', `mpesa.${name}`, value)
const tell = (command: string, input: object) =>
  fetch(`http://127.0.0.1:${box.ports.web}/api/commands/${command}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(input),
  })
const pay = (amount: number) =>
  box.json('payout', 'request', 'Outage', '--phone', `+${msisdn}`, '--amount', String(amount), '--compensation')

beforeAll(async () => {
  const app = { consumerKey: 'key-of-the-app', consumerSecret: 'secret-of-the-app' }
  const ours = { shortcode, name: 'An estate', kind: 'paybill', passkey, initiator, balance: 500 } as const
  daraja = await startDarajaSimulator({
    apps: [{ ...app, shortcodes: [ours] }],
    customers: [{ msisdn, name: 'Amina Otieno', balance: CREDIT, pin: '1234' }],
    random: seededRandom(1),
    now: Date.now,
    timers: systemTimers(),
  })
  await box.start()
  await set('baseUrl', daraja.server)
  const settings = { shortcode, ...app, passkey, phone: '+254700000001' }
  for (const [name, value] of Object.entries(settings)) await set(name, value)
  await set('callbackUrl', `http://127.0.0.1:${box.ports.web}`)
  await set('initiatorName', initiator.name)
  await set('initiatorPassword', initiator.password)
  token = (await box.json<{ token: string }>('token', 'create', '--role', 'owner')).token
  await tell('payments.setMpesa', { certificate: daraja.certificate })
})
afterAll(async () => {
  await box.remove()
  await daraja.close()
})

test('nothing goes out before somebody has said how much may', async () => {
  const refused = await box.cli('payout', 'request', 'Outage', '--phone', `+${msisdn}`, '--amount', '50', '--expense')
  expect(refused.stderr).toMatch(/Nothing is paid out from here yet/)
  await set('payoutUpTo', '400')
  await set('payoutDayUpTo', '10000')
  await set('payoutAloneUpTo', '100')
})

test('money is on the phone, with its receipt, and what the shortcode has is told', async () => {
  await pay(50)
  await expect.poll(stateOf, soon).toBe('done')
  expect((await last()).receipt).toMatch(/^S/)
  expect(daraja.balanceOf(msisdn)).toBe(CREDIT + 50)
  await box.json('payment', 'balance', '--ask')
  const utility = async () =>
    (await box.json<{ balances: { isPaying: boolean; currentMinor: number }[] }>('payment', 'balance')).balances.find(
      ({ isPaying }) => isPaying,
    )?.currentMinor
  await expect.poll(utility, soon).toBe(45_000)
})

test('above the sum of one person the console cannot release what it has asked for', async () => {
  await pay(150)
  expect(await stateOf()).toBe('waiting')
  const { number } = await last()
  expect((await box.cli('payout', 'release', String(number))).stderr).toMatch(/somebody else/)
  expect((await tell('payouts.release', { number })).status).toBe(409)
  await box.json('payout', 'turn-down', String(number))
  expect([await stateOf(), daraja.balanceOf(msisdn)]).toEqual(['turned-down', CREDIT + 50])
})

test('a payout whose answer was lost is asked for again under its name, and is paid once, also across a crash', async () => {
  daraja.fail('lost-answer')
  daraja.failCallbacks('lost')
  await pay(60)
  await expect.poll(stateOf, soon).toBe('sent')
  await box.kill()
  await box.start()
  expect(daraja.balanceOf(msisdn)).toBe(CREDIT + 110)
  await box.json('payout', 'said', String((await last()).number), 'done')
  expect(await stateOf()).toBe('done')
})

test('more than the shortcode has is told as a failure', async () => {
  await set('payoutAloneUpTo', '400')
  await pay(400)
  await expect.poll(stateOf, soon).toBe('failed')
  expect(await last()).toMatchObject({ failure: 'balance' })
})
