import { memorySite } from '@lango/kernel/testing'
import { expect, test } from 'vitest'
import { addRouter, listHotspots, network, removeHotspot, removeRouter, setControl, setHotspot } from './index.ts'

const site = () => {
  const made = memorySite([network])
  made.must(addRouter, { name: 'tower', address: '10.0.0.1' })
  const fault = (input: Partial<Parameters<typeof made.dispatch<typeof setHotspot>>[1]>) => {
    const done = made.dispatch(setHotspot, { name: 'tower', ...input })
    return done.ok ? undefined : done.error
  }
  return { ...made, fault, controlled: () => made.must(setControl, { name: 'tower' }) }
}

test('a hotspot is kept where the box logs in, with what fits most; what is not given stays', () => {
  const { must, query, fault, controlled } = site()
  expect(fault({})).toMatchObject({ type: 'ControlUnknown' })
  controlled()
  must(setHotspot, { name: 'tower' })
  const made = { interface: 'bridge-hotspot', network: '10.30.0.0/16', box: null, openNames: [], status: 'kept' }
  expect(query(listHotspots, {})).toMatchObject([made])
  must(setHotspot, { name: 'tower', interface: 'vlan30', openNames: ['Pay.Bank.example', 'pay.bank.example'] })
  must(setHotspot, { name: 'tower', network: '10.31.0.0/20' })
  expect(query(listHotspots, {})).toMatchObject([
    { ...made, interface: 'vlan30', network: '10.31.0.0/20', openNames: ['pay.bank.example'] },
  ])
})

test('what phones look for stays closed, and a network has room for a router and others', () => {
  const { controlled, fault, query } = site()
  controlled()
  expect(fault({ openNames: ['captive.apple.com'] })).toEqual({ type: 'ProbeOpened', host: 'captive.apple.com' })
  expect(fault({ openNames: ['https://bank.example'] })).toMatchObject({ type: 'InputInvalid' })
  for (const network of ['10.30.0.0/30', '10.30.0.1/16', '2001:db8::/64'])
    expect(fault({ network })).toEqual({ type: 'HotspotNetworkInvalid', network })
  expect(query(listHotspots, {})).toEqual([])
})

test('it leaves, or is left, and goes with its router', () => {
  const { must, dispatch, query, controlled } = site()
  controlled()
  expect(dispatch(removeHotspot, { name: 'tower' })).toMatchObject({ error: { type: 'HotspotUnknown' } })
  must(setHotspot, { name: 'tower' })
  must(removeHotspot, { name: 'tower' })
  expect(query(listHotspots, {})).toMatchObject([{ status: 'leaving' }])
  must(setHotspot, { name: 'tower' })
  expect(query(listHotspots, {})).toMatchObject([{ status: 'kept' }])
  must(removeHotspot, { name: 'tower', leavesIt: true })
  expect(query(listHotspots, {})).toEqual([])
  must(setHotspot, { name: 'tower' })
  must(removeRouter, { name: 'tower' })
  expect(query(listHotspots, {})).toEqual([])
})
