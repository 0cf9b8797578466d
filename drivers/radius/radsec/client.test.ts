import { randomBytes } from 'node:crypto'
import { createServer, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { encodeReply, verifyRequest } from '../authenticity.ts'
import type { OutgoingRequest } from '../client.ts'
import { TestAuthority, type Credential } from '../eap/testing/certificates.ts'
import { AttributeWriter, attribute, text } from '../packet.ts'
import type { RadiusRequest } from '../request.ts'
import { otherSecret, recordingLog } from '../testing/loopback.ts'
import { ManualTime } from '../testing/manual-time.ts'
import { createRadsecClient, type RadsecClientOptions } from './client.ts'
import { radsecSecret } from './connection.ts'
import { createRadsecServer, type RadsecServerOptions } from './server.ts'
import { StreamPeer } from './testing/tls-peer.ts'

let authority: TestAuthority
let server: Credential
let nas: Credential

beforeAll(async () => {
  authority = await TestAuthority.create('Lango test authority')
  server = await authority.issue({
    name: 'radius.test',
    names: [{ type: 'dns', value: 'radius.test' }],
    purpose: 'server',
  })
  nas = await authority.issue({ name: 'nas-one' })
})

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

const empty = Buffer.alloc(0)
const random = { bytes: (count: number) => randomBytes(count) }
const access: OutgoingRequest = { code: 1, attributes: new AttributeWriter().text(1, 'alice') }

const clientTo = (port: number, change: Partial<RadsecClientOptions> = {}) => {
  const time = new ManualTime()
  const client = createRadsecClient({
    host: '127.0.0.1',
    port,
    tls: { ...nas, ca: authority.cert, serverName: 'radius.test' },
    random,
    monotonicMs: time.monotonicMs,
    timers: time.timers,
    ...change,
  })
  ending.push(() => client.close())
  return { client, time }
}

const serverWith = async (change: Partial<RadsecServerOptions<string>> = {}) => {
  const running = await createRadsecServer<string>({
    address: '127.0.0.1',
    port: 0,
    tls: { ...server, ca: authority.cert },
    codes: [1, 4, 12],
    identify: ({ certificate }) => certificate.subject.slice('CN='.length),
    onRequest: (request) =>
      request.answer(request.packet.code === 4 ? 5 : 2, new AttributeWriter().text(18, request.version)),
    random,
    monotonicMs: () => 0,
    log: recordingLog().log,
    ...change,
  })
  ending.push(() => running.close())
  return running
}

/** A server that speaks TLS and does what the test tells it to. */
const puppet = async (): Promise<{ port: number; next: () => Promise<StreamPeer>; firstClosed: Promise<unknown> }> => {
  const tls = createServer({ ...server, ca: authority.cert, requestCert: true })
  const accepted: StreamPeer[] = []
  tls.on('secureConnection', (socket: TLSSocket) => {
    const peer = new StreamPeer(socket)
    ending.push(() => socket.destroy())
    accepted.push(peer)
    tls.emit('peer')
  })
  const closed = Promise.withResolvers<void>()
  tls.on('connection', (socket: Socket) => socket.on('close', () => closed.resolve()))
  tls.listen(0, '127.0.0.1')
  await once(tls, 'listening')
  ending.push(() => tls.close())
  const next = async () => {
    while (accepted.length === 0) await once(tls, 'peer')
    return accepted.shift()!
  }
  return { port: (tls.address() as AddressInfo).port, next, firstClosed: closed.promise }
}

test.each([
  [undefined, 'radius/1.1'],
  [['radius/1.0'], 'radius/1.0'],
  [['radius/1.1'], 'radius/1.1'],
] as const)(
  'offering %s, authentication and accounting share a connection that speaks %s',
  async (versions, spoken) => {
    const running = await serverWith()
    const { client } = clientTo(running.port, versions === undefined ? {} : { versions })
    const outcomes = await Promise.all([client.request(access), client.request({ ...access, code: 4 })])
    expect(
      outcomes.map((outcome) => outcome.type === 'reply' && [outcome.packet.code, text(outcome.packet, 18)]),
    ).toEqual([
      [2, spoken],
      [5, spoken],
    ])
    expect(client.version).toBe(spoken)
    expect(running.stats.connections).toBe(1)
  },
)

test('hidden attributes are told the version: under 1.1 there is nothing to hide them with', async () => {
  const seen: string[] = []
  const running = await serverWith({
    onRequest: (request) => {
      seen.push(attribute(request.packet, 2)!.toString())
      request.answer(2, empty)
    },
  })
  const { client } = clientTo(running.port)
  const attributes: OutgoingRequest['attributes'] = ({ version }) => new AttributeWriter().text(2, `for ${version}`)
  await client.request({ code: 1, attributes })
  expect(seen).toEqual(['for radius/1.1'])
})

test.each([
  [['radius/1.0'], ['radius/1.1']],
  [['radius/1.1'], ['radius/1.0']],
] as const)('a client of %s and a server of %s do not come together', async (ours, theirs) => {
  const running = await serverWith({ versions: theirs })
  const { client } = clientTo(running.port, { versions: ours })
  expect(await client.request(access)).toEqual({
    type: 'unsendable',
    code: expect.stringContaining('NO_APPLICATION_PROTOCOL'),
  })
})

test('a client that requires 1.1 ends the connection to a server without ALPN', async () => {
  const old = await puppet()
  const { client } = clientTo(old.port, { versions: ['radius/1.1'] })
  expect(await client.request(access)).toEqual({ type: 'unsendable', code: 'ERR_RADIUS_VERSION' })
  await old.firstClosed
})

test('a server without ALPN is spoken to in 1.0, signed with the secret radsec', async () => {
  const old = await puppet()
  const { client } = clientTo(old.port)
  const pending = client.request(access)
  const peer = await old.next()
  const request = await peer.next()
  expect(verifyRequest(request, radsecSecret)).toBe('ok')
  peer.write(encodeReply({ code: 3, request, secret: radsecSecret, attributes: empty }))
  expect(await pending).toMatchObject({ type: 'reply', packet: { code: 3 } })
})

test('a server of another authority or of another name gets nothing', async () => {
  const rogue = await TestAuthority.create('rogue')
  const running = await serverWith()
  const mistrusting = clientTo(running.port, { tls: { ...nas, ca: rogue.cert, serverName: 'radius.test' } })
  expect(await mistrusting.client.request(access)).toMatchObject({ type: 'unsendable' })
  const misnamed = clientTo(running.port, { tls: { ...nas, ca: authority.cert, serverName: 'other.test' } })
  expect(await misnamed.client.request(access)).toEqual({ type: 'unsendable', code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  expect(running.stats.received).toBe(0)
})

test('an expired server certificate is refused', async () => {
  const names = [{ type: 'dns', value: 'radius.test' }] as const
  const expired = await authority.issue({ name: 'radius.test', names: [...names], purpose: 'server', days: -1 })
  const running = await serverWith({ tls: { ...expired, ca: authority.cert } })
  const { client } = clientTo(running.port)
  expect(await client.request(access)).toEqual({ type: 'unsendable', code: 'CERT_HAS_EXPIRED' })
})

test('where nobody listens, requests fail at once, and are tried again only after a while', async () => {
  const running = await serverWith()
  const { port } = running
  await running.close()
  const { client, time } = clientTo(port)
  expect(await client.request(access)).toEqual({ type: 'unsendable', code: 'ECONNREFUSED' })
  const again = await serverWith({ port })
  expect(await client.request(access)).toEqual({ type: 'unsendable', code: 'ECONNREFUSED' })
  time.advance(1000)
  expect(await client.request(access)).toMatchObject({ type: 'reply' })
  expect(again.stats.connections).toBe(1)
})

test('a server that does not know our certificate is not asked in a loop', async () => {
  const running = await serverWith({ identify: () => undefined })
  const { client, time } = clientTo(running.port)
  expect(await client.request(access)).toEqual({ type: 'closed' })
  expect(await client.request(access)).toEqual({ type: 'unsendable', code: 'ECONNRESET' })
  expect(running.stats.dropped['unknown-client']).toBe(1)
  time.advance(1000)
  expect(await client.request(access)).toEqual({ type: 'closed' })
})

test('a connection lost in the middle ends its requests, and the next request opens another', async () => {
  const flaky = await puppet()
  const { client, time } = clientTo(flaky.port)
  const lost = [client.request(access), client.request(access)]
  const first = await flaky.next()
  await first.next()
  time.advance(2000)
  first.socket.destroy()
  expect(await Promise.all(lost)).toEqual([{ type: 'closed' }, { type: 'closed' }])
  const pending = client.request(access)
  const second = await flaky.next()
  const request = await second.next()
  second.write(encodeReply({ code: 2, request, secret: radsecSecret, attributes: empty }))
  expect(await pending).toMatchObject({ type: 'reply' })
})

test('a reply whose authenticator is wrong ends the connection (RFC 6613 §2.6.4)', async () => {
  const drops: string[] = []
  const liar = await puppet()
  const { client } = clientTo(liar.port, { onDrop: (cause) => drops.push(cause) })
  const pending = client.request(access)
  const peer = await liar.next()
  peer.write(encodeReply({ code: 2, request: await peer.next(), secret: otherSecret, attributes: empty }))
  expect(await pending).toEqual({ type: 'closed' })
  expect(drops).toEqual(['bad-reply'])
})

test('a reply to nothing, and one of the wrong kind, are dropped and the wait goes on', async () => {
  const drops: string[] = []
  const odd = await puppet()
  const { client } = clientTo(odd.port, { onDrop: (cause) => drops.push(cause) })
  const pending = client.request(access)
  const peer = await odd.next()
  const request = await peer.next()
  const other = { ...request, id: (request.id + 1) % 256 }
  peer.write(
    encodeReply({ code: 2, request: other, secret: radsecSecret, attributes: empty }),
    encodeReply({ code: 5, request, secret: radsecSecret, attributes: empty }),
    encodeReply({ code: 2, request, secret: radsecSecret, attributes: empty }),
  )
  expect(await pending).toMatchObject({ type: 'reply', packet: { code: 2 } })
  expect(drops).toEqual(['unexpected-reply', 'unexpected-reply'])
})

test('255 requests are open at once in 1.0; Identifier 0 is kept for the watchdog', async () => {
  const slow = await puppet()
  const { client } = clientTo(slow.port)
  const pending = Array.from({ length: 255 }, () => client.request(access))
  const peer = await slow.next()
  const ids = new Set<number>()
  for (let i = 0; i < 255; i++) ids.add((await peer.next()).id)
  expect([ids.size, ids.has(0)]).toEqual([255, false])
  expect(await client.request(access)).toEqual({ type: 'busy' })
  void client.request({ code: 12, attributes: empty })
  expect((await peer.next()).id).toBe(0)
  client.close()
  expect((await Promise.all(pending)).every(({ type }) => type === 'closed')).toBe(true)
})

test('a request without a reply is given up after 30 s, or when its caller says so', async () => {
  const mute = await puppet()
  const { client, time } = clientTo(mute.port, { limits: { watchdogMs: 1_000_000 } })
  const controller = new AbortController()
  const pending = client.request(access)
  const aborted = client.request({ ...access, signal: controller.signal })
  const peer = await mute.next()
  await peer.next()
  await peer.next()
  controller.abort()
  expect(await aborted).toEqual({ type: 'aborted' })
  time.advance(30_000)
  expect(await pending).toEqual({ type: 'timeout', attempts: 1 })
  expect(await client.request({ ...access, signal: AbortSignal.abort() })).toEqual({ type: 'aborted' })
})

test('after silence the server is asked whether it lives; without an answer the connection ends', async () => {
  const mute = await puppet()
  const { client, time } = clientTo(mute.port, { limits: { replyTimeoutMs: 1_000_000 } })
  const pending = client.request(access)
  const peer = await mute.next()
  await peer.next()
  time.advance(30_000)
  const watchdog = await peer.next()
  expect([watchdog.code, watchdog.id, verifyRequest(watchdog, radsecSecret)]).toEqual([12, 0, 'ok'])
  time.advance(30_000)
  expect(await pending).toEqual({ type: 'closed' })
  await peer.closed
})

test('a server that answers the watchdog keeps its connection', async () => {
  const quiet = await puppet()
  const { client, time } = clientTo(quiet.port, { limits: { replyTimeoutMs: 1_000_000 } })
  void client.request(access)
  const peer = await quiet.next()
  await peer.next()
  for (let i = 0; i < 5; i++) {
    time.advance(30_000)
    const watchdog = await peer.next()
    // What the client has read is known by the answer to something it sent later.
    const ping = client.request({ ...access, code: 4 })
    const request = await peer.next()
    for (const each of [watchdog, request]) {
      peer.write(encodeReply({ code: each.code === 4 ? 5 : 2, request: each, secret: radsecSecret, attributes: empty }))
    }
    expect(await ping).toMatchObject({ type: 'reply' })
  }
  expect(client.version).toBe('radius/1.0')
})

// Dynamic authorization down the client's own connection.

test('the server disconnects a session down the connection that the NAS has opened', async () => {
  for (const version of ['radius/1.0', 'radius/1.1'] as const) {
    const running = await serverWith()
    const taken: RadiusRequest<undefined>[] = []
    const { client } = clientTo(running.port, {
      versions: [version],
      onRequest: (request) => {
        taken.push(request)
        request.answer(42, new AttributeWriter().uint32(101, 503))
      },
    })
    await client.request(access)
    const outcome = await running.request((name) => name === 'nas-one', {
      code: 40,
      attributes: new AttributeWriter().text(44, 'session 1'),
    })
    expect(outcome).toMatchObject({ type: 'reply', packet: { code: 42 } })
    expect(text(taken[0]!.packet, 44)).toBe('session 1')
  }
})

test('without a connection of that NAS a Disconnect ends as closed', async () => {
  const running = await serverWith()
  expect(running.isConnected(() => true)).toBe(false)
  expect(await running.request(() => true, { code: 40, attributes: empty })).toEqual({ type: 'closed' })
})

test('a Disconnect under way ends as closed when the NAS hangs up', async () => {
  const running = await serverWith()
  const { client } = clientTo(running.port, { onRequest: () => client.close() })
  await client.request(access)
  expect(running.isConnected((name) => name === 'nas-one')).toBe(true)
  expect(running.isConnected((name) => name === 'nas-two')).toBe(false)
  expect(await running.request(() => true, { code: 40, attributes: empty })).toEqual({ type: 'closed' })
})

test('a request that says how long it may take waits no longer than that, and never longer than the connection allows', async () => {
  const time = new ManualTime()
  const running = await serverWith({ timers: time.timers })
  const { client } = clientTo(running.port, { onRequest: () => {} })
  await client.request(access)
  const settled: string[] = []
  for (const durationMaxMs of [3000, 0, 90_000]) {
    void running
      .request(() => true, { code: 40, attributes: empty, retransmission: { durationMaxMs } })
      .then(({ type }) => settled.push(`${durationMaxMs} ${type}`))
  }
  time.advance(3000)
  await new Promise(setImmediate)
  expect(settled).toEqual(['3000 timeout'])
  time.advance(27_000)
  await new Promise(setImmediate)
  expect(settled).toEqual(['3000 timeout', '0 timeout', '90000 timeout'])
})

test('a NAS that takes no CoA does not answer one', async () => {
  const time = new ManualTime()
  const drops: string[] = []
  const running = await serverWith({ timers: time.timers })
  const { client } = clientTo(running.port, { onDrop: (cause) => drops.push(cause) })
  await client.request(access)
  const pending = running.request(() => true, { code: 43, attributes: empty })
  await client.request(access)
  time.advance(30_000)
  expect(await pending).toMatchObject({ type: 'timeout' })
  expect(drops).toEqual(['code-not-accepted'])
})
