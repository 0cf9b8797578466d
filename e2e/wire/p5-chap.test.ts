/** CHAP, MS-CHAPv1 and MS-CHAPv2. RFC 2865 §5.3, RFC 2433, RFC 2548, RFC 2759, RFC 3079. */
import { expect } from 'vitest'
import { SECRET, wireSuite, type Case, type Who } from './lab.ts'
import { attr, codes, types, vendor, vendorValueOf, type Part, type Reply } from './packet.ts'
import {
  authenticatorResponse,
  chap,
  chapChallenge,
  MICROSOFT,
  mppeKeys,
  msChap1,
  msChap2,
  msChap2Value,
  msChapChallenge,
  ntResponse,
  openSalted,
  pap,
  type MsChap2,
} from './proof.ts'

const name = (login: string) => attr(types.userName, login)
const CHALLENGE = Buffer.from('0123456789abcdef')
const PEER = Buffer.from('fedcba9876543210')

const chapOf = (size: number) => Buffer.alloc(size, 0x5a)

const chaps: Case[] = [
  {
    no: 101,
    says: 'CHAP over the Request Authenticator is accepted',
    send: ({ login, password }) => [name(login), chap(password)],
    answer: 'accept',
  },
  {
    no: 102,
    says: 'a wrong CHAP response is refused',
    send: ({ login }) => [name(login), chap('wrong')],
    answer: 'reject',
  },
  ...[5, 16, 32, 253].map((size, n): Case => ({
    no: 103 + n,
    says: `CHAP over a CHAP-Challenge of ${size} octets is accepted`,
    send: ({ login, password }) => [name(login), chapChallenge(chapOf(size)), chap(password, chapOf(size))],
    answer: 'accept',
  })),
  {
    no: 107,
    says: 'with a CHAP-Challenge, a response over the Request Authenticator is refused (RFC 2865 §2.2)',
    send: ({ login, password }) => [name(login), chapChallenge(chapOf(16)), chap(password)],
    answer: 'reject',
  },
  {
    no: 108,
    says: 'without its CHAP-Challenge a response is refused',
    send: ({ login, password }) => [name(login), chap(password, chapOf(16))],
    answer: 'reject',
  },
  {
    no: 109,
    says: 'a response to an empty CHAP-Challenge, good for ever, is refused (RFC 2865 §5.40: five octets at least)',
    send: ({ login, password }) => [name(login), chapChallenge(chapOf(0)), chap(password, chapOf(0))],
    answer: 'reject',
  },
  ...[0, 1, 16, 18, 34].map((size, n): Case => ({
    no: 110 + n,
    says: `a CHAP-Password of ${size} octets instead of 17 is refused`,
    send: ({ login, password }) => [
      name(login),
      (context) => {
        const right = chap(password)(context).subarray(2)
        return attr(types.chapPassword, Buffer.concat([right, right]).subarray(0, size))
      },
    ],
    answer: 'reject',
  })),
  ...[0, 255].map((ident, n): Case => ({
    no: 115 + n,
    says: `a CHAP Identifier of ${ident} is as good as any`,
    send: ({ login, password }) => [name(login), chap(password, undefined, ident)],
    answer: 'accept',
  })),
  {
    no: 117,
    says: 'a CHAP Identifier changed on the way makes the response wrong',
    send: ({ login, password }) => [
      name(login),
      (context) => {
        const packet = chap(password)(context)
        packet[2]! ^= 1
        return packet
      },
    ],
    answer: 'reject',
  },
  {
    no: 118,
    says: 'a wrong User-Password beside a right CHAP-Password is refused (RFC 2865 §4.1: never both)',
    send: ({ login, password }) => [name(login), pap('wrong'), chap(password)],
    answer: 'reject',
  },
  {
    no: 119,
    says: 'a wrong CHAP-Password beside a right User-Password is refused (RFC 2865 §4.1: never both)',
    send: ({ login, password }) => [name(login), pap(password), chap('wrong')],
    answer: 'reject',
  },
  {
    no: 120,
    says: 'a CHAP response recorded from one request proves nothing in another',
    async play({ nas }, { login, password }) {
      let recorded: Buffer = Buffer.alloc(0)
      const right: Part = (context) => {
        recorded = chap(password)(context)
        return recorded
      }
      expect((await nas.access(name(login), right)).code).toBe(codes.accessAccept)
      expect((await nas.access(name(login), recorded)).code).toBe(codes.accessReject)
    },
  },
]

