import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDarajaSimulator, type DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { seededRandom, systemTimers } from '../kernel/src/base/index.ts'
import { newBox } from './box.ts'

const box = newBox()
const soon = { timeout: 25_000, interval: 100 }
const msisdn = '254708374149'
const shortcode = '174379'
const passkey = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'
const CREDIT = 10_000
let daraja: DarajaSimulator

type Orders = { orders: { number: number; state: string; failure: string | null; lastPaidAt: number | null }[] }
const last = async () => (await box.json<Orders>('wallet', 'orders')).orders[0]!
const stateOf = async () => (await last()).state
const set = (name: string, value: string) => box.json('setting', 'set', `mpesa.${name}`, value)
const balance = async () => (await box.json<{ balanceMinor: number }[]>('wallet', 'list'))[0]!.balanceMinor
/** As M-Pesa counts days. */
const day = (days: number) => new Date(Date.now() + 3 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10)
const order = (amount: number) =>
  box.cli('wallet', 'order', '1', String(amount), '--every', 'monthly', '--from', day(0), '--until', day(300))

beforeAll(async () => {
  const app = { consumerKey: 'key-of-the-app', consumerSecret: 'secret-of-the-app' }
  daraja = await startDarajaSimulator({
    apps: [{ ...app, shortcodes: [{ shortcode, name: 'An estate', kind: 'paybill', passkey }] }],
    customers: [{ msisdn, name: 'Amina Otieno', balance: CREDIT, pin: '1234' }],
    standingOrders: '2026',
    random: seededRandom(1),
    now: Date.now,
    timers: systemTimers(),
  })
  await box.start()
  await set('baseUrl', daraja.server)
  const settings = { shortcode, ...app, passkey, phone: '+254700000001' }
  for (const [name, value] of Object.entries(settings)) await set(name, value)
  await set('callbackUrl', `http://127.0.0.1:${box.ports.web}`)
  await box.json('payment', 'register-callbacks')
  await box.json('wallet', 'top-up', `+${msisdn}`, '50')
})
afterAll(async () => {
  await box.remove()
  await daraja.close()
})

test('nobody is asked before they are switched on', async () => {
  expect((await order(500)).stderr).toMatch(/Standing orders are off/)
  await set('standingOrders', '2026')
})

test('asked for, agreed to on the handset, and paid on its day: the wallet has it once, though it is told twice', async () => {
  expect((await order(500)).stdout).toMatch(/M-Pesa asks on the handset/)
  await expect.poll(() => daraja.openPrompts(msisdn).length, soon).toBe(1)
  expect(daraja.openPrompts(msisdn)[0]).toMatchObject({ amount: 500, order: { every: 'monthly' } })
  daraja.enterPin(msisdn)
  await expect.poll(stateOf, soon).toBe('active')
  expect([daraja.balanceOf(msisdn), await balance()]).toEqual([CREDIT, 5000])
  daraja.failCallbacks('duplicated')
  expect(await daraja.dueDay()).toMatchObject([{ paid: true }])
  await expect.poll(balance, soon).toBe(55_000)
  await daraja.settled()
  expect([daraja.balanceOf(msisdn), await balance()]).toEqual([CREDIT - 500, 55_000])
  expect((await last()).lastPaidAt).not.toBeNull()
})

test('what is refused on the handset is told', async () => {
  daraja.script('cancel')
  await order(300)
  await expect.poll(last, soon).toMatchObject({ state: 'refused', failure: 'cancelled' })
})

test('a box that is pulled away between asking and being told does not ask again, and the first money says that it stands', async () => {
  daraja.script('approve')
  daraja.failCallbacks('lost')
  // It was done, and the answer comes when nobody is there any more.
  daraja.fail({ slowMs: 4000 })
  await order(200)
  await expect.poll(() => daraja.asked.filter((asked) => asked.includes('StandingOrder')).length, soon).toBe(3)
  await box.kill()
  await box.start()
  await expect.poll(stateOf, soon).toBe('unknown')
  expect(daraja.asked.filter((asked) => asked.includes('StandingOrder'))).toHaveLength(3)
  await expect.poll(() => daraja.standingOrders(msisdn).length, soon).toBe(2)
  await daraja.dueDay()
  await expect.poll(last, soon).toMatchObject({ state: 'active' })
})
