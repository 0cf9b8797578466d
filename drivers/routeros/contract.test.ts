import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import { seededRandom } from '@lango/kernel/testing'
import { startRouterosSimulator, type RouterosSimulatorFault } from '../simulators/routeros/index.ts'
import {
  ensure,
  ensureSettings,
  isMissing,
  markOf,
  momentMs,
  reconcile,
  type DesiredRow,
  type TableSpec,
} from './index.ts'
import { onlyReads, startBench, until, ways } from './testing/setup.ts'

/** What holds by every way to a router. */
const secrets = '/ppp/secret'
const queues: TableSpec = { menu: '/queue/simple', identity: ['name'], place: 'first' }
const filter: TableSpec = { menu: '/ip/firewall/filter', place: 'first' }
const addressList: TableSpec = { menu: '/ip/firewall/address-list', identity: ['list', 'address'] }
const lists = (count: number): DesiredRow[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `svc_${index}`,
    values: { list: 'lango-active', address: `10.0.0.${index}`, disabled: 'no' },
  }))
const anyTime = /^\d\d:\d\d:\d\d$/

const start = () => startBench(startRouterosSimulator)
let bench: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  bench = await start()
})
afterEach(() => bench.close())

/** The commands that changed something, or were to. */
const writes = () => bench.simulator.router.carriedOut.filter((path) => !path.endsWith('/print'))

