import { describe, expect, test } from 'vitest'
import { eapType, encodeEap } from './packet.ts'
import {
  chapAvps,
  gtcPeer,
  md5Peer,
  microsoftAvp,
  mschapv2Peer,
  papAvps,
  peapPeer,
  plainAvp,
  run,
  type Sent,
  type TlsPeer,
  type TlsPeerOptions,
  tlsPeer,
  ttlsEapPeer,
  ttlsPeer,
} from './testing/peer.ts'
import { setUp, testWorld } from './testing/setup.ts'
import { challengeResponse, ntHash, ntResponse } from '../crypto/mschap.ts'
import type { EapOutcome, InnerMethod } from './types.ts'

const world = await testWorld()
const versions = ['TLSv1.2', 'TLSv1.3'] as const

const mschapAvps = (name: string, password: string, challenge: Buffer, id: number): Buffer => {
  const response = Buffer.concat([Buffer.of(id, 1), Buffer.alloc(24), challengeResponse(challenge, ntHash(password))])
  return Buffer.concat([plainAvp(1, Buffer.from(name)), microsoftAvp(11, challenge), microsoftAvp(1, response)])
}
const mschapv2Avps = (name: string, password: string, challenge: Buffer, id: number): Buffer => {
  const own = Buffer.alloc(16, 9)
  const answer = ntResponse(challenge, own, Buffer.from(name), ntHash(password))
  const response = Buffer.concat([Buffer.of(id, 0), own, Buffer.alloc(8), answer])
  return Buffer.concat([plainAvp(1, Buffer.from(name)), microsoftAvp(11, challenge), microsoftAvp(25, response)])
}

/** AVPs over the tunnel's own challenge of so many octets. */
const overImplicit =
  (octets: number, avps: typeof chapAvps, name: string, password: string) =>
  (challenge: (octets: number) => Buffer) => {
    const implicit = challenge(octets + 1)
    return avps(name, password, implicit.subarray(0, octets), implicit.readUInt8(octets))
  }

type MakePeer = (name: string, password: string, options: TlsPeerOptions) => TlsPeer
const peers: Record<string, MakePeer> = {
  'peap-mschapv2': (name, password, options) => peapPeer(name, mschapv2Peer(name, password), options),
  'peap-gtc': (name, password, options) => peapPeer(name, gtcPeer(password), options),
  'ttls-pap': (name, password, options) => ttlsPeer(() => papAvps(name, password), options),
  'ttls-chap': (name, password, options) => ttlsPeer(overImplicit(16, chapAvps, name, password), options),
  'ttls-mschap': (name, password, options) => ttlsPeer(overImplicit(8, mschapAvps, name, password), options),
  'ttls-mschapv2': (name, password, options) => ttlsPeer(overImplicit(16, mschapv2Avps, name, password), options),
  'ttls-eap-mschapv2': (name, password, options) => ttlsEapPeer(name, mschapv2Peer(name, password), options),
  'ttls-eap-gtc': (name, password, options) => ttlsEapPeer(name, gtcPeer(password), options),
  'ttls-eap-md5': (name, password, options) => ttlsEapPeer(name, md5Peer(password), options),
}
const outer = (method: string) => (method.startsWith('peap') ? 'peap' : 'ttls')

/** MSK[0..63] as the server gave it. */
function keysOf(outcome: EapOutcome<string>): Buffer {
  if (outcome.kind !== 'accept' || outcome.keys === undefined) throw new Error(JSON.stringify(outcome))
  return Buffer.concat([outcome.keys.recv, outcome.keys.send])
}

/** The same Response with other type-data. */
const withData = (sent: Sent, data: Buffer): Sent => ({
  ...sent,
  eap: encodeEap(2, sent.eap.readUInt8(1), sent.eap.readUInt8(4), data),
})

