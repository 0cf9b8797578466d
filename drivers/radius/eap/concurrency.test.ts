import { connect, type TLSSocket } from 'node:tls'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { gtcPeer, peapPeer, run } from './testing/peer.ts'
import { setUp, testWorld } from './testing/setup.ts'
import { keysOf, tunneledPeers, versions } from './testing/tunnels.ts'
import { TlsEngine, type Tunnel } from './tls-engine.ts'

const world = await testWorld()
const methods = Object.entries(tunneledPeers)

test('200 interleaved handshakes each get their own answer', async () => {
  const { server, users } = setUp({ methods: ['peap', 'ttls', 'tls'], tls: world.tls, fragmentBytes: 300 })
  const logins = Array.from({ length: 200 }, async (_, i) => {
    const name = `user${i}`
    users.set(name, `password of ${i}`)
    const [, make] = methods[i % methods.length] ?? methods[0]!
    const password = i % 5 === 0 ? 'wrong' : `password of ${i}`
    const peer = make(name, password, { ca: world.tls.ca, maxVersion: versions[i % 2]! })
    const { outcome } = await run(server, peer, { outerIdentity: 'anonymous', nas: `nas${i % 7}` })
    return { outcome, name, peer }
  })
  const ended = await Promise.all(logins)
  const accepted = ended.filter(({ outcome }) => outcome.kind === 'accept')
  expect(accepted).toHaveLength(160)
  for (const { outcome, name } of ended) expect(outcome).toMatchObject({ identity: name })
  for (const { outcome, name, peer } of accepted) {
    expect(outcome).toMatchObject({ value: `policy of ${name}` })
    expect(keysOf(outcome)).toEqual(peer.msk())
  }
  expect(server.open()).toBe(0)
})

class Wire extends Duplex {
  written: Buffer[] = []
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk)
    done()
  }
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await nextTurn()
}

/** Handshakes until the server is secure; the server's flights, and what came after one was thought complete. */
async function handshake(tunnel: Tunnel, client: { wire: Wire; socket: TLSSocket }) {
  const flights: number[] = []
  let late = 0
  while (!tunnel.isSecure && tunnel.failure === undefined && flights.length < 5) {
    await turns(4)
    tunnel.feed(Buffer.concat(client.wire.written.splice(0)))
    const flight = tunnel.takeOutgoing()
    await turns(8)
    late += tunnel.takeOutgoing().length
    flights.push(flight.length)
    client.wire.push(flight)
  }
  return { flights, late }
}

test.each(versions)(
  'a flight is complete when feed resolves, 50 at a time, be it 50 kB long: %s',
  async (maxVersion) => {
    // Certificates nobody needs make the flight longer than any buffer on its way.
    const cert = `${String(world.tls.cert)}\n`.repeat(150)
    const tunnels = new Set<Tunnel>()
    const options = { wantsCertificate: false, tunnels, tunnelsMax: 200 }
    const engine = new TlsEngine({ ...world.tls, cert }, options)
    const done = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const wire = new Wire()
        const socket = connect({ socket: wire, ca: world.tls.ca, maxVersion, checkServerIdentity: () => undefined })
        const tunnel = engine.connect()
        const result = await handshake(tunnel, { wire, socket })
        socket.destroy()
        return { ...result, tunnel }
      }),
    )
    for (const { flights, late, tunnel } of done) {
      expect(tunnel.isSecure).toBe(true)
      expect(late).toBe(0)
      expect(flights).toHaveLength(2)
      expect(flights[0]).toBeGreaterThan(50_000)
    }
    for (const { tunnel } of done) tunnel.destroy()
    expect(tunnels.size).toBe(0)
  },
)

test('the oldest tunnel makes way for a new one', () => {
  const tunnels = new Set<Tunnel>()
  const engine = new TlsEngine(world.tls, { wantsCertificate: false, tunnels, tunnelsMax: 3 })
  const [first, ...rest] = Array.from({ length: 4 }, () => engine.connect())
  expect(first?.failure).toBe('crowded-out')
  expect([...tunnels]).toEqual(rest)
  expect(rest.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined])
  for (const tunnel of rest) tunnel.destroy()
})

test('TLS conversations begun and never finished are bounded, and keep no newcomer out', async () => {
  const limits = { tunnelsMax: 8, conversationsMax: 50 }
  const { server } = setUp({ methods: ['peap'], tls: world.tls, limits })
  const walkAway = new Error('walked away')
  for (let i = 0; i < 60; i++) {
    const tamper = (sent: { eap: Buffer }, round: number) => {
      if (round === 4) throw walkAway
      return sent
    }
    const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca })
    await expect(run(server, peer, { tamper })).rejects.toBe(walkAway)
  }
  expect(server.open()).toBe(50)
  const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca })
  expect((await run(server, peer)).outcome.kind).toBe('accept')
  server.close()
  expect(server.open()).toBe(0)
})

test('a conversation whose tunnel had to make way is refused', async () => {
  const { server } = setUp({ methods: ['peap'], tls: world.tls, limits: { tunnelsMax: 1 } })
  const make = () => peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca })
  const [first, second] = await Promise.all([run(server, make()), run(server, make())])
  expect(first.outcome).toMatchObject({ kind: 'reject', reason: 'crowded-out' })
  expect(second.outcome).toMatchObject({ kind: 'accept' })
})
