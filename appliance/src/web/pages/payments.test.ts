import { generateKeyPairSync } from 'node:crypto'
import {
  hearPayments,
  listPayments,
  listPurchases,
  requestPurchase,
  resolvePayment,
  setMpesa,
} from '@lango/modules/payments'
import { failures } from '@lango/modules/payments/port'
import { doubts } from '@lango/modules/payments/rules'
import { refundStates } from '../../../../modules/payments/refund-rules.ts'
import { addOffer } from '@lango/modules/offers'
import { addPlan } from '@lango/modules/plans'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const AMINA = '+254712345678'

type Heard = z.input<(typeof hearPayments)['input']>['payments'][number]

const desk = () => {
  const made = deskUnderTest()
  const { site, cookies } = made
  const { raw } = site.database
  const plan = (name: string, priceMinor: number) =>
    site.must(addPlan, { name, kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor, currency: 'KES' })
  plan('Hour', 2000)
  plan('Day', 5000)
  let receipts = 0
  return {
    ...made,
    buy: (phone = AMINA) => site.must(requestPurchase, { plan: 'Hour', phone }),
    /** Money that came in; it names nothing unless the test says what. */
    hear: (more: Partial<Heard> = {}): string => {
      receipts += 1
      const receipt = `SJ41XK${String(receipts).padStart(4, '0')}`
      const of = { amountMinor: 2000, currency: 'KES', shortcode: '174379', paidAt: site.clock.now() }
      site.must(hearPayments, { payments: [{ receipt, ...of, account: '', phones: [], ...more }] })
      return receipt
    },
    text: async (path: string) => (await made.page(path)).replaceAll('\u00a0', ' '),
    inSwahili: () => cookies.set('lango-view', 'lang=sw'),
    /** As the provider's answers would leave it. */
    put: (number: number, values: Readonly<Record<string, string | number | null>>) => {
      const set = Object.keys(values).map((name) => `${name} = @${name}`)
      raw.prepare(`UPDATE purchases SET ${set.join(', ')} WHERE number = @number`).run({ ...values, number })
    },
    payments: () => site.query(listPayments, {}).payments,
    purchases: () => site.query(listPurchases, {}),
  }
}

test('before anybody has bought, the list says what it is and where M-Pesa is set up', async () => {
  const { as, text, inSwahili, deadLinks } = desk()
  as('owner')
  expect(await text('/payments')).toMatch(
    /Nobody has been asked to pay yet.*M-Pesa is set up in the settings.*href="\/settings\/mpesa"/s,
  )
  expect(await text('/payments/unmatched')).toContain('Nothing waits')
  expect(await text('/payments/unmatched?tab=settled')).toContain('Nothing was settled by hand yet')
  for (const path of ['/payments', '/payments/unmatched']) expect(await deadLinks(path)).toEqual([])
  inSwahili()
  expect(await text('/payments')).toContain('Bado hakuna aliyeombwa kulipa')
})

test('a purchase is listed with who, how much, in which state, and how long it took', async () => {
  const { as, buy, put, text, site, inSwahili } = desk()
  as('technician')
  const { number } = buy()
  const page = () => text('/payments')
  expect(await page()).toMatch(/Purchase 1<.*Hour.*\+254 712 345 678.*KSh 20\.00.*Being asked/s)
  const at = site.clock.now()
  put(number, { state: 'granted', accepted_at: at, confirmed_at: at + 11_000, granted_at: at + 12_000 })
  expect(await page()).toMatch(/Given.*>12 s</s)
  inSwahili()
  expect(await page()).toMatch(/Ununuzi 1<.*Umetolewa.*>sek 12</s)
})

test('the search finds a purchase by its number, phone, reference and receipt; money by its receipt', async () => {
  const { as, buy, hear, text, deadLinks } = desk()
  as('technician')
  const { reference } = buy()
  buy('+254712345679')
  const receipt = hear({ account: reference })
  const alone = hear({ amountMinor: 777 })
  const found = async (q: string) => (await text(`/search?q=${encodeURIComponent(q)}`)).match(/>Purchase \d+</g) ?? []
  for (const q of ['0712 345 678', reference.toLowerCase(), receipt])
    expect(await found(q), q).toEqual(['>Purchase 1<'])
  expect(await found('2')).toEqual(['>Purchase 2<'])
  expect(await found('0712 000 000')).toEqual([])
  expect(await text(`/search?q=${alone}`)).toContain(`/payments/receipts/${alone}`)
  expect(await deadLinks(`/search?q=${receipt}`)).toEqual([])
})