const twice: Case[] = [
  {
    no: 148,
    says: 'of two CHAP-Passwords the first does not help the second (RFC 2865 §5.44)',
    send: ({ login, password }) => [name(login), chap(password), chap('wrong')],
    answer: 'reject',
  },
  {
    no: 149,
    says: 'of two CHAP-Passwords the second does not help the first (RFC 2865 §5.44)',
    send: ({ login, password }) => [name(login), chap('wrong'), chap(password)],
    answer: 'reject',
  },
]

const exchangeOf = ({ login, password }: Who, more: Partial<MsChap2> = {}): MsChap2 => ({
  user: login,
  password,
  challenge: CHALLENGE,
  peerChallenge: PEER,
  ...more,
})

const errorOf = (reply: Reply) => vendorValueOf(reply, MICROSOFT, 2)!
const response = (value: Uint8Array) => vendor(MICROSOFT, attr(25, value))
const keysOf = (reply: Reply) => {
  const context = { secret: SECRET, authenticator: reply.requestAuthenticator }
  const salted = [16, 17].map((type) => vendorValueOf(reply, MICROSOFT, type)!)
  return { salted, open: salted.map((value) => openSalted(value, context)) }
}

const identOf = (no: number, ident: number): Case => ({
  no,
  says: `an Ident of ${ident} comes back in the success`,
  send: (who) => [name(who.login), ...msChap2(exchangeOf(who, { ident }))],
  answer: 'accept',
  holds: (reply) => expect(vendorValueOf(reply, MICROSOFT, 26)![0]).toBe(ident),
})

const second: Case[] = [
  {
    no: 121,
    says: 'MS-CHAPv2 is accepted, and the server proves that it knows the password too',
    send: (who) => [name(who.login), ...msChap2(exchangeOf(who))],
    answer: 'accept',
    holds(reply, who) {
      const success = vendorValueOf(reply, MICROSOFT, 26)!
      expect(success).toHaveLength(43)
      expect(success[0]).toBe(7)
      expect(success.toString('latin1', 1)).toBe(authenticatorResponse(exchangeOf(who)))
    },
  },
  {
    no: 122,
    says: 'the keys of the link are those the peer computes, salted apart with the top bit set (RFC 2548 §2.4.2)',
    send: (who) => [name(who.login), ...msChap2(exchangeOf(who))],
    answer: 'accept',
    holds(reply, who) {
      const { salted, open } = keysOf(reply)
      const { send, receive } = mppeKeys(exchangeOf(who))
      expect(open).toEqual([send, receive])
      const [one, other] = salted.map((value) => value.readUInt16BE())
      expect(one).not.toBe(other)
      expect(one! & other! & 0x8000).toBe(0x8000)
    },
  },
  {
    no: 123,
    says: 'MS-CHAPv2 with a wrong password is refused by E=691, no retry, version 3, under its own Ident (RFC 2759 §6)',
    send: (who) => [name(who.login), ...msChap2(exchangeOf(who, { password: 'wrong', ident: 42 }))],
    answer: 'reject',
    holds(reply) {
      expect(errorOf(reply)[0]).toBe(42)
      expect(errorOf(reply).toString('latin1', 1)).toMatch(/^E=691 R=0( C=[0-9A-F]{32})? V=3( M=.*)?$/)
      expect([16, 17, 26].map((type) => vendorValueOf(reply, MICROSOFT, type))).toEqual([
        undefined,
        undefined,
        undefined,
      ])
    },
  },
  {
    no: 124,
    says: 'MS-CHAPv2 of a suspended subscriber with the right password is refused by E=647',
    async play({ desk, nas }, who) {
      await desk.command('subscribers.suspend', { login: who.login })
      const reply = await nas.access(name(who.login), ...msChap2(exchangeOf(who)))
      expect(reply.code).toBe(codes.accessReject)
      expect(errorOf(reply).toString('latin1', 1)).toMatch(/^E=647 /)
    },
  },
  identOf(125, 0),
  identOf(126, 255),
  {
    no: 127,
    says: 'an NT-Response to another challenge is refused',
    send: (who) => [
      name(who.login),
      msChapChallenge(CHALLENGE),
      response(msChap2Value(exchangeOf(who, { challenge: PEER }))),
    ],
    answer: 'reject',
  },
  {
    no: 128,
    says: 'an NT-Response with another peer challenge is refused',
    send: (who) => [
      name(who.login),
      msChapChallenge(CHALLENGE),
      response(msChap2Value(exchangeOf(who, { peerChallenge: CHALLENGE }), ntResponse(exchangeOf(who)))),
    ],
    answer: 'reject',
  },
  {
    no: 129,
    says: 'the server’s challenge reflected as the peer’s does not spare the right response',
    send: (who) => [name(who.login), ...msChap2(exchangeOf(who, { peerChallenge: CHALLENGE, password: 'wrong' }))],
    answer: 'reject',
  },
  {
    no: 130,
    says: 'an NT-Response for another name is refused',
    send: (who) => [
      name(who.login),
      msChapChallenge(CHALLENGE),
      response(msChap2Value(exchangeOf({ ...who, login: who.login.toUpperCase() }))),
    ],
    answer: 'reject',
  },
  {
    no: 131,
    says: 'an NT-Response of zeros is refused',
    send: (who) => [
      name(who.login),
      msChapChallenge(CHALLENGE),
      response(msChap2Value(exchangeOf(who), Buffer.alloc(24))),
    ],
    answer: 'reject',
  },
  ...[0, 1, 49, 51].map((size, n): Case => ({
    no: 132 + n,
    says: `an MS-CHAP2-Response of ${size} octets instead of 50 is refused`,
    send: (who) => [
      name(who.login),
      msChapChallenge(CHALLENGE),
      response(Buffer.concat([msChap2Value(exchangeOf(who)), Buffer.alloc(1)]).subarray(0, size)),
    ],
    answer: 'reject',
  })),
  ...[0, 8, 17].map((size, n): Case => {
    const challenge = Buffer.alloc(size, 0x33)
    return {
      no: 136 + n,
      says: `MS-CHAPv2 over an MS-CHAP-Challenge of ${size} octets instead of 16 is refused`,
      send: (who) => [name(who.login), ...msChap2(exchangeOf(who, { challenge }))],
      answer: 'reject',
    }
  }),
  {
    no: 139,
    says: 'MS-CHAPv2 without its MS-CHAP-Challenge is refused',
    send: (who) => [name(who.login), response(msChap2Value(exchangeOf(who)))],
    answer: 'reject',
  },
  {
    no: 140,
    says: 'challenge and response packed into one Vendor-Specific are read (RFC 2865 §5.26)',
    send: (who) => [name(who.login), vendor(MICROSOFT, attr(11, CHALLENGE), attr(25, msChap2Value(exchangeOf(who))))],
    answer: 'accept',
  },
  {
    no: 141,
    says: 'the same attributes under another vendor’s number prove nothing',
    send: (who) => [name(who.login), vendor(9, attr(11, CHALLENGE), attr(25, msChap2Value(exchangeOf(who))))],
    answer: 'reject',
  },
  {
    no: 142,
    says: 'a name and a password beyond ASCII are hashed as they came, UTF-8 and UTF-16',
    send: () => [name('mwangi-ŵ'), ...msChap2(exchangeOf({ login: 'mwangi-ŵ', password: 'nenosiri-✓' }))],
    answer: 'accept',
  },
  {
    no: 143,
    says: 'a wrong User-Password beside a right MS-CHAPv2 response is refused',
    send: (who) => [name(who.login), pap('wrong'), ...msChap2(exchangeOf(who))],
    answer: 'reject',
  },
]

