import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../access/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { addOffer, offers, setOffer, setOfferStatus } from './index.ts'
import { offerLimits } from './rules.ts'
import { offers as offersTable } from './tables.ts'

const shop = () => {
  const site = memorySite([access, plans, offers])
  const hour = site.must(addPlan, { name: 'Hour', kind: 'hotspot', policy: {}, priceMinor: 2000 })
  return { ...site, hour, rows: () => site.database.orm.select().from(offersTable.site).all() }
}
const terms = { name: 'Flyer', discount: { kind: 'percent', bp: 2500 }, timeZone: 'Africa/Nairobi' } as const

test('an offer is made as it was said, its code in capitals', () => {
  const { must, rows, hour, clock } = shop()
  expect(must(addOffer, { ...terms, code: 'karibu-20', plans: ['Hour'], usesMax: 100 })).toEqual({
    number: 1,
    code: 'KARIBU20',
  })
  expect(rows()).toMatchObject([
    { number: 1, code: 'KARIBU20', planIds: [hour.id], usesMax: 100, status: 'active', createdAt: clock.now() },
  ])
})

test.each([
  [{ code: 'KARIBU' }, 'OfferCodeTaken'],
  [{ discount: { kind: 'percent', bp: 10_000 } }, 'OfferEndless'],
  [{ discount: { kind: 'price', minor: 0 } }, 'OfferEndless'],
  [{ fromAt: 2000, untilAt: 2000 }, 'OfferTimesUnfit'],
  [{ plans: ['Hour', 'Gone'] }, 'PlanUnknown'],
  [{ code: '__proto__' }, 'InputInvalid'],
  [{ timeZone: 'Nairobi' }, 'InputInvalid'],
  [{ discount: { kind: 'percent', bp: 10_001 } }, 'InputInvalid'],
  [{ windows: [{ days: [], from: '18:00', to: '20:00' }] }, 'InputInvalid'],
] as const)('what cannot be meant is refused, when made and when changed: %j', (wrong, type) => {
  const { must, dispatch, rows } = shop()
  must(addOffer, { ...terms, code: 'KARIBU' })
  const { number } = must(addOffer, terms)
  const before = rows()
  // oxlint-disable-next-line typescript/no-explicit-any -- some of it is meant to be of no type
  const given: any = { ...terms, ...wrong }
  expect(dispatch(addOffer, given)).toMatchObject({ ok: false, error: { type } })
  expect(dispatch(setOffer, { ...given, number })).toMatchObject({ ok: false, error: { type } })
  expect(rows()).toEqual(before)
})

test('an offer keeps its own code when it is changed, and is stopped and goes on', () => {
  const { must, dispatch, rows } = shop()
  const { number } = must(addOffer, { ...terms, code: 'KARIBU' })
  must(setOffer, { ...terms, number, code: 'KARIBU', name: 'Poster' })
  must(setOfferStatus, { number, status: 'stopped' })
  expect(rows()).toMatchObject([{ name: 'Poster', code: 'KARIBU', status: 'stopped' }])
  must(setOffer, { ...terms, number })
  expect(rows()).toMatchObject([{ code: null, status: 'stopped' }])
  must(setOfferStatus, { number, status: 'active' })
  expect(rows()).toMatchObject([{ status: 'active' }])
  for (const command of [setOffer, setOfferStatus])
    expect(dispatch(command, { ...terms, number: 7, status: 'stopped' } as never)).toMatchObject({
      error: { type: 'OfferUnknown', number: 7 },
    })
})

test('so many are looked at for a price, and no more', () => {
  const { must, dispatch } = shop()
  for (let n = 0; n < offerLimits.activeMax; n++) must(addOffer, terms)
  const full = { error: { type: 'OffersMany', max: offerLimits.activeMax } }
  expect(dispatch(addOffer, terms)).toMatchObject(full)
  must(setOfferStatus, { number: 1, status: 'stopped' })
  must(addOffer, terms)
  expect(dispatch(setOfferStatus, { number: 1, status: 'active' })).toMatchObject(full)
  must(setOfferStatus, { number: 2, status: 'active' })
})
