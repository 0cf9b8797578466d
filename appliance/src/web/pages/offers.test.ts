import { listOffers, listPurchases, requestPurchase } from '@lango/modules/payments'
import { ownReferralCode } from '@lango/modules/offers'
import { addPlan } from '@lango/modules/plans'
import { showSettings } from '@lango/modules/settings'
import { expect, test } from 'vitest'
import { promptTold } from '../../../../modules/payments/commands.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const AMINA = '+254712345678'
const flyer = {
  name: 'Flyer <Nyali>',
  code: 'karibu-20',
  kind: 'percent',
  value: '25',
  plans: ['Hour'],
  from: '2026-01-01T08:00',
  until: '2027-01-31T20:00',
  days0: ['1', '2', '3', '4', '5', '6', '0'],
  begins0: '00:00',
  ends0: '00:00',
  usesMax: '100',
  usesPerPhone: '1',
}

const desk = () => {
  const made = deskUnderTest()
  const { site } = made
  for (const [name, priceMinor] of [
    ['Hour', 2000],
    ['Day', 5000],
  ] as const)
    site.must(addPlan, { name, kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor, currency: 'KES' })
  return {
    ...made,
    offers: () => site.query(listOffers, { at: site.clock.now() }),
    text: async (path: string) => (await made.page(path)).replaceAll('\u00a0', ' '),
    add: (fields: object) => made.post('/offers/new', 'add', fields as Record<string, string | readonly string[]>),
  }
}

test('an offer is made as it was typed, and its page tells what was bought with it', async () => {
  const { as, add, offers, site, text } = desk()
  as('owner')
  expect(await text('/offers')).toMatch(/No offers yet.*href="\/offers\/new"/s)
  const made = await add(flyer)
  expect([made.status, made.headers.get('location')]).toEqual([303, '/offers/1?said=added'])
  expect(offers()).toMatchObject([
    {
      name: 'Flyer <Nyali>',
      code: 'KARIBU20',
      discount: { kind: 'percent', bp: 2500 },
      plans: [{ name: 'Hour' }],
      usesMax: 100,
      usesPerPhoneMax: 1,
      windows: [{ days: [1, 2, 3, 4, 5, 6, 0], from: '00:00', to: '00:00' }],
    },
  ])
  const { number } = site.must(requestPurchase, { plan: 'Hour', phone: AMINA, code: 'KARIBU20' })
  const page = await text('/offers/1')
  expect(page).toMatch(/Flyer &lt;Nyali>.*KARIBU20.*25 % off.*1 of 100/s)
  expect(page).toMatch(/href="\/payments\/purchases\/1".*KSh 15\.00.*KSh 5\.00/s)
  expect(page).not.toContain('<Nyali>')
  expect(await text(`/payments/purchases/${number}`)).toMatch(/KSh 5\.00 off, by offer 1: Flyer/)
  expect(await text('/offers')).toMatch(/KARIBU20.*1 of 100/s)
})

test('it is changed as it stands in the form, stopped, and goes on', async () => {
  const { as, add, offers, post, text } = desk()
  as('owner')
  await add(flyer)
  const form = await text('/offers/1?tab=change')
  for (const value of ['KARIBU20', '25', '2026-01-01T08:00', '2027-01-31T20:00', '100'])
    expect(form).toContain(`value="${value}"`)
  const { code: _code, ...happy } = flyer
  await post('/offers/1?tab=change', 'save', { ...happy, kind: 'price', value: '10' })
  expect(offers()).toMatchObject([{ code: null, discount: { kind: 'price', minor: 1000 } }])
  await post('/offers/1', 'stop', {})
  expect(offers()).toMatchObject([{ state: 'stopped' }])
  expect(await text('/offers/1?said=stopped')).toContain('Undo')
  await post('/offers/1', 'resume', {})
  expect(offers()).toMatchObject([{ state: 'open' }])
})

