import { expect, test } from 'vitest'
import { blockWallet, showWallet, revealWallet, topUpCash, renewWalletCode, walletLimits } from '@lango/modules/wallets'
import { portalLimits } from './limits.ts'
import { browser } from './testing/browser.ts'
import { hidden, portalUnderTest } from './testing/portal-under-test.ts'

const ROUTER = '/?mac=02:00:00:00:00:01&link-login-only=http%3A%2F%2F10.5.50.1%2Flogin'
const AMINA = '+254712345678'
const BARAKA = '+254722000111'

const open = () => {
  const portal = portalUnderTest()
  const one = browser(portal)
  const balance = (number = 1) => portal.query(showWallet, { number })!.balanceMinor
  return {
    portal,
    ...one,
    balance,
    cash: (amountMinor: number, phone = AMINA) => portal.must(topUpCash, { phone, amountMinor }),
    /** By its code, as whoever holds it does. */
    enter: (phone = AMINA, wallet = 1) =>
      one.post('/wallet', { phone, code: portal.must(revealWallet, { wallet }).code, g: '' }),
    shop: async (path = ROUTER) => {
      const page = await one.text(path)
      return {
        page,
        plan: /name="plan" value="([^"]+)"/.exec(page)![1]!,
        once: hidden(page, 'once'),
        g: hidden(page, 'g'),
      }
    },
  }
}

test('the first top-up opens a wallet, whose code is shown once the money is there; it is opened by a deed, never by an address', async () => {
  const { portal, jar, get, post, text, balance } = open()
  const page = await text('/wallet')
  expect(page).toContain('KSh 50')
  const asked = await post('/wallet/top-up', {
    payer: '0712 345 678',
    amount: '100',
    other: '',
    once: hidden(page, 'once'),
    g: '',
  })
  const waiting = asked.headers.get('location')!
  expect(waiting).toMatch(/^\/pay\/p-/)
  await portal.runJobs()
  expect(await text(waiting)).toContain('Check your phone')
  await portal.paid()
  const done = await text(waiting)
  expect([balance(), jar.has('lango-wallet')]).toEqual([10_000, false])
  const code = hidden(done, 'code')
  expect(done).toContain('KSh 100 is in your wallet')
  const opened = await post('/wallet', { phone: hidden(done, 'phone'), code, g: '' })
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/wallet'])
  expect(await text('/wallet')).toMatch(/KSh 100.*M-Pesa/s)
  expect(await text('/')).toContain('My wallet: KSh 100')
  // Whoever comes to that address later is told nothing that opens it.
  portal.clock.advance(walletLimits.codeToldMs)
  expect(await text(waiting)).not.toContain(code)
  expect((await get(waiting)).headers.getSetCookie()).toEqual([])
})

test('with an open wallet one press buys, and the browser goes on to the router; sent twice it is paid once', async () => {
  const { portal, post, cash, enter, shop, balance } = open()
  portal.plan('Hour', 2000)
  cash(5000)
  await enter()
  const { page, ...form } = await shop()
  expect(page).toContain('it is paid from your wallet, which has KSh 50')
  expect(page).not.toContain('M-Pesa number')
  const sent = { ...form, wallet: '1' }
  const [first, second] = [await post('/buy', sent), await post('/buy', sent)]
  expect(first.headers.get('location')).toMatch(/^\/connect\/g-1\./)
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  expect([balance(), portal.count({ name: 'purchases' }), portal.prompted.length]).toEqual([3000, 1, 0])
})

test('what costs more than there is says so, and offers M-Pesa; a shut wallet pays nothing', async () => {
  const { portal, post, jar, cash, enter, shop, balance } = open()
  portal.plan('Week', 20_000)
  cash(5000)
  await enter()
  const { page: _, ...form } = await shop()
  const short = await post('/buy', { ...form, wallet: '1' })
  expect(short.status).toBe(422)
  expect((await short.text()).replaceAll('\u00a0', ' ')).toMatch(
    /KSh 50 in your wallet, and Week costs KSh 200.*Pay it by M-Pesa/s,
  )
  jar.delete('lango-wallet')
  expect(await (await post('/buy', { ...form, wallet: '1' })).text()).toContain('Your wallet is not open')
  expect([balance(), portal.count({ name: 'purchases' })]).toEqual([5000, 0])
})

test('a bundle for a friend is told with its code; money goes to a friend’s wallet', async () => {
  const { portal, post, text, cash, enter, shop, balance } = open()
  portal.plan('Hour', 2000)
  cash(5000)
  await enter()
  const { page, ...form } = await shop(`${ROUTER}&pay=friend`)
  expect(page).toContain('Your friend’s number')
  const bought = await post('/buy', { ...form, wallet: '1', friend: '0722 000 111' })
  const said = (await bought.text()).replaceAll('\u00a0', ' ')
  expect(said).toContain('+254 722 000 111')
  expect(portal.purchase()).toMatchObject({ phone: BARAKA, paidBy: 'wallet' })
  const mine = await text('/wallet')
  const send = { phone: '0722 000 111', amount: '10', once: hidden(mine, 'once'), g: '' }
  for (let sent = 0; sent < 2; sent++)
    expect((await post('/wallet/send', send)).headers.get('location')).toBe('/wallet?said=sent')
  expect([balance(1), balance(2)]).toEqual([2000, 1000])
  const self = await post('/wallet/send', { ...send, phone: '0712345678' })
  expect(await self.text()).toContain('This is your own number')
})