test.each(['en', 'sw'] as const)('every failure has a sentence of its own, and what to do: %s', async (lang) => {
  const { as, buy, put, text, inSwahili } = desk()
  as('owner')
  if (lang === 'sw') inSwahili()
  const { number } = buy()
  const told = new Set<string>()
  for (const failure of failures) {
    put(number, { state: 'failed', failure, failed_at: 1, may_still_be_paid: 1 })
    const page = await text(`/payments/purchases/${number}`)
    const [, why, remedy] = /notice-title[^>]*>([^<]+)<\/p><div class="notice-body"><p>([^<]+)</.exec(page)!
    expect(await text('/payments')).toContain(why)
    expect(page.includes('href="/settings/mpesa"')).toBe(['configuration', 'receiver'].includes(failure))
    told.add(why!).add(remedy!)
    expect(page).toContain(lang === 'en' ? 'Money may still come in' : 'Pesa bado zinaweza kuingia')
  }
  expect(told.size).toBe(2 * failures.length)
})

test('whoever looks at older purchases gets each once', async () => {
  const { as, buy, text } = desk()
  as('owner')
  for (let at = 0; at < 60; at++) buy(`+2547000000${10 + at}`)
  const numbers = (page: string) => [...page.matchAll(/\/payments\/purchases\/(\d+)"/g)].map(([, n]) => Number(n))
  const first = await text('/payments')
  const older = /href="(\/payments\?before=[^"]+)"/.exec(first)![1]!
  const second = await text(older)
  expect([...numbers(first), ...numbers(second)]).toEqual(Array.from({ length: 60 }, (_, at) => 60 - at))
  expect(second).not.toContain('Older purchases')
  expect(second).toContain('Newest purchases')
})

test.each(['0712 345 678', '+254712345678', '254 712 345 678', '712345678'])(
  'purchases of a phone are found as people type it: %s',
  async (typed) => {
    const { as, buy, text } = desk()
    as('owner')
    buy()
    buy('+254700000001')
    const page = await text(`/payments?q=${encodeURIComponent(typed)}`)
    expect(page).toContain('+254 712 345 678')
    expect(page).not.toContain('+254 700 000 001')
  },
)

test('a phone that cannot be read, or has bought nothing, is said so', async () => {
  const { as, text } = desk()
  as('owner')
  expect(await text('/payments?q=amina')).toContain('Write the phone as 0712 345 678')
  expect(await text('/payments?q=0799000000')).toContain('No purchase of +254 799 000 000')
})

test('somebody is asked to pay, and the page of the purchase looks again until it is decided', async () => {
  const { as, post, text, purchases, put, site } = desk()
  as('cashier')
  const answer = await post('/payments', 'request', { plan: 'Hour', phone: '0712 345 678' })
  expect(answer.headers.get('location')).toBe('/payments/purchases/1')
  expect(purchases()).toMatchObject([{ phone: AMINA, plan: 'Hour', state: 'requested' }])
  const page = () => text('/payments/purchases/1')
  const again = '<meta name="refresh-sec" content="3"/>'
  expect(await page()).toContain(again)
  put(1, { state: 'accepted', accepted_at: site.clock.now(), provider_ref: 'ws_CO_1' })
  expect(await page()).toMatch(/whoever has it types their PIN now.*looks again by itself/s)
  expect(await page()).toContain(again)
  put(1, { provider_ref: null })
  expect(await page()).toContain('found in the provider’s list')
  put(1, { state: 'failed', failure: 'cancelled', failed_at: site.clock.now() })
  expect(await page()).not.toContain(again)
  const form = await text(/href="(\/payments\?plan=[^"]+)"/.exec(await page())![1]!.replaceAll('&amp;', '&'))
  expect(form).toMatch(/<option value="Hour" selected.*value="\+254712345678"/s)
})

