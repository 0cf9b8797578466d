import { randomBytes } from 'node:crypto'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { encodeReply, encodeRequest, verifyReply } from '../authenticity.ts'
import { TestAuthority, type Credential } from '../eap/testing/certificates.ts'
import { AttributeWriter, attribute, findAttribute, text } from '../packet.ts'
import { encodeRequest11 } from '../radius11.ts'
import type { RadiusRequest } from '../request.ts'
import { accessRequest, accountingRequest, otherSecret, recordingLog } from '../testing/loopback.ts'
import { radsecSecret } from './connection.ts'
import { createRadsecServer, type RadsecServerOptions } from './server.ts'
import { dialTcp, dialTls } from './testing/tls-peer.ts'

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
const secret = radsecSecret

/** A server that knows clients by the name in their certificate and accepts everyone. */
const start = async (change: Partial<RadsecServerOptions<string>> = {}) => {
  const requests: RadiusRequest<string>[] = []
  const { lines, log } = recordingLog()
  const running = await createRadsecServer<string>({
    address: '127.0.0.1',
    port: 0,
    tls: { ...server, ca: authority.cert },
    codes: [1, 4, 12],
    identify: ({ certificate }) => /CN=(nas-.*)/.exec(certificate.subject)?.[1],
    onRequest: (request) => {
      requests.push(request)
      request.answer(request.packet.code === 4 ? 5 : 2, new AttributeWriter().text(18, request.client.data))
    },
    random: { bytes: (count) => randomBytes(count) },
    monotonicMs: () => 0,
    log,
    ...change,
  })
  ending.push(() => running.close())
  const dial = async (options: ConnectionOptions = {}) => {
    const peer = await dialTls(running.port, { ...nas, ca: authority.cert, servername: 'radius.test', ...options })
    ending.push(() => peer.socket.destroy())
    return peer
  }
  const dialRaw = async (from?: string) => {
    const peer = await dialTcp(running.port, from)
    ending.push(() => peer.socket.destroy())
    return peer
  }
  return { running, requests, lines, dial, dialRaw }
}

const access = (id: number, signed = true) => accessRequest({ id, signed, secret })
const withOctets = (bytes: Buffer, offset: number, ...octets: number[]) => {
  const copy = Buffer.from(bytes)
  copy.set(octets, offset)
  return copy
}

// Records and packets.

test('1: a request in a record of its own is answered, and the answer verifies with the secret radsec', async () => {
  const { dial, requests } = await start()
  const peer = await dial()
  peer.write(access(7))
  const reply = await peer.next()
  const request = { bytes: access(7), code: 1, id: 7 }
  expect(verifyReply(reply, request, secret, { requireMessageAuthenticator: true })).toBe('ok')
  expect(findAttribute(reply, 80)).toBe(20)
  expect(text(reply, 18)).toBe('nas-one')
  expect(requests[0]).toMatchObject({ transport: 'tls', version: 'radius/1.0', address: '127.0.0.1' })
})

/** Each write waits for the one before to leave, so that each makes a record. */
const writeRecords = async (socket: TLSSocket, records: Uint8Array[]) => {
  for (const record of records) await new Promise((resolve) => socket.write(record, resolve))
}

test.each([
  ['2: in two records, cut in the header', [3]],
  ['3: in two records, cut in an attribute', [30]],
  ['4: in three records', [1, 20]],
])('a request %s is answered', async (_, cuts) => {
  const { dial } = await start()
  const peer = await dial()
  const request = access(7)
  await writeRecords(
    peer.socket,
    [...cuts, request.length].map((end, i) => request.subarray(cuts[i - 1] ?? 0, end)),
  )
  expect((await peer.next()).id).toBe(7)
})

test('5: a request octet by octet is answered', async () => {
  const { dial } = await start()
  const peer = await dial()
  await writeRecords(
    peer.socket,
    [...access(7)].map((octet) => Buffer.from([octet])),
  )
  expect((await peer.next()).id).toBe(7)
})

test('6: a hundred requests in one record are all answered', async () => {
  const { dial } = await start()
  const peer = await dial()
  peer.write(Buffer.concat(Array.from({ length: 100 }, (_, id) => access(id))))
  const ids = []
  for (let i = 0; i < 100; i++) ids.push((await peer.next()).id)
  expect(ids).toEqual(Array.from({ length: 100 }, (_, id) => id))
})

