/** Packets that are none, and packets with something in them that is none. RFC 2865 §3 and §5, RFC 6929; attack class X2. */
import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'vitest'
import { SECRET, wireSuite, type Case, type Lab, type Who } from './lab.ts'
import {
  attr,
  codes,
  HEADER_OCTETS,
  lying,
  md5,
  octets,
  signature,
  types,
  valuesOf,
  vendor,
  type Draft,
  type Part,
  type Reply,
} from './packet.ts'
import { MICROSOFT, msChap2Value, msChapChallenge, pap } from './proof.ts'

const OCTETS_MAX = 4096
const MIKROTIK = 14_988
const name = (login: string) => attr(types.userName, login)

/** A right login, and what a case does to its octets before they leave; the signature stays right where it can. */
const broken = (no: number, says: string, bend: (packet: Buffer) => Uint8Array): Case => ({
  no,
  says: `${says} is dropped`,
  play: ({ nas }, { login, password }) =>
    nas.silent(bend(nas.packet({ code: codes.accessRequest, parts: [signature, name(login), pap(password)] })), 'auth'),
})

const signed = (no: number, says: string, draft: (who: Who) => Omit<Draft, 'code'>): Case => ({
  no,
  says: `${says} is dropped, though it is signed`,
  send: (who) => ({ code: codes.accessRequest, ...draft(who) }),
  answer: 'silence',
})

const headers: Case[] = [
  broken(261, 'an empty datagram', () => Buffer.alloc(0)),
  broken(262, 'a datagram of one octet', (packet) => packet.subarray(0, 1)),
  broken(263, 'a datagram that ends within its header', (packet) => packet.subarray(0, 19)),
  broken(264, 'a datagram without its last octet', (packet) => packet.subarray(0, -1)),
  ...[0, 1, 19, 20].map((length, n) =>
    signed(265 + n, `a Length of ${length}`, ({ login, password }) => ({
      length,
      parts: [signature, name(login), pap(password)],
    })),
  ),
  ...[4097, 65_535].map((length, n) =>
    signed(269 + n, `a Length of ${length}, beyond the datagram and beyond 4096`, ({ login, password }) => ({
      length,
      parts: [signature, name(login), pap(password)],
    })),
  ),
  signed(271, 'a packet of 4097 octets', ({ login, password }) => ({
    parts: filled(OCTETS_MAX + 1, [signature, name(login), pap(password)]),
  })),
  {
    no: 272,
    says: 'a packet of 4096 octets, the largest, is served',
    send: ({ login, password }) => filled(OCTETS_MAX - SIGNATURE_OCTETS, [name(login), pap(password)]),
    answer: 'accept',
  },
  {
    no: 273,
    says: 'octets behind the Length are padding, and no part of the packet (RFC 2865 §3)',
    send: ({ login, password }) => ({
      parts: [signature, name(login), pap(password)],
      tail: Buffer.concat([name('someone-else'), Buffer.of(0, 0, 0)]),
    }),
    answer: 'accept',
  },
  {
    no: 274,
    says: 'two packets in one datagram are the first one only',
    async play({ nas }, { login, password }) {
      const parts: Part[] = [signature, name(login), pap(password)]
      const [first, second] = [1, 2].map(() => nas.packet({ code: codes.accessRequest, parts }))
      const reply = await nas.exchange(Buffer.concat([first!, second!]), 'auth')
      expect(reply.code).toBe(codes.accessAccept)
      await nas.probe('auth')
    },
  },
]

const SIGNATURE_OCTETS = 18
const sizeOf = (part: Part): number => {
  if (part === signature) return SIGNATURE_OCTETS
  return (typeof part === 'function' ? part({ secret: '', authenticator: Buffer.alloc(16) }) : part).length
}

/** The parts, and attributes of one type that fill the packet up to so many octets. */
function filled(size: number, parts: readonly Part[], type = 222): Part[] {
  const all: Part[] = [...parts]
  let left = parts.reduce((rest, part) => rest - sizeOf(part), size - HEADER_OCTETS)
  while (left > 0) {
    // Never one octet: that would be no attribute.
    const take = left === 256 ? 200 : Math.min(left, 255)
    all.push(attr(type, Buffer.alloc(take - 2, 1)))
    left -= take
  }
  return all
}

