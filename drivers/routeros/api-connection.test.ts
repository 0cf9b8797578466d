import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import { fakeClock } from '@lango/kernel/testing'
import { TestAuthority } from '../radius/eap/testing/certificates.ts'
import { sentenceOctets, sentenceReader } from '../simulators/routeros/wire.ts'
import { createRouterosClient, type RowChange, type RouterosClientOptions } from './index.ts'
import { openApiConnection, type ApiLimits } from './api-connection.ts'
import { startRouterosSimulator, type RouterosSimulatorOptions } from '../simulators/routeros/index.ts'
import { authority, full, pin, startBench, until } from './testing/setup.ts'

const secrets = { kind: 'print', menu: '/ppp/secret' } as const

const start = (change: Partial<RouterosSimulatorOptions> = {}) =>
  startBench((given) => startRouterosSimulator({ ...given, ...change }))

let bench: Awaited<ReturnType<typeof start>> | undefined
afterEach(async () => {
  await bench?.close()
  bench = undefined
})

describe('logging in', () => {
  test.each(['6.42.12 (long-term)', '6.49.10 (long-term)', '7.18.2 (stable)'])('to RouterOS %s', async (version) => {
    const { client, simulator } = (bench = await start({ version }))
    expect(await client('api').perform(secrets)).toMatchObject({ ok: true })
    expect(simulator.sessions).toBe(1)
    const wrong = client('api', { login: { user: full.name, password: secret('no') } })
    expect(await wrong.perform(secrets)).toEqual({
      ok: false,
      error: { type: 'LoginRefused', message: 'invalid user name or password (6)' },
    })
  })

  test('a router that has enough sessions says so', async () => {
    const { client } = (bench = await start({ sessionsMax: 1 }))
    orThrow(await client('api').perform(secrets))
    expect(await client('api').perform(secrets)).toEqual({
      ok: false,
      error: { type: 'Unreachable', cause: 'too many sessions' },
    })
  })
})

describe('by TLS', () => {
  test.each(['api-ssl', 'www-ssl'] as const)(
    'a router with another certificate is told nothing (%s)',
    async (service) => {
      const { client, simulator } = (bench = await start())
      const other = { pinSha256: pin.pinSha256.replace(/^../, (two) => (two === '00' ? '01' : '00')) }
      const refused = await client(service, { tls: other }).perform(secrets)
      expect(refused).toMatchObject({
        ok: false,
        error: { type: 'CertificateRefused', sha256: pin.pinSha256.replaceAll(':', '').toLowerCase() },
      })
      expect([simulator.router.carriedOut, simulator.sessions]).toEqual([[], 0])
    },
  )

  test.each(['api-ssl', 'www-ssl'] as const)('a router is known by its authority too (%s)', async (service) => {
    const { client, simulator } = (bench = await start())
    expect(await client(service, { tls: { ca: authority.cert } }).perform(secrets)).toMatchObject({ ok: true })
    const before = simulator.router.carriedOut.length
    const wrong: RouterosClientOptions['tls'][] = [
      { ca: (await TestAuthority.create('another')).cert },
      { ca: authority.cert, serverName: 'router.example' },
    ]
    for (const tls of wrong)
      expect(await client(service, { tls }).perform(secrets)).toMatchObject({
        ok: false,
        error: { type: 'CertificateRefused' },
      })
    expect(simulator.router.carriedOut).toHaveLength(before)
  })
})

describe('following a menu', () => {
  test('tells of what comes, changes and goes, and stops when it is told to', async () => {
    const { client, simulator } = (bench = await start())
    const api = client('api', { limits: { connectionsMax: 1 } })
    const told: RowChange[] = []
    const stopping = new AbortController()
    const followed = api.follow('/ip/hotspot/active', (change) => void told.push(change), stopping.signal)
    await until(() => simulator.router.watchers('/ip/hotspot/active') === 1)
    const { id } = orThrow(await api.perform({ kind: 'add', menu: '/ip/hotspot/active', values: { user: 'a' } }))
    orThrow(await api.perform({ kind: 'set', menu: '/ip/hotspot/active', id: id!, values: { user: 'b' } }))
    orThrow(await api.perform({ kind: 'remove', menu: '/ip/hotspot/active', id: id! }))
    expect(told.map(({ row, dead }) => [row['user'], dead])).toEqual([
      ['a', false],
      ['b', false],
      [undefined, true],
    ])
    stopping.abort()
    expect(await followed).toMatchObject({ ok: true })
    await until(() => simulator.router.watchers('/ip/hotspot/active') === 0)
    expect(await api.perform(secrets)).toMatchObject({ ok: true })
    expect(simulator.sessions).toBe(1)
  })

  test('ends with the connection', async () => {
    const { client, simulator } = (bench = await start())
    const followed = client('api').follow('/log', () => {}, new AbortController().signal)
    await until(() => simulator.router.watchers('/log') === 1)
    simulator.cut()
    expect(await followed).toMatchObject({ ok: false, error: { type: 'ConnectionLost' } })
  })

  test('cannot be had by REST', async () => {
    const { client } = (bench = await start())
    expect(await client('www').follow('/log', () => {}, new AbortController().signal)).toMatchObject({
      ok: false,
      error: { type: 'Refused' },
    })
  })
})