test('7: one and a half requests in a record, the other half in the next', async () => {
  const { dial } = await start()
  const peer = await dial()
  const second = access(8)
  peer.write(Buffer.concat([access(7), second.subarray(0, 25)]))
  expect((await peer.next()).id).toBe(7)
  peer.write(second.subarray(25))
  expect((await peer.next()).id).toBe(8)
})

test('8: a request of 4096 octets, the largest, is answered', async () => {
  const { dial, requests } = await start()
  const peer = await dial()
  const fill = (writer: AttributeWriter) => {
    for (let left = 4096 - 63; left > 0; left -= 253) writer.octets(26, Buffer.alloc(Math.min(left, 253) - 2, 1))
  }
  const request = accessRequest({ id: 7, signed: true, secret, fill })
  expect(request.length).toBe(4096)
  peer.write(request)
  expect((await peer.next()).id).toBe(7)
  expect(requests.length).toBe(1)
})

test.each([
  ['9: a length of 0', 2, [0, 0], 'length'],
  ['10: a length of 19', 2, [0, 19], 'length'],
  ['11: a length of 4097', 2, [0x10, 0x01], 'oversize'],
  ['12: a length of 65535', 2, [0xff, 0xff], 'oversize'],
  ['13: an attribute of length 0', 21, [0], 'attribute-length'],
  ['14: an attribute of length 1', 21, [1], 'attribute-length'],
  ['15: an attribute past the end', 21, [255], 'attribute-length'],
  ['16: a wrong Message-Authenticator', 30, [1, 2, 3], 'bad-message-authenticator'],
])('%s closes the connection, and what follows is not answered', async (_, offset, octets, cause) => {
  const { dial, running, requests } = await start()
  const peer = await dial()
  peer.write(withOctets(access(7), offset, ...octets), access(8))
  await peer.closed
  await expect(peer.next()).rejects.toThrow('connection over')
  expect(requests).toEqual([])
  expect(running.stats.dropped[cause as 'length']).toBe(1)
  // The server itself goes on.
  const other = await dial()
  other.write(access(9))
  expect((await other.next()).id).toBe(9)
})

test('17: accounting under another secret closes the connection', async () => {
  const { dial, running } = await start()
  const peer = await dial()
  peer.write(accountingRequest(7, 'a', otherSecret))
  await peer.closed
  expect(running.stats.dropped).toEqual({ 'bad-authenticator': 1 })
})

test('18: HTTP inside TLS closes the connection', async () => {
  const { dial, running } = await start()
  const peer = await dial()
  peer.write(Buffer.from('GET / HTTP/1.1\r\nHost: radius.test\r\n\r\n'))
  await peer.closed
  expect(running.stats.dropped).toEqual({ oversize: 1 })
})

test('19: a connection that ends within a request leaves nothing behind', async () => {
  const { dial, running, requests } = await start()
  const peer = await dial()
  peer.socket.end(access(7).subarray(0, 30))
  await peer.closed
  const other = await dial()
  other.write(access(8))
  await other.next()
  expect(requests.length).toBe(1)
  expect(running.stats).toMatchObject({ connections: 1, halfOpen: 0 })
})

// What travels.

test('20: authentication and accounting share a connection, and may use the same Identifier at once', async () => {
  const held: RadiusRequest<string>[] = []
  const both = Promise.withResolvers<void>()
  const { dial } = await start({ onRequest: (request) => (held.push(request) === 2 ? both.resolve() : undefined) })
  const peer = await dial()
  peer.write(access(7), accountingRequest(7, 'a', secret))
  await both.promise
  held[1]!.answer(5, empty)
  held[0]!.answer(2, empty)
  expect([(await peer.next()).code, (await peer.next()).code]).toEqual([5, 2])
  // Each is known as a duplicate of its own kind.
  peer.write(access(7), accountingRequest(7, 'a', secret))
  expect([(await peer.next()).code, (await peer.next()).code]).toEqual([2, 5])
  expect(held.length).toBe(2)
})

const statusServer = (id: number, signed: boolean) =>
  encodeRequest({ code: 12, id, secret, requestAuthenticator: Buffer.alloc(16, 9), messageAuthenticator: signed })

