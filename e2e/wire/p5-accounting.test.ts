/** Accounting-Request and Status-Server. RFC 2866, RFC 2869, RFC 5080, RFC 5997; attack class X3. */
import { expect } from 'vitest'
import { wireSuite, type Case, type Lab, type StoredSession } from './lab.ts'
import {
  attr,
  codes,
  ipv4,
  lying,
  signature,
  textOf,
  types,
  valueOf,
  valuesOf,
  type Draft,
  type Part,
} from './packet.ts'
import { chap, pap } from './proof.ts'

const START = 1
const STOP = 2
const INTERIM = 3
const ON = 7
const DAY_SEC = 86_400
/** Between the router's clock and the box's in one test. */
const SLACK_MS = 5000

const status = (value: number) => attr(types.acctStatusType, value)
const session = (id: string | Uint8Array) => attr(types.acctSessionId, id)
const name = (login: string) => attr(types.userName, login)
const nowSec = () => Math.floor(Date.now() / 1000)
const idOf = ({ login }: { login: string }) => `session-of-${login}`

const request = (...parts: Part[]) => ({ code: codes.accountingRequest, to: 'acct' as const, parts })

/** What the box has stored under an id; one row, or the test fails. */
async function one({ desk }: Lab, id: string): Promise<StoredSession> {
  const stored = await desk.sessions(id)
  expect(stored).toHaveLength(1)
  return stored[0]!
}

const silence = (no: number, says: string, ...parts: Part[]): Case => ({
  no,
  says,
  send: () => request(name('probe'), ...parts),
  answer: 'silence',
})

const unstored = (no: number, what: string, wrong: Pick<Draft, 'authenticator' | 'secret'>): Case => ({
  no,
  says: `${what} is dropped, and nothing is stored (RFC 2866 §3)`,
  async play(lab, who) {
    const parts = [status(START), session(idOf(who)), name(who.login)]
    await lab.nas.silent(lab.nas.packet({ ...request(...parts), ...wrong }), 'acct')
    expect(await lab.desk.sessions(idOf(who))).toEqual([])
  },
})

const signing: Case[] = [
  {
    no: 201,
    says: 'an Accounting-Request is answered without attributes, when it is stored',
    async play(lab, who) {
      const reply = await lab.nas.account(status(START), session(idOf(who)), name(who.login))
      expect(reply.code).toBe(codes.accountingResponse)
      expect(reply.attributes).toEqual([])
      expect(await one(lab, idOf(who))).toMatchObject({ state: 'start', userName: who.login })
    },
  },
  unstored(202, 'an authenticator of zeros, as some old routers send,', { authenticator: Buffer.alloc(16) }),
  unstored(203, 'a random authenticator, as in an Access-Request,', { authenticator: Buffer.alloc(16, 0xa5) }),
  unstored(204, 'an Accounting-Request under another secret', { secret: 'another' }),
  {
    no: 205,
    says: 'one bit changed in its last attribute, and an Accounting-Request is dropped',
    async play({ nas }, who) {
      const packet = nas.packet(request(status(START), session(idOf(who)), attr(types.acctOutputOctets, 1)))
      packet[packet.length - 1]! ^= 1
      await nas.silent(packet, 'acct')
    },
  },
  {
    no: 206,
    says: 'accounting with a right Message-Authenticator is answered by a signed Accounting-Response',
    async play({ nas }, who) {
      const reply = await nas.account(signature, status(START), session(idOf(who)))
      expect(reply.code).toBe(codes.accountingResponse)
      expect(valueOf(reply, types.messageAuthenticator)).toHaveLength(16)
    },
  },
  silence(
    207,
    'accounting with a wrong Message-Authenticator is dropped, though its authenticator is right',
    attr(types.messageAuthenticator, Buffer.alloc(16, 3)),
    status(START),
    session('187'),
  ),
  silence(
    208,
    'accounting with a Message-Authenticator of 15 octets is dropped',
    attr(80, Buffer.alloc(15)),
    status(ON),
  ),
]

const ended = (no: number, cause: number, terminateCause: string): Case => ({
  no,
  says: `Acct-Terminate-Cause ${cause} is told as ${terminateCause}`,
  async play(lab, who) {
    await lab.nas.account(status(STOP), session(idOf(who)), attr(types.acctTerminateCause, cause))
    expect(await one(lab, idOf(who))).toMatchObject({ state: 'stop', terminateCause })
  },
})

