import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { encodeReply, verifyRequest } from './authenticity.ts'
import { createRadiusClient, type OutgoingRequest, type RadiusClientOptions, type RadiusServerAt } from './client.ts'
import { changeOfAuthorization, disconnect } from './dynamic-authorization.ts'
import { AttributeWriter, attribute, findAttribute, parsePacket, text, uint32, type Packet } from './packet.ts'
import { ManualTime } from './testing/manual-time.ts'
import { otherSecret, Peer, secret } from './testing/loopback.ts'

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0).toReversed()) end()
})

const empty = Buffer.alloc(0)

const start = async (change: Partial<RadiusClientOptions> = {}) => {
  const time = new ManualTime()
  const peer = await Peer.at()
  const client = createRadiusClient({
    random: { bytes: (count) => randomBytes(count), unit: () => 0.5 },
    monotonicMs: time.monotonicMs,
    timers: time.timers,
    ...change,
  })
  ending.push(
    () => peer.close(),
    () => client.close(),
  )
  const server: RadiusServerAt = { address: '127.0.0.1', port: peer.port, secret }
  const reply = (to: { bytes: Buffer; port: number }, code: number, attributes: Buffer | AttributeWriter = empty) =>
    peer.send(encodeReply({ code, request: packetOf(to.bytes), secret, attributes }), to.port)
  return { time, peer, client, server, reply }
}

const packetOf = (bytes: Buffer): Packet => {
  const packet = parsePacket(bytes)
  if (typeof packet === 'string') throw new Error(packet)
  return packet
}

const access: OutgoingRequest = { code: 1, attributes: new AttributeWriter().text(1, 'alice') }

test('a request arrives signed and verifiable, and its reply comes back with its round trip', async () => {
  const { client, server, peer, reply, time } = await start()
  const pending = client.request(server, access)
  const arrived = await peer.next()
  const packet = packetOf(arrived.bytes)
  expect(findAttribute(packet, 80)).toBe(20)
  expect(verifyRequest(packet, secret)).toBe('ok')
  time.advance(70)
  reply(arrived, 2, new AttributeWriter().text(18, 'welcome'))
  const outcome = await pending
  expect(outcome).toMatchObject({ type: 'reply', attempts: 1, roundTripMs: 70, packet: { code: 2 } })
  expect(outcome.type === 'reply' && text(outcome.packet, 18)).toBe('welcome')
  expect(outcome.type === 'reply' && outcome.request.bytes).toEqual(arrived.bytes)
  expect(time.pending).toBe(0)
  expect(client.stats).toEqual({ outstanding: 0, sockets: 1, strayReplies: 0 })
})

test('attributes hidden under the authenticator get the one that the packet carries', async () => {
  const { client, server, peer } = await start()
  let authenticator: Buffer = empty
  void client.request(server, {
    code: 1,
    attributes: (seal) => {
      authenticator = seal.authenticator
      return new AttributeWriter().text(1, 'alice')
    },
  })
  expect((await peer.next()).bytes.subarray(4, 20)).toEqual(authenticator)
})

test('an unanswered request is repeated octet for octet after 2, 4 and 8 s, and ends after 30 s', async () => {
  const { client, server, peer, time } = await start()
  const pending = client.request(server, access)
  const first = await peer.next()
  for (const at of [2000, 6000, 14_000]) {
    time.ring()
    expect(time.nowMs).toBe(at)
    expect(await peer.next()).toEqual(first)
  }
  time.ring()
  expect(time.nowMs).toBe(30_000)
  expect(await pending).toEqual({ type: 'timeout', attempts: 4 })
  expect(time.pending).toBe(0)
})

test('the rule of repetition can be set per request: two transmissions, a second apart', async () => {
  const { client, server, peer, time } = await start()
  const pending = client.request(server, { ...access, retransmission: { initialMs: 1000, countMax: 2 } })
  await peer.next()
  time.advance(1000)
  await peer.next()
  time.advance(2000)
  expect(await pending).toEqual({ type: 'timeout', attempts: 2 })
})

test('the total duration ends a request also in the middle of a wait', async () => {
  const { client, server, time } = await start()
  const pending = client.request(server, { ...access, retransmission: { countMax: 0, durationMaxMs: 7000 } })
  time.advance(7000)
  expect(await pending).toEqual({ type: 'timeout', attempts: 3 })
})

test('a late reply to an earlier transmission still counts', async () => {
  const { client, server, peer, reply, time } = await start()
  const pending = client.request(server, access)
  const first = await peer.next()
  time.advance(2000)
  await peer.next()
  reply(first, 3)
  expect(await pending).toMatchObject({ type: 'reply', attempts: 2, packet: { code: 3 } })
})