test('21: a Status-Server watchdog is answered; one without Message-Authenticator is not', async () => {
  const { dial, running } = await start()
  const peer = await dial()
  peer.write(statusServer(1, false), statusServer(0, true))
  expect((await peer.next()).id).toBe(0)
  expect(running.stats.dropped).toEqual({ 'message-authenticator-missing': 1 })
})

test('22: a code that is not served and a reply to nothing are dropped; the connection stays', async () => {
  const { dial, running } = await start()
  const peer = await dial()
  const reply = encodeReply({ code: 2, request: { bytes: access(9), code: 1, id: 9 }, secret, attributes: empty })
  peer.write(withOctets(access(5), 0, 200), reply, access(7))
  expect((await peer.next()).id).toBe(7)
  expect(running.stats.dropped).toEqual({ 'code-not-accepted': 1, 'unexpected-reply': 1 })
})

test('23: a repeated request gets the same octets and is not processed again', async () => {
  const { dial, requests } = await start()
  const peer = await dial()
  peer.write(access(7), access(7))
  expect((await peer.next()).bytes).toEqual((await peer.next()).bytes)
  expect(requests.length).toBe(1)
})

test('24: BlastRADIUS rules are for UDP: an unsigned request with Proxy-State is served over TLS', async () => {
  const { dial } = await start()
  const peer = await dial()
  peer.write(accessRequest({ id: 7, secret, proxyState: 'p' }))
  expect(text(await peer.next(), 33)).toBe('p')
})

test('25: a request that was ignored counts as new when it comes again', async () => {
  let seen = 0
  const { dial } = await start({
    onRequest: (request) => (++seen === 1 ? request.ignore() : request.answer(5, empty)),
  })
  const peer = await dial()
  peer.write(accountingRequest(7, 'a', secret), accountingRequest(7, 'a', secret))
  expect((await peer.next()).code).toBe(5)
  expect(seen).toBe(2)
})

test('a handler that throws is silence for that request only', async () => {
  const { dial, running } = await start({
    onRequest: (request) => {
      if (request.packet.id === 3) throw new TypeError('cannot do that')
      request.answer(2, empty)
    },
  })
  const peer = await dial()
  peer.write(access(3), access(7))
  expect((await peer.next()).id).toBe(7)
  expect(running.stats).toMatchObject({ inFlight: 0, dropped: { 'handler-failed': 1 } })
})

// TLS versions and certificates.

test.each([
  ['26', 'TLSv1.2'],
  ['27', 'TLSv1.3'],
] as const)('%s: %s is served', async (_, version) => {
  const { dial } = await start()
  const peer = await dial({ minVersion: version, maxVersion: version })
  expect(peer.socket.getProtocol()).toBe(version)
  peer.write(access(7))
  expect((await peer.next()).id).toBe(7)
})