/** RFC 2866 §5.1 keeps them for other uses; a NAS that sends one is not to send it for ever. */
const sessionless = (no: number, value: number): Case => ({
  no,
  says: `a status of ${value}, which begins and ends no session, is answered and makes none`,
  async play(lab, who) {
    const reply = await lab.nas.account(status(value), session(idOf(who)), name(who.login))
    expect(reply.code).toBe(codes.accountingResponse)
    expect(await lab.desk.sessions(idOf(who))).toEqual([])
  },
})

const content: Case[] = [
  silence(209, 'accounting without Acct-Status-Type is dropped', session('189')),
  ...[0, 1, 3, 5, 8].map((size, n) =>
    silence(
      210 + n,
      `an Acct-Status-Type of ${size} octets is dropped (X3, CVE-2004-0131)`,
      attr(types.acctStatusType, Buffer.alloc(size, 1)),
      session('190'),
    ),
  ),
  ...[START, STOP, INTERIM].map((value, n) =>
    silence(215 + n, `status ${value} without Acct-Session-Id is dropped (RFC 2866 §5.5)`, status(value)),
  ),
  silence(218, 'a Start with an empty Acct-Session-Id is dropped', status(START), session('')),
  {
    no: 219,
    says: 'Accounting-On needs no Acct-Session-Id',
    send: () => request(status(ON), attr(types.nasIdentifier, 'nobody-lives-here')),
    answer: 'recorded',
  },
  ...[0, 9, 14, 15, 99, 0xffff_ffff].map((value, n) => sessionless(220 + n, value)),
  {
    no: 226,
    says: 'a Start without NAS-IP-Address and NAS-Identifier belongs to the router it came from',
    async play(lab, who) {
      await lab.nas.account(status(START), session(idOf(who)), name(who.login))
      expect(await one(lab, idOf(who))).toMatchObject({ nas: '', userName: who.login })
    },
  },
  {
    no: 227,
    says: 'a Start without User-Name is stored, as nobody’s',
    async play(lab, who) {
      await lab.nas.account(status(START), session(idOf(who)))
      expect(await one(lab, idOf(who))).toMatchObject({ userName: '' })
    },
  },
  {
    no: 228,
    says: 'what RFC 2866 forbids in accounting does not keep the record from being stored',
    async play(lab, who) {
      await lab.nas.account(
        status(START),
        session(idOf(who)),
        name(who.login),
        pap(who.password),
        chap(who.password),
        attr(types.replyMessage, 'hello'),
        attr(types.state, 'where'),
      )
      expect(await one(lab, idOf(who))).toMatchObject({ userName: who.login })
    },
  },
  {
    no: 229,
    says: 'counters of three and eight octets are not read as counters',
    async play(lab, who) {
      const odd = [attr(types.acctInputOctets, 'abc'), attr(types.acctOutputOctets, 'abcdefgh')]
      await lab.nas.account(status(INTERIM), session(idOf(who)), attr(types.acctSessionTime, 60), ...odd)
      expect(await one(lab, idOf(who))).toMatchObject({ inputOctets: 0, outputOctets: 0, sessionTimeSec: 60 })
    },
  },
  {
    no: 230,
    says: 'of two counters in one record the first counts',
    async play(lab, who) {
      const twice = [attr(types.acctInputOctets, 100), attr(types.acctInputOctets, 4_000_000_000)]
      await lab.nas.account(status(INTERIM), session(idOf(who)), ...twice)
      expect(await one(lab, idOf(who))).toMatchObject({ inputOctets: 100 })
    },
  },
  ended(231, 1, 'User-Request'),
  ended(232, 5, 'Session-Timeout'),
  ended(233, 6, 'Admin-Reset'),
  ended(234, 99, '99'),
  {
    no: 235,
    says: 'the address and the device of a session are stored, the device in one form',
    async play(lab, who) {
      const address = attr(types.framedIpAddress, ipv4('10.1.2.3'))
      await lab.nas.account(
        status(START),
        session(idOf(who)),
        address,
        attr(types.callingStationId, 'aa-bb-cc-00-11-22'),
      )
      expect(await one(lab, idOf(who))).toMatchObject({ framedIp: '10.1.2.3', device: 'AA:BB:CC:00:11:22' })
    },
  },
]

const began = (no: number, says: string, agoSec: () => number, parts: () => Part[]): Case => ({
  no,
  says,
  async play(lab, who) {
    await lab.nas.account(status(START), session(idOf(who)), ...parts())
    const { startedAt } = await one(lab, idOf(who))
    expect(Math.abs(Date.now() - agoSec() * 1000 - startedAt)).toBeLessThan(SLACK_MS)
  },
})