test('what is wrong with asking stands beside its field, and what was typed stays', async () => {
  const { as, post, buy, purchases, inSwahili } = desk()
  as('cashier')
  const asked = async (fields: Record<string, string>) => (await post('/payments', 'request', fields)).text()
  expect(await asked({ plan: 'Hour', phone: '' })).toMatch(/id="phone-error">Write the phone that is to be asked/)
  expect(await asked({ plan: 'Day', phone: '<b>12' })).toMatch(
    /value="Day" selected.*value="&lt;b>12".*id="phone-error">Write the phone as/s,
  )
  expect(await asked({ plan: 'Nothing', phone: '0712345678' })).toMatch(/id="plan-error">This plan is withdrawn/)
  expect(purchases()).toEqual([])
  buy()
  expect(await asked({ plan: 'Hour', phone: '0712345678' })).toMatch(/id="phone-error">[^<]*for purchase 1 already/)
  inSwahili()
  expect(await asked({ plan: 'Hour', phone: '0712345678' })).toMatch(/id="phone-error">[^<]*ununuzi 1\./)
  expect(purchases()).toHaveLength(1)
})

test('the page of a purchase has each step with the time since the one before', async () => {
  const { as, buy, put, hear, text, site, deadLinks } = desk()
  as('owner')
  const { number, reference } = buy()
  const at = site.clock.now()
  put(number, { state: 'accepted', accepted_at: at + 2000, provider_ref: 'ws_CO_1' })
  const receipt = hear({ account: reference, phone: AMINA, name: 'AMINA <b>' })
  put(number, { confirmed_at: at + 20_000, granted_at: at + 21_000, first_used_at: at + 81_000 })
  const page = await text(`/payments/purchases/${number}`)
  expect(page).toMatch(/On the phone.*after 2 s.*Paid.*after 18 s.*Given.*after 1 s.*First login.*after 1 min/s)
  expect(page).toMatch(new RegExp(`${reference}.*ws_CO_1.*${receipt}.*AMINA &lt;b>`, 's'))
  expect(await deadLinks(`/payments/purchases/${number}`)).toEqual([])
})

test('a purchase or a receipt that is not there is said so', async () => {
  const { as, visit } = desk()
  as('owner')
  for (const path of ['purchases/99', `purchases/${'9'.repeat(40)}`, 'receipts/NONE', `receipts/${'A'.repeat(99)}`])
    expect((await visit(`/payments/${path}`)).status).toBe(404)
})

test('money that fits nothing waits, with who paid as far as is known, and leads there from the list', async () => {
  const { as, hear, text, deadLinks } = desk()
  as('cashier')
  const name = '<script>alert(1)</script>'
  const receipt = hear({ account: '<img src=x>', phone: AMINA, name })
  hear({ phoneHint: '2547 ***** 678', phones: [AMINA] })
  hear({ phoneHint: 'ab'.repeat(32) })
  expect(await text('/payments')).toContain('3 payments wait for somebody')
  const queue = await text('/payments/unmatched')
  expect(queue).toMatch(/number hidden.*2547 \*{5} 678.*&lt;img src=x>.*\+254 712 345 678 &lt;script>/s)
  const page = await text(`/payments/receipts/${receipt}`)
  expect(page).toContain('&lt;img src=x>')
  for (const each of [queue, page]) {
    expect(each).toContain('Nothing that was asked for fits it')
    expect(each).toContain('Ask whoever paid what it was for')
    expect(each).not.toMatch(/<img src=x|<script>alert/)
  }
  for (const path of ['/payments/unmatched', `/payments/receipts/${receipt}`]) expect(await deadLinks(path)).toEqual([])
})

test.each(['en', 'sw'] as const)('every doubt is told, and what to do about it: %s', async (lang) => {
  const { as, hear, text, inSwahili, site } = desk()
  as('owner')
  if (lang === 'sw') inSwahili()
  const receipt = hear()
  const told = new Set<string>()
  for (const doubt of doubts) {
    site.database.raw.prepare('UPDATE payments SET doubt = ?').run(doubt)
    const page = await text(`/payments/receipts/${receipt}`)
    const [, why, remedy] = /notice-title[^>]*>([^<]+)<\/p><div class="notice-body"><p>([^<]+)</.exec(page)!
    told.add(why!).add(remedy!)
    expect(await text('/payments/unmatched')).toContain(remedy)
  }
  expect(told.size).toBe(2 * doubts.length)
})