const attributes: Case[] = [
  ...[0, 1].flatMap((length, n) => [
    signed(275 + 2 * n, `an attribute of length ${length}`, ({ login, password }) => ({
      parts: [signature, lying(types.nasPort, length, 7), name(login), pap(password)],
    })),
    signed(276 + 2 * n, `an attribute of length ${length} at the end`, ({ login, password }) => ({
      parts: [signature, name(login), pap(password), lying(types.nasPort, length, '')],
    })),
  ]),
  signed(279, 'an attribute that claims one octet more than there is', ({ login, password }) => ({
    parts: [signature, name(login), pap(password), lying(types.nasPort, 7, 7)],
  })),
  signed(280, 'a last attribute of one octet, a type without a length', ({ login, password }) => ({
    parts: [signature, name(login), pap(password), Buffer.of(types.nasPort)],
  })),
  signed(281, 'an attribute that swallows the one behind it, which then ends in the open', ({ login, password }) => ({
    parts: [signature, name(login), lying(types.nasPort, 8, 7), pap(password)],
  })),
  {
    no: 282,
    says: 'two thousand attributes of no value are read in no time',
    async play({ nas }, { login, password }) {
      const many = Array.from({ length: 2000 }, () => lying(222, 2, ''))
      const startedAt = performance.now()
      const reply = await nas.access(name(login), pap(password), ...many)
      expect(reply.code).toBe(codes.accessAccept)
      expect(performance.now() - startedAt).toBeLessThan(1000)
    },
  },
  {
    no: 283,
    says: 'numbers of one, three and eight octets are not read as numbers, and the login is served',
    send: ({ login, password }) => [
      attr(types.nasPort, Buffer.of(1)),
      attr(types.serviceType, Buffer.of(0, 0, 10)),
      attr(12, Buffer.alloc(8)),
      attr(types.nasIpAddress, Buffer.alloc(3)),
      name(login),
      pap(password),
    ],
    answer: 'accept',
  },
  {
    no: 284,
    says: 'attributes of no value, where a value is usual, are as if they were not there',
    send: ({ login, password }) => [
      ...[types.callingStationId, types.calledStationId, types.nasIdentifier, types.acctSessionId, 87].map((type) =>
        attr(type, ''),
      ),
      name(login),
      pap(password),
    ],
    answer: 'accept',
  },
]

const odd = (no: number, says: string, inside: Uint8Array): Case => ({
  no,
  says: `a Vendor-Specific ${says} is passed over (RFC 6929 §2.8: the attribute is invalid, the packet is not)`,
  send: ({ login, password }) => [lying(types.vendorSpecific, inside.length + 2, inside), name(login), pap(password)],
  answer: 'accept',
})
const inVendor = (id: number, ...inside: number[]) => Buffer.concat([octets(id), Uint8Array.from(inside)])

const CHALLENGE = Buffer.alloc(16, 0x41)
const exchangeOf = ({ login, password }: Who) => ({
  user: login,
  password,
  challenge: CHALLENGE,
  peerChallenge: Buffer.alloc(16, 0x42),
})

const vendors: Case[] = [
  odd(285, 'without a value', Buffer.alloc(0)),
  odd(286, 'of three octets, less than a vendor’s number', Buffer.of(0, 0, 1)),
  odd(287, 'with nothing but a vendor’s number', inVendor(MIKROTIK)),
  odd(288, 'whose vendor type has no length', inVendor(MIKROTIK, 8)),
  odd(289, 'with a vendor length of 0 (CVE-2001-1377 and following)', inVendor(MIKROTIK, 8, 0, 1, 1)),
  odd(290, 'with a vendor length of 1', inVendor(MICROSOFT, 25, 1, 1, 1)),
  odd(291, 'with a vendor length beyond its end', inVendor(MICROSOFT, 11, 200, 1, 1)),
  ...[0, 1, 51, 200].map((length, n): Case => ({
    no: 292 + n,
    says: `a right MS-CHAP2-Response with a vendor length of ${length} instead of 52 proves nothing`,
    send: (who) => [
      name(who.login),
      msChapChallenge(CHALLENGE),
      vendor(MICROSOFT, lying(25, length, msChap2Value(exchangeOf(who)))),
    ],
    answer: 'reject',
  })),
  ...[241, 244, 245, 246].map((type, n): Case => ({
    no: 296 + n,
    says: `an extended attribute ${type} cut short is passed over (RFC 6929 §2.8)`,
    send: ({ login, password }) => [attr(type, ''), attr(type, Buffer.of(1)), name(login), pap(password)],
    answer: 'accept',
  })),
]

const unwanted = (no: number, to: 'auth' | 'acct', code: number, says: string): Case => ({
  no,
  says: `${says} on the ${to} port is dropped`,
  send: ({ login, password }) => ({
    code,
    to,
    parts: [signature, name(login), pap(password), attr(types.acctStatusType, 1)],
  }),
  answer: 'silence',
})

const strayCodes: Case[] = [
  unwanted(300, 'auth', 0, 'a packet of code 0'),
  unwanted(301, 'auth', codes.accessAccept, 'an Access-Accept'),
  unwanted(302, 'auth', codes.accessChallenge, 'an Access-Challenge'),
  unwanted(303, 'auth', codes.accountingRequest, 'an Accounting-Request'),
  unwanted(304, 'auth', codes.statusClient, 'a Status-Client'),
  unwanted(305, 'auth', codes.disconnectRequest, 'a Disconnect-Request'),
  unwanted(306, 'auth', codes.coaRequest, 'a CoA-Request'),
  unwanted(307, 'auth', 255, 'a packet of code 255'),
  unwanted(308, 'acct', codes.accessRequest, 'an Access-Request'),
  unwanted(309, 'acct', codes.accountingResponse, 'an Accounting-Response'),
  unwanted(310, 'acct', codes.disconnectRequest, 'a Disconnect-Request'),
]

