/** EAP inside RADIUS, by hand. RFC 3579, RFC 3748; attack classes X4, X5 and X6. */
import { expect } from 'vitest'
import { wireSuite, type Case, type Lab } from './lab.ts'
import type { Nas } from './nas.ts'
import { attr, codes, md5, signature, textOf, types, valueOf, valuesOf, type Part, type Reply } from './packet.ts'
import { pap } from './proof.ts'

const REQUEST = 1
const RESPONSE = 2
const SUCCESS = 3
const FAILURE = 4
const IDENTITY = 1
const NAK = 3
const MD5_CHALLENGE = 4

const eap = (code: number, id: number, ...content: Uint8Array[]): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.of(code, id, 0, 4 + body.length), body])
}
const identity = (login: string, id = 1) => eap(RESPONSE, id, Buffer.of(IDENTITY), Buffer.from(login))
/** Wants MD5 instead of whatever was proposed. */
const nak = (id: number) => eap(RESPONSE, id, Buffer.of(NAK, MD5_CHALLENGE))
/** In pieces of 253 octets (RFC 3579 §3.1); at least one, which may be empty. */
const message = (packet: Uint8Array): Buffer => {
  const pieces = Array.from({ length: Math.max(1, Math.ceil(packet.length / 253)) }, (_, n) =>
    attr(types.eapMessage, packet.subarray(n * 253, (n + 1) * 253)),
  )
  return Buffer.concat(pieces)
}

/** The EAP packet of a reply, joined from its pieces. */
const eapOf = (reply: Reply): Buffer => Buffer.concat(valuesOf(reply, types.eapMessage))
const stateOf = (reply: Reply): Buffer => attr(types.state, valueOf(reply, types.state)!)

const say = (nas: Nas, login: string, packet: Uint8Array, ...more: Part[]) =>
  nas.access(attr(types.userName, login), message(packet), ...more)

/** The answer to an MD5-Challenge (RFC 3748 §5.4). */
const md5Response = (reply: Reply, password: string): Buffer => {
  const asked = eapOf(reply)
  const id = asked[1]!
  return eap(
    RESPONSE,
    id,
    Buffer.of(MD5_CHALLENGE, 16),
    md5(Buffer.of(id), Buffer.from(password), asked.subarray(6, 22)),
  )
}

/** Up to the MD5-Challenge. */
async function challenged(nas: Nas, login: string, outer = login): Promise<Reply> {
  const proposed = await say(nas, outer, identity(login))
  const reply = await say(nas, outer, nak(eapOf(proposed)[1]!), stateOf(proposed))
  expect(reply.code).toBe(codes.accessChallenge)
  expect([...eapOf(reply).subarray(4, 6)]).toEqual([MD5_CHALLENGE, 16])
  return reply
}

async function md5Login(nas: Nas, login: string, password: string, outer = login): Promise<Reply> {
  const reply = await challenged(nas, login, outer)
  return say(nas, outer, md5Response(reply, password), stateOf(reply))
}

/** An answer that has gone through the EAP thread, behind everything sent before. */
const silent = ({ nas }: Lab, ...parts: Part[]): Promise<void> =>
  nas.silent(nas.packet({ code: codes.accessRequest, parts }), 'auth', () => say(nas, 'probe', identity('probe')))

const isFailure = (reply: Reply): void => {
  expect(reply.code).toBe(codes.accessReject)
  expect(eapOf(reply)[0]).toBe(FAILURE)
  expect(eapOf(reply)).toHaveLength(4)
  expect(valueOf(reply, types.state)).toBeUndefined()
}