test('X1: an Access-Accept without Message-Authenticator is not believed, even with a right Response Authenticator', async () => {
  const { client, server, peer, time } = await start()
  const pending = client.request(server, access)
  const { bytes, port } = await peer.next()
  peer.send(
    encodeReply({ code: 2, request: packetOf(bytes), secret, attributes: empty, messageAuthenticator: false }),
    port,
  )
  const lenient = client.request({ ...server, requireMessageAuthenticator: false }, access)
  const second = await peer.next()
  peer.send(
    encodeReply({ code: 2, request: packetOf(second.bytes), secret, attributes: empty, messageAuthenticator: false }),
    second.port,
  )
  expect(await lenient).toMatchObject({ type: 'reply' })
  time.advance(60_000)
  expect(await pending).toMatchObject({ type: 'bad-reply', cause: 'message-authenticator-missing' })
})

test('a reply that cannot be trusted does not end the wait; the true one after it does', async () => {
  const { client, server, peer, reply } = await start()
  const pending = client.request(server, access)
  const arrived = await peer.next()
  const forged = encodeReply({ code: 3, request: packetOf(arrived.bytes), secret: otherSecret, attributes: empty })
  peer.send(forged, arrived.port)
  peer.send(forged.subarray(0, 21), arrived.port)
  peer.send(encodeReply({ code: 5, request: packetOf(arrived.bytes), secret, attributes: empty }), arrived.port)
  reply(arrived, 2)
  expect(await pending).toMatchObject({ type: 'reply', packet: { code: 2 } })
})

test.each([
  [
    'a wrong secret',
    'bad-authenticator',
    (request: Packet) => encodeReply({ code: 2, request, secret: otherSecret, attributes: empty }),
  ],
  [
    'an answer of another kind',
    'unexpected-code',
    (request: Packet) => encodeReply({ code: 5, request, secret, attributes: empty }),
  ],
  [
    'a cut datagram',
    'truncated',
    (request: Packet) => encodeReply({ code: 2, request, secret, attributes: empty }).subarray(0, 30),
  ],
])('%s is told apart from silence: %s', async (_, cause, answer) => {
  const { client, server, peer, time } = await start()
  const pending = client.request(server, { ...access, retransmission: { countMax: 1 } })
  const { bytes, port } = await peer.next()
  peer.send(answer(packetOf(bytes)), port)
  // A reply to a second request proves that the first one's was read.
  const other = client.request(server, access)
  const second = await peer.next()
  peer.send(encodeReply({ code: 2, request: packetOf(second.bytes), secret, attributes: empty }), second.port)
  await other
  time.advance(2000)
  expect(await pending).toEqual({ type: 'bad-reply', cause, attempts: 1 })
})

test('a reply from another port is no reply', async () => {
  const { client, server, peer, reply } = await start()
  const stranger = await Peer.at()
  ending.push(() => stranger.close())
  const pending = client.request(server, access)
  const { bytes, port } = await peer.next()
  const signed = encodeReply({ code: 3, request: packetOf(bytes), secret, attributes: empty })
  await new Promise<void>((resolve) => stranger.socket.send(signed, port, '127.0.0.1', () => resolve()))
  reply({ bytes, port }, 2)
  expect(await pending).toMatchObject({ packet: { code: 2 } })
  expect(client.stats.strayReplies).toBe(1)
})

test('256 requests fit one port, more open another, and at the limit the answer is busy', async () => {
  const { client, server, peer, reply } = await start({ limits: { socketsMax: 2 } })
  const pending = Array.from({ length: 512 }, () => client.request(server, access))
  const arrived = []
  for (let i = 0; i < 512; i++) arrived.push(await peer.next())
  expect(new Set(arrived.map(({ bytes, port }) => `${port} ${bytes[1]}`)).size).toBe(512)
  expect(client.stats).toEqual({ outstanding: 512, sockets: 2, strayReplies: 0 })
  expect(await client.request(server, access)).toEqual({ type: 'busy' })
  // Another server has Identifiers of its own on the same ports.
  const other = await Peer.at()
  ending.push(() => other.close())
  void client.request({ ...server, port: other.port }, access)
  await other.next()
  expect(client.stats.sockets).toBe(2)
  for (const one of arrived) reply(one, 2)
  expect((await Promise.all(pending)).every(({ type }) => type === 'reply')).toBe(true)
  expect(client.stats.outstanding).toBe(1)
})