test('a cashier says that it is for a purchase, which is given and says so', async () => {
  const { as, hear, post, text, buy, payments, purchases } = desk()
  as('cashier')
  const receipt = hear({ account: 'HOUSE 7', name: 'AMINA' })
  const { number } = buy('+254700000001')
  const path = `/payments/receipts/${receipt}`
  const answer = await post(path, 'resolve', { as: 'purchase', number: ` ${number} `, purchaseNote: 'Asked her' })
  expect(answer.headers.get('location')).toBe(`${path}?said=purchase`)
  expect(payments()).toMatchObject([{ state: 'resolved', note: 'Asked her', purchase: number }])
  expect(purchases()).toMatchObject([{ state: 'granted' }])
  const page = await text(`${path}?said=purchase`)
  expect(page).toMatch(/it is for the purchase.*Purchase 1.*cashier.*Asked her/s)
  expect(page).not.toContain('name="do" value="resolve"')
  expect(await text('/payments/unmatched?tab=settled')).toMatch(/Settled.*Purchase 1.*cashier.*Asked her/s)
  expect(await text('/payments')).not.toContain('for somebody to say')
})

test('a cashier says that it is for a plan; the one that costs as much is proposed, for the phone that paid', async () => {
  const { as, hear, post, text, payments, purchases } = desk()
  as('cashier')
  const path = `/payments/receipts/${hear({ amountMinor: 5000, phone: AMINA })}`
  expect(await text(path)).toMatch(/<option value="Day" selected[^>]*>Day, KSh 50\.00.*value="\+254712345678"/s)
  const answer = await post(path, 'resolve', { as: 'plan', plan: 'Day', phone: '0700 000 002' })
  expect(answer.headers.get('location')).toBe(`${path}?said=plan`)
  expect(payments()).toMatchObject([{ state: 'resolved', note: null }])
  expect(purchases()).toMatchObject([{ state: 'granted', plan: 'Day', phone: '+254700000002' }])
  expect(await text(`${path}?said=plan`)).toContain('The plan is given')
})

test('money at the price of an offer that held then is given its plan by the cashier, who sees which', async () => {
  const { as, hear, post, text, payments, purchases, site, inSwahili } = desk()
  const half = { discount: { kind: 'percent', bp: 5000 }, timeZone: 'Africa/Nairobi' } as const
  const offer = (name: string, more: object) => site.must(addOffer, { ...half, name, ...more }).number
  const happy = offer('Happy <hour>', { plans: ['Hour'] })
  const coded = offer('Karibu', { plans: ['Hour'], code: 'KARIBU' })
  as('cashier')
  expect(await text(`/payments/receipts/${hear()}`)).not.toContain('offer’s price')
  const path = `/payments/receipts/${hear({ amountMinor: 1000, phone: AMINA })}`
  const page = await text(path)
  expect(page).toMatch(
    /It was paid at an offer’s price.*Hour, with “Happy &lt;hour>”<.*Hour, with “Karibu” \(code KARIBU\)/s,
  )
  expect(page).toContain('They cost KSh 10.00 when it was paid')
  const give = (which: string) => post(path, 'resolve', { as: 'offer', offer: which, offerPhone: '0712 345 678' })
  for (const wrong of ['', '__proto__', 'Hour', `${coded}`, `${coded} `])
    expect(await (await give(wrong)).text()).toContain('id="offer-error">Choose a plan.')
  expect(await (await give('99 Hour')).text()).toContain('id="offer-error">This offer did not hold')
  expect(await (await give(`${happy} Day`)).text()).toContain('id="offer-error">This offer did not hold')
  expect(payments().filter(({ state }) => state === 'unmatched')).toHaveLength(2)
  expect((await give(`${coded} Hour`)).headers.get('location')).toBe(`${path}?said=offer`)
  expect(await text(`${path}?said=offer`)).toContain('Said: it is for a plan. The plan is given.')
  expect(purchases()).toMatchObject([{ state: 'granted', amountMinor: 1000, discountMinor: 1000 }])
  inSwahili()
  expect(await text(`/payments/receipts/${hear({ amountMinor: 1000 })}`)).toContain('Ililipwa kwa bei ya ofa')
})