const conversations: Case[] = [
  {
    no: 151,
    says: 'an identity is answered by an Access-Challenge with a Request, a new Identifier and a State',
    async play({ nas }, { login }) {
      const reply = await say(nas, login, identity(login, 9))
      expect(reply.code).toBe(codes.accessChallenge)
      expect(eapOf(reply)[0]).toBe(REQUEST)
      expect(eapOf(reply)[1]).not.toBe(9)
      expect(eapOf(reply).readUInt16BE(2)).toBe(eapOf(reply).length)
      expect(valueOf(reply, types.state)!.length).toBeGreaterThanOrEqual(16)
    },
  },
  {
    no: 152,
    says: 'EAP-MD5 with the right password is accepted: EAP-Success under the last Identifier, and the name',
    async play({ nas }, { login, password }) {
      const reply = await md5Login(nas, login, password)
      expect(reply.code).toBe(codes.accessAccept)
      expect(eapOf(reply)[0]).toBe(SUCCESS)
      expect(eapOf(reply)).toHaveLength(4)
      expect(textOf(reply, types.userName)).toBe(login)
    },
  },
  {
    no: 153,
    says: 'EAP-MD5 with a wrong password is refused with an EAP-Failure',
    async play({ nas }, { login }) {
      isFailure(await md5Login(nas, login, 'wrong'))
    },
  },
  {
    no: 154,
    says: 'who is unknown is challenged like anyone, and refused only at the end',
    async play({ nas }) {
      isFailure(await md5Login(nas, 'nobody', 'guess'))
    },
  },
  {
    no: 155,
    says: 'an empty EAP-Message, EAP-Start, is answered by the question for the identity (RFC 3579 §2.1)',
    async play({ nas }, { login }) {
      const reply = await nas.access(attr(types.userName, login), message(Buffer.alloc(0)))
      expect(reply.code).toBe(codes.accessChallenge)
      expect([eapOf(reply)[0], eapOf(reply)[4]]).toEqual([REQUEST, IDENTITY])
    },
  },
  {
    no: 156,
    says: 'an EAP packet in three EAP-Messages is one packet, in their order',
    async play({ nas }, { login, password }) {
      const whole = identity(login)
      const pieces = [whole.subarray(0, 3), whole.subarray(3, 7), whole.subarray(7)]
      const reply = await nas.access(attr(types.userName, login), ...pieces.map(message))
      const asked = await say(nas, login, nak(eapOf(reply)[1]!), stateOf(reply))
      const accepted = await say(nas, login, md5Response(asked, password), stateOf(asked))
      expect(textOf(accepted, types.userName)).toBe(login)
    },
  },
  {
    no: 157,
    says: 'the inner name is who is let in and billed, whatever User-Name stands outside (X6)',
    async play({ nas }, { login, password }) {
      const reply = await md5Login(nas, login, password, 'anonymous')
      expect(reply.code).toBe(codes.accessAccept)
      expect(textOf(reply, types.userName)).toBe(login)
    },
  },
  {
    no: 158,
    says: 'a User-Name outside does not lend its password to the name inside (X6)',
    async play({ nas }, { login, password }) {
      isFailure(await md5Login(nas, 'nobody', password, login))
    },
  },
  {
    no: 159,
    says: 'an identity with a NUL at its end is not the subscriber',
    async play({ nas }, { login, password }) {
      isFailure(await md5Login(nas, `${login}\0`, password))
    },
  },
  {
    no: 160,
    says: 'who is suspended is refused by EAP too',
    async play({ desk, nas }, { login, password }) {
      await desk.command('subscribers.suspend', { login })
      isFailure(await md5Login(nas, login, password))
    },
  },
  {
    no: 161,
    says: 'a repeated EAP Response gets the same octets back, and is not counted as another try',
    async play({ nas }, { login, password }) {
      const asked = await challenged(nas, login)
      const parts: Part[] = [
        signature,
        attr(types.userName, login),
        message(md5Response(asked, password)),
        stateOf(asked),
      ]
      const request = nas.packet({ code: codes.accessRequest, parts })
      const first = await nas.exchange(request, 'auth')
      expect(first.code).toBe(codes.accessAccept)
      expect((await nas.exchange(request, 'auth')).bytes).toEqual(first.bytes)
    },
  },
  {
    no: 162,
    says: 'a Nak that wants only what is not offered ends in an EAP-Failure',
    async play({ nas }, { login }) {
      const reply = await say(nas, login, identity(login))
      isFailure(await say(nas, login, eap(RESPONSE, eapOf(reply)[1]!, Buffer.of(NAK, 99)), stateOf(reply)))
    },
  },
  {
    no: 163,
    says: 'a Nak that wants nothing (type 0) ends in an EAP-Failure',
    async play({ nas }, { login }) {
      const reply = await say(nas, login, identity(login))
      isFailure(await say(nas, login, eap(RESPONSE, eapOf(reply)[1]!, Buffer.of(NAK, 0)), stateOf(reply)))
    },
  },
  {
    no: 164,
    says: 'five hundred conversations begun and left do not stop the next (X5)',
    async play({ nas }, { login, password }) {
      const begin = () => say(nas, 'probe', identity('probe'))
      for (let n = 0; n < 5; n++) await Promise.all(Array.from({ length: 100 }, begin))
      expect((await md5Login(nas, login, password)).code).toBe(codes.accessAccept)
    },
  },
]