const first: Case[] = [
  {
    no: 144,
    says: 'MS-CHAPv1 is accepted with keys for the link, and no proof of version 2',
    send: ({ login, password }) => [name(login), ...msChap1(password, CHALLENGE.subarray(0, 8))],
    answer: 'accept',
    holds(reply) {
      expect(vendorValueOf(reply, MICROSOFT, 12)).toHaveLength(32)
      expect(vendorValueOf(reply, MICROSOFT, 26)).toBeUndefined()
    },
  },
  {
    no: 145,
    says: 'MS-CHAPv1 with a wrong password is refused by E=691',
    send: ({ login }) => [name(login), ...msChap1('wrong', CHALLENGE.subarray(0, 8), 9)],
    answer: 'reject',
    holds: (reply) => expect(errorOf(reply).toString('latin1')).toMatch(/^\tE=691 R=0/),
  },
  {
    no: 146,
    says: 'MS-CHAPv1 over a challenge of 7 octets is refused',
    send: ({ login, password }) => [
      name(login),
      ...msChap1(password, CHALLENGE.subarray(0, 8)).slice(1),
      msChapChallenge(CHALLENGE.subarray(0, 7)),
    ],
    answer: 'reject',
  },
  {
    no: 147,
    says: 'MS-CHAPv1 with only the broken LAN Manager half is refused',
    send: ({ login }) => [
      name(login),
      msChapChallenge(CHALLENGE.subarray(0, 8)),
      vendor(MICROSOFT, attr(1, Buffer.concat([Buffer.of(7, 0), Buffer.alloc(24, 5), Buffer.alloc(24)]))),
    ],
    answer: 'reject',
  },
]

wireSuite('p5-chap', [...chaps, ...twice, ...second, ...first], ({ desk }) =>
  desk.subscribers([{ login: 'mwangi-ŵ', password: 'nenosiri-✓' }]),
)
