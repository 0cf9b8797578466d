import { describe, expect, test } from 'vitest'
import { eapType } from './packet.ts'
import { chapAvps, gtcPeer, mschapv2Peer, papAvps, peapPeer, plainAvp, run, ttlsPeer } from './testing/peer.ts'
import { setUp, testWorld } from './testing/setup.ts'
import { keysOf, mschapAvps, mschapv2Avps, outerMethod, tunneledPeers, versions, withData } from './testing/tunnels.ts'
import type { InnerMethod } from './types.ts'

const world = await testWorld()

describe.each(versions)('%s', (maxVersion) => {
  const trusting = { ca: world.tls.ca, maxVersion }

  describe.each(Object.entries(tunneledPeers))('%s', (method, peer) => {
    const server = (innerMethods?: readonly InnerMethod[]) =>
      setUp({ methods: [outerMethod(method)], tls: world.tls, ...(innerMethods && { innerMethods }) })

    test('lets the inner identity in, and both sides have the same keys', async () => {
      const { server: eap, proofs } = server()
      const alice = peer('bob', 'bøb’s pässword', trusting)
      const { outcome } = await run(eap, alice, { outerIdentity: 'anonymous@isp', context: 7 })
      expect(outcome).toMatchObject({ kind: 'accept', identity: 'bob', outerIdentity: 'anonymous@isp', method })
      expect(proofs).toEqual([{ identity: 'bob', outerIdentity: 'anonymous@isp', method, device: 7 }])
      expect(keysOf(outcome)).toEqual(alice.msk())
      expect(alice.socket?.getProtocol()).toBe(maxVersion)
    })

    test('refuses a wrong password, an unknown name and a suspended user, each for its reason', async () => {
      const { server: eap, proofs } = server()
      const login = (name: string, password: string) => run(eap, peer(name, password, trusting), { outerIdentity: 'x' })
      const wrong = await login('alice', 'wrong')
      const unknown = await login('nobody', 'wrong')
      expect(wrong.outcome).toMatchObject({ kind: 'reject', identity: 'alice', method, reason: 'bad-password' })
      expect(unknown.outcome).toMatchObject({ kind: 'reject', identity: 'nobody', method, reason: 'no-password' })
      expect(unknown.rounds).toBe(wrong.rounds)
      expect(proofs).toEqual([])
      const suspended = await login('mallory', 'correct horse')
      expect(suspended.outcome).toMatchObject({ kind: 'reject', identity: 'mallory', reason: 'suspended' })
      expect(eap.open()).toBe(0)
    })

    test('does not run when it is switched off inside', async () => {
      const other = method === 'peap-gtc' ? 'eap-mschapv2' : method === 'ttls-pap' ? 'chap' : 'eap-gtc'
      const fallback = method === 'ttls-eap-gtc' ? 'eap-mschapv2' : other
      const { server: eap, asked } = server([fallback])
      const { outcome } = await run(eap, peer('alice', 'correct horse', trusting))
      expect(outcome.kind).toBe('reject')
      expect(asked).toEqual([])
    })
  })

  test.each([64, 100, 253, 1_400])('packets never pass Framed-MTU %i - 4, and all is well', async (framedMtu) => {
    const { server } = setUp({ methods: ['peap'], tls: world.tls, fragmentBytes: 3_000 })
    const peer = peapPeer('alice', mschapv2Peer('alice', 'correct horse'), { ...trusting, fragmentBytes: framedMtu })
    const { outcome, largest } = await run(server, peer, { framedMtu })
    expect(largest).toBeLessThanOrEqual(framedMtu - 4)
    expect(outcome.kind).toBe('accept')
  })

  test('EAP packets keep to fragmentBytes, by default 1,000', async () => {
    for (const fragmentBytes of [150, undefined]) {
      const { server } = setUp({ methods: ['ttls'], tls: world.tls, ...(fragmentBytes && { fragmentBytes }) })
      const peer = ttlsPeer(() => papAvps('alice', 'correct horse'), trusting)
      const { outcome, largest } = await run(server, peer, { framedMtu: 9_000 })
      expect(largest).toBeLessThanOrEqual(fragmentBytes ?? 1_000)
      expect(outcome.kind).toBe('accept')
    }
  })

  test('a proof over another challenge than the tunnel’s is refused', async () => {
    const { server, asked } = setUp({ methods: ['ttls'], tls: world.tls })
    const foreign = Buffer.alloc(16, 7)
    for (const avps of [chapAvps, mschapv2Avps]) {
      const peer = ttlsPeer(() => avps('alice', 'correct horse', foreign, 1), trusting)
      expect((await run(server, peer)).outcome).toMatchObject({ kind: 'reject', reason: 'bad-challenge' })
    }
    const short = ttlsPeer(() => mschapAvps('alice', 'correct horse', foreign.subarray(8), 1), trusting)
    expect((await run(server, short)).outcome).toMatchObject({ kind: 'reject', reason: 'bad-challenge' })
    const wrongId = ttlsPeer((challenge) => {
      const implicit = challenge(17)
      return chapAvps('alice', 'correct horse', implicit.subarray(0, 16), implicit.readUInt8(16) ^ 1)
    }, trusting)
    expect((await run(server, wrongId)).outcome).toMatchObject({ kind: 'reject', reason: 'bad-challenge' })
    expect(asked).toEqual([])
  })

  test.each([
    ['no AVPs to speak of', plainAvp(80, Buffer.alloc(3)), 'no-credentials'],
    ['a name without proof', plainAvp(1, Buffer.from('alice')), 'no-credentials'],
    ['no AVPs at all', Buffer.from('hello'), 'malformed'],
    ['an EAP Request', plainAvp(79, Buffer.from('0101000501', 'hex')), 'malformed'],
    ['EAP that skips the identity', plainAvp(79, Buffer.from('020000061a03', 'hex')), 'unexpected-type'],
    ['a proof without a name', papAvps('', 'correct horse'), 'no-password'],
    ['a name ending in NUL', papAvps('alice\0', 'correct horse'), 'no-password'],
  ])('TTLS: %s is refused', async (_, plaintext, reason) => {
    const { server, proofs } = setUp({ methods: ['ttls'], tls: world.tls })
    const { outcome } = await run(
      server,
      ttlsPeer(() => plaintext, trusting),
    )
    expect(outcome).toMatchObject({ kind: 'reject', reason })
    expect(proofs).toEqual([])
  })

  test('PEAP: a peer that does not agree on the result is refused', async () => {
    const { server } = setUp({ methods: ['peap'], tls: world.tls })
    const results = ['800300020002', '', '80030002', '0005000100', '8003000100']
    for (const result of results) {
      const peer = peapPeer('alice', gtcPeer('correct horse'), trusting, Buffer.from(result, 'hex'))
      expect((await run(server, peer)).outcome).toMatchObject({ kind: 'reject', reason: 'result-refused' })
    }
  })

  test('PEAP: a crypto-binding TLV beside the result is passed over', async () => {
    const { server } = setUp({ methods: ['peap'], tls: world.tls })
    const binding = Buffer.concat([Buffer.from('000c0038', 'hex'), Buffer.alloc(56)])
    const result = Buffer.concat([binding, Buffer.from('800300020001', 'hex')])
    const { outcome } = await run(server, peapPeer('alice', gtcPeer('correct horse'), trusting, result))
    expect(outcome.kind).toBe('accept')
  })

  test('PEAP: a claim of success after a wrong password changes nothing', async () => {
    const { server } = setUp({ methods: ['peap'], tls: world.tls })
    const success = Buffer.from('800300020001', 'hex')
    const { outcome } = await run(server, peapPeer('alice', gtcPeer('wrong'), trusting, success))
    expect(outcome).toMatchObject({ kind: 'reject', reason: 'bad-password' })
  })

  test('a peer that does not trust the server’s certificate says why by alert, and is refused', async () => {
    const { server, asked } = setUp({ methods: ['peap'], tls: world.tls, fragmentBytes: 3_000 })
    const unknownAuthority = Buffer.from('0015030300020230', 'hex')
    const { outcome } = await run(server, peapPeer('alice', gtcPeer('x'), trusting), {
      tamper: (sent, round) => (round === 3 ? withData(sent, unknownAuthority) : sent),
    })
    expect(outcome).toMatchObject({ kind: 'reject', reason: expect.stringMatching(/^tls: .*alert unknown ca/) })
    expect(asked).toEqual([])
    expect(server.open()).toBe(0)
  })

  test('a peer that closes its tunnel with its last word is refused or accepted, and breaks nothing', async () => {
    const { server } = setUp({ methods: ['ttls'], tls: world.tls })
    const peer = ttlsPeer(() => papAvps('alice', 'correct horse'), trusting)
    const respond = peer.respond.bind(peer)
    peer.respond = (data, id) => {
      const response = respond(data, id)
      if (data[0] === 0x20) peer.socket?.once('secureConnect', () => setImmediate(() => peer.socket?.end()))
      return response
    }
    const { outcome } = await run(server, peer)
    expect(['accept', 'reject']).toContain(outcome.kind)
    expect(server.open()).toBe(0)
  })

  test('no session is ever resumed', async () => {
    const { server } = setUp({ methods: ['ttls'], tls: world.tls })
    const first = ttlsPeer(() => papAvps('alice', 'correct horse'), trusting)
    expect((await run(server, first)).outcome.kind).toBe('accept')
    const session = first.sessions.at(-1) ?? first.socket?.getSession()
    expect(session).toBeDefined()
    const second = ttlsPeer(() => papAvps('alice', 'wrong'), { ...trusting, ...(session && { session }) })
    expect((await run(server, second)).outcome).toMatchObject({ kind: 'reject', reason: 'bad-password' })
    expect(second.socket?.isSessionReused()).toBe(false)
  })

  test('a TLS message too large or garbled at any round is refused, never accepted', async () => {
    for (let at = 2; at <= 9; at++) {
      for (const junk of ['c0ffffffff00', '00deadbeef', '001603010005010000', '20', '01', '']) {
        const { server, proofs } = setUp({ methods: ['peap'], tls: world.tls })
        const peer = peapPeer('alice', mschapv2Peer('alice', 'correct horse'), trusting)
        const tampered = await run(server, peer, {
          tamper: (sent, round) => (round === at ? withData(sent, Buffer.from(junk, 'hex')) : sent),
        })
        const isOver = tampered.rounds < at
        expect(tampered.outcome.kind).toBe(isOver ? 'accept' : 'reject')
        expect(proofs.length).toBeLessThanOrEqual(1)
        expect(server.open()).toBe(0)
      }
    }
  })
})