const attacks: Case[] = [
  {
    no: 165,
    says: 'an EAP-Message without Message-Authenticator is dropped (RFC 3579 §3.1)',
    play: (lab, { login }) => silent(lab, attr(types.userName, login), message(identity(login))),
  },
  {
    no: 166,
    says: 'an EAP-Message with a wrong Message-Authenticator is dropped (RFC 3579 §3.2)',
    play: (lab, { login }) =>
      silent(
        lab,
        attr(types.messageAuthenticator, Buffer.alloc(16, 1)),
        attr(types.userName, login),
        message(identity(login)),
      ),
  },
  {
    no: 167,
    says: 'a Response with a State from nowhere is refused with an EAP-Failure',
    async play({ nas }, { login }) {
      isFailure(await say(nas, login, nak(2), attr(types.state, Buffer.alloc(16, 9))))
    },
  },
  {
    no: 168,
    says: 'a Response to a challenge that was never given is refused (X4)',
    async play({ nas }, { login, password }) {
      const made = eap(
        RESPONSE,
        5,
        Buffer.of(MD5_CHALLENGE, 16),
        md5(Buffer.of(5), Buffer.from(password), Buffer.alloc(16)),
      )
      isFailure(await say(nas, login, made))
    },
  },
  {
    no: 169,
    says: 'an MD5 answer to what was another method’s Request is refused (X4)',
    async play({ nas }, { login, password }) {
      const reply = await say(nas, login, identity(login))
      isFailure(await say(nas, login, md5Response(reply, password), stateOf(reply)))
    },
  },
  {
    no: 170,
    says: 'a State is good once: used again it is refused',
    async play({ nas }, { login, password }) {
      const asked = await challenged(nas, login)
      const answer = md5Response(asked, password)
      expect((await say(nas, login, answer, stateOf(asked))).code).toBe(codes.accessAccept)
      isFailure(await say(nas, login, answer, stateOf(asked)))
    },
  },
  {
    no: 171,
    says: 'a conversation that has failed does not go on with a second guess',
    async play({ nas }, { login, password }) {
      const asked = await challenged(nas, login)
      isFailure(await say(nas, login, md5Response(asked, 'wrong'), stateOf(asked)))
      isFailure(await say(nas, login, md5Response(asked, password), stateOf(asked)))
    },
  },
  {
    no: 172,
    says: 'the State of one conversation does not carry the answer of another (X4, CVE-2017-10984)',
    async play({ nas }, { login, password }) {
      const own = await challenged(nas, login)
      const other = await challenged(nas, 'nobody')
      const reply = await say(nas, login, md5Response(own, password), stateOf(other))
      expect(reply.code).not.toBe(codes.accessAccept)
    },
  },
  {
    no: 173,
    says: 'a State given to one router is nothing at another',
    async play(lab, { login, password }) {
      const asked = await challenged(lab.nas, login)
      const other = await lab.open('127.0.0.3')
      isFailure(await say(other, login, md5Response(asked, password), stateOf(asked)))
      const reply = await say(lab.nas, login, md5Response(asked, password), stateOf(asked))
      expect(reply.code).toBe(codes.accessAccept)
    },
  },
  {
    no: 174,
    says: 'a Response under another Identifier is dropped, and the right one may still come (RFC 3748 §4.1)',
    async play(lab, { login, password }) {
      const asked = await challenged(lab.nas, login)
      const right = md5Response(asked, password)
      const stale = Buffer.from(right)
      stale[1]! ^= 0x80
      await silent(lab, signature, attr(types.userName, login), message(stale), stateOf(asked))
      expect((await say(lab.nas, login, right, stateOf(asked))).code).toBe(codes.accessAccept)
    },
  },
  ...[
    { packet: eap(REQUEST, 1, Buffer.of(IDENTITY)), what: 'a Request from a peer' },
    { packet: eap(SUCCESS, 1), what: 'a Success from a peer' },
    { packet: eap(FAILURE, 1), what: 'a Failure from a peer' },
    { packet: eap(7, 1, Buffer.of(IDENTITY)), what: 'an EAP code that does not exist' },
    { packet: Buffer.of(RESPONSE, 1, 0), what: 'an EAP packet of three octets' },
    { packet: Buffer.of(RESPONSE, 1, 0, 3, 1), what: 'an EAP Length under its own header' },
    { packet: Buffer.of(RESPONSE, 1, 0, 200, IDENTITY, 97), what: 'an EAP Length beyond what is there' },
    { packet: Buffer.of(RESPONSE, 1, 0, 4), what: 'a Response without a type' },
  ].map(({ packet, what }, n): Case => ({
    no: 175 + n,
    says: `${what} is dropped`,
    play: (lab, { login }) => silent(lab, signature, attr(types.userName, login), message(packet)),
  })),
  ...[0, 1, 15, 17, 255].map((size, n): Case => ({
    no: 183 + n,
    says: `an MD5 answer that claims ${size} octets is refused`,
    async play({ nas }, { login, password }) {
      const asked = await challenged(nas, login)
      const lie = md5Response(asked, password)
      lie[5] = size
      isFailure(await say(nas, login, lie, stateOf(asked)))
    },
  })),
  {
    no: 188,
    says: 'a right User-Password beside EAP does not skip the conversation (X4)',
    async play({ nas }, { login, password }) {
      const reply = await say(nas, login, identity(login), pap(password))
      expect(reply.code).not.toBe(codes.accessAccept)
    },
  },
]

