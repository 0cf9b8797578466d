import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { seededRandom } from '@lango/kernel/testing'
import { FAULTS, startRouterosSimulator } from '../simulators/routeros/index.ts'
import { ensure, ensureSettings, markOf, reconcile, type DesiredRow, type TableSpec } from './index.ts'
import { full, startBench, until, ways } from './testing/setup.ts'

/** What holds of desired rows by every way to a router. */
const queues: TableSpec = { area: 't', menu: '/queue/simple', identity: ['name'], place: 'first' }
const filter: TableSpec = { area: 't', menu: '/ip/firewall/filter', place: 'first' }
const addressList: TableSpec = { area: 't', menu: '/ip/firewall/address-list', identity: ['list', 'address'] }
const lists = (count: number): DesiredRow[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `svc_${index}`,
    values: { list: 'lango-active', address: `10.0.0.${index}`, disabled: 'no' },
  }))

const start = () => startBench(startRouterosSimulator)
let bench: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  bench = await start()
})
afterEach(() => bench.close())

const meddling = [{ disabled: 'yes' }, { 'max-limit': '1M/1M' }, { target: '10.77.0.1' }, { name: 'x' }]

/** Waits for the sockets, and lets time pass only while nothing happens on them. */
const settled = async <T>(asked: Promise<T>): Promise<T> => {
  const state = { isSettled: false }
  void asked.finally(() => (state.isSettled = true))
  for (let turn = 1; !state.isSettled; turn++) {
    await new Promise((next) => setImmediate(next))
    if (turn % 100 === 0) bench.clock.advance(1000)
  }
  return asked
}

/** The commands that changed something, or were to. */
const writes = () => bench.simulator.router.carriedOut.filter((path) => !path.endsWith('/print'))

