/** What an answer to a login carries, who is a router, and what a repeat gets. RFC 2865, RFC 3580, RFC 4372, RFC 5080. */
import { expect } from 'vitest'
import { SECRET, wireSuite, type Case } from './lab.ts'
import {
  attr,
  codes,
  ipv4,
  signature,
  textOf,
  types,
  valueOf,
  valuesOf,
  vendor,
  vendorValueOf,
  type Draft,
  type Part,
  type Reply,
} from './packet.ts'
import { pap } from './proof.ts'

const MIKROTIK = 14_988
const OTHER_SECRET = 'the-secret-of-another-router'
const name = (login: string) => attr(types.userName, login)

/** All that a refusal tells: its code and every attribute but the signature. */
const toldBy = (reply: Reply) => {
  expect(reply.code).toBe(codes.accessReject)
  return reply.attributes.filter(({ type }) => type !== types.messageAuthenticator)
}

const answered: Case[] = [
  {
    no: 61,
    says: 'Class, rate and interim interval are in the Accept, in the vendor’s own words',
    send: ({ login, password }) => [name(login), pap(password)],
    answer: 'accept',
    holds(reply) {
      expect(valueOf(reply, types.class)?.length).toBeGreaterThan(0)
      // RouterOS reads upload first.
      expect(vendorValueOf(reply, MIKROTIK, 8)?.toString()).toMatch(/^2M\/10M/)
      // RFC 2869 §5.16: never under 60.
      expect(valueOf(reply, types.acctInterimInterval)?.readUInt32BE()).toBeGreaterThanOrEqual(60)
    },
  },
  {
    no: 62,
    says: 'a Reject carries a Reply-Message and its signature, and nothing that authorises (RFC 2865 §5.44)',
    send: ({ login }) => [name(login), pap('wrong')],
    answer: 'reject',
    holds(reply) {
      expect(reply.attributes.map(({ type }) => type)).toEqual([types.messageAuthenticator, types.replyMessage])
      expect(textOf(reply, types.replyMessage)).not.toBe('')
    },
  },
  {
    no: 63,
    says: 'a refusal says the same of an unknown user as of a wrong password',
    async play({ nas }, { login, password }) {
      const wrong = await nas.access(name(login), pap('wrong'))
      const unknown = await nas.access(name('nobody'), pap(password))
      expect(toldBy(unknown)).toEqual(toldBy(wrong))
    },
  },
  {
    no: 64,
    says: 'no answer repeats the password or the name of who was refused',
    send: ({ login }) => [name(login), pap('a-wrong-guess')],
    answer: 'reject',
    holds(reply, { login }) {
      expect(reply.bytes.toString('latin1')).not.toContain('a-wrong-guess')
      expect(reply.bytes.toString('latin1')).not.toContain(login)
    },
  },
  {
    no: 65,
    says: 'who is suspended is refused and told so; resumed, let in again',
    async play({ desk, nas }, { login, password }) {
      await desk.command('subscribers.suspend', { login })
      const refused = await nas.access(name(login), pap(password))
      expect(refused.code).toBe(codes.accessReject)
      expect(textOf(refused, types.replyMessage)).toMatch(/suspended/i)
      await desk.command('subscribers.resume', { login })
      expect((await nas.access(name(login), pap(password))).code).toBe(codes.accessAccept)
    },
  },
  {
    no: 66,
    says: 'who is suspended and gives a wrong password is not told that the account exists',
    async play({ desk, nas }, { login }) {
      await desk.command('subscribers.suspend', { login })
      const suspended = await nas.access(name(login), pap('wrong'))
      const unknown = await nas.access(name('nobody'), pap('wrong'))
      expect(toldBy(suspended)).toEqual(toldBy(unknown))
    },
  },
  {
    no: 67,
    says: 'a fixed address, a session timeout and a VLAN reach the router (RFC 3580 §3.31)',
    send: () => [name('fixed'), pap('right')],
    answer: 'accept',
    holds(reply) {
      expect(valueOf(reply, types.framedIpAddress)).toEqual(ipv4('10.20.30.40'))
      expect(valueOf(reply, types.sessionTimeout)?.readUInt32BE()).toBe(3600)
      expect(valueOf(reply, types.tunnelType)).toEqual(Buffer.from('0000000d', 'hex'))
      expect(valueOf(reply, types.tunnelMediumType)).toEqual(Buffer.from('00000006', 'hex'))
      expect(textOf(reply, types.tunnelPrivateGroupId)).toBe('77')
    },
  },
  {
    no: 68,
    says: 'a Chargeable-User-Identity of one NUL is answered with an identity, the same each time (RFC 4372)',
    async play({ nas }, { login, password }) {
      const ask = () => nas.access(name(login), pap(password), attr(types.chargeableUserIdentity, '\0'))
      const first = valueOf(await ask(), types.chargeableUserIdentity)
      expect(first?.length).toBeGreaterThan(1)
      expect(valueOf(await ask(), types.chargeableUserIdentity)).toEqual(first)
    },
  },
  {
    no: 69,
    says: 'a Chargeable-User-Identity that was not asked for is not sent (RFC 4372)',
    send: ({ login, password }) => [name(login), pap(password)],
    answer: 'accept',
    holds: (reply) => expect(valuesOf(reply, types.chargeableUserIdentity)).toEqual([]),
  },
  {
    no: 70,
    says: 'one device too many is refused, the device that is in may come again',
    async play({ nas }) {
      const from = (device: string) => nas.access(name('single'), pap('right'), attr(types.callingStationId, device))
      expect((await from('02-00-00-00-00-01')).code).toBe(codes.accessAccept)
      expect((await from('02-00-00-00-00-02')).code).toBe(codes.accessReject)
      expect((await from('02-00-00-00-00-01')).code).toBe(codes.accessAccept)
    },
  },
]

