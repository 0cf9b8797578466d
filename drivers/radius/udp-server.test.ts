import { afterEach, expect, test } from 'vitest'
import { encodeRequest, hasMessageAuthenticator, verifyReply } from './authenticity.ts'
import { nothingLearned } from './blast-radius.ts'
import { AttributeWriter, findAttribute, parsePacket, text, type Packet } from './packet.ts'
import type { KnownClient, RadiusRequest } from './request.ts'
import {
  accessRequest,
  accountingRequest,
  knownClient,
  otherSecret,
  Peer,
  recordingLog,
  secret,
  type AccessRequestShape,
} from './testing/loopback.ts'
import { createUdpServer, type UdpServerOptions } from './udp-server.ts'

const ending: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

const peerAt = async (address?: string) => {
  const peer = await Peer.at(address)
  ending.push(() => peer.close())
  return peer
}

type Client = KnownClient<string>

/** A server that accepts everyone, with clients by address; what it was handed is kept. */
const start = async (clients: Record<string, Client>, change: Partial<UdpServerOptions<string>> = {}) => {
  const requests: RadiusRequest<string>[] = []
  const { lines, log } = recordingLog()
  const server = await createUdpServer<string>({
    address: '127.0.0.1',
    port: 0,
    codes: [1, 4, 12],
    clientFor: (address) => clients[address],
    onRequest: (request) => {
      requests.push(request)
      request.answer(request.packet.code === 4 ? 5 : 2, new AttributeWriter().text(18, request.client.data))
    },
    onLearned: (client, learned) => {
      for (const [address, known] of Object.entries(clients))
        if (known === client) clients[address] = { ...client, learned }
    },
    monotonicMs: () => 0,
    log,
    ...change,
  })
  ending.push(() => server.close())
  return { server, requests, lines, clients }
}

const packetOf = (bytes: Buffer): Packet => {
  const packet = parsePacket(bytes)
  if (typeof packet === 'string') throw new Error(packet)
  return packet
}

/** Loopback keeps the order: if the reply to what was sent last comes first, nothing before it was answered. */
const sentinel = accessRequest({ id: 255, authenticatorOctet: 0xee, signed: true })

const expectSilence = async (peer: Peer, port: number, ...silent: Uint8Array[]) => {
  for (const bytes of silent) peer.send(bytes, port)
  peer.send(sentinel, port)
  expect((await peer.next()).bytes[1]).toBe(255)
  expect(peer.unread).toBe(0)
}

test('a valid request of a known client is answered from the port it was sent to, and the answer verifies', async () => {
  const { server, requests } = await start({ '127.0.0.1': knownClient('nas one') })
  const peer = await peerAt()
  const request = accessRequest({ id: 9, signed: true })
  peer.send(request, server.port)
  const reply = await peer.next()
  expect(reply.port).toBe(server.port)
  expect(verifyReply(packetOf(reply.bytes), packetOf(request), secret, { requireMessageAuthenticator: true })).toBe(
    'ok',
  )
  expect(text(packetOf(reply.bytes), 18)).toBe('nas one')
  expect(requests[0]).toMatchObject({ address: '127.0.0.1', port: peer.port, transport: 'udp', version: 'radius/1.0' })
  expect(server.stats).toMatchObject({ received: 1, answered: 1, inFlight: 0, dropped: {} })
})

test('an unknown client gets silence, is counted, and is offered with its datagram', async () => {
  const offered: string[] = []
  const { server } = await start(
    { '127.0.0.1': knownClient('known') },
    { onUnknownClient: (address, _port, datagram) => offered.push(`${address} ${datagram[1]}`) },
  )
  const [known, stranger] = [await peerAt(), await peerAt('127.0.0.2')]
  stranger.socket.send(accessRequest({ id: 3 }), server.port, '127.0.0.1', () => known.send(sentinel, server.port))
  await known.next()
  expect(stranger.unread).toBe(0)
  expect(server.stats.dropped).toEqual({ 'unknown-client': 1 })
  expect(offered).toEqual(['127.0.0.2 3'])
})

