import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import { startRouterosSimulator, type RouterosSimulatorFault } from '../simulators/routeros/index.ts'
import { isMissing, momentMs } from './index.ts'
import { onlyReads, startBench, until, ways } from './testing/setup.ts'

/** What holds by every way to a router. */
const secrets = '/ppp/secret'
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

  test('a service that is gone is called again only after its time', async () => {
    const client = bench.client(service)
    orThrow(await client.perform({ kind: 'print', menu: secrets }))
    await bench.simulator.close()
    const ask = async () => (await client.perform({ kind: 'print', menu: secrets })).ok
    expect([await ask(), await ask()]).toEqual([false, false])
    let calls = 0
    const server = createServer((socket) => {
      calls += 1
      socket.destroy()
    })
    await new Promise<void>((done) => server.listen(bench.simulator.ports[service], '127.0.0.1', done))
    expect([await ask(), calls]).toEqual([false, 0])
    bench.clock.advance(1000)
    expect(await ask()).toBe(false)
    await until(() => calls === 1)
    await new Promise((done) => server.close(done))
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
    // Again, before it was up for long.
    bench.simulator.router.reboot()
    bench.clock.advance(2000)
    const again = await client.probe()
    expect(again.ok ? again.value : orThrow(await client.probe())).toMatchObject({ reboots: 2, uptimeMs: 2000 })
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
    expect(bench.clock.pending()).toBe(0)
    await until(() => bench.simulator.connections === 0)
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

  test.each<RouterosSimulatorFault>(['cut', 'garbage', 'fatal'])(
    'a write for which no connection came about (%s) was not sent',
    async (fault) => {
      const client = bench.client(service)
      bench.simulator.fail(fault)
      const added = await client.perform({ kind: 'add', menu: secrets, values: { name: 'a' } })
      expect(added).toMatchObject({ ok: false })
      expect(!added.ok && 'sent' in added.error && added.error.sent).toBe(false)
      expect(writes()).toEqual([])
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
    const client = bench.client(service, { limits: { connectionsMax: 1, inFlightMax: 1, waitingMax: 5 } })
    orThrow(await client.perform({ kind: 'print', menu: secrets }))
    const asked = Array.from({ length: 10 }, (_, index) =>
      client.perform({ kind: 'add', menu: secrets, values: { name: `n${index}` } }),
    )
    const types = (await Promise.all(asked)).map((one) => (one.ok ? 'ok' : one.error.type))
    expect(types).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'Busy', 'Busy', 'Busy', 'Busy'])
    const names = bench.simulator.router.rows(secrets).map(({ name }) => name)
    expect(names).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5'])
  })

  test('more than may be read is not read, and the next answer is', async () => {
    const client = bench.client(service, { limits: { answerBytesMax: 10_000 } })
    const rows = Array.from({ length: 30 }, (_, index) => ({ name: `n${index}`, comment: 'x'.repeat(500) }))
    bench.simulator.router.seed(secrets, rows)
    expect(await client.perform({ kind: 'print', menu: secrets })).toEqual({
      ok: false,
      error: { type: 'AnswerTooLarge', limitBytes: 10_000 },
    })
    expect(orThrow(await client.perform({ kind: 'print', menu: secrets, properties: ['name'] })).rows).toHaveLength(30)
  })
})