test.each([
  ['28', 'TLSv1.1'],
  ['29', 'TLSv1'],
] as const)('%s: %s is refused', async (_, version) => {
  const { dial, running } = await start()
  const peer = await dial({ minVersion: 'TLSv1', maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' })
  expect(await peer.closed).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  expect(running.stats).toMatchObject({ connections: 0, halfOpen: 0, dropped: { 'tls-handshake': 1 } })
})

const refusedWith = async (
  credential: Partial<Credential> | undefined,
  change: Partial<RadsecServerOptions<string>> = {},
) => {
  const { dial, running, requests, lines } = await start(change)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const peer = await dial({
      key: undefined,
      cert: undefined,
      ...credential,
      minVersion: version,
      maxVersion: version,
    })
    peer.write(access(7))
    await peer.closed
    await expect(peer.next()).rejects.toThrow('connection over')
  }
  expect(requests).toEqual([])
  expect(running.stats).toMatchObject({ connections: 0, halfOpen: 0 })
  return { dropped: running.stats.dropped, reason: lines[0]?.reason }
}

test('30: a client without a certificate is refused', async () => {
  const { dropped } = await refusedWith(undefined)
  expect(dropped).toEqual({ 'tls-handshake': 2 })
})

test('31: a certificate of another authority is refused', async () => {
  const rogue = await (await TestAuthority.create('Lango test authority')).issue({ name: 'nas-one' })
  expect((await refusedWith(rogue)).dropped).toEqual({ 'tls-handshake': 2 })
})

test('32: an expired certificate is refused, and the log says so', async () => {
  const expired = await authority.issue({ name: 'nas-one', days: -1 })
  expect(await refusedWith(expired)).toEqual({ dropped: { 'tls-handshake': 2 }, reason: 'CERT_HAS_EXPIRED' })
})

test('33: a revoked certificate is refused', async () => {
  const revoked = await authority.issue({ name: 'nas-one', serial: '1234' })
  const crl = await authority.revoke('1234')
  const { dropped, reason } = await refusedWith(revoked, { tls: { ...server, ca: authority.cert, crl } })
  expect([dropped, reason]).toEqual([{ 'tls-handshake': 2 }, 'CERT_REVOKED'])
})

test('34: a certificate for servers is none for clients', async () => {
  expect((await refusedWith(server)).dropped).toEqual({ 'tls-handshake': 2 })
})

test('35: a good certificate of nobody known is refused, by name or by fingerprint', async () => {
  const seen: string[] = []
  const other = await authority.issue({ name: 'stranger', names: [{ type: 'dns', value: 'stranger.test' }] })
  const { dropped } = await refusedWith(other, {
    identify: ({ address, certificate }) => {
      seen.push(`${address} ${certificate.subject} ${certificate.subjectAltName} ${certificate.fingerprint256.length}`)
      return undefined
    },
  })
  expect(dropped).toEqual({ 'unknown-client': 2 })
  expect(seen[0]).toBe('127.0.0.1 CN=stranger DNS:stranger.test 95')
})

test('36: a client that is removed while connected is closed when asked again', async () => {
  let isKnown = true
  const { dial, running } = await start({ identify: () => (isKnown ? 'nas-one' : undefined) })
  const peer = await dial()
  peer.write(access(7))
  await peer.next()
  running.recheck()
  peer.write(access(8))
  expect((await peer.next()).id).toBe(8)
  isKnown = false
  running.recheck()
  await peer.closed
})

test('36a: what is known of a client may change while it is connected', async () => {
  let called = 'nas-one'
  const { dial, running, requests } = await start({ identify: () => called })
  const peer = await dial()
  for (const [id, name] of ['nas-one', 'renamed'].entries()) {
    called = name
    running.recheck()
    peer.write(access(id))
    expect(text(await peer.next(), 18)).toBe(name)
  }
  expect(requests.map(({ client }) => client.data)).toEqual(['nas-one', 'renamed'])
  expect(running.isConnected((name) => name === 'renamed')).toBe(true)
})

test('37: a session is never resumed: each connection shows its certificate', async () => {
  const { dial } = await start()
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    let session: Buffer | undefined
    const first = await dial({ maxVersion })
    first.socket.on('session', (ticket) => (session = ticket))
    session = first.socket.getSession()
    first.write(access(7))
    await first.next()
    const second = await dial({ maxVersion, ...(session && { session }) })
    expect(second.socket.isSessionReused()).toBe(false)
    second.write(access(8))
    await second.next()
  }
})

test('37a: a client that asks for a second handshake does not get it', async () => {
  const { dial } = await start()
  const peer = await dial({ maxVersion: 'TLSv1.2' })
  let isDone = false
  peer.socket.renegotiate({}, () => (isDone = true))
  // Two whole connections later it would have been done.
  for (const id of [1, 2]) {
    const other = await dial({ maxVersion: 'TLSv1.2' })
    other.write(access(id))
    await other.next()
  }
  expect(isDone).toBe(false)
})

test('38: a renewed certificate is shown to the next client without a restart', async () => {
  const { dial, running } = await start()
  const renewed = await authority.issue({
    name: 'radius.test',
    names: [{ type: 'dns', value: 'radius.test' }],
    purpose: 'server',
    serial: 'beef',
  })
  running.renew({ ...renewed, ca: authority.cert })
  const peer = await dial()
  expect(peer.socket.getPeerX509Certificate()?.serialNumber.toLowerCase()).toContain('beef')
})

// Connections that never become one.

test('39: a connection that says nothing is closed at the deadline', async () => {
  const { dialRaw, running } = await start({ limits: { handshakeMs: 50 } })
  const peer = await dialRaw()
  await peer.closed
  expect(running.stats).toMatchObject({ halfOpen: 0, dropped: { 'tls-handshake': 1 } })
})

