import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { customers } from '../customers/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { addSubscriber, services, suspendSubscriber } from '../services/index.ts'
import { access, topUp } from './index.ts'
import { grants } from './tables.ts'

const DAY_MS = 86_400_000
const GB = 1_000_000_000

const site = (plan: { quotaOctets?: number; quotaSec?: number; quotaPeriod?: 'day' }) => {
  const made = memorySite([access, plans, customers, services])
  const { quotaPeriod, ...quotas } = plan
  made.must(addPlan, { name: 'Home', kind: 'pppoe', policy: quotaPeriod ? { quotaPeriod } : {}, ...quotas })
  made.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home' })
  const topUps = () => made.database.orm.select().from(grants.site).get()!.topUps
  return { ...made, topUps }
}

test('a top-up is kept with the grant, and whoever watches its sessions is told', () => {
  const { must, clock, topUps, told } = site({ quotaOctets: GB, quotaSec: 3600 })
  const { grantNo } = must(topUp, { login: 'amina', octets: 2 * GB })
  clock.advance(1000)
  must(topUp, { grantNo, sec: 60, untilAt: clock.now() + DAY_MS })
  expect(topUps()).toEqual([
    { at: clock.now() - 1000, octets: 2 * GB },
    { at: clock.now(), sec: 60, untilAt: clock.now() + DAY_MS },
  ])
  expect(told.filter(({ name }) => name === 'access.changed')).toHaveLength(2)
})

test.each([
  ['an unknown login', { login: 'nobody', octets: 1 }, 'SubscriberUnknown'],
  ['an unknown grant', { grantNo: 99, octets: 1 }, 'GrantUnknown'],
  ['time where only data is limited', { login: 'amina', sec: 60 }, 'NothingToTopUp'],
  ['nothing at all', { login: 'amina' }, 'InputInvalid'],
  ['an end that has passed', { login: 'amina', octets: 1, untilAt: 1 }, 'TopUpEndUnfit'],
  ['an end too far away', { login: 'amina', octets: 1, untilAt: 4e12 }, 'TopUpEndUnfit'],
])('%s is refused, and nothing is written', (_what, input, type) => {
  const { dispatch, topUps } = site({ quotaOctets: GB })
  expect(dispatch(topUp, input)).toMatchObject({ ok: false, error: { type } })
  expect(topUps()).toBeNull()
})

test('with a clock that nobody vouches for nothing that ends is sold', () => {
  const { dispatch, clock, topUps } = site({ quotaOctets: GB })
  clock.setSure(false)
  expect(dispatch(topUp, { login: 'amina', octets: 1 })).toMatchObject({ error: { type: 'ClockUnsure' } })
  expect(topUps()).toBeNull()
})

test('who is suspended may buy: it counts once they are back', () => {
  const { must, topUps } = site({ quotaOctets: GB })
  must(suspendSubscriber, { login: 'amina' })
  must(topUp, { login: 'amina', octets: 1 })
  expect(topUps()).toHaveLength(1)
})

test('top-ups that can matter no more are dropped, and so many are kept', () => {
  const daily = site({ quotaOctets: GB, quotaPeriod: 'day' })
  daily.must(topUp, { login: 'amina', octets: 1 })
  daily.clock.advance(70 * DAY_MS)
  daily.must(topUp, { login: 'amina', octets: 2 })
  expect(daily.topUps()).toMatchObject([{ octets: 2 }])
  const whole = site({ quotaOctets: GB })
  for (let n = 0; n < 100; n++) {
    whole.must(topUp, { login: 'amina', octets: 1 })
    whole.clock.advance(DAY_MS)
  }
  expect(whole.dispatch(topUp, { login: 'amina', octets: 1 })).toMatchObject({ error: { type: 'TopUpsFull' } })
  expect(whole.topUps()).toHaveLength(100)
})

test.each([
  ['a period without a quota', { policy: { quotaPeriod: 'day' } }],
  ['rollover of time', { policy: { quotaPeriod: 'day', rolloverOctets: 1 }, quotaSec: 60 }],
  ['rollover without a period', { policy: { rolloverOctets: 1 }, quotaOctets: 1 }],
] as const)('a plan with %s is refused', (_what, terms) => {
  const { dispatch, count } = memorySite([access, plans])
  expect(dispatch(addPlan, { name: 'Odd', kind: 'pppoe', ...terms })).toMatchObject({ error: { type: 'PlanUnfit' } })
  expect(count(plans.tables[0]!)).toBe(0)
})
