import { expect, test } from 'vitest'
import { insertSql } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { access, topUp, type Policy } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { addSubscriber, services } from '../services/index.ts'
import { showAllowance } from './allowance.ts'
import { sessions } from './index.ts'
import { usageHours } from './tables.ts'

const GB = 1_000_000_000
const HOUR_MS = 3_600_000
const timeZone = 'Africa/Nairobi'
const local = (text: string): number => Temporal.ZonedDateTime.from(`${text}[${timeZone}]`).epochMilliseconds

type Sale = { readonly policy: Partial<Policy>; readonly quotaOctets?: number; readonly quotaSec?: number }

/** The clock of the site begins on the 21st of November 2026 at nine in Nairobi. */
const site = (sale: Sale) => {
  const made = memorySite([access, plans, customers, services, sessions])
  made.must(addPlan, { name: 'Home', kind: 'pppoe', ...sale })
  const { grantNo } = made.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home' })
  const add = made.database.raw.prepare(insertSql(usageHours, { without: ['no'] }))
  return {
    ...made,
    grantNo,
    use: (text: string, octets: number) => {
      const at = local(text)
      add.run({ grantNo, hourAt: at - (at % HOUR_MS), inputOctets: 0, outputOctets: octets, sessionTimeSec: 600 })
    },
    ask: (text: string) => made.query(showAllowance, { login: 'amina', at: local(text), timeZone }),
  }
}

test('a quota of the day: used, left, bought on top, and when it begins anew', () => {
  const { ask, use, must } = site({ policy: { quotaPeriod: 'day', downKbps: 5000 }, quotaOctets: GB })
  use('2026-11-20T23:00', 5 * GB)
  use('2026-11-21T09:00', GB / 4)
  must(topUp, { login: 'amina', octets: GB })
  expect(ask('2026-11-21T12:00')).toMatchObject({
    isOpen: true,
    reason: 'accepted',
    clock: 'wall',
    period: 'day',
    periodFromAt: local('2026-11-21T00:00'),
    nextResetAt: local('2026-11-22T00:00'),
    used: { octets: GB / 4, sec: 600 },
    octets: { quota: GB, used: GB / 4, left: 1.75 * GB, over: 0, toppedUp: GB, rolledOver: 0 },
    sec: null,
    fairUse: null,
    topUps: [{ octets: GB }],
  })
  use('2026-11-21T13:00', 2 * GB)
  expect(ask('2026-11-21T14:00')).toMatchObject({
    isOpen: false,
    reason: 'quota-used',
    octets: { left: 0, over: GB / 4 },
  })
  expect(ask('2026-11-22T00:00')).toMatchObject({ isOpen: true, octets: { used: 0, left: GB, toppedUp: 0 } })
})

test('fair use and windows: what holds now, and what turns next', () => {
  const night = { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '06:00', downKbps: 50_000, upKbps: 5000 }
  const fairUse = [{ afterOctets: GB, downKbps: 512, upKbps: 256 }]
  const plan = { downKbps: 10_000, upKbps: 2000 }
  const { ask, use } = site({ policy: { ...plan, fairUse, windows: [night], quotaPeriod: 'month' } })
  expect(ask('2026-11-21T12:00')).toMatchObject({
    speed: plan,
    window: null,
    nextWindowAt: local('2026-11-21T22:00'),
    fairUse: { tier: 0, octets: 0, toNextTier: GB, tiers: fairUse },
  })
  use('2026-11-21T13:00', GB)
  expect(ask('2026-11-21T14:00')).toMatchObject({
    speed: { downKbps: 512, upKbps: 256 },
    planSpeed: plan,
    fairUse: { tier: 1, toNextTier: null },
  })
  expect(ask('2026-11-21T22:00')).toMatchObject({ speed: { downKbps: 50_000 }, window: night })
  expect(ask('2026-12-01T12:00')).toMatchObject({ speed: plan, fairUse: { tier: 0, octets: 0 } })
})

test('a plan without limits says so, by login and by number; nobody is nobody', () => {
  const { ask, query, grantNo } = site({ policy: {} })
  expect(ask('2026-11-21T12:00')).toMatchObject({
    octets: null,
    sec: null,
    used: null,
    nextResetAt: null,
    period: 'none',
  })
  expect(query(showAllowance, { grantNo, at: 1, timeZone })).toMatchObject({ login: 'amina' })
  expect(query(showAllowance, { login: 'nobody', at: 1, timeZone })).toBeUndefined()
})
