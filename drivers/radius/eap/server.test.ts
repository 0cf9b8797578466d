import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eapType, encodeEap, encodeFailure, encodeSuccess } from './packet.ts'
import { createEapServer } from './server.ts'
import { answer, gtcPeer, md5Peer, mschapv2Peer, type PeerMethod, run } from './testing/peer.ts'
import { setUp } from './testing/setup.ts'
import type { EapMethod } from './types.ts'

const peers: Record<'md5' | 'mschapv2' | 'gtc', (name: string, password: string) => PeerMethod> = {
  md5: (_, password) => md5Peer(password),
  gtc: (_, password) => gtcPeer(password),
  mschapv2: mschapv2Peer,
}
const methods = Object.entries(peers) as [EapMethod, (name: string, password: string) => PeerMethod][]

const identityResponse = (id: number, identity: string | Buffer) =>
  encodeEap(2, id, eapType.identity, Buffer.from(identity))

describe.each(methods)('%s', (method, peer) => {
  test.each([
    ['alice', 'correct horse'],
    ['bob', 'bøb’s pässword'],
  ])('lets %s in, once authorized', async (name, password) => {
    const { server, asked, proofs } = setUp({ methods: [method] })
    const { outcome } = await run(server, peer(name, password), { outerIdentity: name, context: 'a phone' })
    expect(outcome).toMatchObject({
      kind: 'accept',
      identity: name,
      outerIdentity: name,
      method,
      value: `policy of ${name}`,
    })
    expect(asked).toEqual([{ identity: name, method, context: 'a phone' }])
    expect(proofs).toEqual([{ identity: name, outerIdentity: name, method, device: 'a phone' }])
    expect(server.open()).toBe(0)
  })

  test('a wrong password and an unknown name look the same from outside', async () => {
    const { server, proofs } = setUp({ methods: [method] })
    const wrong = await run(server, peer('alice', 'wrong'))
    const unknown = await run(server, peer('nobody', 'wrong'), { outerIdentity: 'nobody' })
    expect(wrong.outcome).toMatchObject({ kind: 'reject', identity: 'alice', method, reason: 'bad-password' })
    expect(unknown.outcome).toMatchObject({ kind: 'reject', identity: 'nobody', method, reason: 'no-password' })
    expect(unknown.rounds).toBe(wrong.rounds)
    expect(unknown.largest).toBe(wrong.largest)
    expect(proofs).toEqual([])
  })

  test('no password lets a name in that has none', async () => {
    const { server } = setUp({ methods: [method] })
    for (const password of ['', 'undefined', 'no such password']) {
      const { outcome } = await run(server, peer('nobody', password), { outerIdentity: 'nobody' })
      expect(outcome).toMatchObject({ kind: 'reject', reason: 'no-password' })
    }
  })

  test('whoever may not be online is refused for that reason, and only with the right password', async () => {
    const { server } = setUp({ methods: [method] })
    const { outcome } = await run(server, peer('mallory', 'correct horse'), { outerIdentity: 'mallory' })
    expect(outcome).toMatchObject({ kind: 'reject', identity: 'mallory', reason: 'suspended' })
    const wrong = await run(server, peer('mallory', 'wrong'), { outerIdentity: 'mallory' })
    expect(wrong.outcome).toMatchObject({ kind: 'reject', reason: 'bad-password' })
  })

  test('garbage for a proof is refused, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (garbage) => {
        const { server, proofs } = setUp({ methods: [method] })
        const { outcome } = await run(server, { type: peer('', '').type, respond: () => Buffer.from(garbage) })
        expect(outcome).toMatchObject({ kind: 'reject', identity: 'alice', method })
        expect(proofs).toEqual([])
        expect(server.open()).toBe(0)
      }),
    )
  })
})

