import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(() => void (box = testBox()))
afterAll(() => box.remove())

test('cash goes into the wallet of a phone, which is listed, shown, blocked and let go on; its code is told', async () => {
  expect((await box.lango('wallet', 'list')).out).toMatch(/No wallet fits/)
  expect((await box.lango('wallet', 'top-up', '0712 345 678', '150.50')).out).toMatch(
    /Receipt 1: KES 150\.50 is in wallet 1 now/,
  )
  expect((await box.lango('wallet', 'list', '--find', '+254712345678')).out).toMatch(/1 +\+254712345678 +W\w{8}/)
  expect((await box.lango('wallet', 'show', '1')).out).toMatch(/balance +KES 150\.50.*1 +cash +KES 150\.50/s)
  expect((await box.lango('wallet', 'show', '2')).err).toMatch(/There is no wallet 2/)
  expect((await box.lango('wallet', 'block', '1')).out).toMatch(/blocked/)
  expect(await box.json('wallet', 'list', '--blocked')).toMatchObject([{ number: 1, balanceMinor: 15_050 }])
  await box.json('wallet', 'unblock', '1')
  const told = (await box.lango('wallet', 'reveal', '1')).out
  expect(told).toMatch(/^W-\w{4}-\w{4}/)
  expect((await box.lango('wallet', 'new-code', '1')).out).not.toBe(told)
  for (const wrong of [
    ['12', '100'],
    ['0712345678', 'ten'],
  ])
    expect((await box.lango('wallet', 'top-up', ...wrong)).code).toBe(2)
})

test('a standing order is asked for once they are on, listed, and said to be stopped', async () => {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const [from, until] = [day(30), day(330)]
  const days = ['--from', from, '--until', until]
  const order = (...more: string[]) => box.lango('wallet', 'order', '1', '500', ...more)
  expect((await order('--every', 'monthly', ...days)).err).toMatch(/off.*setting set mpesa\.standingOrders/s)
  expect((await box.lango('wallet', 'orders')).out).toMatch(/standing orders are off/)
  const account = { shortcode: '174379', consumerKey: 'k', consumerSecret: 's', passkey: 'p', phone: '+254700000001' }
  for (const [name, value] of Object.entries(account)) await box.json('setting', 'set', `mpesa.${name}`, value)
  expect((await box.lango('setting', 'set', 'mpesa.standingOrders', 'yes')).code).not.toBe(0)
  await box.json('setting', 'set', 'mpesa.standingOrders', '2026')
  expect(await box.json('setting', 'show')).toMatchObject({ 'mpesa.standingOrders': '2026' })
  for (const wrong of [[], ['--every', 'monthly'], ['--every', 'fortnightly', ...days]])
    expect((await order(...wrong)).code).toBe(2)
  expect((await order('--every', 'monthly', '--from', until, '--until', from)).err).toMatch(
    /last day is before the first/,
  )
  expect((await order('--every', 'monthly', ...days)).out).toMatch(/Standing order 1: M-Pesa asks on the handset/)
  expect((await order('--every', 'weekly', ...days)).err).toMatch(/asked to agree to standing order 1/)
  expect((await box.lango('wallet', 'orders', '--wallet', '1')).out).toMatch(
    /1 +1 +\+254712345678 +KES 500\.00 +monthly( +\d{4}-\d\d-\d\d){2} +asked/,
  )
  expect((await box.lango('wallet', 'order-stopped', '1')).out).toMatch(/Standing order 1 is over/)
  expect((await box.lango('wallet', 'order-stopped', '1')).err).toMatch(/over already/)
  expect((await box.lango('wallet', 'order-stopped', '9')).err).toMatch(/no standing order 9/)
  expect(await box.json('wallet', 'orders', '--state', 'ended')).toMatchObject({ isOn: true, orders: [{ number: 1 }] })
})

test('nobody is erased with money in their wallet: what to do is said, done, and then they are forgotten', async () => {
  await box.lango('wallet', 'top-up', '0733000111', '80')
  const wallet = '2'
  expect((await box.lango('wallet', 'erase', wallet)).code).toBe(2)
  expect((await box.lango('wallet', 'erase', wallet, '--yes')).err).toMatch(
    /There is KES 80\.00 in wallet \d+\. Pay it out first \(lango wallet pay-out.*lango wallet write-off/s,
  )
  expect((await box.lango('wallet', 'pay-out', wallet, 'Leaves')).out).toMatch(
    /KES 80\.00 is paid out\. Wallet \d+ is empty/,
  )
  expect((await box.lango('wallet', 'write-off', wallet, 'Leaves')).err).toMatch(/There is nothing in wallet/)
  expect((await box.lango('wallet', 'erase', wallet, '--yes')).out).toMatch(/is forgotten/)
  expect((await box.lango('wallet', 'show', wallet)).out).not.toContain('733000111')
})