test('a router that is silent while nothing is asked is noticed, and called anew', async () => {
  const { client, clock, simulator } = (bench = await start())
  const api = client('api')
  orThrow(await api.perform(secrets))
  clock.advance(30_000)
  await until(() => true)
  simulator.fail('silent')
  clock.advance(30_000)
  await until(() => simulator.router.faultsLeft === 0)
  clock.advance(15_000)
  clock.advance(5000)
  await until(() => simulator.sessions === 0)
  expect(await api.perform(secrets)).toMatchObject({ ok: true })
  expect(simulator.sessions).toBe(1)
})

test('a router that answers when asked for a sign of life keeps its connection', async () => {
  const { client, clock, simulator } = (bench = await start())
  const api = client('api')
  for (let round = 0; round < 3; round++) {
    // Whose answer is in, when it comes, that of the sign of life is in too.
    orThrow(await api.perform(secrets))
    const before = simulator.router.carriedOut.length
    clock.advance(30_000)
    expect(simulator.router.carriedOut).toHaveLength(before)
    clock.advance(30_000)
    await until(() => simulator.router.carriedOut.length > before)
  }
  expect(simulator.connections).toBe(1)
})

test('more connections are opened only while all have work, and no more than may be', async () => {
  const { client, simulator } = (bench = await start())
  const api = client('api', { limits: { connectionsMax: 3 } })
  for (let i = 0; i < 5; i++) orThrow(await api.perform(secrets))
  expect(simulator.sessions).toBe(1)
  const many = () => Promise.all(Array.from({ length: 40 }, () => api.perform(secrets)))
  while (simulator.sessions < 3) expect((await many()).every(({ ok }) => ok)).toBe(true)
  await many()
  orThrow(await api.perform(secrets))
  expect(simulator.connections).toBe(3)
})