test('40: half a ClientHello is closed at the deadline', async () => {
  const { dialRaw, running } = await start({ limits: { handshakeMs: 50 } })
  const peer = await dialRaw()
  peer.write(Buffer.from('16030100f8010000f40303', 'hex'))
  await peer.closed
  expect(running.stats.halfOpen).toBe(0)
})

test('41: garbage instead of a ClientHello is closed at once', async () => {
  const { dialRaw, running } = await start()
  const peer = await dialRaw()
  peer.write(access(7))
  await peer.closed
  expect(running.stats).toMatchObject({ halfOpen: 0, dropped: { 'tls-handshake': 1 } })
})

test('42: half-open connections of one address are bounded, and another address is still served', async () => {
  const { dial, dialRaw, running } = await start({ limits: { halfOpenPerAddressMax: 3 } })
  const idle = await Promise.all(Array.from({ length: 10 }, () => dialRaw('127.0.0.2')))
  await Promise.any(idle.map(({ closed }) => closed))
  const peer = await dial()
  peer.write(access(7))
  expect((await peer.next()).id).toBe(7)
  expect(running.stats).toMatchObject({ connections: 1, halfOpen: 3, dropped: { 'half-open-limit': 7 } })
})

test('43: half-open connections are bounded in all', async () => {
  const { dialRaw, running } = await start({ limits: { halfOpenMax: 2 } })
  const idle = await Promise.all(['127.0.0.2', '127.0.0.3', '127.0.0.4'].map((from) => dialRaw(from)))
  await Promise.any(idle.map(({ closed }) => closed))
  expect(running.stats).toMatchObject({ halfOpen: 2, dropped: { 'half-open-limit': 1 } })
})

test('44: connections are bounded', async () => {
  const { dial, running } = await start({ limits: { connectionsMax: 2 } })
  const open = [await dial(), await dial()]
  const third = await dial()
  await third.closed
  open[0]!.write(access(7))
  expect((await open[0]!.next()).id).toBe(7)
  expect(running.stats).toMatchObject({ connections: 2, dropped: { 'connections-limit': 1 } })
})

test('45: a connection without a word is closed', async () => {
  const { dial, running } = await start({ limits: { idleMs: 50 } })
  const peer = await dial()
  await peer.closed
  expect(running.stats.dropped).toEqual({ idle: 1 })
})

// Floods on one connection.

test('46: beyond its share of open requests a connection is not read, and nothing is lost', async () => {
  const held: RadiusRequest<string>[] = []
  const filled = Promise.withResolvers<void>()
  let most = 0
  const { dial, running } = await start({
    limits: { inFlightMax: 10 },
    onRequest: (request) => {
      if (held.push(request) >= 10) filled.resolve()
      most = Math.max(most, running.stats.inFlight)
    },
  })
  const peer = await dial()
  peer.write(...Array.from({ length: 100 }, (_, id) => access(id)))
  await filled.promise
  const ids = new Set<number>()
  while (ids.size < 100) {
    for (const request of held.splice(0)) request.answer(2, empty)
    ids.add((await peer.next()).id)
  }
  expect(most).toBe(10)
})

test('47: a client that does not read its answers is not read either, and nothing piles up', async () => {
  const large = new AttributeWriter()
  for (let i = 0; i < 15; i++) large.octets(25, Buffer.alloc(253))
  let asked = 0
  const { dial } = await start({
    onRequest: (request) => {
      asked += 1
      request.answer(2, large)
    },
  })
  const peer = await dial()
  peer.socket.pause()
  // 40 MB of answers: far more than the sockets between the two hold.
  const count = 10_000
  for (let i = 0; i < count; i++) {
    peer.write(accessRequest({ id: i % 256, authenticatorOctet: (i >> 8) & 0xff, signed: true, secret }))
  }
  await settled(() => asked)
  expect(asked).toBeLessThan(count * 0.75)
  peer.socket.resume()
  for (let i = 0; i < count; i++) await peer.next()
  expect(asked).toBe(count)
})

/** Resolves when a number has not changed for many turns of the loop. */
const settled = async (read: () => number): Promise<void> => {
  for (let last = -1, same = 0; same < 2000;) {
    await new Promise((resolve) => setImmediate(resolve))
    same = read() === last ? same + 1 : 0
    last = read()
  }
}

// ALPN and RADIUS/1.1 (RFC 9765).