test('what was paid back needs a word on how', async () => {
  const { as, hear, post, text, payments } = desk()
  as('cashier')
  const path = `/payments/receipts/${hear()}`
  const refund = async (refundNote: string) => post(path, 'resolve', { as: 'refund', refundNote })
  expect(await (await refund('  ')).text()).toMatch(/id="refundNote-error">Write how it was paid back/)
  expect(await (await refund('a'.repeat(501))).text()).toMatch(/id="refundNote-error">A note has at most 500/)
  expect(payments()).toMatchObject([{ state: 'unmatched' }])
  expect((await refund('In cash <b>')).headers.get('location')).toBe(`${path}?said=refund`)
  expect(payments()).toMatchObject([{ state: 'refunded', note: 'In cash <b>' }])
  expect(await text('/payments/unmatched?tab=settled')).toMatch(/Paid back.*In cash &lt;b>/s)
  expect(await (await refund('Once more')).text()).toContain('Somebody has said already')
})

test('what is wrong with saying what it was for stands beside the field of its form', async () => {
  const { as, hear, post, buy, site, payments, inSwahili } = desk()
  as('cashier')
  const receipt = hear({ amountMinor: 3000 })
  const told = async (fields: Record<string, string>) =>
    (await (await post(`/payments/receipts/${receipt}`, 'resolve', fields)).text()).replaceAll('\u00a0', ' ')
  const { number } = buy()
  expect(await told({ as: 'purchase', number: 'one' })).toMatch(/value="one".*id="number-error">Write the number/s)
  expect(await told({ as: 'purchase', number: '99' })).toMatch(/id="number-error">There is no purchase 99/)
  expect(await told({ as: 'purchase', number: String(number) })).toMatch(
    /id="number-error">KSh 30\.00 was paid, and that costs KSh 20\.00/,
  )
  expect(await told({ as: 'plan', plan: 'Day', phone: '12' })).toMatch(
    /value="12".*id="phone-error">Write the phone as/s,
  )
  const differs = { as: 'plan', plan: 'Day', phone: '0712345678' }
  expect(await told(differs)).toMatch(/id="plan-error">KSh 30\.00 was paid, and that costs KSh 50\.00/)
  expect(await told({ ...differs, plan: 'Gone' })).toMatch(/id="plan-error">This plan is withdrawn/)
  inSwahili()
  expect(await told(differs)).toMatch(/id="plan-error">Zimelipwa KSh 30\.00, na bei yake ni KSh 50\.00/)
  site.must(resolvePayment, { receipt: hear(), how: { as: 'purchase', number } })
  expect(await told({ as: 'purchase', number: String(number) })).toMatch(/id="number-error">Ununuzi 1 tayari/)
  expect(payments().filter(({ state }) => state === 'unmatched')).toHaveLength(1)
})