describe.each(Object.entries(ways))('%s', (_, service) => {
  test('are written once, and not written again', async () => {
    const client = bench.client(service)
    expect(await reconcile(client, addressList, lists(20))).toEqual({
      ok: true,
      value: { type: 'applied', operations: 20, conflicts: [] },
    })
    const before = writes().length
    expect(await reconcile(client, addressList, lists(20))).toEqual({
      ok: true,
      value: { type: 'unchanged', conflicts: [] },
    })
    expect(writes()).toHaveLength(before)
  })

  test('are repaired when somebody changed them, and only theirs', async () => {
    const { router } = bench.simulator
    const byHand = { list: 'lango-active', address: '192.168.0.1', comment: 'by hand', disabled: 'false' }
    router.seed(addressList.menu, [byHand])
    const client = bench.client(service)
    orThrow(await reconcile(client, addressList, lists(3)))
    const [, first, second] = router.rows(addressList.menu)
    orThrow(
      await client.perform({ kind: 'set', menu: addressList.menu, id: first!['.id']!, values: { disabled: 'yes' } }),
    )
    orThrow(await client.perform({ kind: 'remove', menu: addressList.menu, id: second!['.id']! }))
    router.seed(addressList.menu, [{ ...byHand, address: '10.9.9.9', comment: markOf('t', 'left-over') }])
    expect(await reconcile(client, addressList, lists(3))).toMatchObject({
      value: { type: 'applied', operations: 3 },
    })
    const rows = router.rows(addressList.menu).map(({ '.id': _id, ...row }) => row)
    expect(rows[0]).toEqual(byHand)
    expect(
      rows
        .slice(1)
        .map(({ address, comment, disabled }) => `${address} ${comment} ${disabled}`)
        .toSorted(),
    ).toEqual(['10.0.0.0 lango:t:svc_0 false', '10.0.0.1 lango:t:svc_1 false', '10.0.0.2 lango:t:svc_2 false'])
  })

  test('come in their order, before the rules of the operator, which stay as they are', async () => {
    const { router } = bench.simulator
    const hotspot = { chain: 'forward', action: 'jump', dynamic: 'true' }
    router.seed(filter.menu, [hotspot, { chain: 'forward', action: 'drop' }, { chain: 'input', action: 'accept' }])
    const rule = (key: string): DesiredRow => ({ key, values: { chain: 'forward', action: 'accept' } })
    const client = bench.client(service)
    const order = () => router.rows(filter.menu).map((row) => row['comment'] ?? row['.id'])
    orThrow(await reconcile(client, filter, ['a', 'b', 'c'].map(rule)))
    expect(order()).toEqual(['*1', 'lango:t:a', 'lango:t:b', 'lango:t:c', '*2', '*3'])
    expect(await reconcile(client, filter, ['c', 'd', 'a'].map(rule))).toMatchObject({ value: { type: 'applied' } })
    expect(order()).toEqual(['*1', 'lango:t:c', 'lango:t:d', 'lango:t:a', '*2', '*3'])
  })

  test('that the router says it took and did not are told of, field by field', async () => {
    const client = bench.client(service)
    const queue = (limit: string): DesiredRow[] => [
      { key: 'svc_1', values: { name: 'svc_1', target: '10.0.0.1', 'max-limit': limit, priority: '3/3' } },
    ]
    const told = (fields: string[]) => ({
      ok: true,
      value: { type: 'not-taken', notTaken: [{ key: 'svc_1', fields, message: undefined }], conflicts: [] },
    })
    bench.simulator.fail('write-ignored')
    expect(await reconcile(client, queues, queue('2M/10M'))).toEqual(
      told(['comment', 'name', 'target', 'max-limit', 'priority']),
    )
    expect(await reconcile(client, queues, queue('2M/10M'))).toMatchObject({ value: { type: 'applied' } })
    bench.simulator.fail('write-ignored')
    expect(await reconcile(client, queues, queue('5M/20M'))).toEqual(told(['max-limit']))
    expect(await reconcile(client, queues, queue('5M/20M'))).toMatchObject({
      value: { type: 'applied', operations: 1 },
    })
    bench.simulator.fail('write-partly')
    const both = [{ key: 'svc_1', values: { name: 'svc_1', target: '10.0.0.2', 'max-limit': '1M/1M' } }]
    expect(await reconcile(client, queues, both)).toEqual(told(['max-limit']))
  })

  test('that the router refuses are told of in its words, and the others are written', async () => {
    const client = bench.client(service)
    const [good, bad] = lists(2)
    const refused = { ...bad!, values: { ...bad!.values, colour: 'red' } }
    expect(await reconcile(client, addressList, [good!, refused])).toMatchObject({
      value: {
        type: 'not-taken',
        notTaken: [{ key: 'svc_1', message: 'unknown parameter colour' }],
      },
    })
    expect(bench.simulator.router.rows(addressList.menu)).toHaveLength(1)
  })

  test('of which an answer was lost are there once', async () => {
    const client = bench.client(service)
    bench.simulator.fail('lost-answer')
    expect(await reconcile(client, addressList, lists(1))).toMatchObject({
      ok: false,
      error: { type: 'ConnectionLost', sent: true },
    })
    expect(await reconcile(client, addressList, lists(1))).toMatchObject({ value: { type: 'unchanged' } })
    expect(bench.simulator.router.rows(addressList.menu)).toHaveLength(1)
  })

  test('one by one are ensured, and taken away', async () => {
    const client = bench.client(service)
    const spec = { area: 't', menu: '/ip/arp', identity: ['address', 'interface'] }
    bench.simulator.router.seed(spec.menu, [{ address: '10.0.0.9', interface: 'ether2' }])
    const arp = (mac: string) => ({ address: '10.0.0.1', interface: 'ether2', 'mac-address': mac })
    const types: string[] = []
    for (const values of [
      arp('aa:bb:cc:00:00:01'),
      arp('AA:BB:CC:00:00:01'),
      arp('AA:BB:CC:00:00:02'),
      undefined,
      undefined,
    ]) {
      types.push(orThrow(await ensure(client, spec, 'svc_1', values)).type)
    }
    expect(types).toEqual(['applied', 'unchanged', 'applied', 'applied', 'unchanged'])
    expect(orThrow(await ensure(client, spec, 'svc_2', { ...arp('AA:BB:CC:00:00:02'), address: '10.0.0.9' }))).toEqual({
      type: 'unchanged',
      conflicts: [{ key: 'svc_2', with: 'operator' }],
    })
    expect(bench.simulator.router.rows(spec.menu).map(({ address }) => address)).toEqual(['10.0.0.9'])
  })

  test('of settings are those that are named, and no others', async () => {
    const client = bench.client(service)
    const wanted = { accept: 'yes', port: '3799' }
    expect(await ensureSettings(client, '/radius/incoming', wanted)).toMatchObject({ value: { type: 'applied' } })
    expect(await ensureSettings(client, '/radius/incoming', wanted)).toMatchObject({ value: { type: 'unchanged' } })
    bench.simulator.fail('write-ignored')
    expect(await ensureSettings(client, '/ppp/aaa', { 'use-radius': 'yes', accounting: 'yes' })).toEqual({
      ok: true,
      value: {
        type: 'not-taken',
        notTaken: [{ key: '/ppp/aaa', fields: ['use-radius'], message: undefined }],
        conflicts: [],
      },
    })
  })

  test('a router that starts anew between reading and writing has nothing of the operator’s changed', async () => {
    const { router } = bench.simulator
    const [byHand] = router.seed(addressList.menu, [{ list: 'vip', address: '10.1.1.1' }])
    const client = bench.client(service)
    orThrow(await reconcile(client, addressList, lists(1)))
    const vip = { list: 'vip', address: '10.1.1.1' }
    const written = await client.lease(async (session) => {
      const read = await session.perform({ kind: 'print', menu: addressList.menu })
      const id = orThrow(read).rows.find(({ comment }) => comment === markOf('t', 'svc_0'))!['.id']!
      router.reboot()
      await until(() => bench.simulator.connections === 0)
      // This id is the operator's row now.
      expect(router.rows(addressList.menu).find((row) => row['.id'] === id)).toMatchObject(vip)
      return session.perform({ kind: 'remove', menu: addressList.menu, id })
    })
    expect(byHand).toBe('*1')
    expect(written).toMatchObject({ ok: false, error: { type: 'ConnectionLost' } })
    expect(router.rows(addressList.menu)).toHaveLength(2)
  })

  const seeds = process.env['LANGO_LONG'] === '1' ? 200 : 8
  test.each(Array.from({ length: seeds }, (_, seed) => seed))(
    'whatever goes wrong, it comes to what is desired (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const { router } = bench.simulator
      const theirs = [
        { name: 'one', target: '10.9.0.1/32' },
        { name: 'two', target: '10.9.0.2/32', comment: 'langoni' },
      ]
      router.seed(queues.menu, theirs)
      const client = bench.client(service)
      const keys = ['a', 'b', 'c', 'd', 'e', 'f']
      const isOurs = (row: { readonly comment?: string }) => row.comment?.startsWith('lango:t:') === true
      for (let round = 0; round < 4; round++) {
        const chosen = keys.filter(() => random.below(2) === 0)
        const desired = chosen
          .toSorted(() => random.below(3) - 1)
          .map((key) => ({
            key,
            values: {
              name: key,
              target: `10.0.0.${random.below(9)}`,
              'max-limit': `${1 + random.below(3)}M/9M`,
              disabled: 'no',
            },
          }))
        // Somebody does this and that to our rows by hand.
        for (const row of router.rows(queues.menu).filter(isOurs)) {
          const values = { '.id': row['.id']!, ...meddling[random.below(meddling.length)]! }
          const name = ['set', 'remove', 'move', 'print', 'print'][random.below(5)]!
          router.execute(full, { menu: queues.menu, name, values, query: [] })
        }
        bench.simulator.fail(...Array.from({ length: random.below(6) }, () => FAULTS[random.below(FAULTS.length)]!))
        bench.simulator.pace.segmentOctets = random.below(20)
        if (random.below(3) === 0) router.reboot()
        let passes = 0
        for (;;) {
          passes += 1
          expect(passes).toBeLessThan(60)
          const outcome = await settled(reconcile(client, queues, desired))
          // Faults that found nothing to spoil wait for the next round.
          if (outcome.ok && outcome.value.type === 'unchanged') break
          // Past any backoff.
          bench.clock.advance(600_000)
        }
        const rows = router.rows(queues.menu)
        const told = rows.filter(isOurs).map((row) => [row['name'], row['target'], row['max-limit'], row['disabled']])
        expect(told).toEqual(
          desired.map(({ values: { name, target, 'max-limit': limit } }) => [
            name,
            `${target}/32`,
            limit.replaceAll('M', '000000'),
            'false',
          ]),
        )
        expect(rows.filter((row) => !isOurs(row)).map(({ '.id': _id, ...row }) => row)).toEqual(theirs)
      }
    },
  )
})