test.each([
  [{ name: ' ' }, 'Give it a name.'],
  [{ code: '__proto__' }, 'A code is 3 to 20 letters'],
  [{ code: 'TAKEN' }, 'Another offer has this code'],
  [{ value: '101' }, 'Write a percentage'],
  [{ kind: 'amount', value: '0' }, 'Write an amount of money'],
  [{ kind: 'price', value: '0', usesMax: '' }, 'say how often'],
  [{ until: '2025-01-01T08:00' }, 'It ends after it begins'],
  [{ from: 'soon' }, 'Choose a day and an hour'],
  [{ days0: [] }, 'Choose at least one day'],
  [{ begins0: '25:00' }, 'Write a time of day'],
  [{ usesMax: '0' }, 'Write a number from 1'],
  [{ plans: ['Gone'] }, 'not there any more'],
] as const)('what cannot be meant is said beside its field, and nothing is lost: %j', async (wrong, says) => {
  const { as, add, offers } = desk()
  as('owner')
  await add({ ...flyer, code: 'TAKEN' })
  const answer = await add({ ...flyer, ...wrong })
  const page = await answer.text()
  expect(page).toContain(says)
  expect(page).toContain('value="1"/>')
  expect(offers()).toHaveLength(1)
})

test('whoever may not see what was paid sees no phones, and whoever may only look changes nothing', async () => {
  const { as, add, text, post, site, offers } = desk()
  as('owner')
  await add(flyer)
  site.must(requestPurchase, { plan: 'Hour', phone: AMINA, code: 'KARIBU20' })
  as('viewer')
  const page = await text('/offers/1')
  expect(page).toContain('KARIBU20')
  expect(page).not.toContain('712 345')
  expect(page).not.toContain('tab=change')
  expect((await post('/offers/1', 'stop', {})).status).toBe(403)
  expect((await post('/offers/new', 'add', flyer)).status).toBe(403)
  expect(offers()).toMatchObject([{ status: 'active' }])
})

test('at the desk a code is typed too, and one that does nothing is said', async () => {
  const { as, add, post, site } = desk()
  as('owner')
  await add(flyer)
  const ask = (code: string) => post('/payments', 'request', { plan: 'Hour', phone: '0712345678', code })
  expect(await (await ask('NOBODYS')).text()).toContain('No offer has this code.')
  expect((await ask('KARIBU20')).headers.get('location')).toBe('/payments/purchases/1')
  expect(site.query(listPurchases, {})).toMatchObject([{ amountMinor: 1500, discountMinor: 500 }])
})

test('what is promised for friends is set, and who brought one is listed', async () => {
  const { as, post, site, text } = desk()
  as('owner')
  const save = (fields: object) => post('/offers/friends', 'save', fields as Record<string, string>)
  for (const [wrong, says] of [
    [{ plan: 'Gone' }, 'not there any more'],
    [{ friend: '95' }, 'Write a percentage up to 90'],
    [{ monthly: '0' }, 'Write a number from 1 to 100'],
  ] as const)
    expect(await (await save({ plan: 'Hour', friend: '10', monthly: '5', ...wrong })).text()).toContain(says)
  expect((await save({ plan: 'Hour', friend: '10', monthly: '3' })).headers.get('location')).toMatch(/said=saved/)
  expect(site.query(showSettings, {})).toMatchObject({
    referralPlan: 'Hour',
    referralFriendBp: 1000,
    referralMonthlyMax: 3,
  })
  const { code } = site.must(ownReferralCode, { phone: AMINA })
  const { id } = site.must(requestPurchase, { plan: 'Day', phone: '+254712345679', code })
  site.must(promptTold, { purchaseId: id, told: { type: 'paid' } })
  expect(await text('/offers/friends')).toMatch(
    new RegExp(`712 345 678.*${code}.*712 345 679.*purchases/1.*purchases/2.*Rewarded`, 's'),
  )
  expect(await text('/payments/purchases/1')).toContain('by the code of a friend')
  expect(await text('/payments/purchases/2')).toContain('a reward for bringing a friend')
  expect(await text('/offers')).toMatch(/Took off<.*KSh 25\.00<.*Came in with them.*KSh 45\.00/s)
  as('viewer')
  const seen = await text('/offers/friends')
  expect(seen).not.toContain(code)
  expect(seen).not.toContain('Save it')
})
