import { expect, test } from 'vitest'
import { err, ok } from '@lango/kernel'
import { dayOf, endStandingOrder, hearPayments, listStandingOrders, setMpesa } from '@lango/modules/payments'
import { renewWalletCode, revealWallet, showWallet, topUpCash } from '@lango/modules/wallets'
import { portalLimits } from './limits.ts'
import { browser } from './testing/browser.ts'
import { hidden, portalUnderTest } from './testing/portal-under-test.ts'

const AMINA = '+254712345678'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const open = async (standingOrders: 'off' | '2025' | '2026' = '2026') => {
  const portal = portalUnderTest()
  const one = browser(portal)
  portal.must(setMpesa, { standingOrders, callbackUrl: 'https://pop.example.com' })
  portal.must(topUpCash, { phone: AMINA, amountMinor: 5000 })
  const enter = async () =>
    one.post('/wallet', { phone: AMINA, code: portal.must(revealWallet, { wallet: 1 }).code, g: '' })
  await enter()
  const day = (days: number) => dayOf(portal.clock.now() + days * DAY_MS)
  const form = async (more: Record<string, string> = {}) => {
    const once = hidden(await one.text('/wallet/order'), 'once')
    return { amount: '500', every: 'monthly', from: day(1), until: day(365), once, g: '', ...more }
  }
  return {
    portal,
    ...one,
    day,
    form,
    ask: async (more: Record<string, string> = {}) => {
      const answer = await one.post('/wallet/order', await form(more))
      await portal.runJobs()
      return answer
    },
    orders: () => portal.query(listStandingOrders, {}).orders,
    pay: (amountMinor = 50_000) => {
      const { reference } = portal.query(showWallet, { number: 1 })!
      const of = { amountMinor, currency: 'KES', shortcode: '174379', paidAt: portal.clock.now(), account: reference }
      portal.must(hearPayments, { payments: [{ receipt: `SJ${portal.clock.now()}`, ...of, phones: [] }] })
    },
  }
}

test('while it is off the wallet says nothing of it, and its address leads back', async () => {
  const { text, get, post, portal, orders } = await open('off')
  expect(await text('/wallet')).not.toContain('M-Pesa pays by itself')
  expect((await get('/wallet/order')).headers.get('location')).toBe('/wallet')
  const asked = {
    amount: '500',
    every: 'monthly',
    from: '2026-12-01',
    until: '2027-12-01',
    once: 'x'.repeat(16),
    g: '',
  }
  expect((await post('/wallet/order', asked)).headers.get('location')).toBe('/wallet')
  expect([orders(), portal.orders]).toEqual([[], []])
})

test('it is asked for once, whoever holds the phone agrees there, and with the first money the wallet says so', async () => {
  const { text, ask, form, post, portal, orders, pay, day } = await open()
  expect(await text('/wallet')).toContain('href="/wallet/order"')
  const sent = await form()
  const [first, second] = [await post('/wallet/order', sent), await post('/wallet/order', sent)]
  expect([first.status, second.headers.get('location')]).toEqual([303, first.headers.get('location')])
  await portal.runJobs()
  expect(portal.orders).toMatchObject([
    { phone: AMINA, frequency: 'monthly', startsOn: day(1), endsOn: day(365), amount: { minor: 50_000 } },
  ])
  const page = await text(first.headers.get('location')!)
  expect(page).toMatch(
    /role="status">Look at your phone: M-Pesa asks for your PIN.*KSh 500 every month.*waits for your PIN/s,
  )
  expect(page).toContain('dial *334#')
  expect(await (await ask()).text()).toContain('still open on that phone')
  await portal.pass(12 * MINUTE_MS)
  await portal.pass(MINUTE_MS)
  expect(await text('/wallet')).toContain('has not told us your answer')
  await portal.pass(DAY_MS)
  pay()
  expect(await text('/wallet')).toMatch(/KSh 500 every month.*agreed. Last paid on/s)
  expect(await (await ask()).text()).toContain('pays this amount into your wallet already')
  portal.must(endStandingOrder, { number: 1 })
  expect(await text('/wallet')).not.toContain('every month')
  expect(orders()).toHaveLength(1)
})

test('what M-Pesa refuses is told for a day, and what it is not reached for as well', async () => {
  const { text, ask, portal } = await open()
  portal.says.standingOrder = () => err({ type: 'ProviderRefused', code: '1', failure: 'phone', reason: 'no' })
  await ask()
  expect(await text('/wallet')).toContain('This number cannot pay by M-Pesa')
  await portal.pass(DAY_MS)
  const page = await text('/wallet')
  expect(page).not.toContain('cannot pay by M-Pesa')
  expect(page).not.toContain('*334#')
})

test('what is typed wrong is told in words, and nothing that was typed is lost', async () => {
  const { ask, day, orders, portal } = await open()
  for (const [wrong, said] of [
    [{ amount: '2.50' }, 'whole shillings'],
    [{ amount: '250001' }, 'whole shillings'],
    [{ from: 'kesho' }, 'Write each day as'],
    [{ until: '2027-02-30' }, 'Write each day as'],
    [{ every: '__proto__' }, 'Write each day as'],
    [{ from: day(-1) }, 'The first day is today'],
    [{ until: day(0) }, 'The first day is today'],
  ] as const) {
    const answer = await ask(wrong)
    const page = await answer.text()
    expect([wrong, answer.status, page.includes(said)]).toEqual([wrong, 422, true])
    for (const typed of Object.values(wrong).filter((one) => !one.startsWith('_')))
      expect(page).toContain(`value="${typed}"`)
  }
  expect([orders(), portal.orders]).toEqual([[], []])
})

test('only with an open wallet, and only its own phone is asked, not over and over', async () => {
  const { jar, form, post, portal, get } = await open()
  const sent = await form()
  portal.must(renewWalletCode, { wallet: 1 })
  expect((await post('/wallet/order', { ...sent, phone: '0722000111', wallet: '2' })).headers.get('location')).toBe(
    '/wallet',
  )
  jar.clear()
  expect((await get('/wallet/order')).headers.get('location')).toBe('/wallet')
  expect(portal.orders).toEqual([])
  const again = await open()
  again.portal.says.standingOrder = () => ok({ ref: 'ref' })
  for (let tries = 0; tries < portalLimits.buysPerDeviceMax; tries++) await again.ask()
  expect((await again.ask()).status).toBe(429)
  expect(again.portal.orders).toHaveLength(1)
})

test('it fits a small page without a script, in either language', async () => {
  const { text, ask } = await open()
  await ask()
  const swahili = `?g=${Buffer.from('lang=sw').toString('base64url')}`
  for (const [path, said] of [
    ['/wallet', 'KSh 500 every month'],
    ['/wallet/order', 'Let M-Pesa pay by itself'],
    [`/wallet${swahili}`, 'KSh 500 kila mwezi'],
    [`/wallet/order${swahili}`, 'Acha M-Pesa ilipe yenyewe'],
  ] as const) {
    const page = await text(path)
    expect(page).toContain(said)
    expect(page).not.toContain('<script')
    expect(page.length).toBeLessThan(12_000)
  }
})