describe('versions', () => {
  test('a peer below minVersion is told by alert, and refused', async () => {
    const { server } = setUp({ methods: ['peap'], tls: { ...world.tls, minVersion: 'TLSv1.3' } })
    const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca, maxVersion: 'TLSv1.2' })
    const { outcome } = await run(server, peer)
    expect(outcome).toMatchObject({ kind: 'reject', reason: expect.stringMatching(/^tls: /) })
    expect(peer.error?.message).toMatch(/alert protocol version/)
  })

  test('RSA certificates work too', async () => {
    const { tls } = await testWorld('rsa')
    const { server } = setUp({ methods: ['peap'], tls })
    for (const maxVersion of versions) {
      const peer = peapPeer('alice', mschapv2Peer('alice', 'correct horse'), { ca: tls.ca, maxVersion })
      expect((await run(server, peer)).outcome.kind).toBe('accept')
    }
  })

  test('a TTLS peer may send its proof with the last message of the TLS 1.3 handshake, or after the tickets', async () => {
    const { server } = setUp({ methods: ['ttls'], tls: world.tls })
    const early = await run(
      server,
      ttlsPeer(() => papAvps('alice', 'correct horse'), { ca: world.tls.ca }),
    )
    expect(early.outcome.kind).toBe('accept')
  })
})

test('the first offer of several methods is the first allowed', async () => {
  const { server } = setUp({ methods: ['ttls', 'peap'], tls: world.tls })
  const first = server.handle({ eap: Buffer.from('0201000a01616c696365', 'hex'), nas: 'nas' })
  if (first.kind !== 'challenge') throw new Error(first.kind)
  expect(first.eap.readUInt8(4)).toBe(eapType.ttls)
  expect(first.eap.subarray(5).toString('hex')).toBe('20')
})