const echoing = (no: number, answer: 'accept' | 'reject'): Case => ({
  no,
  says: `ten Proxy-States come back unmodified and in order, on ${answer}`,
  send: ({ login, password }) => [
    ...Array.from({ length: 5 }, (_, i) => attr(types.proxyState, `first-${i}`)),
    name(login),
    ...Array.from({ length: 5 }, (_, i) => attr(types.proxyState, Buffer.of(255, 0, i, 0))),
    pap(answer === 'accept' ? password : 'wrong'),
  ],
  answer,
  holds(reply) {
    const sent = [0, 1, 2, 3, 4]
    expect(valuesOf(reply, types.proxyState)).toEqual([
      ...sent.map((i) => Buffer.from(`first-${i}`)),
      ...sent.map((i) => Buffer.of(255, 0, i, 0)),
    ])
  },
})

const routers: Case[] = [
  {
    no: 71,
    says: 'a router that claims another’s NAS-IP-Address and NAS-Identifier is told by where it sends from',
    send: ({ login, password }) => [
      name(login),
      pap(password),
      attr(types.nasIpAddress, ipv4('127.0.0.3')),
      attr(types.nasIdentifier, 'other'),
    ],
    answer: 'accept',
  },
  {
    no: 72,
    says: 'a request signed with another router’s secret is dropped, whatever NAS-IP-Address it claims',
    send: ({ login, password }) => ({
      secret: OTHER_SECRET,
      parts: [signature, name(login), pap(password), attr(types.nasIpAddress, ipv4('127.0.0.3'))],
    }),
    answer: 'silence',
  },
  {
    no: 73,
    says: 'that other router is served under its own secret, and answered under it',
    async play(lab, { login, password }) {
      const other = await lab.open('127.0.0.3', OTHER_SECRET)
      expect((await other.access(name(login), pap(password))).code).toBe(codes.accessAccept)
      await other.silent(other.packet({ code: 1, secret: SECRET, parts: [signature, name(login)] }), 'auth')
    },
  },
  {
    no: 74,
    says: 'an address within a router’s range is served, an address beside it is not',
    async play(lab, { login, password }) {
      const inside = await lab.open('127.0.9.200')
      expect((await inside.access(name(login), pap(password))).code).toBe(codes.accessAccept)
      const outside = await lab.stranger('127.0.10.1')
      outside.send(
        outside.packet({ code: codes.accessRequest, parts: [signature, name(login), pap(password)] }),
        'auth',
      )
      await lab.settled()
      expect(outside.strays).toEqual([])
    },
  },
  {
    no: 75,
    says: 'attributes and vendors that nobody knows are passed over (RFC 2865 §5)',
    send: ({ login, password }) => [
      attr(192, 'experimental'),
      attr(222, Buffer.alloc(253, 1)),
      vendor(4_000_000_000, attr(1, 'unheard of'), attr(255, '')),
      name(login),
      pap(password),
      attr(241, Buffer.from('0801', 'hex')),
    ],
    answer: 'accept',
  },
  {
    no: 76,
    says: 'a State that nobody gave changes nothing for a password',
    send: ({ login, password }) => [name(login), pap(password), attr(types.state, 'from nowhere')],
    answer: 'accept',
  },
  echoing(77, 'accept'),
  echoing(78, 'reject'),
  {
    no: 79,
    says: 'Proxy-States of 2,550 octets in all come back whole',
    send: ({ login, password }) => [
      name(login),
      pap(password),
      ...Array.from({ length: 10 }, (_, i) => attr(types.proxyState, Buffer.alloc(253, i))),
    ],
    answer: 'accept',
    holds(reply) {
      const values = valuesOf(reply, types.proxyState)
      expect(values.map((value) => [value.length, value[252]])).toEqual(values.map((_, i) => [253, i]))
      expect(values).toHaveLength(10)
    },
  },
]