test('a stranger’s cookie, ticket or link opens nothing, and a new code shuts what the old one has opened', async () => {
  const { portal, jar, text, cash, enter } = open()
  cash(5000)
  cash(700, BARAKA)
  await enter()
  const mine = jar.get('lango-wallet')!
  // Another number in the same ticket, and a ticket of another kind in its place.
  for (const forged of [mine.replace('w-1-', 'w-2-'), mine.replace('w-1-1', 'w-1-2'), '', 'w-1-1.x.y', '__proto__']) {
    jar.set('lango-wallet', forged)
    expect(await text('/wallet')).toContain('Phone number of the wallet')
  }
  jar.set('lango-wallet', mine)
  expect(await text(`/wallet?w=w-2-1&said=sent`)).toContain('KSh 50')
  for (const path of [`/connect/${mine}`, `/s/${mine}`, `/pay/${mine}`, `/receipt/${mine}`])
    expect((await portal.get(path)).status).toBe(303)
  jar.set('lango-ticket', mine)
  expect(await text('/')).not.toContain('Connect again')
  portal.must(renewWalletCode, { wallet: 1 })
  expect(await text('/wallet')).toContain('Phone number of the wallet')
})

test('guessing comes to an end, and a wrong code is answered as a phone without a wallet is', async () => {
  const { post, cash } = open()
  cash(5000)
  const said = async (phone: string) => {
    const answer = await post('/wallet', { phone, code: 'WABCDEFGH', g: '' })
    return [answer.status, /<p class="notice-title">([^<]+)/.exec(await answer.text())![1]]
  }
  const [known, unknown] = [await said('0712345678'), await said('0733000000')]
  expect(known).toEqual(unknown)
  for (let tries = 2; tries < portalLimits.missesPerDeviceMax; tries++) await said('0712345678')
  expect((await said('0712345678'))[0]).toBe(429)
})

test('renewal is switched by whoever holds the wallet; it is shut again; all of it fits a small page without a script', async () => {
  const { portal, post, text, cash, enter, shop, jar } = open()
  portal.plan('Hour', 2000)
  cash(9000)
  await enter()
  const { page: _, ...form } = await shop()
  await post('/buy', { ...form, wallet: '1' })
  const page = await text('/wallet')
  expect(page).toContain('ends when it ends')
  await post('/wallet/renew', { purchase: hidden(page, 'purchase'), on: 'yes', g: '' })
  expect(await text('/wallet')).toContain('is paid for anew when it ends')
  expect(await (await post('/wallet/renew', { purchase: 'pur_x', on: 'yes', g: '' })).text()).toContain(
    'cannot be renewed',
  )
  expect(page).not.toContain('<script')
  expect(page.length).toBeLessThan(12_000)
  await post('/wallet/shut', { g: '' })
  expect(jar.get('lango-wallet')).toBe('')
  expect(await text('/wallet')).toContain('Phone number of the wallet')
})

test('without a cookie the page of a bundle tells its buyer what is left in the wallet, and neither a friend nor another device is told', async () => {
  const { portal, post, text, cash, enter, shop, jar } = open()
  portal.plan('Hour', 2000)
  cash(9000)
  await enter()
  const buy = async (more: Record<string, string>, path = ROUTER) => {
    const { page: _, ...form } = await shop(path)
    const answer = await post('/buy', { ...form, wallet: '1', ...more })
    return /\/connect\/(g-[^?"]+)/.exec(answer.headers.get('location') ?? (await answer.text()))![1]!
  }
  const mine = await buy({})
  await post('/wallet/renew', { purchase: portal.purchase().id, on: 'yes', g: '' })
  const friends = await buy({ friend: '0722 000 111' }, `${ROUTER}&pay=friend`)
  jar.clear()
  expect(await text(`/s/${mine}`)).toMatch(/KSh 50 is in your wallet\.\s+This bundle is paid for anew from it/)
  expect(await text(`/s/${mine}`)).not.toContain('712')
  expect(await text(`/s/${friends}`)).not.toContain('your wallet')
  // The same address and MAC, and a ticket that somebody has made up: the wallet stays shut.
  for (const path of ['/wallet', `/wallet?${ROUTER.slice(2)}`, `/s/${mine.replace('g-1', 'g-2')}`])
    expect(await text(path)).not.toContain('KSh 50 ')
  portal.must(blockWallet, { wallet: 1, blocked: true })
  expect(await text(`/s/${mine}`)).not.toContain('your wallet')
})