test('X2: malformed datagrams are dropped by cause without an answer, and the server goes on', async () => {
  const { server, requests } = await start({ '127.0.0.1': knownClient('nas') })
  const whole = accessRequest({ id: 3 })
  const changed = (offset: number, ...octets: number[]) => {
    const copy = Buffer.from(whole)
    copy.set(octets, offset)
    return copy
  }
  await expectSilence(
    await peerAt(),
    server.port,
    Buffer.alloc(0),
    whole.subarray(0, 19),
    changed(2, 0, 19),
    changed(2, 0x10, 0x01),
    whole.subarray(0, whole.length - 1),
    changed(21, 0),
    changed(21, 1),
    changed(21, 255),
  )
  const { dropped } = server.stats
  expect(dropped).toEqual({ short: 2, length: 1, oversize: 1, truncated: 1, 'attribute-length': 3 })
  expect(requests.length).toBe(1)
})

test('a code that this port does not serve is dropped', async () => {
  const { server } = await start({ '127.0.0.1': knownClient('nas') }, { codes: [1] })
  const reply = accessRequest({ id: 4 })
  reply[0] = 2
  await expectSilence(await peerAt(), server.port, accountingRequest(3, 'a'), reply)
  expect(server.stats.dropped).toEqual({ 'code-not-accepted': 2 })
})

test('a wrong secret is silence: accounting by its authenticator, access by its Message-Authenticator', async () => {
  const { server, requests } = await start({ '127.0.0.1': knownClient('nas') })
  await expectSilence(
    await peerAt(),
    server.port,
    accountingRequest(3, 'a', otherSecret),
    accessRequest({ id: 4, signed: true, secret: otherSecret }),
  )
  expect(server.stats.dropped).toEqual({ 'bad-authenticator': 1, 'bad-message-authenticator': 1 })
  expect(requests.length).toBe(1)
})

test('Status-Server without Message-Authenticator is silence, with one it is handed on (RFC 5997 §3)', async () => {
  const { server, requests } = await start({ '127.0.0.1': knownClient('nas') })
  const status = (signed: boolean) =>
    encodeRequest({ code: 12, id: 3, secret, requestAuthenticator: Buffer.alloc(16, 7), messageAuthenticator: signed })
  const peer = await peerAt()
  await expectSilence(peer, server.port, status(false))
  peer.send(status(true), server.port)
  expect(hasMessageAuthenticator(packetOf((await peer.next()).bytes))).toBe(true)
  expect(requests.map(({ packet }) => packet.code)).toEqual([1, 12])
})

// P3 and X1: the nine cases of CVE-2024-3596.

const blast = async (policy: Partial<Client>, shape: AccessRequestShape) => {
  const { server, requests } = await start({ '127.0.0.1': knownClient('nas', policy) })
  await expectSilence(await peerAt(), server.port, accessRequest({ id: 3, ...shape }))
  expect(requests.length).toBe(1)
  return server.stats.dropped
}

test('BlastRADIUS 1: a missing Message-Authenticator is silence where it is required', async () => {
  expect(await blast({ requireMessageAuthenticator: 'yes' }, {})).toEqual({ 'message-authenticator-missing': 1 })
})

test('BlastRADIUS 2: a wrong Message-Authenticator is silence under any policy', async () => {
  const shape = { signed: true, secret: otherSecret }
  for (const requireMessageAuthenticator of ['yes', 'no', 'auto'] as const) {
    expect(await blast({ requireMessageAuthenticator }, shape)).toEqual({ 'bad-message-authenticator': 1 })
  }
})

test('BlastRADIUS 3: a Message-Authenticator is good wherever it stands', async () => {
  const { server } = await start({ '127.0.0.1': knownClient('nas', { requireMessageAuthenticator: 'yes' }) })
  const peer = await peerAt()
  const last = (writer: AttributeWriter) => writer.octets(80, Buffer.alloc(16))
  peer.send(accessRequest({ id: 3, signed: true, fill: last }), server.port)
  expect((await peer.next()).bytes[1]).toBe(3)
})

test('BlastRADIUS 4: Proxy-State without Message-Authenticator is silence where it is limited', async () => {
  expect(await blast({ limitProxyState: 'yes' }, { proxyState: 'p' })).toEqual({ 'proxy-state-limited': 1 })
})