const stamp = (sec: number) => attr(types.eventTimestamp, sec)
const times: Case[] = [
  began(
    236,
    'a session began when its Event-Timestamp says',
    () => 600,
    () => [stamp(nowSec() - 600)],
  ),
  began(
    237,
    'a session began Acct-Delay-Time before its record came',
    () => 90,
    () => [attr(types.acctDelayTime, 90)],
  ),
  began(
    238,
    'an Event-Timestamp of 1970 is a router that does not know the time',
    () => 0,
    () => [stamp(0)],
  ),
  began(
    239,
    'an Event-Timestamp of 2106 is not believed',
    () => 0,
    () => [stamp(0xffff_ffff)],
  ),
  began(
    240,
    'an Event-Timestamp of next week is not believed',
    () => 0,
    () => [stamp(nowSec() + 7 * DAY_SEC)],
  ),
  began(
    241,
    'an Event-Timestamp of two octets is not read',
    () => 0,
    () => [attr(types.eventTimestamp, 'ab')],
  ),
  began(
    242,
    'an Acct-Delay-Time of 136 years is not believed',
    () => 0,
    () => [attr(types.acctDelayTime, 0xffff_ffff)],
  ),
]

const watched = (no: number, to: 'auth' | 'acct', answer: 'accept' | 'recorded'): Case[] => [
  {
    no,
    says: `a signed Status-Server on the ${to} port is answered by what that port answers (RFC 5997 §3)`,
    send: () => ({ code: codes.statusServer, to, parts: [signature] }),
    answer,
    holds: (reply) => expect(valuesOf(reply, types.class)).toEqual([]),
  },
  {
    no: no + 1,
    says: `a Status-Server without Message-Authenticator on the ${to} port is dropped`,
    send: () => ({ code: codes.statusServer, to, parts: [attr(types.nasIdentifier, 'watch')] }),
    answer: 'silence',
  },
  {
    no: no + 2,
    says: `a Status-Server with a wrong Message-Authenticator on the ${to} port is dropped`,
    send: () => ({ code: codes.statusServer, to, secret: 'another', parts: [signature] }),
    answer: 'silence',
  },
  {
    no: no + 3,
    says: `a Status-Server with NAS-Identifier and Proxy-State on the ${to} port gets its Proxy-State back`,
    send: () => ({
      code: codes.statusServer,
      to,
      parts: [attr(types.nasIdentifier, 'watch'), signature, attr(types.proxyState, 'p')],
    }),
    answer,
    holds: (reply) => expect(textOf(reply, types.proxyState)).toBe('p'),
  },
]

const exchanges: Case[] = [
  {
    no: 243,
    says: 'Proxy-States come back with an Accounting-Response, in order',
    send: (who) =>
      request(status(START), session(idOf(who)), ...['b', 'a', 'b'].map((text) => attr(types.proxyState, text))),
    answer: 'recorded',
    holds: (reply) => expect(valuesOf(reply, types.proxyState).map(String)).toEqual(['b', 'a', 'b']),
  },
  {
    no: 244,
    says: 'the same octets again get the same octets back',
    async play({ nas }, who) {
      const packet = nas.packet(request(signature, status(START), session(idOf(who)), attr(types.proxyState, 'x')))
      const first = await nas.exchange(packet, 'acct')
      expect((await nas.exchange(packet, 'acct')).bytes).toEqual(first.bytes)
    },
  },
  {
    no: 245,
    says: 'a hundred records at once are each answered, and each stored',
    async play(lab, who) {
      const ids = Array.from({ length: 100 }, (_, n) => `${idOf(who)}-${n}`)
      await Promise.all(ids.map((id) => lab.nas.account(status(START), session(id), name(who.login))))
      const { total } = await lab.desk.query<{ total: number }>('sessions.list', { login: who.login })
      expect(total).toBe(100)
    },
  },
  ...watched(246, 'auth', 'accept'),
  ...watched(250, 'acct', 'recorded'),
  {
    no: 254,
    says: 'an attribute that overruns the record is dropped with it, and nothing is stored',
    async play(lab, who) {
      await lab.nas.silent(
        lab.nas.packet(request(status(START), session(idOf(who)), lying(types.userName, 200, 'short'))),
        'acct',
      )
      expect(await lab.desk.sessions(idOf(who))).toEqual([])
    },
  },
]

wireSuite('p5-accounting', [...signing, ...content, ...times, ...exchanges])