describe('MS-CHAPv2', () => {
  test('both sides have the same keys', async () => {
    const { server } = setUp({ methods: ['mschapv2'] })
    const peer = mschapv2Peer('alice', 'correct horse')
    const { outcome } = await run(server, peer)
    if (outcome.kind !== 'accept' || outcome.keys === undefined) throw new Error(outcome.kind)
    expect(Buffer.concat([outcome.keys.recv, outcome.keys.send])).toEqual(peer.msk?.())
  })

  test('a domain before the name counts in neither place', async () => {
    const { server, users } = setUp({ methods: ['mschapv2'] })
    users.set('SHOP\\alice', 'correct horse')
    const both = await run(server, mschapv2Peer('SHOP\\alice', 'correct horse'), { outerIdentity: 'SHOP\\alice' })
    const one = await run(server, mschapv2Peer('alice', 'correct horse'), { outerIdentity: 'SHOP\\alice' })
    expect([both.outcome.kind, one.outcome.kind]).toEqual(['accept', 'accept'])
  })

  test.each([
    ['alice', 'mallory'],
    ['alice', 'alice\0'],
    ['alice', ''],
  ])('a proof of %s under the name "%s" is refused', async (identity, name) => {
    const { server, proofs } = setUp({ methods: ['mschapv2'] })
    const { outcome } = await run(server, mschapv2Peer(name, 'correct horse'), { outerIdentity: identity })
    expect(outcome).toMatchObject({ kind: 'reject', reason: 'identity-mismatch' })
    expect(proofs).toEqual([])
  })

  test('a peer that does not take our proof is not let in', async () => {
    const { server } = setUp({ methods: ['mschapv2'] })
    const honest = mschapv2Peer('alice', 'correct horse')
    const distrusting: PeerMethod = {
      type: honest.type,
      respond: (data, id) => (data[0] === 1 ? honest.respond(data, id) : Buffer.of(4)),
    }
    expect((await run(server, distrusting)).outcome).toMatchObject({ kind: 'reject', reason: 'server-refused' })
  })

  test('only the one word of acceptance ends it well', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 8 }), async (garbage) => {
        const { server } = setUp({ methods: ['mschapv2'] })
        const honest = mschapv2Peer('alice', 'correct horse')
        const respond: PeerMethod['respond'] = (data, id) =>
          data[0] === 1 ? honest.respond(data, id) : Buffer.from(garbage)
        const { outcome } = await run(server, { type: honest.type, respond })
        expect(outcome.kind).toBe(garbage[0] === 3 ? 'accept' : 'reject')
      }),
    )
  })

  test('a password beyond what MS-CHAP can hash is no password there', async () => {
    const { server, users } = setUp({ methods: ['mschapv2'] })
    users.set('alice', 'x'.repeat(257))
    const { outcome } = await run(server, mschapv2Peer('alice', 'wrong'))
    expect(outcome).toMatchObject({ kind: 'reject', reason: 'no-password' })
  })

  test('the acknowledgement of a failure does not turn into a success', async () => {
    const { server } = setUp({ methods: ['mschapv2'] })
    const peer = mschapv2Peer('alice', 'wrong')
    const lying: PeerMethod = {
      type: peer.type,
      respond: (data, id) => (data[0] === 4 ? Buffer.of(3) : peer.respond(data, id)),
    }
    expect((await run(server, lying)).outcome).toMatchObject({ kind: 'reject', reason: 'bad-password' })
  })
})

describe('negotiation', () => {
  test('a Nak gets the method it wants, and the conversation after it starts anew', async () => {
    const { server } = setUp({ methods: ['md5', 'gtc', 'mschapv2'] })
    for (const [method, peer] of methods) {
      const { outcome } = await run(server, peer('alice', 'correct horse'))
      expect(outcome).toMatchObject({ kind: 'accept', method })
    }
    const { sent, challenges } = await run(server, md5Peer('correct horse'))
    expect([sent.length, challenges.length]).toEqual([2, 1])
  })

  test.each([
    ['a method that is switched off', [eapType.gtc], 'no-common-method'],
    ['none', [0], 'no-common-method'],
    ['nothing', [], 'no-common-method'],
    ['the same again', [eapType.md5], 'no-common-method'],
  ])('a Nak for %s is refused', async (_, wanted, reason) => {
    const { server } = setUp({ methods: ['md5', 'mschapv2'] })
    const { outcome } = await run(
      server,
      { type: 99, respond: () => Buffer.alloc(0) },
      {
        tamper: (sent, round) =>
          round === 1 ? sent : { ...sent, eap: encodeEap(2, 8, eapType.nak, Buffer.from(wanted)) },
      },
    )
    expect(outcome).toMatchObject({ kind: 'reject', reason })
  })

  test('of several wanted types the first that is allowed is taken', async () => {
    const { server } = setUp({ methods: ['md5', 'gtc', 'mschapv2'] })
    const first = server.handle({ eap: identityResponse(1, 'alice'), nas: 'nas' })
    if (first.kind !== 'challenge') throw new Error(first.kind)
    const nak = encodeEap(2, 2, eapType.nak, Buffer.of(99, eapType.mschapv2, eapType.gtc))
    const second = server.handle({ eap: nak, state: first.state, nas: 'nas' })
    if (second.kind !== 'challenge') throw new Error(second.kind)
    expect(second.eap.readUInt8(4)).toBe(eapType.mschapv2)
  })

  test('a second Nak, and a Nak in the midst of a method, end the conversation', async () => {
    const { server } = setUp({ methods: ['md5', 'gtc', 'mschapv2'] })
    const picky = await run(
      server,
      { type: eapType.gtc, respond: () => Buffer.alloc(0) },
      {
        tamper: (sent, round) =>
          round === 3 ? { ...sent, eap: encodeEap(2, sent.eap.readUInt8(1), eapType.nak, Buffer.of(26)) } : sent,
      },
    )
    expect(picky.outcome).toMatchObject({ kind: 'reject', reason: 'unexpected-type' })
    const late = await run(server, mschapv2Peer('alice', 'correct horse'), {
      tamper: (sent, round) =>
        round === 4 ? { ...sent, eap: encodeEap(2, sent.eap.readUInt8(1), eapType.nak, Buffer.of(6)) } : sent,
    })
    expect(late.outcome).toMatchObject({ kind: 'reject', reason: 'unexpected-type' })
  })
})

