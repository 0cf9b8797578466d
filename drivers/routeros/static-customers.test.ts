import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { startRouterosSimulator } from '../simulators/routeros/index.ts'
import { ACTIVE_LIST, desiredStatic, enforceStatic, type StaticCustomer } from './index.ts'
import { startBench } from './testing/setup.ts'

const amina: StaticCustomer = {
  key: 'svc_1',
  address: '10.0.0.1',
  macAddress: 'aa:bb:cc:00:00:01',
  interface: 'ether2',
  downKbps: 10_000,
  upKbps: 2000,
  isActive: true,
}
const juma: StaticCustomer = { ...amina, key: 'svc_2', address: '10.0.0.2', macAddress: '' }
const burst = { downKbps: 20_000, upKbps: 4000, thresholdDownKbps: 5000, thresholdUpKbps: 1000, timeSec: 16 }

const start = () => startBench(startRouterosSimulator)
let bench: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  bench = await start()
})
afterEach(() => bench.close())

const valuesOf = (customers: readonly StaticCustomer[]) =>
  desiredStatic(customers).tables.map(({ rows }) => rows.map(({ values }) => values))

test('a customer has a queue, upload before download, a binding, and a place in the list', () => {
  const [queues, bindings, members] = valuesOf([amina])
  expect(queues).toEqual([
    {
      name: 'static-svc_1',
      target: '10.0.0.1/32',
      'max-limit': '2000000/10000000',
      'burst-limit': '0/0',
      'burst-threshold': '0/0',
      'burst-time': '0s/0s',
      disabled: 'no',
    },
  ])
  expect(bindings).toEqual([
    { address: '10.0.0.1', 'mac-address': 'AA:BB:CC:00:00:01', interface: 'ether2', disabled: 'no' },
  ])
  expect(members).toEqual([{ list: ACTIVE_LIST, address: '10.0.0.1', disabled: 'no' }])
})

test('a burst is that of the plan', () => {
  expect(valuesOf([{ ...amina, burst }])[0]).toMatchObject([
    { 'burst-limit': '4000000/20000000', 'burst-threshold': '1000000/5000000', 'burst-time': '16s/16s' },
  ])
})

test('without a device there is no binding, and without payment no place in the list', () => {
  const [queues, bindings, members] = valuesOf([{ ...juma, isActive: false }])
  expect([queues!.length, bindings, members]).toEqual([1, [], []])
})

test('the rows come in one order whatever that of the customers', () => {
  expect(desiredStatic([juma, amina])).toEqual(desiredStatic([amina, juma]))
})

test.each([{ address: '10.0.0' }, { address: '' }, { address: '10.0.0.1/24' }, { macAddress: 'aa:bb' }])(
  'what is no address has no rows, and is told of: %j',
  (change) => {
    const { tables, unreadable } = desiredStatic([{ ...amina, ...change }, juma])
    expect(tables[0]!.rows.map(({ key }) => key)).toEqual(['svc_2'])
    expect(unreadable).toEqual(['svc_1'])
  },
)

test('a router comes to hold them, repairs what was changed, and lets go who has left', async () => {
  const { router } = bench.simulator
  const client = bench.client('api')
  const types = async (customers: readonly StaticCustomer[]) =>
    orThrow(await enforceStatic(client, customers)).tables.map(({ outcome }) => outcome.type)
  const passing = () => router.rows('/ip/firewall/address-list').map(({ address }) => address)
  router.seed('/queue/simple', [{ name: 'of the operator', target: '10.0.0.0/24' }])

  expect(await types([amina, juma])).toEqual(['applied', 'applied', 'applied'])
  expect(await types([amina, juma])).toEqual(['unchanged', 'unchanged', 'unchanged'])
  expect(router.rows('/queue/simple').map(({ name }) => name)).toEqual([
    'static-svc_1',
    'static-svc_2',
    'of the operator',
  ])
  // A faster plan, and the other does not pay.
  expect(
    await types([
      { ...amina, downKbps: 50_000, burst },
      { ...juma, isActive: false },
    ]),
  ).toEqual(['applied', 'unchanged', 'applied'])
  expect(router.rows('/queue/simple')[0]).toMatchObject({ 'max-limit': '2000000/50000000', 'burst-time': '16s/16s' })
  expect(passing()).toEqual(['10.0.0.1'])
  // The plan without a burst again.
  await types([amina, { ...juma, isActive: false }])
  expect(router.rows('/queue/simple')[0]).toMatchObject({ 'max-limit': '2000000/10000000', 'burst-limit': '0/0' })
  // Gone.
  await types([])
  expect([router.rows('/queue/simple').map(({ name }) => name), router.rows('/ip/arp'), passing()]).toEqual([
    ['of the operator'],
    [],
    [],
  ])
})
