import { addOffer, setOfferStatus } from '@lango/modules/offers'
import { setPlan } from '@lango/modules/plans'
import { expect, test } from 'vitest'
import { portalLimits } from './limits.ts'
import { hidden, portalUnderTest } from './testing/portal-under-test.ts'

const ROUTER = '/?mac=02:00:00:00:00:01&link-login-only=http%3A%2F%2F10.5.50.1%2Flogin'
const HOUR_MS = 3_600_000

const shop = () => {
  const portal = portalUnderTest()
  portal.plan('Hour', 2000)
  const g = async () => hidden(await (await portal.get(ROUTER)).text(), 'g')
  return {
    ...portal,
    g,
    offer: (terms: object) =>
      portal.must(addOffer, {
        name: 'Offer',
        discount: { kind: 'percent', bp: 5000 },
        timeZone: 'Africa/Nairobi',
        ...terms,
      }),
    text: async (path: string) => (await (await portal.get(path)).text()).replaceAll('\u00a0', ' '),
    /** As the page's own button sends it. */
    buy: async (html: string, more: Record<string, string> = {}) => {
      const plan = /name="plan" value="([^"]+)"/.exec(html)![1]!
      const code = hidden(html, 'code')
      const sent = { g: await g(), once: hidden(html, 'once'), phone: '0712 345 678', plan, ...(code && { code }) }
      return portal.post('/buy', { ...sent, ...more })
    },
    /** What is looked up is kept for a second. */
    later: () => portal.clock.advance(portalLimits.offerLifeMs),
  }
}

test('at a happy hour the bundle shows what is paid, the usual price struck, and until when', async () => {
  const portal = shop()
  portal.offer({ untilAt: portal.clock.now() + HOUR_MS })
  const html = await portal.text(ROUTER)
  expect(html).toMatch(/<b class="bundle-price">KSh 10<\/b><span>instead of <s>KSh 20<\/s> · until \d\d:\d\d/)
  const answer = await portal.buy(html)
  expect(answer.status).toBe(303)
  await portal.runJobs()
  expect(portal.purchase()).toMatchObject({ amountMinor: 1000, discountMinor: 1000, device: '02:00:00:00:00:01' })
  const waiting = await portal.text(answer.headers.get('location')!)
  expect(waiting).toMatch(/pay KSh 10 for Hour.*That is KSh 10 less than usual/s)
  portal.clock.advance(HOUR_MS)
  const after = await portal.text(ROUTER)
  expect(after).not.toContain('<s>')
  // Nobody has one where there are none.
  expect(after).not.toContain('discount code')
})

test('a code is typed under the bundles, changes the prices, and travels with the form', async () => {
  const portal = shop()
  portal.offer({ code: 'KARIBU', discount: { kind: 'amount', minor: 500 } })
  const first = await portal.text(ROUTER)
  const [, asked] = /href="([^"]+)">I have a discount code</.exec(first)!
  expect(await portal.text(asked!.replaceAll('&amp;', '&'))).toMatch(/method="get" action="\/".*name="code"/s)
  expect(first).not.toContain('<s>')
  const html = await portal.text(`/?code=kari-bu&g=${await portal.g()}`)
  expect(html).toMatch(/href="\/\?code=KARIBU&amp;g=[^"]+">Kiswahili/)
  expect(html).toMatch(/With the code KARIBU you pay less.*KSh 15<.*instead of <s>KSh 20/s)
  const answer = await portal.buy(html)
  expect(answer.status).toBe(303)
  await portal.runJobs()
  await portal.paid()
  expect(portal.purchase()).toMatchObject({ state: 'granted', amountMinor: 1500, discountMinor: 500 })
  const connect = (await portal.get(answer.headers.get('location')!)).headers.get('location')!
  const ticket = /\/connect\/([^?]+)/.exec(connect)![1]!
  expect(await portal.text(`/receipt/${ticket}`)).toMatch(/Paid.*KSh 15\.00.*Discount.*KSh 5\.00/s)
})

