import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../access/index.ts'
import { addPlan, changePlans, importPlans, listPlans, planCells, plans } from './index.ts'

const site = () => {
  const made = memorySite([access, plans])
  return { ...made, cells: () => made.query(listPlans, {}).map(planCells) }
}

const whole = {
  name: 'Home, "10" = fast',
  kind: 'pppoe',
  policy: {
    downKbps: 10_000,
    upKbps: 2000,
    burst: { downKbps: 20_000, upKbps: 4000, thresholdDownKbps: 8000, thresholdUpKbps: 1500, timeSec: 16 },
    priority: 3,
    deviceLimit: 2,
    // A text that looks like a number stays a text.
    group: '007',
    pool: '{"a":1}',
    onExpiry: { kind: 'redirect', url: 'https://pay.example', kbps: 256 },
  },
  validitySec: 30 * 86_400,
  quotaOctets: 5_000_000_000,
  priceMinor: 150_000,
} as const

test('a plan as cells is the same plan again', () => {
  const [here, there] = [site(), site()]
  here.must(addPlan, whole)
  here.must(addPlan, { name: 'Open', kind: 'hotspot', policy: {}, selfRegistration: 'email' })
  here.must(changePlans, { rows: [{ name: 'Open', status: 'withdrawn', validFrom: 'creation' }] })
  const cells = here.cells()
  expect(cells[0]).toMatchObject({ group: '007', pool: '{"a":1}', downKbps: '10000', status: 'active' })
  expect(there.must(importPlans, { rows: cells })).toEqual({ added: 2, refused: [] })
  expect(there.cells()).toEqual(cells)
  const policies = (of: typeof here) => of.query(listPlans, {}).map((plan) => ({ ...plan, id: '' }))
  expect(policies(there)).toEqual(policies(here))
})

test.each([
  [{ name: 'Home', kind: 'pppoe' }, 'PlanNameTaken'],
  [{ name: 'X', kind: 'pigeon' }, 'InputInvalid'],
  [{ name: 'X', kind: 'pppoe', downKbps: 'fast' }, 'InputInvalid'],
  [{ name: 'X', kind: 'pppoe', onExpiry: '{"kind":' }, 'InputInvalid'],
  [{ name: 'X', kind: 'pppoe', currency: 'shilling' }, 'InputInvalid'],
  [{ kind: 'pppoe' }, 'InputInvalid'],
  [{ name: 'X', kind: 'pppoe', rolloverOctets: '1000' }, 'PlanUnfit'],
  [{ name: 'X', kind: 'pppoe', selfRegistration: 'phone', priceMinor: '5' }, 'PlanUnfit'],
])('a row that cannot be a plan is told of and adds nothing: %j', (row, type) => {
  const { must, cells } = site()
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  const before = cells()
  expect(must(importPlans, { rows: [row] })).toMatchObject({ added: 0, refused: [{ fault: { type } }] })
  expect(cells()).toEqual(before)
})

test('a change clears what is optional and keeps the rest', () => {
  const { must, cells } = site()
  must(addPlan, whole)
  const [before] = cells()
  const rows = [{ name: whole.name, burst: '', validitySec: '', upKbps: '3000', kind: '' }]
  expect(must(changePlans, { rows })).toEqual({ changed: 1, refused: [] })
  expect(cells()).toEqual([{ ...before, burst: '', validitySec: '', upKbps: '3000' }])
  expect(must(changePlans, { rows: [{ name: 'Gone' }] })).toMatchObject({
    refused: [{ fault: { type: 'PlanUnknown' } }],
  })
})