test('whoever looks at older money that waits gets each once', async () => {
  const { as, hear, text } = desk()
  as('cashier')
  const all = Array.from({ length: 60 }, () => hear()).toReversed()
  const receipts = (page: string) => [...page.matchAll(/receipts\/(SJ\w+)"><bdi/g)].map(([, receipt]) => receipt)
  const first = await text('/payments/unmatched')
  const second = await text(/href="(\/payments\/unmatched\?before=[^"]+)"/.exec(first)![1]!)
  expect([...receipts(first), ...receipts(second)]).toEqual(all)
  expect(second).not.toContain('Older payments')
  expect(await text(`/payments/unmatched?before=${'z'.repeat(10_000)}`)).toContain(all[0])
})

test('a viewer sees no payments, and a technician settles none', async () => {
  const { as, visit, hear, post, text, buy, payments } = desk()
  const { number } = buy()
  const receipt = hear()
  const paths = ['', `/purchases/${number}`, '/unmatched', `/receipts/${receipt}`].map((path) => `/payments${path}`)
  as('viewer')
  for (const path of paths) expect((await visit(path)).status).toBe(403)
  expect((await post('/payments', 'request', { plan: 'Hour', phone: '0712345678' })).status).toBe(403)
  as('technician')
  for (const path of paths) expect((await visit(path)).status).toBe(200)
  expect(await text(`/payments/receipts/${receipt}`)).not.toContain('name="do" value="resolve"')
  const refund = { as: 'refund', refundNote: 'In cash' }
  expect((await post(`/payments/receipts/${receipt}`, 'resolve', refund)).status).toBe(403)
  as(['payments.read'])
  expect(await text('/payments')).not.toContain('name="do" value="request"')
  expect((await post('/payments', 'request', { plan: 'Hour', phone: '0712345678' })).status).toBe(403)
  expect(payments()).toMatchObject([{ state: 'unmatched' }])
})

test('without a plan that is sold so there is nothing to ask for, and that is said', async () => {
  const { as, page, site } = deskUnderTest()
  as('owner')
  site.must(addPlan, { name: 'Fibre', kind: 'pppoe', policy: {}, priceMinor: 100, currency: 'KES' })
  expect(await page('/payments')).toMatch(/No plan can be sold so yet.*kind hotspot with a price/s)
})

const setUpInitiator = ({ site }: ReturnType<typeof desk>): void => {
  const { publicKey: certificate } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const account = { shortcode: '174379', consumerKey: 'k', consumerSecret: 's', passkey: 'p', phone: '+254700000001' }
  site.must(setMpesa, { ...account, initiatorName: 'testapi', initiatorPassword: 'x', certificate })
}

test('money that waits is paid back by M-Pesa from its page, with who and how much, once that is set up', async () => {
  const made = desk()
  const { as, hear, text, post, payments } = made
  as('cashier')
  const receipt = hear({ phone: AMINA, name: 'AMINA <b>' })
  const page = `/payments/receipts/${receipt}`
  expect(await text(page)).toMatch(/Pay back by M-Pesa.*KSh 20\.00 goes back to whoever paid receipt .*AMINA/s)
  expect(await (await post(page, 'refund', { receipt })).text()).toContain('the initiator is not set up')
  setUpInitiator(made)
  await post(page, 'refund', { receipt, why: 'Paid <b>twice' })
  expect(payments()).toMatchObject([{ state: 'refunding' }])
  const shown = await text(page)
  expect(shown).toMatch(/M-Pesa is being asked.*Paid &lt;b>twice.*Asked for by/s)
  expect(shown).not.toContain('KSh 20.00 goes back')
})

test.each(['en', 'sw'] as const)('how a refund stands is told, and somebody says how it ended: %s', async (lang) => {
  const made = desk()
  const { as, hear, text, post, payments, site, inSwahili } = made
  as('cashier')
  setUpInitiator(made)
  const receipt = hear()
  const page = `/payments/receipts/${receipt}`
  await post(page, 'refund', { receipt })
  if (lang === 'sw') inSwahili()
  const said = async (state: string): Promise<string> => {
    site.database.raw.prepare('UPDATE refunds SET state = ?, failure = ?, sent_at = 1').run(state, 'configuration')
    const shown = await text(page)
    expect(shown).not.toMatch(/undefined|\[object/)
    return shown
  }
  const told = []
  for (const state of refundStates) told.push(await said(state))
  expect(new Set(told).size).toBe(refundStates.length)
  await said('unknown')
  await post(page, 'refundSaid', { receipt, how: 'failed' })
  expect(payments()).toMatchObject([{ state: 'unmatched', doubt: 'refund-failed' }])
  expect(await text('/payments/unmatched')).toContain(lang === 'en' ? 'Could not go back' : 'Hayakurudishika')
})

test('a purchase is paid back from its page, which says what ends by it', async () => {
  const made = desk()
  const { as, buy, hear, text, post, purchases } = made
  as('cashier')
  setUpInitiator(made)
  const { number, reference } = buy()
  const page = `/payments/purchases/${number}`
  expect(await text(page)).not.toContain('Pay back by M-Pesa')
  const receipt = hear({ account: reference })
  expect(await text(page)).toMatch(/Purchase 1 ends at once/)
  await post(page, 'refund', { receipt })
  expect(purchases()).toMatchObject([{ state: 'refunded' }])
  const shown = await text(page)
  expect(shown).toMatch(/Paid back.*M-Pesa is being asked.*It ended purchase 1/s)
  expect(shown).not.toContain('Purchase 1 ends at once')
})

test('whoever only reads payments pays nothing back', async () => {
  const made = desk()
  const { as, hear, text, post, payments } = made
  setUpInitiator(made)
  const receipt = hear()
  as('technician')
  const page = `/payments/receipts/${receipt}`
  expect(await text(page)).not.toContain('Pay back by M-Pesa')
  expect((await post(page, 'refund', { receipt })).status).toBe(403)
  expect(payments()).toMatchObject([{ state: 'unmatched' }])
})