test('an Identifier that became free is not used again at once', async () => {
  const { client, server, peer, reply } = await start()
  const ids = new Set<number>()
  for (let i = 0; i < 50; i++) {
    const pending = client.request(server, access)
    const arrived = await peer.next()
    ids.add(arrived.bytes[1]!)
    reply(arrived, 2)
    await pending
  }
  expect(ids.size).toBe(50)
})

test('a request can be given up, before and after it was sent; close ends the rest', async () => {
  const { client, server, peer, time } = await start()
  expect(await client.request(server, { ...access, signal: AbortSignal.abort() })).toEqual({ type: 'aborted' })
  const controller = new AbortController()
  const pending = client.request(server, { ...access, signal: controller.signal })
  const rest = client.request(server, access)
  await peer.next()
  controller.abort()
  expect(await pending).toEqual({ type: 'aborted' })
  client.close()
  expect(await rest).toEqual({ type: 'closed' })
  expect(await client.request(server, access)).toEqual({ type: 'closed' })
  expect(time.pending).toBe(0)
})

test('a source address that is not ours is reported by the system’s code', async () => {
  const { client, server } = await start({ localAddress: { ipv4: '192.0.2.1' } })
  expect(await client.request(server, access)).toEqual({ type: 'unsendable', code: 'EADDRNOTAVAIL' })
})

test('a request of more than 4096 octets is told as unsendable, and takes no Identifier', async () => {
  const { client, server } = await start()
  const attributes = Buffer.concat(Array.from({ length: 16 }, () => Buffer.from([222, 255, ...Buffer.alloc(253)])))
  for (const source of [attributes.subarray(0, 4076), () => attributes])
    expect(await client.request(server, { code: 1, attributes: source })).toEqual({
      type: 'unsendable',
      code: 'EMSGSIZE',
    })
  expect(client.stats.outstanding).toBe(0)
})

test('IPv6 servers are reached as well', async () => {
  const { client } = await start()
  const six = await Peer.at('::1')
  ending.push(() => six.close())
  const pending = client.request({ address: '::1', port: six.port, secret }, access)
  const { bytes, port } = await six.next()
  six.send(encodeReply({ code: 2, request: packetOf(bytes), secret, attributes: empty }), port)
  expect(await pending).toMatchObject({ type: 'reply' })
})

// Dynamic authorization (RFC 5176).

const session = () => new AttributeWriter().text(1, 'alice').text(44, '0000000001')

test('a repeated Disconnect is the same packet: Identifier, authenticator and Event-Timestamp', async () => {
  const { client, server, peer, reply, time } = await start()
  const pending = disconnect(client, server, { attributes: session(), eventAtMs: 1_700_000_000_900 })
  const first = await peer.next()
  expect(verifyRequest(packetOf(first.bytes), secret)).toBe('ok')
  expect(uint32(packetOf(first.bytes), 55)).toBe(1_700_000_000)
  time.advance(2000)
  const second = await peer.next()
  expect(second).toEqual(first)
  reply(second, 41)
  expect(await pending).toEqual({ type: 'ack' })
})

test('503 on a Disconnect means that the session is gone; on a CoA it is a refusal', async () => {
  const { client, server, peer, reply } = await start()
  const notFound = new AttributeWriter().uint32(101, 503)
  const gone = disconnect(client, server, { attributes: session() })
  reply(await peer.next(), 42, notFound)
  expect(await gone).toEqual({ type: 'session-not-found' })
  const refused = changeOfAuthorization(client, server, { attributes: session() })
  const arrived = await peer.next()
  expect(arrived.bytes[0]).toBe(43)
  reply(arrived, 45, notFound)
  expect(await refused).toEqual({ type: 'nak', cause: 'session-context-not-found', code: 503 })
})

test.each([
  [401, 'unsupported-attribute'],
  [507, 'request-initiated'],
  [999, 'unknown'],
])('Error-Cause %i is %s', async (code, cause) => {
  const { client, server, peer, reply } = await start()
  const pending = disconnect(client, server, { attributes: session() })
  reply(await peer.next(), 42, new AttributeWriter().uint32(101, code))
  expect(await pending).toEqual({ type: 'nak', cause, code })
})

test('a NAK without Error-Cause, and silence, have names too', async () => {
  const { client, server, peer, reply, time } = await start()
  const bare = changeOfAuthorization(client, server, { attributes: session() })
  reply(await peer.next(), 45)
  expect(await bare).toEqual({ type: 'nak', cause: 'unknown', code: 0 })
  const silent = disconnect(client, server, { attributes: session(), messageAuthenticator: false })
  expect(attribute(packetOf((await peer.next()).bytes), 80)).toBeUndefined()
  time.advance(60_000)
  expect(await silent).toMatchObject({ type: 'timeout' })
})