test('48: both offered: 1.1, with a Token instead of Identifier and hashes', async () => {
  const { dial, requests } = await start()
  const peer = await dial({ ALPNProtocols: ['radius/1.0', 'radius/1.1'] })
  expect(peer.socket.alpnProtocol).toBe('radius/1.1')
  const attributes = new AttributeWriter().text(1, 'alice').text(2, 'in clear').text(33, 'p')
  peer.write(encodeRequest11({ code: 1, token: 0xdeadbeef, attributes }))
  const reply = await peer.next()
  expect(reply.bytes.subarray(4, 20).toString('hex')).toBe('deadbeef000000000000000000000000')
  expect(reply.bytes[1]).toBe(0)
  expect(findAttribute(reply, 80)).toBe(-1)
  expect(text(reply, 33)).toBe('p')
  expect(requests[0]?.version).toBe('radius/1.1')
  expect(attribute(requests[0]!.packet, 2)?.toString()).toBe('in clear')
})

test('49: under 1.1 the same Token is no duplicate, a Message-Authenticator is not looked at, EAP needs none', async () => {
  const { dial, requests } = await start()
  const peer = await dial({ ALPNProtocols: ['radius/1.1'] })
  const wrong = Buffer.concat([Buffer.from([80, 18]), Buffer.alloc(16, 1), Buffer.from('4f070200000501', 'hex')])
  const request = Buffer.concat([encodeRequest11({ code: 1, token: 5 }), wrong])
  request.writeUInt16BE(request.length, 2)
  peer.write(request, request)
  await peer.next()
  await peer.next()
  expect(requests.length).toBe(2)
})

test('50: no ALPN, or radius/1.0, is RADIUS/TLS as it always was', async () => {
  const { dial } = await start()
  for (const [offered, chosen] of [
    [undefined, false],
    [['radius/1.0'], 'radius/1.0'],
  ] as const) {
    const peer = await dial(offered === undefined ? {} : { ALPNProtocols: [...offered] })
    expect(peer.socket.alpnProtocol).toBe(chosen)
    peer.write(access(7))
    expect((await peer.next()).id).toBe(7)
  }
})

test('51: nothing in common is alert 120', async () => {
  for (const [versions, offered] of [
    [undefined, 'h2'],
    [['radius/1.0'], 'radius/1.1'],
    [['radius/1.1'], 'radius/1.0'],
  ] as const) {
    const { dial, running } = await start(versions === undefined ? {} : { versions })
    const peer = await dial({ ALPNProtocols: [offered] })
    expect(await peer.closed).toMatch(/NO_APPLICATION_PROTOCOL/)
    expect(running.stats).toMatchObject({ connections: 0, halfOpen: 0, dropped: { alpn: 1 } })
  }
})

test('52: where 1.1 is required, a client without ALPN is closed', async () => {
  const { dial, running, requests } = await start({ versions: ['radius/1.1'] })
  const peer = await dial()
  peer.write(access(7))
  await peer.closed
  expect(requests).toEqual([])
  expect(running.stats.dropped).toEqual({ alpn: 1 })
})

test('53: 1.1 over TLS 1.2 is closed', async () => {
  const { dial, running } = await start()
  const peer = await dial({ ALPNProtocols: ['radius/1.1'], maxVersion: 'TLSv1.2' })
  await peer.closed
  expect(running.stats.dropped).toEqual({ alpn: 1 })
})

test('54: a malformed packet under 1.1 closes the connection', async () => {
  const { dial, running } = await start()
  const peer = await dial({ ALPNProtocols: ['radius/1.1'] })
  const request = encodeRequest11({ code: 1, token: 5, attributes: new AttributeWriter().text(1, 'alice') })
  peer.write(withOctets(request, 21, 1))
  await peer.closed
  expect(running.stats.dropped).toEqual({ 'attribute-length': 1 })
})

test('no secret and no key is logged, whatever fails', async () => {
  const { dial, lines } = await start()
  for (const offset of [3, 21, 30]) {
    const peer = await dial()
    peer.write(withOctets(access(7), offset, 1))
    await peer.closed
  }
  expect(lines.length).toBe(3)
  expect(JSON.stringify(lines)).not.toMatch(/PRIVATE|radsec"/)
})

test('a port in use is told by the system’s code', async () => {
  const { running } = await start()
  await expect(start({ port: running.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