const PEAP = 25
/** Flags of the TLS methods (RFC 5216 §3.1). */
const LENGTH_INCLUDED = 0x80
const MORE_FRAGMENTS = 0x40

const tunnelEnds = (no: number, what: string, data: Buffer): Case => ({
  no,
  says: `${what} ends the conversation`,
  async play({ nas }, { login }) {
    const reply = await say(nas, login, identity(login))
    const id = eapOf(reply)[1]!
    expect(eapOf(reply)[4]).toBe(PEAP)
    isFailure(await say(nas, login, eap(RESPONSE, id, Buffer.of(PEAP), data), stateOf(reply)))
  },
})

const tunnels: Case[] = [
  tunnelEnds(189, 'a TLS length of three octets', Buffer.of(LENGTH_INCLUDED, 0, 0)),
  tunnelEnds(190, 'an announced TLS message of 4 GB', Buffer.of(LENGTH_INCLUDED, 255, 255, 255, 255, 22)),
  tunnelEnds(191, 'HTTP instead of a ClientHello', Buffer.from('\0GET / HTTP/1.1\r\n\r\n')),
  tunnelEnds(192, 'a tunnel method without its flags', Buffer.alloc(0)),
  {
    no: 193,
    says: 'fragments without end are not gathered without end',
    async play({ nas }, { login }) {
      let reply = await say(nas, login, identity(login))
      let rounds = 0
      const more = Buffer.concat([Buffer.of(PEAP, MORE_FRAGMENTS), Buffer.alloc(1000, 22)])
      for (; reply.code === codes.accessChallenge && rounds < 200; rounds++)
        reply = await say(nas, login, eap(RESPONSE, eapOf(reply)[1]!, more), stateOf(reply))
      isFailure(reply)
      expect(rounds).toBeLessThan(100)
    },
  },
]

wireSuite('p5-eap', [...conversations, ...attacks, ...tunnels], async ({ desk }) => {
  await desk.router('other', '127.0.0.3')
})