test('BlastRADIUS 5: Proxy-State with Message-Authenticator is served and copied back in order', async () => {
  const { server } = await start({ '127.0.0.1': knownClient('nas', { limitProxyState: 'yes' }) })
  const peer = await peerAt()
  const second = (writer: AttributeWriter) => writer.text(33, 'second')
  peer.send(accessRequest({ id: 3, signed: true, proxyState: 'first', fill: second }), server.port)
  const reply = packetOf((await peer.next()).bytes)
  expect(reply.bytes.subarray(-15).toString('latin1')).toBe('\x21\x07first\x21\x08second')
})

test('BlastRADIUS 6: a NAS that neither signs nor proxies is served where only Proxy-State is limited', async () => {
  const { server } = await start({ '127.0.0.1': knownClient('nas', { limitProxyState: 'yes' }) })
  const peer = await peerAt()
  peer.send(accessRequest({ id: 3 }), server.port)
  expect((await peer.next()).bytes[1]).toBe(3)
})

test('BlastRADIUS 7: every reply is signed first, also when the request was not', async () => {
  for (const code of [2, 3, 11]) {
    const { server } = await start(
      { '127.0.0.1': knownClient('nas') },
      { onRequest: (request) => request.answer(code, new AttributeWriter().text(18, 'hello')) },
    )
    const peer = await peerAt()
    const request = accessRequest({ id: 3 })
    peer.send(request, server.port)
    const reply = packetOf((await peer.next()).bytes)
    expect(findAttribute(reply, 80)).toBe(20)
    expect(verifyReply(reply, packetOf(request), secret, { requireMessageAuthenticator: true })).toBe('ok')
  }
})

test('BlastRADIUS 8: auto learns that a client signs, and then holds it to it', async () => {
  const { server, clients } = await start({ '127.0.0.1': knownClient('nas', { requireMessageAuthenticator: 'auto' }) })
  const peer = await peerAt()
  peer.send(accessRequest({ id: 1 }), server.port)
  expect((await peer.next()).bytes[1]).toBe(1)
  peer.send(accessRequest({ id: 2, signed: true }), server.port)
  await peer.next()
  expect(clients['127.0.0.1']?.learned.sentMessageAuthenticator).toBe(true)
  await expectSilence(peer, server.port, accessRequest({ id: 3 }), accessRequest({ id: 4 }))
  expect(server.stats.dropped).toEqual({ 'message-authenticator-missing': 2 })
})

test('BlastRADIUS 9: auto learns that a client is no proxy, and then takes no unsigned Proxy-State', async () => {
  const { server } = await start({ '127.0.0.1': knownClient('nas', { limitProxyState: 'auto' }) })
  const peer = await peerAt()
  peer.send(accessRequest({ id: 1, proxyState: 'p' }), server.port)
  expect((await peer.next()).bytes[1]).toBe(1)
  peer.send(accessRequest({ id: 2 }), server.port)
  await peer.next()
  await expectSilence(peer, server.port, accessRequest({ id: 3, proxyState: 'p' }))
  peer.send(accessRequest({ id: 4, proxyState: 'p', signed: true }), server.port)
  expect((await peer.next()).bytes[1]).toBe(4)
  expect(server.stats.dropped).toEqual({ 'proxy-state-limited': 1 })
})

test('a forged signature teaches nothing', async () => {
  const { server, clients } = await start({ '127.0.0.1': knownClient('nas', { requireMessageAuthenticator: 'auto' }) })
  const peer = await peerAt()
  peer.send(accessRequest({ id: 1, signed: true, secret: otherSecret }), server.port)
  peer.send(accessRequest({ id: 2 }), server.port)
  expect((await peer.next()).bytes[1]).toBe(2)
  expect(clients['127.0.0.1']?.learned).toEqual({ ...nothingLearned, sentWithoutProxyState: true })
})

test('EAP-Message, and a request without credential, need a signature whatever the policy', async () => {
  const eap = { fill: (writer: AttributeWriter) => writer.octets(79, Buffer.from('0200000501', 'hex')) }
  expect(await blast({}, eap)).toEqual({ 'message-authenticator-missing': 1 })
  const { server } = await start({ '127.0.0.1': knownClient('nas') })
  const bare = encodeRequest({
    code: 1,
    id: 3,
    secret,
    requestAuthenticator: Buffer.alloc(16, 7),
    messageAuthenticator: false,
    attributes: new AttributeWriter().text(1, 'alice'),
  })
  await expectSilence(await peerAt(), server.port, bare)
  expect(server.stats.dropped).toEqual({ 'message-authenticator-missing': 1 })
})

