import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { customers } from '../customers/index.ts'
import { addPlan, listPlans, plans } from '../plans/index.ts'
import { addSubscriber, services } from '../services/index.ts'
import { access, firstUse, freeDevice } from './index.ts'
import { grants } from './tables.ts'

const A = 'AA:00:00:00:00:01'
const B = 'AA:00:00:00:00:02'

const site = () => {
  const made = memorySite([access, plans, customers, services])
  made.must(addPlan, { name: 'Home', kind: 'pppoe', policy: { bindDevices: 'first', deviceLimit: 1 } })
  made.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home' })
  const grant = () => made.database.orm.select().from(grants.site).get()!
  const use = (device: string) => made.dispatch(firstUse, { grantId: grant().id, device, bind: true, deviceLimit: 1 })
  return { ...made, grant, use }
}

test('a device that is freed makes room for another, and whoever watches its sessions is told', () => {
  const { must, grant, use, told } = site()
  use(A)
  expect(use(B)).toMatchObject({ error: { type: 'DevicesBound' } })
  expect(must(freeDevice, { login: 'amina', device: 'aa-00-00-00-00-01' })).toMatchObject({ device: A, wasBound: true })
  expect(told.at(-1)).toEqual({ name: 'access.deviceFreed', data: { grantNo: grant().no, device: A } })
  expect(use(B)).toMatchObject({ ok: true })
  expect(grant().devices).toEqual([B])
})

test('a device that is not bound may be ended too; nobody else’s devices change', () => {
  const { must, grant, use } = site()
  use(A)
  expect(must(freeDevice, { grantNo: grant().no, device: B })).toMatchObject({ wasBound: false })
  expect(grant().devices).toEqual([A])
})

test('a device that is the credential stays', () => {
  const { must, dispatch, told } = site()
  must(addPlan, { name: 'Static', kind: 'static', policy: {} })
  must(addSubscriber, { login: 'camera', plan: 'Static', mac: A })
  const before = told.length
  expect(dispatch(freeDevice, { login: 'camera', device: A })).toMatchObject({ error: { type: 'DeviceIsLogin' } })
  expect(told).toHaveLength(before)
})

test('devices of a hotspot free their places after a quarter of an hour, unless the plan says otherwise', () => {
  const { must, query } = memorySite([access, plans])
  must(addPlan, { name: 'A', kind: 'hotspot', policy: {} })
  must(addPlan, { name: 'B', kind: 'hotspot', policy: { idleTimeoutSec: 0 } })
  must(addPlan, { name: 'C', kind: 'pppoe', policy: {} })
  expect(query(listPlans, {}).map(({ policy }) => policy.idleTimeoutSec)).toEqual([900, 0, 0])
})
