import { changeSettings } from '@lango/modules/settings'
import { listPurchases } from '@lango/modules/payments'
import { expect, test } from 'vitest'
import { hidden, portalUnderTest } from './testing/portal-under-test.ts'

const routerOf = (n: number): string => `/?mac=02:00:00:00:00:0${n}&link-login-only=http%3A%2F%2F10.5.50.1%2Flogin`

const shop = () => {
  const portal = portalUnderTest({ siteName: 'Kisumu & sons' })
  portal.plan('Hour', 2000)
  const text = async (path: string) => (await (await portal.get(path)).text()).replaceAll('\u00a0', ' ')
  const gOf = async (n: number) => hidden(await text(routerOf(n)), 'g')
  return {
    ...portal,
    text,
    gOf,
    /** Somebody buys at their own device and pays; the ticket of what they have. */
    buy: async (n: number, code = '') => {
      const g = await gOf(n)
      const html = await text(`/?${new URLSearchParams({ g, ...(code && { code }) })}`)
      const plan = /name="plan" value="([^"]+)"/.exec(html)![1]!
      const once = hidden(html, 'once')
      const answer = await portal.post('/buy', { g, once, phone: `0712 345 67${n}`, plan, ...(code && { code }) })
      if (answer.status !== 303) return { ticket: '', page: await answer.text() }
      await portal.runJobs()
      await portal.paid()
      const connect = (await portal.get(answer.headers.get('location')!)).headers.get('location')!
      return { ticket: /\/connect\/([^?]+)/.exec(connect)![1]!, page: '' }
    },
  }
}

test('whoever has paid has a code for friends, and goes online with what a friend has brought', async () => {
  const portal = shop()
  portal.must(changeSettings, { referralPlan: 'Hour', referralFriendBp: 2500 })
  const njeri = await portal.buy(1)
  const status = await portal.text(`/s/${njeri.ticket}`)
  const code = /<p class="told">([2-9A-Z]{6})<\/p>/.exec(status)![1]!
  expect(status).toMatch(/you get: Hour.*Your friend pays 25 % less/s)
  expect(status).toContain(`http://192.168.88.10:8081/?code=${code}`)
  expect(status).toMatch(/href="sms:\?body=Wi-Fi%20at%20Kisumu%20%26%20sons/)
  expect(status).toContain('href="https://wa.me/?text=')
  expect(await portal.text(`/receipt/${njeri.ticket}`)).toContain(code)
  expect(status).not.toContain('Use what a friend')
  const friend = await portal.text(`/?code=${code.toLowerCase()}`)
  expect(friend).toMatch(/You come with the code .* of a friend.*<b class="bundle-price">KSh 15</s)
  await portal.buy(2, code)
  const [, href] = /href="(\/connect\/[^"]+)">Use what a friend/.exec(await portal.text(`/s/${njeri.ticket}`))!
  expect((await portal.get(href!.replaceAll('&amp;', '&'))).status).toBe(200)
  // Whoever knows the number alone has nothing of it.
  const claimed = await portal.post('/paid', { phone: '0712 345 671' })
  expect(claimed.headers.get('location')).not.toBe(href!.replaceAll('&amp;', '&'))
  const bought = portal.query(listPurchases, {})
  expect(bought.map(({ phone, amountMinor }) => [phone, amountMinor])).toEqual([
    ['+254712345671', 0],
    ['+254712345672', 1500],
    ['+254712345671', 2000],
  ])
})

test('a code is no use to whoever has it, nor to whoever has bought before', async () => {
  const portal = shop()
  portal.must(changeSettings, { referralPlan: 'Hour' })
  const { ticket } = await portal.buy(1)
  const code = /<p class="told">(\w{6})<\/p>/.exec(await portal.text(`/s/${ticket}`))![1]!
  expect((await portal.buy(1, code)).page).toContain('This is your own code.')
  await portal.buy(2)
  expect((await portal.buy(2, code)).page).toContain('for the first time')
  expect(portal.query(listPurchases, {})).toHaveLength(2)
})

test('where nothing is promised nobody has a code, and none is made', async () => {
  const portal = shop()
  const { ticket } = await portal.buy(1)
  expect(await portal.text(`/s/${ticket}`)).not.toContain('Bring a friend')
  expect(portal.count({ name: 'referral_codes' })).toBe(0)
})