describe('a router that says what it should not', () => {
  const clock = fakeClock()
  let socket: Socket
  let commands: string[][]
  let server: ReturnType<typeof createServer>
  beforeEach(async () => {
    commands = []
    server = createServer((accepted) => {
      socket = accepted.on('error', () => {})
      const read = sentenceReader()
      accepted.on('data', (chunk: Buffer) => commands.push(...(read(chunk) ?? [])))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  })
  afterEach(async () => {
    socket.destroy()
    await new Promise((done) => server.close(done))
  })
  const tagOf = (index: number): string => commands[index]!.find((word) => word.startsWith('.tag='))!
  const say = (...words: string[]) => socket.write(sentenceOctets(words))
  const open = (limits: Partial<ApiLimits> = {}) =>
    openApiConnection({
      address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
      login: { user: 'u', password: secret('p') },
      timers: clock,
      limits,
    })
  const opened = async (limits: Partial<ApiLimits> = {}) => {
    const opening = open(limits)
    await until(() => commands.length === 1)
    say('!done', tagOf(0))
    return orThrow(await opening)
  }

  test('answers of commands may be mixed and out of order, and a trap may have rows before it', async () => {
    const connection = await opened()
    const [one, other] = [connection.perform(secrets), connection.perform({ kind: 'print', menu: '/radius' })]
    await until(() => commands.length === 3)
    say('!re', tagOf(2), '=name=of the other', '=comment=a=b=')
    say('!re', tagOf(1), '=name=of the one')
    say('!re', '.tag=99', '=name=of nobody')
    say('!trap', tagOf(1), '=message=no such item (4)')
    say('!trap', tagOf(1), '=category=4', '=message=second')
    say('!done', tagOf(2))
    say('!done', tagOf(1))
    expect(orThrow(await other).rows.map((row) => ({ ...row }))).toEqual([{ name: 'of the other', comment: 'a=b=' }])
    // Without a category its words tell that something is missing.
    expect(await one).toEqual({ ok: false, error: { type: 'Refused', category: 0, message: 'no such item (4)' } })
    connection.close()
  })

  test.each<[string, () => void, string]>([
    ['no reply', () => say('!what', tagOf(1)), 'the router sends what is no reply: !what'],
    ['a control byte', () => socket.write(Buffer.of(0xff)), 'what the router sends is no sentence (control-byte)'],
    [
      'a word without end',
      () => socket.write(Buffer.from('f0ffffffff', 'hex')),
      'what the router sends is no sentence (word-too-long)',
    ],
    ['its last words', () => say('!fatal', 'session terminated on request'), 'session terminated on request'],
    ['nothing more', () => socket.end(), 'the router closed the connection'],
  ])('%s: the connection is lost, with all that was asked', async (_, act, cause) => {
    const connection = await opened()
    const asked = [connection.perform(secrets), connection.perform(secrets)]
    await until(() => commands.length === 3)
    act()
    const lost = { ok: false, error: { type: 'ConnectionLost', cause, sent: true } }
    expect(await Promise.all(asked)).toEqual([lost, lost])
    expect(connection.isOpen).toBe(false)
    expect(await connection.perform(secrets)).toMatchObject({
      ok: false,
      error: { type: 'ConnectionLost', sent: false },
    })
  })

  test('an answer that is too large is cancelled, and the connection goes on', async () => {
    const connection = await opened({ rowsMax: 2 })
    const asked = connection.perform(secrets)
    await until(() => commands.length === 2)
    for (const name of ['a', 'b', 'c', 'd']) say('!re', tagOf(1), `=name=${name}`)
    expect(await asked).toMatchObject({ ok: false, error: { type: 'AnswerTooLarge' } })
    await until(() => commands.length === 3)
    expect(commands[2]!.slice(0, 2)).toEqual(['/cancel', `=tag=${tagOf(1).slice(5)}`])
    say('!trap', tagOf(1), '=category=2', '=message=interrupted')
    say('!done', tagOf(1))
    const next = connection.perform(secrets)
    await until(() => commands.length === 4)
    say('!done', tagOf(3))
    expect(await next).toMatchObject({ ok: true })
    connection.close()
  })

  test('a cancelled command keeps its place until the router ends it, or is taken for dead', async () => {
    const connection = await opened({ inFlightMax: 1, waitingMax: 1 })
    const asked = connection.perform(secrets, { timeoutMs: 1000 })
    const waiting = connection.perform(secrets, { timeoutMs: 3000 })
    expect(await connection.perform(secrets)).toEqual({ ok: false, error: { type: 'Busy' } })
    await until(() => commands.length === 2)
    clock.advance(1000)
    expect(await asked).toEqual({ ok: false, error: { type: 'TimedOut', afterMs: 1000, sent: true } })
    clock.advance(2000)
    // It was never sent.
    expect(await waiting).toEqual({ ok: false, error: { type: 'TimedOut', afterMs: 3000, sent: false } })
    expect(connection.isOpen).toBe(true)
    clock.advance(3000)
    expect(connection.isOpen).toBe(false)
    expect(commands.filter(([path]) => path === secrets.menu)).toHaveLength(0)
  })

  test('a menu that is followed no more is told of no more, though the router goes on for a while', async () => {
    const connection = await opened()
    const told: RowChange[] = []
    const stopping = new AbortController()
    const followed = connection.follow('/log', (change) => void told.push(change), stopping.signal)
    await until(() => commands.length === 2)
    say('!re', tagOf(1), '=message=first')
    await until(() => told.length === 1)
    stopping.abort()
    expect(await followed).toMatchObject({ ok: true })
    say('!re', tagOf(1), '=message=late')
    say('!trap', tagOf(1), '=category=2', '=message=interrupted')
    say('!done', tagOf(1))
    const next = connection.perform(secrets)
    await until(() => commands.length === 4)
    say('!done', tagOf(3))
    expect(await next).toMatchObject({ ok: true })
    expect(told).toHaveLength(1)
    connection.close()
  })

  test('the longer it is away the less often it is called', async () => {
    const client = createRouterosClient({
      way: 'api',
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      login: { user: 'u', password: secret('p') },
      clock,
      timers: clock,
      // The least of each pause, which is half of it.
      random: { unit: () => 0 },
      limits: { backoffFirstMs: 1000, backoffMaxMs: 5000 },
    })
    let calls = 0
    server.on('connection', (accepted) => {
      calls += 1
      accepted.destroy()
    })
    const ask = async () => expect((await client.perform(secrets)).ok).toBe(false)
    await ask()
    for (const [index, pauseMs] of [500, 1000, 2000, 2500, 2500].entries()) {
      await until(() => calls === index + 1)
      clock.advance(pauseMs - 1)
      await ask()
      expect(calls).toBe(index + 1)
      clock.advance(1)
      await ask()
    }
    await until(() => calls === 6)
    client.close()
  })

  test('who never answers the login is given up', async () => {
    const opening = open()
    await until(() => commands.length === 1)
    clock.advance(10_000)
    expect(await opening).toEqual({ ok: false, error: { type: 'TimedOut', afterMs: 10_000, sent: false } })
    await until(() => socket.destroyed)
  })
})