describe.each(versions)('%s', (maxVersion) => {
  const trusting = { ca: world.tls.ca, maxVersion }

  describe.each(Object.entries(peers))('%s', (method, peer) => {
    const server = (innerMethods?: readonly InnerMethod[]) =>
      setUp({ methods: [outer(method)], tls: world.tls, ...(innerMethods && { innerMethods }) })

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
    const results = ['8003000200' + '02', '', '80030002', '0005000100', '8003000100']
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

describe.each(versions)('EAP-TLS over %s', (maxVersion) => {
  const client = (options: TlsPeerOptions) => tlsPeer({ ca: world.tls.ca, maxVersion, ...options })

  test('a certificate is the proof, both sides have the same keys, and the server says so inside', async () => {
    const { server, proofs, asked } = setUp({ methods: ['tls'], tls: world.tls })
    const credential = await world.authority.issue({ name: 'alice', serial: '0abc' })
    const peer = client(credential)
    const { outcome } = await run(server, peer, { outerIdentity: 'anonymous' })
    expect(outcome).toMatchObject({ kind: 'accept', identity: 'alice', outerIdentity: 'anonymous', method: 'tls' })
    expect(keysOf(outcome)).toEqual(peer.msk())
    const fingerprint = expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    const certificate = { subject: 'CN=alice', san: '', names: ['alice'], serial: '0ABC', fingerprint }
    expect(proofs).toMatchObject([{ identity: 'alice', method: 'tls', certificate }])
    expect(asked).toEqual([])
    expect(peer.heard.toString('hex')).toBe(maxVersion === 'TLSv1.3' ? '00' : '')
  })

  test.each([
    ['none', async () => ({}), /^(no-certificate|tls: )/],
    ['one of a foreign authority of the same name', () => world.rogue.issue({ name: 'alice' }), /^certificate: /],
    [
      'one that has expired',
      () => world.authority.issue({ name: 'alice', days: -1 }),
      /^certificate: CERT_HAS_EXPIRED$/,
    ],
    [
      'one for servers',
      () => world.authority.issue({ name: 'alice', purpose: 'server' }),
      /^certificate: INVALID_PURPOSE$/,
    ],
    ['one without a name', () => world.authority.issue({ name: '' }), /^certificate-without-name$/],
  ])('a client with %s is refused', async (_, credential, reason) => {
    const { server, proofs } = setUp({ methods: ['tls'], tls: world.tls })
    const { outcome } = await run(server, client(await credential()))
    expect(outcome).toMatchObject({ kind: 'reject', reason: expect.stringMatching(reason) })
    expect(proofs).toEqual([])
    expect(server.open()).toBe(0)
  })

  test('the outer identity chooses among the names of the certificate, and cannot add one', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls })
    const credential = await world.authority.issue({
      name: 'common',
      names: [
        { type: 'dns', value: 'laptop.isp' },
        { type: 'email', value: 'alice@isp' },
        { type: 'email', value: 'x, DNS:mallory' },
      ],
    })
    const seen: string[] = []
    for (const outerIdentity of ['mallory', 'laptop.isp', 'common', 'alice@isp']) {
      const { outcome } = await run(server, client(credential), { outerIdentity })
      if (outcome.kind === 'accept') seen.push(outcome.identity)
    }
    expect(seen).toEqual(['alice@isp', 'laptop.isp', 'common', 'alice@isp'])
  })

  test('whoever may not be online is refused before the server says that all is well', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls })
    const peer = client(await world.authority.issue({ name: 'mallory' }))
    const { outcome } = await run(server, peer)
    expect(outcome).toMatchObject({ kind: 'reject', identity: 'mallory', method: 'tls', reason: 'suspended' })
    expect(peer.heard).toHaveLength(0)
  })

  test('a revoked certificate is refused from the moment the list is in place', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls })
    const credential = await world.authority.issue({ name: 'alice', serial: '77' })
    const login = async () => (await run(server, client(credential))).outcome
    expect(await login()).toMatchObject({ kind: 'accept' })
    server.setTls({ ...world.tls, crl: await world.authority.revoke('77') })
    expect(await login()).toMatchObject({ kind: 'reject', reason: 'certificate: CERT_REVOKED' })
    server.setTls({ ...world.tls, crl: await world.authority.revoke('78') })
    expect(await login()).toMatchObject({ kind: 'accept' })
  })

  test('long chains and small packets go through in fragments both ways', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls, fragmentBytes: 120 })
    const credential = await world.authority.issue({ name: 'alice', algorithm: 'rsa' })
    const { outcome, largest } = await run(server, client({ ...credential, fragmentBytes: 120 }))
    expect(outcome.kind).toBe('accept')
    expect(largest).toBeLessThanOrEqual(120)
  })
})

