import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../access/index.ts'
import { addPlan, listPlans, plans, setPlan, setPlanStatus } from './index.ts'

const site = () => {
  const made = memorySite([access, plans])
  const add = (name: string) => made.must(addPlan, { name, kind: 'hotspot', policy: { downKbps: 5000 } }).id
  return { ...made, add, list: () => made.query(listPlans, {}) }
}
const terms = { name: 'Day pass', kind: 'hotspot', policy: { downKbps: 8000, upKbps: 2000 } } as const

test('a plan gets other terms as a whole, and the audit log tells both', () => {
  const { add, must, list, database } = site()
  const id = add('Day')
  must(setPlan, { id, ...terms, validitySec: 86_400, priceMinor: 5000 })
  expect(list()).toMatchObject([
    { id, name: 'Day pass', policy: { downKbps: 8000 }, validitySec: 86_400, validFrom: 'first-use', priceMinor: 5000 },
  ])
  must(setPlan, { id, ...terms, kind: 'pppoe' })
  expect(list()).toMatchObject([{ validitySec: null, validFrom: 'creation', priceMinor: 0 }])
  const { record } = database.raw
    .prepare<[], { record: string }>("SELECT record FROM audit WHERE command = 'plans.set' ORDER BY no LIMIT 1")
    .get()!
  expect(JSON.parse(record)).toMatchObject({ before: { name: 'Day' }, after: { name: 'Day pass' } })
})

test('a plan keeps its own name, and takes nobody else’s', () => {
  const { add, dispatch, list } = site()
  const [id] = [add('Day'), add('Week')]
  expect(dispatch(setPlan, { id, ...terms, name: 'Day' })).toMatchObject({ ok: true })
  const before = list()
  for (const [input, type] of [
    [{ id, ...terms, name: 'Week' }, 'PlanNameTaken'],
    [{ id: 'pln_gone', ...terms }, 'PlanUnknown'],
    [{ id, ...terms, policy: { quotaPeriod: 'day' } }, 'PlanUnfit'],
    [{ id, ...terms, name: ' ' }, 'InputInvalid'],
  ] as const)
    expect(dispatch(setPlan, input), type).toMatchObject({ ok: false, error: { type } })
  expect(list()).toEqual(before)
})

test('a plan is withdrawn and put on sale again; it is never gone', () => {
  const { add, must, dispatch, list } = site()
  const id = add('Day')
  must(setPlanStatus, { id, status: 'withdrawn' })
  expect(list()).toMatchObject([{ id, status: 'withdrawn' }])
  must(setPlanStatus, { id, status: 'active' })
  expect(list()).toMatchObject([{ id, status: 'active' }])
  expect(dispatch(setPlanStatus, { id: 'pln_gone', status: 'active' })).toMatchObject({
    ok: false,
    error: { type: 'PlanUnknown' },
  })
})

const free = { name: 'Trial', kind: 'hotspot', policy: {}, validitySec: 86_400 } as const

test.each([
  [{ priceMinor: 100 }, 'without a price'],
  [{ policy: { clock: 'fixed' }, validitySec: undefined }, 'fixed time'],
  [{ kind: 'static' }, 'a login and a password'],
  [{ kind: 'mac' }, 'a login and a password'],
] as const)('what nobody pays or logs in to cannot be taken by oneself: %j', (more, why) => {
  const { dispatch, must, list } = site()
  const selfRegistration = 'phone'
  const refused = dispatch(addPlan, { ...free, ...more, selfRegistration })
  expect(refused).toMatchObject({
    ok: false,
    error: { type: 'PlanUnfit', why: expect.stringContaining(why) as string },
  })
  expect(list()).toEqual([])
  const { id } = must(addPlan, { ...free, selfRegistration })
  expect(dispatch(setPlan, { id, ...free, ...more, selfRegistration })).toMatchObject({ error: { type: 'PlanUnfit' } })
  expect(list()).toMatchObject([{ selfRegistration, priceMinor: 0, kind: 'hotspot' }])
  must(setPlan, { id, ...free, ...more })
  expect(list()).toMatchObject([{ selfRegistration: 'off' }])
})
