import { expect, test } from 'vitest'
import { endStandingOrder, hearPayments, requestStandingOrder, setMpesa, showMpesa } from '@lango/modules/payments'
import { topUpCash } from '@lango/modules/wallets'
import { dayOf, standingOrderStates } from '../../../../modules/payments/standing-rules.ts'
import { failures, frequencies } from '../../../../modules/payments/port.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const PAGE = '/wallets/1/standing-orders'
const DAY_MS = 86_400_000
const account = { shortcode: '174379', consumerKey: 'k', consumerSecret: 's', passkey: 'p', phone: '+254700000001' }

const desk = (standingOrders: 'off' | '2025' | '2026' = '2026') => {
  const made = deskUnderTest()
  const { must, clock, database } = made.site
  must(setMpesa, { ...account, standingOrders })
  const { reference } = must(topUpCash, { phone: '+254712345678', amountMinor: 5000 })
  const day = (days: number) => dayOf(clock.now() + days * DAY_MS)
  return {
    ...made,
    ask: (more: object = {}) =>
      must(requestStandingOrder, {
        wallet: 1,
        amountMinor: 50_000,
        frequency: 'monthly',
        startsOn: day(0),
        endsOn: day(300),
        ...more,
      }),
    set: (column: string, value: string) => database.raw.prepare(`UPDATE standing_orders SET ${column} = ?`).run(value),
    pay: () => {
      const of = { amountMinor: 50_000, currency: 'KES', shortcode: '174379', paidAt: clock.now() + 1, phones: [] }
      must(hearPayments, { payments: [{ receipt: 'SJ1', account: reference, ...of }] })
    },
  }
}

test('a wallet leads to its standing orders; while they are off that is said, with the way to where they are switched on', async () => {
  const { as, page } = desk('off')
  as('owner')
  expect(await page('/wallets/1')).toContain(`href="${PAGE}"`)
  expect(await page(PAGE)).toMatch(/Standing orders are off.*href="\/settings\/mpesa"/s)
  expect(await page('/wallets/9/standing-orders')).toContain('There is no such wallet')
})

test('each stands there with what it is, since when, how it stands, and how it is stopped', async () => {
  const { as, page, ask } = desk()
  as('owner')
  expect(await page(PAGE)).toContain('No standing order was asked for')
  ask()
  const html = await page(PAGE)
  expect(html).toMatch(/Standing order 1.*M-Pesa is being asked.*KSh.500\.00 every month.*Never/s)
  expect(html).toMatch(/dials \*334# or opens the M-PESA app/)
})

test('that it was stopped is said by whoever may write wallets, once; money that comes since is seen', async () => {
  const { as, page, post, ask, pay, site } = desk()
  ask()
  as('technician')
  expect((await post(PAGE, 'end', { order: '1' })).status).toBe(403)
  as('owner')
  expect((await post(PAGE, 'end', { order: '1' })).headers.get('location')).toBe(`${PAGE}?said=ended`)
  expect(await page(`${PAGE}?said=ended`)).toMatch(/on record that it was stopped.*It was said to be stopped/s)
  expect(await page(PAGE)).not.toContain('name="do" value="end"')
  expect(await (await post(PAGE, 'end', { order: '1' })).text()).toContain('is over already')
  expect(site.dispatch(endStandingOrder, { number: 1 })).toMatchObject({ error: { type: 'StandingOrderOver' } })
  pay()
  expect(await page(PAGE)).toContain('it was not stopped on the handset')
})

test('every state, frequency and reason has its words, in both languages', async () => {
  const { as, page, ask, set, cookies } = desk()
  as('owner')
  ask()
  for (const language of ['en', 'sw']) {
    cookies.set('lango-view', `lang=${language}`)
    for (const [column, values] of [
      ['failure', failures],
      ['frequency', frequencies],
      ['state', standingOrderStates],
    ] as const)
      for (const value of values) {
        set('state', column === 'state' ? value : 'refused')
        set(column, value)
        expect([column, value, (await page(PAGE)).includes('undefined')]).toEqual([column, value, false])
      }
  }
})

test('they are switched on in the settings of M-Pesa, by the page that the contract is held to', async () => {
  const { as, page, post, site } = desk('off')
  as('owner')
  expect(await page('/settings/mpesa')).toMatch(/Standing orders into wallets.*value="off" selected/s)
  const form = { baseUrl: 'https://sandbox.safaricom.co.ke', kind: 'paybill', trustUpTo: '0', callbackUrl: '' }
  const saved = { ...form, ...account, till: '', callbackFrom: 'any', standingOrders: '2025' }
  await post('/settings/mpesa', 'save', saved)
  expect(site.query(showMpesa, {})!.settings.standingOrders).toBe('2025')
  await post('/settings/mpesa', 'save', { ...saved, standingOrders: 'yes' })
  expect(site.query(showMpesa, {})!.settings.standingOrders).toBe('off')
})