describe.each(Object.entries(ways))('%s', (_, service) => {
  test('rows are added, read, changed and removed', async () => {
    const client = bench.client(service)
    const added = orThrow(
      await client.perform({
        kind: 'add',
        menu: secrets,
        values: { name: 'amina', password: secret('a b=c'), service: 'pppoe' },
      }),
    )
    expect(added.id).toBe('*1')
    expect(bench.simulator.router.rows(secrets)).toEqual([
      { '.id': '*1', disabled: 'false', service: 'pppoe', profile: 'default', name: 'amina', password: 'a b=c' },
    ])
    orThrow(
      await client.perform({ kind: 'set', menu: secrets, id: '*1', values: { comment: 'Nyumba ya “Amina”\n=1' } }),
    )
    const read = orThrow(await client.perform({ kind: 'print', menu: secrets }))
    expect(read.rows.map((row) => ({ ...row }))).toEqual(bench.simulator.router.rows(secrets))
    expect(read.rows[0]!['comment']).toBe('Nyumba ya “Amina”\n=1')
    orThrow(await client.perform({ kind: 'remove', menu: secrets, id: '*1' }))
    expect(orThrow(await client.perform({ kind: 'print', menu: secrets })).rows).toEqual([])
  })

  test('rows are asked for by all conditions at once, and only the properties that are named come', async () => {
    bench.simulator.router.seed(secrets, [
      { name: 'a', service: 'pppoe', profile: 'p' },
      { name: 'b', service: 'pppoe', profile: 'q&r=?' },
      { name: 'c', service: 'any', profile: 'q&r=?' },
    ])
    const where = { service: 'pppoe', profile: 'q&r=?' }
    const client = bench.client(service)
    const read = orThrow(await client.perform({ kind: 'print', menu: secrets, where, properties: ['name', '.id'] }))
    expect(read.rows.map((row) => ({ ...row }))).toEqual([{ '.id': '*2', name: 'b' }])
    const all = orThrow(await client.perform({ kind: 'print', menu: secrets, properties: ['name'] }))
    expect(all.rows.map((row) => ({ ...row }))).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  })

  test('a property may be called anything', async () => {
    bench.simulator.router.seed('/tool/generic', [
      Object.fromEntries([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    ])
    const read = orThrow(await bench.client(service).perform({ kind: 'print', menu: '/tool/generic' }))
    expect(Object.entries(read.rows[0]!)).toEqual([
      ['.id', '*1'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(read.rows[0]!['toString']).toBeUndefined()
  })

  test('a name that is none is an error of the caller, and nothing is sent', async () => {
    const client = bench.client(service)
    for (const menu of ['/ppp/secret/../user', 'ppp', '/ppp secret'])
      await expect(client.perform({ kind: 'print', menu })).rejects.toThrow(RangeError)
    await expect(client.perform({ kind: 'add', menu: secrets, values: { 'a=b': '' } })).rejects.toThrow(RangeError)
  })

  test('what is not there is told apart from what is refused', async () => {
    const client = bench.client(service)
    const gone = await client.perform({ kind: 'remove', menu: secrets, id: '*77' })
    expect(gone).toMatchObject({ ok: false, error: { type: 'Refused', category: 0, message: 'no such item' } })
    expect(!gone.ok && isMissing(gone.error)).toBe(true)
    const bad = await client.perform({ kind: 'add', menu: secrets, values: { name: 'a', colour: 'red' } })
    expect(bad).toMatchObject({ ok: false, error: { type: 'Refused', message: 'unknown parameter colour' } })
    expect(!bad.ok && isMissing(bad.error)).toBe(false)
  })

  test('who may only read is refused what writes', async () => {
    const login = { user: onlyReads.name, password: secret(onlyReads.password) }
    const client = bench.client(service, { login })
    expect(orThrow(await client.perform({ kind: 'print', menu: secrets })).rows).toEqual([])
    expect(await client.perform({ kind: 'add', menu: secrets, values: { name: 'a' } })).toMatchObject({
      ok: false,
      error: { type: 'Refused', message: 'not enough permissions (9)' },
    })
    expect(bench.simulator.router.rows(secrets)).toEqual([])
  })

  test('a wrong password is not tried again before its time', async () => {
    const login = { user: 'lango', password: secret('wrong') }
    const client = bench.client(service, { login })
    const refused = { ok: false, error: { type: 'LoginRefused' } }
    expect(await client.perform({ kind: 'print', menu: secrets })).toMatchObject(refused)
    bench.simulator.power(false)
    // Not asked: the router is off by now.
    expect(await client.perform({ kind: 'print', menu: secrets })).toMatchObject(refused)
    bench.clock.advance(1000)
    expect(await client.perform({ kind: 'print', menu: secrets })).not.toMatchObject(refused)
  })

  test('a router that is away is not called again before its time, and then is as before', async () => {
    const client = bench.client(service)
    bench.simulator.power(false)
    const first = await client.perform({ kind: 'print', menu: secrets })
    expect(first.ok).toBe(false)
    bench.simulator.power(true)
    expect(await client.perform({ kind: 'print', menu: secrets })).toEqual(first)
    bench.clock.advance(1000)
    expect(await client.perform({ kind: 'print', menu: secrets })).toMatchObject({ ok: true })
  })

  test('the router tells what it is, and that it started anew', async () => {
    const client = bench.client(service)
    bench.clock.advance(93_784_000)
    expect(orThrow(await client.probe())).toMatchObject({
      identity: 'MikroTik',
      version: { major: 7, minor: 18, patch: 2 },
      versionText: '7.18.2 (stable)',
      boardName: 'hEX',
      architecture: 'mmips',
      uptimeMs: 93_784_000,
      reboots: 0,
    })
    bench.clock.advance(60_000)
    expect(orThrow(await client.probe())).toMatchObject({ reboots: 0 })
    bench.simulator.router.reboot()
    bench.clock.advance(5000)
    const after = await client.probe()
    // A connection that ended while nobody spoke may be heard of only now.
    const facts = after.ok ? after.value : orThrow(await client.probe())
    expect(facts).toMatchObject({ reboots: 1, uptimeMs: 5000 })
  })

  test.each(['7.18.2', '7.9'])('its time is read in whatever form (%s)', async (version) => {
    const client = bench.client(service)
    bench.simulator.router.version = version
    const { rows } = orThrow(await client.perform({ kind: 'print', menu: '/system/clock' }))
    const { date, time, 'gmt-offset': offset } = rows[0]!
    expect(time).toMatch(anyTime)
    expect(momentMs(`${date} ${time}`, offset)).toBe(bench.clock.now())
  })

  test('answers may come an octet at a time, and late', async () => {
    bench.simulator.router.seed(secrets, [{ name: 'a', comment: 'ä'.repeat(200) }, { name: 'b' }])
    Object.assign(bench.simulator.pace, { segmentOctets: 1 })
    const client = bench.client(service)
    expect(orThrow(await client.perform({ kind: 'print', menu: secrets })).rows).toHaveLength(2)
    Object.assign(bench.simulator.pace, { segmentOctets: 3, latencyMs: 2000 })
    const slow = client.perform({ kind: 'print', menu: secrets }, { timeoutMs: 3_600_000 })
    const ticking = new AbortController()
    void slow.finally(() => ticking.abort())
    while (!ticking.signal.aborted) await bench.clock.advanceAsync(100)
    expect(orThrow(await slow).rows[0]!['comment']).toBe('ä'.repeat(200))
  })

  test('whoever stops waiting is told so, and later ones are served', async () => {
    const client = bench.client(service)
    orThrow(await client.perform({ kind: 'print', menu: secrets }))
    bench.simulator.fail('stuck')
    const stopping = new AbortController()
    const asked = client.perform({ kind: 'print', menu: secrets }, { signal: stopping.signal })
    const others = client.perform({ kind: 'print', menu: '/radius' })
    expect(await others).toMatchObject({ ok: true })
    stopping.abort()
    expect(await asked).toEqual({ ok: false, error: { type: 'Aborted', sent: true } })
    expect(await client.perform({ kind: 'print', menu: secrets })).toMatchObject({ ok: true })
    expect(await client.perform({ kind: 'print', menu: secrets }, { signal: stopping.signal })).toMatchObject({
      ok: false,
      error: { type: 'Aborted', sent: false },
    })
  })

  test('after it was closed nothing is asked', async () => {
    const client = bench.client(service)
    orThrow(await client.perform({ kind: 'print', menu: secrets }))
    client.close()
    expect(await client.perform({ kind: 'print', menu: secrets })).toEqual({ ok: false, error: { type: 'Closed' } })
  })

  test('a router that says nothing is waited for so long, and then called anew', async () => {
    const client = bench.client(service)
    orThrow(await client.perform({ kind: 'print', menu: secrets }))
    bench.simulator.fail('silent')
    const asked = client.perform({ kind: 'add', menu: secrets, values: { name: 'a' } }, { timeoutMs: 3000 })
    await until(() => bench.simulator.router.faultsLeft === 0)
    bench.clock.advance(2999)
    expect(await Promise.race([asked, Promise.resolve('waiting')])).toBe('waiting')
    bench.clock.advance(1)
    expect(await asked).toEqual({ ok: false, error: { type: 'TimedOut', afterMs: 3000, sent: true } })
    await bench.clock.advanceAsync(5000)
    expect(await client.perform({ kind: 'print', menu: secrets })).toMatchObject({ ok: true })
  })

  test.each<RouterosSimulatorFault>(['cut', 'garbage', 'fatal', 'lost-answer'])(
    'a write that meets «%s» may have been done',
    async (fault) => {
      const client = bench.client(service)
      orThrow(await client.perform({ kind: 'print', menu: secrets }))
      bench.simulator.fail(fault)
      const added = await client.perform({ kind: 'add', menu: secrets, values: { name: 'a' } })
      expect(added).toMatchObject({ ok: false, error: { type: 'ConnectionLost', sent: true } })
      expect(bench.simulator.router.rows(secrets)).toHaveLength(fault === 'lost-answer' ? 1 : 0)
      expect(writes()).toHaveLength(fault === 'lost-answer' ? 1 : 0)
    },
  )

  test.each<RouterosSimulatorFault>(['cut', 'garbage', 'fatal'])(
    'a reading that meets «%s» is asked once more',
    async (fault) => {
      const client = bench.client(service)
      orThrow(await client.perform({ kind: 'print', menu: secrets }))
      bench.simulator.fail(fault)
      expect(await client.perform({ kind: 'print', menu: secrets })).toMatchObject({ ok: true })
    },
  )

  test('what the router refuses is told in its words', async () => {
    const client = bench.client(service)
    orThrow(await client.perform({ kind: 'print', menu: secrets }))
    bench.simulator.fail('trap')
    expect(await client.perform({ kind: 'print', menu: secrets })).toMatchObject({
      ok: false,
      error: { type: 'Refused', message: 'failure: simulated' },
    })
  })

  test('many at once are served in turn, and more than may wait are turned away', async () => {
    const client = bench.client(service, { limits: { connectionsMax: 1, inFlightMax: 2, waitingMax: 64 } })
    orThrow(await client.perform({ kind: 'print', menu: secrets }))
    const asked = Array.from({ length: 70 }, (_, index) =>
      client.perform({ kind: 'add', menu: secrets, values: { name: `n${index}` } }),
    )
    const types = (await Promise.all(asked)).map((one) => (one.ok ? 'ok' : one.error.type))
    expect(types).toEqual([...Array.from({ length: 66 }, () => 'ok'), ...Array.from({ length: 4 }, () => 'Busy')])
    expect(bench.simulator.router.rows(secrets)).toHaveLength(66)
  })

  describe('desired rows', () => {
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
      router.seed(addressList.menu, [{ ...byHand, address: '10.9.9.9', comment: markOf('left-over') }])
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
      ).toEqual(['10.0.0.0 lango:svc_0 false', '10.0.0.1 lango:svc_1 false', '10.0.0.2 lango:svc_2 false'])
    })

    test('come in their order, before the rules of the operator, which stay as they are', async () => {
      const { router } = bench.simulator
      const hotspot = { chain: 'forward', action: 'jump', dynamic: 'true' }
      router.seed(filter.menu, [hotspot, { chain: 'forward', action: 'drop' }, { chain: 'input', action: 'accept' }])
      const rule = (key: string): DesiredRow => ({ key, values: { chain: 'forward', action: 'accept' } })
      const client = bench.client(service)
      const order = () => router.rows(filter.menu).map((row) => row['comment'] ?? row['.id'])
      orThrow(await reconcile(client, filter, ['a', 'b', 'c'].map(rule)))
      expect(order()).toEqual(['*1', 'lango:a', 'lango:b', 'lango:c', '*2', '*3'])
      expect(await reconcile(client, filter, ['c', 'd', 'a'].map(rule))).toMatchObject({ value: { type: 'applied' } })
      expect(order()).toEqual(['*1', 'lango:c', 'lango:d', 'lango:a', '*2', '*3'])
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
        told(['name', 'target', 'max-limit', 'priority', 'comment']),
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
      const spec = { menu: '/ip/arp', identity: ['address', 'interface'] }
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
      expect(
        orThrow(await ensure(client, spec, 'svc_2', { ...arp('AA:BB:CC:00:00:02'), address: '10.0.0.9' })),
      ).toEqual({
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
  })

  test('a router that starts anew between reading and writing has nothing of the operator’s changed', async () => {
    const { router } = bench.simulator
    const [byHand] = router.seed(addressList.menu, [{ list: 'vip', address: '10.1.1.1' }])
    const client = bench.client(service)
    orThrow(await reconcile(client, addressList, lists(1)))
    const vip = { list: 'vip', address: '10.1.1.1' }
    const written = await client.lease(async (session) => {
      const read = await session.perform({ kind: 'print', menu: addressList.menu })
      const id = orThrow(read).rows.find(({ comment }) => comment === markOf('svc_0'))!['.id']!
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

  const seeds = process.env['LANGO_LONG'] === '1' ? 200 : 6
  test.each(Array.from({ length: seeds }, (_, seed) => seed))(
    'whatever goes wrong, it comes to what is desired (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const faults: readonly RouterosSimulatorFault[] = [
        'write-ignored',
        'write-partly',
        'lost-answer',
        'cut',
        'garbage',
        'trap',
        'fatal',
      ]
      const { router } = bench.simulator
      const theirs = [
        { name: 'one', target: '10.9.0.1/32' },
        { name: 'two', target: '10.9.0.2/32', comment: 'langoni' },
      ]
      router.seed(queues.menu, theirs)
      const client = bench.client(service)
      const keys = ['a', 'b', 'c', 'd', 'e', 'f']
      const isOurs = (row: { readonly comment?: string }) => row.comment?.startsWith('lango:') === true
      for (let round = 0; round < 4; round++) {
        const chosen = keys.filter(() => random.below(2) === 0)
        const desired = chosen
          .toSorted(() => random.below(3) - 1)
          .map((key) => ({
            key,
            values: { name: key, target: `10.0.0.${random.below(9)}`, 'max-limit': `${1 + random.below(3)}M/9M` },
          }))
        bench.simulator.fail(...Array.from({ length: random.below(6) }, () => faults[random.below(faults.length)]!))
        bench.simulator.pace.segmentOctets = random.below(20)
        if (random.below(3) === 0) router.reboot()
        let passes = 0
        for (;;) {
          passes += 1
          expect(passes).toBeLessThan(60)
          const outcome = await reconcile(client, queues, desired)
          if (outcome.ok && outcome.value.type === 'unchanged' && router.faultsLeft === 0) break
          // Past any backoff.
          bench.clock.advance(600_000)
        }
        const rows = router.rows(queues.menu)
        expect(rows.filter(isOurs).map((row) => `${row['name']} ${row['target']} ${row['max-limit']}`)).toEqual(
          desired.map(
            ({ values }) => `${values.name} ${values.target}/32 ${values['max-limit'].replaceAll('M', '000000')}`,
          ),
        )
        expect(rows.filter((row) => !isOurs(row)).map(({ '.id': _id, ...row }) => row)).toEqual(theirs)
      }
    },
  )
})