describe('conversation', () => {
  const begin = async (identity = 'alice', nas = 'nas') => {
    const world = setUp({ methods: ['md5'] })
    const first = world.server.handle({ eap: identityResponse(7, identity), nas })
    if (first.kind !== 'challenge') throw new Error(first.kind)
    return { ...world, state: first.state, eap: await answer(first.eap, md5Peer('correct horse')) }
  }

  test('EAP-Start is answered by a question for the identity, and nothing is kept', async () => {
    const { server } = setUp()
    const outcome = server.handle({ eap: Buffer.alloc(0), nas: 'nas' })
    expect(outcome).toMatchObject({ kind: 'challenge', eap: Buffer.from('0100000501', 'hex') })
    expect(server.open()).toBe(0)
    if (outcome.kind !== 'challenge') return
    const next = server.handle({ eap: identityResponse(0, 'alice'), state: outcome.state, nas: 'nas' })
    expect(next.kind).toBe('challenge')
  })

  test('each Request has a new Identifier and each challenge a new State', async () => {
    const { server } = setUp({ methods: ['md5', 'mschapv2'] })
    const { challenges, sent } = await run(server, mschapv2Peer('alice', 'correct horse'))
    expect(challenges).toEqual([8, 9, 10])
    expect(new Set(sent.map(({ state }) => state?.toString('hex'))).size).toBe(sent.length)
  })

  test('Success and Failure carry the Identifier of the Response', async () => {
    const { server } = setUp()
    expect((await run(server, md5Peer('correct horse'))).outcome).toMatchObject({ eap: encodeSuccess(8) })
    expect((await run(server, md5Peer('wrong'))).outcome).toMatchObject({ eap: encodeFailure(8) })
  })

  test('a Response with another Identifier is dropped, and the right one still counts', async () => {
    const { server, state, eap } = await begin()
    const late = Buffer.from(eap)
    late.writeUInt8(7, 1)
    expect(server.handle({ eap: late, state, nas: 'nas' })).toEqual({
      kind: 'drop',
      reason: 'unexpected-identifier',
    })
    expect(server.handle({ eap, state, nas: 'nas' })).toMatchObject({ kind: 'accept' })
  })

  test('a State is good once', async () => {
    const { server, state, eap } = await begin()
    expect(server.handle({ eap, state, nas: 'nas' })).toMatchObject({ kind: 'accept' })
    expect(server.handle({ eap, state, nas: 'nas' })).toMatchObject({ kind: 'reject', reason: 'unknown-state' })
  })

  test('a State from another NAS, of another server, or none, gets nowhere', async () => {
    const { server, state, eap } = await begin()
    const reject = { kind: 'reject', reason: 'unknown-state' }
    expect(server.handle({ eap, state, nas: 'other' })).toMatchObject(reject)
    expect(server.handle({ eap, state: randomBytes(16), nas: 'nas' })).toMatchObject(reject)
    expect(server.handle({ eap, nas: 'nas' })).toMatchObject(reject)
    expect(server.handle({ eap, state, nas: 'nas' })).toMatchObject({ kind: 'accept' })
  })

  test('the State of another’s conversation does not lend its proof', async () => {
    const { server, state } = await begin('alice')
    const mine = server.handle({ eap: identityResponse(7, 'bob'), nas: 'nas' })
    if (mine.kind !== 'challenge') throw new Error(mine.kind)
    const proof = await answer(mine.eap, md5Peer('bøb’s pässword'))
    expect(server.handle({ eap: proof, state, nas: 'nas' })).toMatchObject({ kind: 'reject', identity: 'alice' })
  })

  test('a step that was not asked for ends the conversation', async () => {
    for (const type of [eapType.peap, eapType.mschapv2, eapType.extensions, 0, 255]) {
      const { server, state, proofs } = await begin()
      const skipped = encodeEap(2, 8, type, Buffer.of(3))
      expect(server.handle({ eap: skipped, state, nas: 'nas' })).toMatchObject({ kind: 'reject' })
      expect(proofs).toEqual([])
      expect(server.open()).toBe(0)
    }
  })

  test('a peer may start over at any time, whatever State it still has', async () => {
    const { server, state } = await begin()
    const again = server.handle({ eap: identityResponse(8, 'bob'), state, nas: 'nas' })
    if (again.kind !== 'challenge') throw new Error(again.kind)
    const eap = await answer(again.eap, md5Peer('bøb’s pässword'))
    expect(server.handle({ eap, state: again.state, nas: 'nas' })).toMatchObject({
      identity: 'bob',
      kind: 'accept',
    })
  })

  test('after 30 s it is over', async () => {
    const { server, clock, state, eap } = await begin()
    clock.at += 30_001
    expect(server.handle({ eap, state, nas: 'nas' })).toMatchObject({ kind: 'reject', reason: 'unknown-state' })
    server.sweep()
    expect(server.open()).toBe(0)
  })

  test.each([
    ['a Request', encodeEap(1, 1, 1, Buffer.from('alice')), 'not-a-response'],
    ['a Success', encodeSuccess(1), 'not-a-response'],
    ['a Failure', encodeFailure(1), 'not-a-response'],
    ['half a packet', Buffer.from('0201', 'hex'), 'malformed: short'],
  ])('%s from a peer is dropped', async (_, eap, reason) => {
    const { server } = setUp()
    expect(server.handle({ eap, nas: 'nas' })).toEqual({ kind: 'drop', reason })
  })

  test.each([
    ['octets that are no UTF-8', Buffer.from('616c696365ff', 'hex')],
    ['254 octets', Buffer.alloc(254, 'a')],
  ])('an identity of %s is refused', async (_, identity) => {
    const { server, asked } = setUp()
    const outcome = server.handle({ eap: identityResponse(1, identity), nas: 'nas' })
    expect(outcome).toMatchObject({ kind: 'reject', reason: 'malformed-identity' })
    expect(asked).toEqual([])
  })

  test.each(['alice\0', 'Alice', ' alice', 'alice ', '__proto__', 'constructor', ''])(
    '"%s" is not alice',
    async (identity) => {
      const { server } = setUp()
      const { outcome } = await run(server, md5Peer('correct horse'), { outerIdentity: identity })
      expect(outcome).toMatchObject({ kind: 'reject', identity, reason: 'no-password' })
    },
  )

  test('what the backend throws ends the conversation and is told', async () => {
    const backend = {
      password: (): string => {
        throw new Error('disk I/O error')
      },
      authorize: () => ({ ok: true as const, value: 'never' }),
    }
    const server = createEapServer({ backend, methods: ['md5'], serverName: 'x', clock: { now: () => 0 }, randomBytes })
    await expect(run(server, md5Peer('correct horse'))).rejects.toThrow('disk I/O error')
    expect(server.open()).toBe(0)
  })

  test('10,000 conversations begun and never finished keep no newcomer out', async () => {
    const { server, state, eap } = await begin()
    for (let i = 0; i < 10_000; i++) server.handle({ eap: identityResponse(1, `flood${i}`), nas: 'nas' })
    expect(server.open()).toBe(4_096)
    // Whoever waited while the table filled twice over has to begin again; whoever begins gets through.
    expect(server.handle({ eap, state, nas: 'nas' })).toMatchObject({ kind: 'reject', reason: 'unknown-state' })
    expect((await run(server, md5Peer('correct horse'))).outcome).toMatchObject({ kind: 'accept' })
  })

  test('random packets with and without a live State never throw and never accept', async () => {
    const { server } = setUp({ methods: ['md5', 'gtc', 'mschapv2'] })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), async (packets) => {
        let state: Buffer | undefined
        let id = 1
        for (const [at, packet] of packets.entries()) {
          const data = Buffer.from(packet)
          const isFirst = at === 0
          const eap = packet.length % 3 === 0 ? data : encodeEap(2, id, isFirst ? 1 : (data[0] ?? 4) % 30, data)
          const outcome = server.handle({ eap, ...(state && { state }), nas: 'nas' })
          expect(outcome.kind).not.toBe('accept')
          if (outcome.kind !== 'challenge') continue
          state = outcome.state
          id = outcome.eap.readUInt8(1)
        }
      }),
    )
  })
})

test('options that cannot work are refused at start', () => {
  expect(() => setUp({ methods: [] })).toThrow('no EAP method')
  expect(() => setUp({ methods: ['peap'] })).toThrow('need tls')
  expect(() => setUp({ fragmentBytes: 10 })).toThrow(RangeError)
  expect(() => setUp({ fragmentBytes: 4_000 })).toThrow(RangeError)
})