const again = (no: number, answer: 'accept' | 'reject'): Case => ({
  no,
  says: `the same octets again get the same octets back, on ${answer} (RFC 5080 §2.2.2)`,
  async play({ nas }, { login, password }) {
    const parts: Part[] = [signature, name(login), pap(answer === 'accept' ? password : 'wrong')]
    const request = nas.packet({ code: codes.accessRequest, parts })
    const first = await nas.exchange(request, 'auth')
    expect(first.code).toBe(answer === 'accept' ? codes.accessAccept : codes.accessReject)
    await nas.access(name('nobody'), pap('between'))
    expect((await nas.exchange(request, 'auth')).bytes).toEqual(first.bytes)
  },
})

const repeated: Case[] = [
  again(80, 'accept'),
  again(81, 'reject'),
  {
    no: 82,
    says: 'the same Identifier with another authenticator is a new request, and judged anew',
    async play({ nas }, { login, password }) {
      const ask = (guess: string) =>
        nas.ask({ code: codes.accessRequest, id: 200, parts: [signature, name(login), pap(guess)] })
      expect((await ask(password)).code).toBe(codes.accessAccept)
      expect((await ask('wrong')).code).toBe(codes.accessReject)
      expect((await ask(password)).code).toBe(codes.accessAccept)
    },
  },
  {
    no: 83,
    says: 'a repeated request is answered as it was, although the subscriber was suspended meanwhile',
    async play({ desk, nas }, { login, password }) {
      const request = nas.packet({ code: codes.accessRequest, parts: [signature, name(login), pap(password)] })
      const first = await nas.exchange(request, 'auth')
      await desk.command('subscribers.suspend', { login })
      expect((await nas.exchange(request, 'auth')).bytes).toEqual(first.bytes)
      expect((await nas.access(name(login), pap(password))).code).toBe(codes.accessReject)
    },
  },
  {
    no: 84,
    says: 'the same octets from another port are another request',
    async play(lab, { login, password }) {
      const { desk, nas } = lab
      const request = nas.packet({ code: codes.accessRequest, parts: [signature, name(login), pap(password)] })
      expect((await nas.exchange(request, 'auth')).code).toBe(codes.accessAccept)
      await desk.command('subscribers.suspend', { login })
      const other = await lab.open()
      expect((await other.exchange(request, 'auth')).code).toBe(codes.accessReject)
    },
  },
  {
    no: 85,
    says: 'a forged packet under an Identifier in use does not change its answer (RFC 5080 §2.2.2)',
    async play({ desk, nas }, { login, password }) {
      const draft: Draft = { code: codes.accessRequest, parts: [signature, name(login), pap(password)] }
      const request = nas.packet(draft)
      const first = await nas.exchange(request, 'auth')
      const forged = nas.packet({ ...draft, id: request[1]!, secret: 'made up' })
      await nas.silent(forged, 'auth')
      // Judged anew, it would be refused.
      await desk.command('subscribers.suspend', { login })
      expect((await nas.exchange(request, 'auth')).bytes).toEqual(first.bytes)
    },
  },
  {
    no: 86,
    says: 'a hundred requests at once are each answered under their own Identifier',
    async play({ nas }, { login, password }) {
      const asked = Array.from({ length: 100 }, () => nas.access(name(login), pap(password)))
      for (const reply of await Promise.all(asked)) expect(reply.code).toBe(codes.accessAccept)
    },
  },
]

wireSuite('p5-answers', [...answered, ...routers, ...repeated], async ({ desk }) => {
  await desk.router('other', '127.0.0.3', OTHER_SECRET)
  await desk.router('range', '127.0.9.0/24')
  const vlan = { downKbps: 1000, upKbps: 1000, vlan: 77, sessionTimeoutSec: 3600 }
  await desk.command('plans.add', { name: 'Fixed', kind: 'pppoe', policy: vlan })
  await desk.command('plans.add', { name: 'Single', kind: 'pppoe', policy: { downKbps: 0, upKbps: 0, deviceLimit: 1 } })
  await desk.subscribers([
    { login: 'fixed', password: 'right', plan: 'Fixed', ip: '10.20.30.40' },
    { login: 'single', password: 'right', plan: 'Single' },
  ])
})