/** What the box takes of Proxy-States: with more of them an answer might have no room. */
const PROXY_STATE_OCTETS_MAX = 3072

/** The login and so many octets of Proxy-States. */
const proxied = ({ login, password }: Who, size = PROXY_STATE_OCTETS_MAX): Part[] => [
  name(login),
  pap(password),
  ...filled(HEADER_OCTETS + size, [], types.proxyState),
]

/** Nothing is answered, and the box goes on: a thread that dies takes the box with it. */
async function unanswered({ nas }: Lab, parts: readonly Part[], witness: () => Promise<Reply>): Promise<void> {
  await nas.silent(nas.packet({ code: codes.accessRequest, parts: [signature, ...parts] }), 'auth', witness)
}

const HOME_SECRET = 'between-the-two'

/** A home server that accepts everyone, with more attributes than go well with the Proxy-States of this hop. */
async function startHomeServer(lab: Lab): Promise<void> {
  const home = createSocket('udp4')
  lab.closes(() => home.close())
  home.bind(0, '127.0.0.1')
  await once(home, 'listening')
  home.on('message', (request, from) => {
    const signed = [
      attr(types.messageAuthenticator, Buffer.alloc(16)),
      ...Array.from({ length: 8 }, () => attr(types.replyMessage, 'x'.repeat(253))),
    ]
    const answer = Buffer.concat([Buffer.of(codes.accessAccept, request[1]!, 0, 0), request.subarray(4, 20), ...signed])
    answer.writeUInt16BE(answer.length, 2)
    createHmac('md5', HOME_SECRET).update(answer).digest().copy(answer, 22)
    md5(answer, Buffer.from(HOME_SECRET)).copy(answer, 4)
    home.send(answer, from.port, from.address)
  })
  const { port } = home.address()
  const server = { name: 'home', role: 'proxy', realm: 'elsewhere', host: '127.0.0.1', port, secret: HOME_SECRET }
  await lab.desk.command('remoteServers.add', server)
}

const overfullAnswers: Case[] = [
  {
    no: 311,
    says: 'a login with more Proxy-States than an answer can carry is dropped',
    send: (who) => proxied(who, PROXY_STATE_OCTETS_MAX + 2),
    answer: 'silence',
  },
  {
    no: 312,
    says: 'as many as it can carry come back whole, also when a first use is written down before the answer',
    send: () => proxied({ login: 'first', password: 'right' }),
    answer: 'accept',
    holds(reply) {
      const octetsBack = valuesOf(reply, types.proxyState).reduce((sum, value) => sum + value.length + 2, 0)
      expect(octetsBack).toBe(PROXY_STATE_OCTETS_MAX)
    },
  },
  {
    no: 313,
    says: 'a home server’s answer that has no room beside the Proxy-States is not passed on, and the box goes on',
    async play(lab) {
      const who = { login: 'amina@elsewhere', password: 'x' }
      const sentOn = () => lab.nas.access(name(who.login), pap(who.password))
      // Fronts read the home servers once a second.
      await expect.poll(sentOn, { timeout: 5000 }).toMatchObject({ code: codes.accessAccept })
      await unanswered(lab, proxied(who), sentOn)
    },
  },
  {
    no: 314,
    says: 'a login for a home server that would not fit with our signature is not sent on, and not answered',
    async play(lab) {
      const old = await lab.open('127.0.0.3')
      const sentOn = () => old.access(name('amina@elsewhere'), pap('x'))
      await expect.poll(sentOn, { timeout: 5000 }).toMatchObject({ code: codes.accessAccept })
      await old.silent(
        old.packet({ code: codes.accessRequest, parts: filled(OCTETS_MAX, [name('amina@elsewhere'), pap('x')]) }),
        'auth',
        sentOn,
      )
    },
  },
]

wireSuite('p5-malformed', [...headers, ...attributes, ...vendors, ...strayCodes, ...overfullAnswers], async (lab) => {
  const { desk } = lab
  await startHomeServer(lab)
  await desk.router('old', '127.0.0.3', SECRET, { requireMessageAuthenticator: 'no' })
  await desk.command('plans.add', {
    name: 'Voucher',
    kind: 'hotspot',
    policy: { downKbps: 1000, upKbps: 1000 },
    validitySec: 3600,
  })
  await desk.subscribers([
    { login: 'first', password: 'right', plan: 'Voucher' },
    { login: 'second', password: 'right', plan: 'Voucher' },
  ])
})
