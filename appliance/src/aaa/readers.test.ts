import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber } from '@lango/modules/services'
import { setRetention } from '@lango/modules/settings'
import { siteModules } from '../site.ts'
import { countedGrants, retentionReader } from './readers.ts'

test('the threads read what is set at the desk', () => {
  const { must, database } = memorySite(siteModules)
  const retention = retentionReader(database.raw)
  expect(retention()).toEqual({ sessionDays: 400, decisionDays: 400 })
  must(setRetention, { sessionDays: 90, shorten: true })
  expect(retention()).toEqual({ sessionDays: 90, decisionDays: 400 })
})

test('usage counts on where there is a quota or fair use, until the service has ended', () => {
  const { must, database } = memorySite(siteModules)
  const fairUse = [{ afterOctets: 1e9, downKbps: 512, upKbps: 256 }]
  must(addPlan, { name: 'open', kind: 'pppoe', policy: {} })
  must(addPlan, { name: 'quota', kind: 'pppoe', policy: {}, quotaOctets: 1e9 })
  must(addPlan, { name: 'fair', kind: 'pppoe', policy: { fairUse } })
  for (const plan of ['open', 'quota', 'fair']) must(addSubscriber, { login: plan, password: 'pw-of-them', plan })
  const counted = countedGrants(database.raw)
  expect(counted([1, 2, 3, 4]).toSorted((a, b) => a - b)).toEqual([2, 3])
  database.raw.exec("UPDATE grants SET status = 'ended' WHERE no = 2")
  expect(counted([1, 2, 3])).toEqual([3])
  expect(counted([])).toEqual([])
})
