import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access, accessChanged } from '../access/index.ts'
import { addRouter, network } from '../network/index.ts'
import { people } from '../people/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { addBypasses, bypass, listBypasses, removeBypass, setBypass } from './index.ts'

const TV = '8A:B3:A0:EB:D5:E7'
const TILL = '8A:B3:A0:EB:D5:E8'

const site = () => {
  const made = memorySite([people, network, access, plans, bypass])
  made.must(addRouter, { name: 'tower', address: '10.0.0.1' })
  made.must(addPlan, { name: 'Screen', kind: 'mac', policy: { downKbps: 8000, upKbps: 2000 }, quotaOctets: 5e9 })
  const looked: number[] = []
  made.events.on(accessChanged, ({ grantNo }) => void looked.push(grantNo))
  const grants = () =>
    made.database.raw
      .prepare<[], Record<string, unknown>>(
        'SELECT login, status, mac_login mac, expires_at expiresAt, quota_octets quota, service_id serviceId FROM grants ORDER BY no',
      )
      .all()
  const fault = (done: { ok: boolean; error?: unknown }) => (done.ok ? undefined : done.error)
  return { ...made, grants, looked, fault, list: () => made.query(listBypasses, {}) }
}

test('devices come on the list together, each with a grant by its address alone', () => {
  const { must, list, grants } = site()
  const devices = [
    { name: 'Lobby TV', mac: '8ab3.a0eb.d5e7' },
    { name: 'Till', mac: TILL },
  ]
  expect(must(addBypasses, { devices, plan: 'Screen', untilAt: 9e12, routers: ['tower'] })).toEqual({ added: 2 })
  expect(list()).toMatchObject([
    { name: 'Lobby TV', mac: TV, plan: 'Screen', untilAt: 9e12, routers: [expect.any(String)] },
    { name: 'Till', mac: TILL },
  ])
  expect(grants()).toMatchObject([
    { login: 'Lobby TV', status: 'active', mac: TV, expiresAt: 9e12, quota: 5e9 },
    { login: 'Till', mac: TILL },
  ])
})

test('where one cannot be put on it, none is', () => {
  const { must, dispatch, fault, list, grants } = site()
  must(addBypasses, { devices: [{ name: 'Lobby TV', mac: TV }] })
  const add = (name: string, mac: string, more: object = {}) =>
    fault(
      dispatch(addBypasses, {
        devices: [
          { name: 'New', mac: '02:00:00:00:00:01' },
          { name, mac },
        ],
        ...more,
      }),
    )
  expect(add('Lobby TV', TILL)).toEqual({ type: 'BypassNameTaken', name: 'Lobby TV' })
  expect(add('Other', TV)).toEqual({ type: 'MacTaken', mac: TV })
  expect(add('New', TILL)).toMatchObject({ type: 'BypassNameTaken' })
  expect(add('Till', TILL, { plan: 'None' })).toEqual({ type: 'PlanUnknown', plan: 'None' })
  expect(add('Till', TILL, { routers: ['none'] })).toEqual({ type: 'RouterUnknown', name: 'none' })
  for (const [name, mac] of [
    ['', TILL],
    ['Till', 'nothing'],
    ['voucher:x', TILL],
    ['a\u0000b', TILL],
  ] as const)
    expect(add(name, mac)).toMatchObject({ type: 'InputInvalid' })
  expect([list().length, grants().length]).toEqual([1, 1])
})

test('what is changed is let in anew; what is not given stays; its session is looked at', () => {
  const { must, list, grants, looked } = site()
  must(addBypasses, { devices: [{ name: 'Lobby TV', mac: TV }], plan: 'Screen', untilAt: 9e12, routers: ['tower'] })
  const [{ id } = { id: '' }] = list()
  must(setBypass, { mac: TV, name: 'Bar TV', plan: null })
  expect(list()).toMatchObject([{ id, name: 'Bar TV', plan: null, untilAt: 9e12, routers: [expect.any(String)] }])
  expect(grants()).toMatchObject([
    { login: 'Lobby TV #1', status: 'ended', mac: null },
    { login: 'Bar TV', status: 'active', mac: TV, quota: null, serviceId: id },
  ])
  expect(looked).toEqual([1])
})

test('taken off it is over at once, and name and address are free again', () => {
  const { must, dispatch, fault, list, grants, looked } = site()
  must(addBypasses, { devices: [{ name: 'Lobby TV', mac: TV }] })
  must(removeBypass, { mac: TV })
  expect([list(), looked]).toEqual([[], [1]])
  expect(grants()).toMatchObject([{ status: 'ended', mac: null }])
  expect(fault(dispatch(removeBypass, { mac: TV }))).toEqual({ type: 'BypassUnknown', mac: TV })
  expect(fault(dispatch(setBypass, { mac: TV }))).toEqual({ type: 'BypassUnknown', mac: TV })
  must(addBypasses, { devices: [{ name: 'Lobby TV', mac: TV }] })
  must(removeBypass, { mac: TV })
  expect(grants()).toHaveLength(2)
})
