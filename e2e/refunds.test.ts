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

type Refund = { state: string; purchase: number | null; failure: string | null }
const refundOf = async (receipt: string) => (await box.json<Refund[]>('payment', 'refunds', '--receipt', receipt))[0]
const stateOf = async (receipt: string) => (await refundOf(receipt))?.state
const payments = async () =>
  (await box.json<{ payments: { receipt: string; state: string }[] }>('payment', 'list')).payments
const paymentState = async (receipt: string) => (await payments()).find((one) => one.receipt === receipt)?.state
const set = (name: string, value: string) => box.json('setting', 'set', `mpesa.${name}`, value)
const balance = () => daraja.balanceOf(msisdn)

/** Money that nobody was asked for: M-Pesa tells of it, and it waits for somebody. */
const paid = async (amount: number): Promise<string> => {
  const outcome = await daraja.pay({ msisdn, shortcode, amount, account: 'HOUSE 7' })
  if (!outcome.paid) throw new Error(outcome.code)
  await expect.poll(() => paymentState(outcome.receipt), soon).toBe('unmatched')
  return outcome.receipt
}

beforeAll(async () => {
  const app = { consumerKey: 'key-of-the-app', consumerSecret: 'secret-of-the-app' }
  daraja = await startDarajaSimulator({
    apps: [{ ...app, shortcodes: [{ shortcode, name: 'An estate', kind: 'paybill', passkey, initiator }] }],
    customers: [{ msisdn, name: 'Amina Otieno', balance: CREDIT, pin: '1234' }],
    random: seededRandom(1),
    now: Date.now,
    timers: systemTimers(),
  })
  await box.start()
  const speed = ['--down-kbps', '5000', '--up-kbps', '2000']
  await box.json('plan', 'add', 'For 30', '--kind', 'hotspot', ...speed, '--price', '30')
  await set('baseUrl', daraja.server)
  const settings = { shortcode, ...app, passkey, phone: '+254700000001' }
  for (const [name, value] of Object.entries(settings)) await set(name, value)
  await set('callbackUrl', `http://127.0.0.1:${box.ports.web}`)
})
afterAll(async () => {
  await box.remove()
  await daraja.close()
})

test('money that waits is back on the phone it came from, once the initiator is set up', async () => {
  await box.json('payment', 'register-callbacks')
  const registration = async () => (await box.json<Record<string, string>>('setting', 'show'))['mpesa.registration']
  await expect.poll(registration, soon).toBe('registered')
  const receipt = await paid(20)
  expect((await box.cli('payment', 'refund', receipt)).stderr).toMatch(/Missing still: mpesa.initiatorName/)
  await set('initiatorName', initiator.name)
  const { token } = await box.json<{ token: string }>('token', 'create', '--role', 'owner')
  await set('initiatorPassword', initiator.password)
  const answer = await fetch(`http://127.0.0.1:${box.ports.web}/api/commands/payments.setMpesa`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ certificate: daraja.certificate }),
  })
  expect(answer.status).toBe(200)
  expect(balance()).toBe(CREDIT - 20)
  await box.json('payment', 'refund', receipt)
  await expect.poll(() => stateOf(receipt), soon).toBe('done')
  expect([await paymentState(receipt), balance()]).toEqual(['refunded', CREDIT])
  expect((await box.cli('payment', 'refund', receipt)).code).not.toBe(0)
})

test('what was given for it ends', async () => {
  const receipt = await paid(30)
  await box.json('payment', 'resolve', receipt, '--plan', 'For 30', '--phone', `+${msisdn}`)
  await box.json('payment', 'refund', receipt)
  await expect.poll(() => stateOf(receipt), soon).toBe('done')
  const [purchase] = await box.json<{ number: number; state: string }[]>('payment', 'purchases')
  expect([purchase!.state, (await refundOf(receipt))?.purchase]).toEqual(['refunded', purchase!.number])
  expect(balance()).toBe(CREDIT)
})

test('what M-Pesa told nothing of waits for somebody, also across a crash, and is not sent again', async () => {
  const receipt = await paid(40)
  daraja.failCallbacks('lost')
  await box.json('payment', 'refund', receipt)
  await expect.poll(() => stateOf(receipt), soon).toBe('sent')
  await box.kill()
  await box.start()
  expect([await stateOf(receipt), balance()]).toEqual(['sent', CREDIT])
  await box.json('payment', 'refund-said', receipt, 'done')
  expect(await paymentState(receipt)).toBe('refunded')
})

test('a wrong password is told as a failure, and said to be done once it was asked again', async () => {
  const receipt = await paid(50)
  await set('initiatorPassword', 'hunter2')
  await box.json('payment', 'refund', receipt)
  await expect.poll(() => stateOf(receipt), soon).toBe('failed')
  expect(await refundOf(receipt)).toMatchObject({ failure: 'configuration' })
  expect(await paymentState(receipt)).toBe('unmatched')
  expect((await box.cli('doctor')).stdout).toMatch(/1 failed in the last day/)
  await set('initiatorPassword', initiator.password)
  await box.json('payment', 'refund', receipt)
  await expect.poll(() => stateOf(receipt), soon).toBe('done')
  expect(balance()).toBe(CREDIT)
})