test('what is free is given at once, and no phone is asked', async () => {
  const portal = shop()
  portal.offer({ code: 'BURE', discount: { kind: 'price', minor: 0 }, usesMax: 5 })
  const html = await portal.text('/?code=bure')
  expect(html).toContain('<b class="bundle-price">Free</b>')
  const answer = await portal.buy(html)
  const connect = (await portal.get(answer.headers.get('location')!)).headers.get('location')!
  expect(connect).toMatch(/^\/connect\//)
  await portal.runJobs()
  expect(portal.prompted).toEqual([])
  // The same phone, and the same device with another number, have had it.
  for (const more of [{}, { phone: '0712 345 679' }]) {
    const again = await portal.buy(await portal.text('/?code=bure'), more)
    expect(again.status).toBe(422)
    expect(await again.text()).toContain('This number has used the code already.')
  }
  expect(portal.count({ name: 'purchases' })).toBe(1)
})

test.each([
  ['NOBODYS', 'not known here'],
  ['__proto__', 'not known here'],
  ['constructor', 'not known here'],
  ['<script>alert(1)</script>', 'not known here'],
  ['EARLY', 'not good yet'],
  ['OVER', 'its last day is over'],
  ['GONE', 'no longer good'],
])('a code that does nothing is said plainly: %s', async (code, says) => {
  const portal = shop()
  portal.offer({ code: 'EARLY', fromAt: portal.clock.now() + HOUR_MS })
  portal.offer({ code: 'OVER', untilAt: portal.clock.now() })
  const { number } = portal.offer({ code: 'GONE' })
  portal.must(setOfferStatus, { number, status: 'stopped' })
  const html = await portal.text(`/?${new URLSearchParams({ code })}`)
  expect(html).toContain(says)
  expect(html).not.toContain('<script>alert')
  expect(html).not.toContain('<s>')
  const answer = await portal.buy(html, { code })
  expect([answer.status, portal.count({ name: 'purchases' })]).toEqual([422, 0])
})

test('nobody is asked for more than the page has shown: the new price is said, and taken when it is tapped again', async () => {
  const portal = shop()
  const { number } = portal.offer({})
  const html = await portal.text(ROUTER)
  portal.must(setOfferStatus, { number, status: 'stopped' })
  const refused = await portal.buy(html)
  expect(refused.status).toBe(422)
  const page = (await refused.text()).replaceAll('\u00a0', ' ')
  expect(page).toContain('The price is now KSh 20. Nothing was asked for')
  expect(portal.count({ name: 'purchases' })).toBe(0)
  expect((await portal.buy(page)).status).toBe(303)
  expect(portal.purchase()).toMatchObject({ amountMinor: 2000 })
})

test('who has had a happy hour as often as they may is told their own price, and not the one of others again', async () => {
  const portal = shop()
  portal.offer({ usesPerPhoneMax: 1 })
  const html = await portal.text(ROUTER)
  await portal.buy(html)
  await portal.runJobs()
  await portal.paid()
  const refused = await portal.buy(await portal.text(ROUTER))
  const page = (await refused.text()).replaceAll('\u00a0', ' ')
  expect(page).toMatch(/The price is now KSh 20.*<b class="bundle-price">KSh 20<\/b>/s)
  expect((await portal.buy(page)).status).toBe(303)
  expect(portal.purchase()).toMatchObject({ amountMinor: 2000 })
})

test('a plan that costs more by now is asked for at the new price only', async () => {
  const portal = shop()
  const html = await portal.text(ROUTER)
  const { id } = portal.database.raw.prepare<[], { id: string }>('SELECT id FROM plans').get()!
  portal.must(setPlan, { id, name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 3000 })
  expect(await (await portal.buy(html)).text()).toContain('The price is now KSh\u00a030.')
  expect(portal.count({ name: 'purchases' })).toBe(0)
})

// X10, of discount codes.
test('who guesses at discount codes is stopped, whatever device they say they are, and the code of another works on', async () => {
  const portal = shop()
  portal.offer({ code: 'KARIBU' })
  const from = '10.5.50.66'
  const guess = async (n: number): Promise<string> => {
    const mac = `02:00:00:00:${String(n % 100).padStart(2, '0')}:${String(Math.floor(n / 100)).padStart(2, '0')}`
    const g = Buffer.from(`mac=${encodeURIComponent(mac)}`).toString('base64url')
    return (await portal.get(`/?code=GUESS${n}&g=${g}`, {}, from)).text()
  }
  const answers: string[] = []
  for (let n = 0; n < portalLimits.couponsPerAddressMax + 5; n++) answers.push(await guess(n))
  expect(answers.filter((html) => html.includes('not known here'))).toHaveLength(portalLimits.couponsPerAddressMax)
  // Also the right one says nothing to them any more, in the address or in the form.
  const right = await (await portal.get('/?code=KARIBU', {}, from)).text()
  expect(right).toContain('Too many tries')
  expect(right).not.toContain('<s>')
  const sent = { phone: '0712345678', plan: /name="plan" value="([^"]+)"/.exec(right)![1]!, code: 'KARIBU' }
  expect((await portal.post('/buy', sent, from)).status).toBe(422)
  expect(portal.count({ name: 'purchases' })).toBe(0)
  expect(await portal.text('/?code=KARIBU')).toContain('<s>')
})