// Duplicates: RFC 5080 §2.2.2.

test('a retransmission is answered with the very octets of the first answer, without asking again', async () => {
  let asked = 0
  const { server } = await start(
    { '127.0.0.1': knownClient('nas') },
    { onRequest: (request) => request.answer(2, new AttributeWriter().text(18, `answer ${++asked}`)) },
  )
  const peer = await peerAt()
  const replies: Buffer[] = []
  for (let i = 0; i < 3; i++) {
    peer.send(accessRequest({ id: 3 }), server.port)
    replies.push((await peer.next()).bytes)
  }
  expect(replies[1]).toEqual(replies[0])
  expect(replies[2]).toEqual(replies[0])
  expect(asked).toBe(1)
  expect(server.stats).toMatchObject({ answered: 1, repeated: 2 })
})

test('a retransmission while the first is worked on is dropped; the answer comes once', async () => {
  const held: RadiusRequest<string>[] = []
  const { server } = await start(
    { '127.0.0.1': knownClient('nas') },
    { onRequest: (request) => (request.packet.id === 255 ? request.answer(2, Buffer.alloc(0)) : held.push(request)) },
  )
  const peer = await peerAt()
  await expectSilence(peer, server.port, accessRequest({ id: 3 }), accessRequest({ id: 3 }))
  expect(server.stats).toMatchObject({ waiting: 1, inFlight: 1 })
  held[0]!.answer(2, Buffer.alloc(0))
  held[0]!.answer(3, Buffer.alloc(0))
  expect((await peer.next()).bytes.subarray(0, 2)).toEqual(Buffer.from([2, 3]))
  expect(held.length).toBe(1)
  expect(server.stats).toMatchObject({ inFlight: 0, answered: 2 })
})

test('after an ignored request its retransmission is processed anew', async () => {
  let attempts = 0
  const { server } = await start(
    { '127.0.0.1': knownClient('nas') },
    { onRequest: (request) => (++attempts === 1 ? request.ignore() : request.answer(5, Buffer.alloc(0))) },
  )
  const peer = await peerAt()
  peer.send(accountingRequest(3, 'a'), server.port)
  peer.send(accountingRequest(3, 'a'), server.port)
  expect((await peer.next()).bytes[1]).toBe(3)
  expect(attempts).toBe(2)
})

test('a handler that throws is silence for that packet only, and is written down', async () => {
  const { server, lines } = await start(
    { '127.0.0.1': knownClient('nas') },
    {
      onRequest: (request) => {
        if (request.packet.id === 3) throw new TypeError('cannot do that')
        request.answer(2, Buffer.alloc(0))
      },
    },
  )
  await expectSilence(await peerAt(), server.port, accessRequest({ id: 3 }))
  expect(server.stats).toMatchObject({ inFlight: 0, dropped: { 'handler-failed': 1 } })
  expect(lines[0]).toMatchObject({ cause: 'handler-failed', reason: 'TypeError: cannot do that' })
})

test('the same Identifier with a new authenticator is a new request', async () => {
  const { server, requests } = await start({ '127.0.0.1': knownClient('nas') })
  const peer = await peerAt()
  for (const authenticatorOctet of [1, 2]) {
    peer.send(accessRequest({ id: 3, authenticatorOctet }), server.port)
    await peer.next()
  }
  expect(requests.length).toBe(2)
})

test('a packet with a wrong signature does not touch the cache', async () => {
  const { server, requests } = await start({ '127.0.0.1': knownClient('nas') })
  const peer = await peerAt()
  peer.send(accessRequest({ id: 3, signed: true }), server.port)
  const { bytes } = await peer.next()
  await expectSilence(
    peer,
    server.port,
    accessRequest({ id: 3, authenticatorOctet: 0x22, signed: true, secret: otherSecret }),
    accessRequest({ id: 3, signed: true, secret: otherSecret }),
  )
  peer.send(accessRequest({ id: 3, signed: true }), server.port)
  expect((await peer.next()).bytes).toEqual(bytes)
  expect(requests.length).toBe(2)
})

// Floods.