test('supplicants that log in by password are not asked for a certificate', async () => {
  const { server } = setUp({ methods: ['tls', 'peap'], tls: world.tls })
  const credential = await world.authority.issue({ name: 'alice' })
  const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca, ...credential })
  expect((await run(server, peer)).outcome.kind).toBe('accept')
  const foreign = peapPeer('alice', gtcPeer('correct horse'), {
    ca: world.tls.ca,
    ...(await world.rogue.issue({ name: 'x' })),
  })
  expect((await run(server, foreign)).outcome.kind).toBe('accept')
})

test('TLS files that are no good are refused at start, and at a change without harm', async () => {
  expect(() => setUp({ methods: ['tls'], tls: { ...world.tls, key: 'no key' } })).toThrow()
  const { server } = setUp({ methods: ['peap'], tls: world.tls })
  const other = await testWorld()
  expect(() => server.setTls({ ...world.tls, key: other.tls.key })).toThrow()
  const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca })
  expect((await run(server, peer)).outcome.kind).toBe('accept')
})

test('200 interleaved handshakes each get their own answer', async () => {
  const { server, users } = setUp({ methods: ['peap', 'ttls', 'tls'], tls: world.tls, fragmentBytes: 300 })
  const logins = Array.from({ length: 200 }, async (_, i) => {
    const name = `user${i}`
    users.set(name, `password of ${i}`)
    const isRight = i % 5 !== 0
    const password = isRight ? `password of ${i}` : 'wrong'
    const names = Object.keys(peers)
    const make = peers[names[i % names.length] ?? ''] ?? peapPeerOf
    const peer = make(name, password, { ca: world.tls.ca, maxVersion: versions[i % 2] ?? 'TLSv1.3' })
    const { outcome } = await run(server, peer, { outerIdentity: 'anonymous', nas: `nas${i % 7}` })
    expect(outcome).toMatchObject(
      isRight ? { kind: 'accept', identity: name, value: `policy of ${name}` } : { kind: 'reject', identity: name },
    )
    if (isRight) expect(keysOf(outcome)).toEqual(peer.msk())
    return outcome.kind
  })
  const kinds = await Promise.all(logins)
  expect(kinds.filter((kind) => kind === 'accept')).toHaveLength(160)
  expect(server.open()).toBe(0)
})

const peapPeerOf: MakePeer = (name, password, options) => peapPeer(name, gtcPeer(password), options)

test('TLS conversations begun and never finished are bounded, and keep nobody out', async () => {
  const limits = { tunnelsMax: 8, conversationsMax: 50 }
  const { server } = setUp({ methods: ['peap'], tls: world.tls, limits })
  const halfway = () => {
    const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca, timeout: 1_000 })
    const stop = new Error('walked away')
    return run(server, peer, {
      tamper(sent, round) {
        if (round === 4) throw stop
        return sent
      },
    }).catch((error: Error) => expect(error).toBe(stop))
  }
  for (let i = 0; i < 60; i++) await halfway()
  expect(server.open()).toBe(50)
  const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca })
  expect((await run(server, peer)).outcome.kind).toBe('accept')
  server.close()
  expect(server.open()).toBe(0)
})

test('a conversation whose tunnel had to make way is refused', async () => {
  const { server } = setUp({ methods: ['peap'], tls: world.tls, limits: { tunnelsMax: 1 } })
  const make = () => peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca })
  const both = await Promise.all([run(server, make()), run(server, make())])
  const reasons = both.map(({ outcome }) => (outcome.kind === 'reject' ? outcome.reason : outcome.kind))
  expect(reasons).toEqual(['crowded-out', 'accept'])
})

test('the first offer of several methods is the first allowed', async () => {
  const { server } = setUp({ methods: ['ttls', 'peap'], tls: world.tls })
  const first = await server.handle({ eap: Buffer.from('0201000a01616c696365', 'hex'), nas: 'nas' })
  if (first.kind !== 'challenge') throw new Error(first.kind)
  expect(first.eap.readUInt8(4)).toBe(eapType.ttls)
  expect(first.eap.subarray(5).toString('hex')).toBe('20')
})