test('X5: a known client whose requests are never answered does not starve another', async () => {
  const never: RadiusRequest<string>[] = []
  const { server } = await start(
    { '127.0.0.1': knownClient('flood'), '127.0.0.2': knownClient('quiet') },
    {
      address: '0.0.0.0',
      limits: { inFlightPerClientMax: 100, inFlightMax: 1000 },
      onRequest: (request) =>
        request.client.data === 'flood' ? never.push(request) : request.answer(2, Buffer.alloc(0)),
    },
  )
  const [flood, quiet] = [await peerAt(), await peerAt('127.0.0.2')]
  for (let i = 0; i < 2000; i++) {
    flood.send(accessRequest({ id: i % 256, authenticatorOctet: i >> 8 }), server.port)
    if (i % 100 !== 99) continue
    quiet.send(accessRequest({ id: i % 256, authenticatorOctet: i >> 8 }), server.port)
    expect((await quiet.next()).bytes[0]).toBe(2)
  }
  expect(never.length).toBeLessThanOrEqual(100)
  expect(server.stats.inFlight).toBeLessThanOrEqual(100)
  expect(server.stats.dropped['client-busy']).toBeGreaterThan(1000)
  expect(flood.unread).toBe(0)
})

test('a request whose handler forgot it gives its place back, and a late answer to it goes nowhere', async () => {
  let now = 0
  const held = Promise.withResolvers<RadiusRequest<string>>()
  const { server } = await start(
    { '127.0.0.1': knownClient('nas') },
    {
      monotonicMs: () => now,
      limits: { inFlightPerClientMax: 1, stateReservePercent: 0, inFlightMs: 1000 },
      onRequest: (request) => (request.packet.id === 255 ? request.answer(2, Buffer.alloc(0)) : held.resolve(request)),
    },
  )
  const peer = await peerAt()
  peer.send(accessRequest({ id: 3 }), server.port)
  const request = await held.promise
  now = 1000
  await expectSilence(peer, server.port)
  request.answer(2, Buffer.alloc(0))
  await expectSilence(peer, server.port)
  expect(server.stats.inFlight).toBe(0)
  expect(server.stats.dropped).toEqual({ abandoned: 1 })
})

test('X28: a flood with a wrong secret fills neither log nor cache', async () => {
  const { server, lines } = await start({ '127.0.0.1': knownClient('nas') })
  const peer = await peerAt()
  const forged = accountingRequest(3, 'a', otherSecret)
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 200; i++) {
      forged.writeUInt32BE(round * 200 + i, 4)
      peer.send(forged, server.port)
    }
    peer.send(sentinel, server.port)
    expect((await peer.next()).bytes[1]).toBe(255)
  }
  expect(server.stats.dropped['bad-authenticator']).toBe(20_000)
  expect(lines.length).toBe(5)
  expect(server.stats.cache.sources).toBe(1)
  expect(JSON.stringify(lines)).not.toContain('xyzzy5461')
})

// The socket.

test('on a dual-stack socket IPv4 clients are known by their IPv4 address, and answered', async () => {
  const { server, requests } = await start(
    { '127.0.0.1': knownClient('four'), '::1': knownClient('six') },
    { address: '::' },
  )
  const [four, six] = [await peerAt(), await peerAt('::1')]
  four.send(accessRequest({ id: 4 }), server.port)
  expect((await four.next()).bytes[1]).toBe(4)
  six.send(accessRequest({ id: 6 }), server.port)
  expect((await six.next()).bytes[1]).toBe(6)
  expect(requests.map(({ address }) => address)).toEqual(['127.0.0.1', '::1'])
})

test('the receive buffer that the kernel granted can be read back', async () => {
  const { server } = await start({}, { receiveBufferBytes: 65_536 })
  expect(server.receiveBufferBytes).toBeGreaterThanOrEqual(65_536)
})

test('two servers share one port when asked to; else the second is told that it is in use', async () => {
  const { server } = await start({}, { reusePort: true })
  const second = await start({}, { reusePort: true, port: server.port })
  expect(second.server.port).toBe(server.port)
  await expect(start({}, { port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('after close an answer goes nowhere and closing again is fine', async () => {
  const arrived = Promise.withResolvers<RadiusRequest<string>>()
  const { server } = await start({ '127.0.0.1': knownClient('nas') }, { onRequest: arrived.resolve })
  const peer = await peerAt()
  peer.send(accessRequest({ id: 3 }), server.port)
  const request = await arrived.promise
  await server.close()
  request.answer(2, Buffer.alloc(0))
  await server.close()
  expect(peer.unread).toBe(0)
})
