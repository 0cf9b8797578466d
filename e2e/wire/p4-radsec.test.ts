/** RADIUS packets inside TLS: where one ends, what closes the connection, what only is dropped. RFC 6613, 6614, 9765. */
import { expect } from 'vitest'
import { wireSuite, type Case, type Lab, type Who } from './lab.ts'
import {
  attr,
  codes,
  ipv4,
  md5,
  signature,
  textOf,
  types,
  valueOf,
  valuesOf,
  vendorValueOf,
  type Part,
} from './packet.ts'
import { chapChallenge, MICROSOFT, mppeKeys, msChap2, openSalted, pap } from './proof.ts'
import { build11, Certificates, dial, RADSEC_SECRET, type ClientTls, type Tunnel } from './tunnel.ts'

const START = 1
const OCTETS_MAX = 4096
const name = (login: string) => attr(types.userName, login)
const login = (who: Who): Part[] => [name(who.login), pap(who.password)]
const sessionOf = ({ login }: Who) => `session-of-${login}`
const start = (who: Who): Buffer[] => [
  attr(types.acctStatusType, START),
  attr(types.acctSessionId, sessionOf(who)),
  name(who.login),
]

/** The router `far`, whose address nobody sends from. */
let far: ClientTls

type Played = { readonly tunnel: Tunnel; readonly who: Who; readonly lab: Lab }
const over = (no: number, says: string, play: (played: Played) => Promise<unknown>, protocol?: string): Case => ({
  no,
  says,
  async play(lab, who) {
    const tunnel = await dial(lab, { ...far, ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }) })
    expect(tunnel.socket.alpnProtocol).toBe(protocol ?? false)
    await play({ tunnel, who, lab })
  },
})

const same = (actual: unknown, expected: unknown): void => expect(actual).toEqual(expected)

const accepted = async (tunnel: Tunnel, request: Buffer) => {
  const reply = await tunnel.replyTo(request)
  expect(reply.code).toBe(codes.accessAccept)
  return reply
}

/** The request, cut at these octets into records. */
const inRecords = (no: number, says: string, ...cuts: number[]): Case =>
  over(no, `a request ${says} is answered`, async ({ tunnel, who }) => {
    const request = tunnel.access(...login(who))
    await tunnel.write(...[...cuts, request.length].map((end, n) => request.subarray(cuts[n - 1] ?? 0, end)))
    await accepted(tunnel, request)
  })

/** The largest packet there is. */
const largest = (tunnel: Tunnel, who: Who): Buffer => {
  const parts = login(who)
  const small = tunnel.access(...parts).length
  const filler: Buffer[] = []
  for (let left = OCTETS_MAX - small; left > 0;) {
    const take = left === 256 ? 200 : Math.min(left, 255)
    filler.push(attr(222, Buffer.alloc(take - 2)))
    left -= take
  }
  const whole = tunnel.access(...parts, ...filler)
  same(whole.length, OCTETS_MAX)
  return whole
}

const stored = async ({ lab, who }: Pick<Played, 'lab' | 'who'>, ...rows: object[]): Promise<void> => {
  await expect.poll(() => lab.desk.sessions(sessionOf(who)), { timeout: 5000 }).toMatchObject(rows)
}

const records: Case[] = [
  inRecords(1, 'in a record of its own'),
  inRecords(2, 'in two records, cut in the header', 3),
  inRecords(3, 'in two records, cut behind the header', 20),
  inRecords(4, 'in three records, cut in the Length and in an attribute', 3, 30),
  over(5, 'a request octet by octet is answered', async ({ tunnel, who }) => {
    const request = tunnel.access(...login(who))
    await tunnel.write(...[...request].map((octet) => Buffer.of(octet)))
    await accepted(tunnel, request)
  }),
  over(6, 'a hundred requests in one record are answered, each under its own Identifier', async ({ tunnel, who }) => {
    const requests = Array.from({ length: 100 }, () => tunnel.access(...login(who)))
    await tunnel.write(Buffer.concat(requests))
    for (const request of requests) await accepted(tunnel, request)
  }),
  over(7, 'a request and a half in one record, the other half in the next', async ({ tunnel, who }) => {
    const [first, second] = [tunnel.access(...login(who)), tunnel.access(...login(who))]
    await tunnel.write(Buffer.concat([first, second.subarray(0, 25)]))
    await accepted(tunnel, first)
    await tunnel.write(second.subarray(25))
    await accepted(tunnel, second)
  }),
  over(8, 'a request of 4096 octets, the largest, is answered', async ({ tunnel, who }) => {
    const request = largest(tunnel, who)
    await tunnel.write(request)
    await accepted(tunnel, request)
  }),
  over(9, 'four of the largest fill a record to its last octet, and are answered', async ({ tunnel, who }) => {
    const requests = Array.from({ length: 4 }, () => largest(tunnel, who))
    await tunnel.write(Buffer.concat(requests))
    for (const request of requests) await accepted(tunnel, request)
  }),
  over(10, 'a login and accounting in one record, under one Identifier, are both answered', async (played) => {
    const { tunnel, who } = played
    const asked = tunnel.packet({ code: codes.accessRequest, id: 77, parts: [signature, ...login(who)] })
    const told = tunnel.packet({ code: codes.accountingRequest, id: 77, parts: start(who) })
    await tunnel.write(Buffer.concat([told, asked]))
    // The login is answered at once, the record when it is on disk.
    await accepted(tunnel, asked)
    await recorded(tunnel, told)
    await stored(played, { state: 'start', userName: who.login })
  }),
]

const recorded = async (tunnel: Tunnel, request: Buffer): Promise<void> => {
  const reply = await tunnel.replyTo(request)
  expect(reply.code).toBe(codes.accountingResponse)
}

/** A right login with some octets of it changed, and a right one behind it: neither is answered, and the box goes on. */
const closing = (no: number, says: string, offset: number, ...octets: number[]): Case =>
  over(no, `${says} closes the connection, and what follows is not answered`, async ({ tunnel, who, lab }) => {
    const bad = tunnel.access(...login(who))
    bad.set(octets, offset)
    await tunnel.refused(Buffer.concat([bad, tunnel.access(...login(who))]))
    await goesOn(lab, who)
  })

/** Whoever comes next is served, and what was stored until now is on disk. */
const goesOn = async (lab: Lab, who: Who): Promise<void> => {
  const tunnel = await dial(lab, far)
  const asked = tunnel.access(...login(who))
  await tunnel.write(asked)
  await accepted(tunnel, asked)
  const after = [attr(types.acctStatusType, START), attr(types.acctSessionId, `after-${sessionOf(who)}`)]
  const told = tunnel.packet({ code: codes.accountingRequest, parts: after })
  await tunnel.write(told)
  await recorded(tunnel, told)
}

const badLengths: Case[] = [
  closing(11, 'a Length of 0', 2, 0, 0),
  closing(12, 'a Length of 19', 2, 0, 19),
  closing(13, 'a Length of 4097', 2, 0x10, 0x01),
  closing(14, 'a Length of 65,535', 2, 0xff, 0xff),
  closing(15, 'an attribute of length 0', 39, 0),
  closing(16, 'an attribute of length 1', 39, 1),
  closing(17, 'an attribute beyond the end of its packet', 39, 255),
  closing(18, 'a wrong Message-Authenticator', 30, 1, 2, 3),
  over(19, 'accounting under the router’s UDP secret closes the connection, and is not stored', async (played) => {
    const { tunnel, who, lab } = played
    await tunnel.refused(tunnel.packet({ code: codes.accountingRequest, secret: FAR_SECRET, parts: start(who) }))
    await goesOn(lab, who)
    await stored(played)
  }),
  over(20, 'HTTP inside TLS closes the connection', ({ tunnel }) =>
    tunnel.refused(Buffer.from('GET / HTTP/1.1\r\nHost: lango.local\r\n\r\n')),
  ),
  over(21, 'octets by the hundred thousand without an end to them close the connection', ({ tunnel }) =>
    tunnel.refused(Buffer.alloc(200_000, 0xff)),
  ),
  over(22, 'a connection that ends within a packet leaves nothing of it behind', async (played) => {
    const { tunnel, who, lab } = played
    const told = tunnel.packet({ code: codes.accountingRequest, parts: start(who) })
    tunnel.socket.end(told.subarray(0, -1))
    await tunnel.closed
    await goesOn(lab, who)
    await stored(played)
  }),
  over(23, 'a record that came whole before a bad Length is stored', async (played) => {
    const { tunnel, who } = played
    const told = tunnel.packet({ code: codes.accountingRequest, parts: start(who) })
    tunnel.socket.write(Buffer.concat([told, Buffer.alloc(20)]))
    await tunnel.closed
    await stored(played, { state: 'start' })
  }),
  over(24, 'a fault on one connection is none on another of the same router', async ({ tunnel, who, lab }) => {
    const other = await dial(lab, far)
    await other.refused(Buffer.alloc(20))
    await tunnel.silent()
    const request = tunnel.access(...login(who))
    await tunnel.write(request)
    await accepted(tunnel, request)
  }),
]

const EXCHANGE = { challenge: Buffer.alloc(16, 1), peerChallenge: Buffer.alloc(16, 2) }
const eapIdentity = (who: Who) =>
  attr(types.eapMessage, Buffer.concat([Buffer.of(2, 1, 0, 5 + who.login.length, 1), Buffer.from(who.login)]))

const travelling: Case[] = [
  over(25, 'a Status-Server is answered by an Access-Accept, as the first and the last word', async ({ tunnel }) => {
    await tunnel.silent()
    await tunnel.silent()
  }),
  over(26, 'a Status-Server without Message-Authenticator is dropped, and the connection stays', ({ tunnel }) =>
    tunnel.silent(tunnel.packet({ code: codes.statusServer, parts: [attr(types.nasIdentifier, 'far')] })),
  ),
  over(
    27,
    'codes that a server is not asked are dropped, and the connection stays (RFC 6613 §2.6.4)',
    ({ tunnel, who }) =>
      tunnel.silent(
        ...[0, 6, codes.statusClient, codes.disconnectRequest, codes.coaRequest, 255].map((code) =>
          tunnel.packet({ code, parts: [signature, name(who.login)] }),
        ),
      ),
  ),
  over(28, 'replies to nothing are dropped, and the connection stays (RFC 6613 §2.6.4)', ({ tunnel, who }) =>
    tunnel.silent(
      ...[codes.accessAccept, codes.accessReject, codes.accountingResponse, codes.accessChallenge, 41, 44].map((code) =>
        tunnel.packet({ code, parts: [signature, name(who.login)] }),
      ),
    ),
  ),
  over(
    29,
    'the same octets again get the same octets back, although the subscriber was suspended meanwhile',
    async (played) => {
      const { tunnel, who, lab } = played
      const request = tunnel.access(...login(who))
      await tunnel.write(request)
      const first = await accepted(tunnel, request)
      await lab.desk.command('subscribers.suspend', { login: who.login })
      await tunnel.write(request)
      const again = await accepted(tunnel, request)
      same(again.bytes, first.bytes)
    },
  ),
  over(30, 'an unsigned login with Proxy-State is served: TLS is its signature', async ({ tunnel, who }) => {
    const parts = [...login(who), attr(types.proxyState, 'hop')]
    const reply = await tunnel.ask({ code: codes.accessRequest, parts })
    same([reply.code, textOf(reply, types.proxyState)], [codes.accessAccept, 'hop'])
  }),
  over(31, 'an EAP-Message without Message-Authenticator is dropped (RFC 3579 §3.1)', ({ tunnel, who }) =>
    tunnel.silent(tunnel.packet({ code: codes.accessRequest, parts: [name(who.login), eapIdentity(who)] })),
  ),
  over(32, 'EAP goes through the tunnel as over UDP', async ({ tunnel, who }) => {
    const reply = await tunnel.ask({ code: codes.accessRequest, parts: [signature, name(who.login), eapIdentity(who)] })
    same([reply.code, valueOf(reply, types.state) !== undefined], [codes.accessChallenge, true])
  }),
  over(33, 'a wrong password is refused with a Reply-Message', async ({ tunnel, who }) => {
    const reply = await tunnel.ask({ code: codes.accessRequest, parts: [signature, name(who.login), pap('wrong')] })
    same([reply.code, textOf(reply, types.replyMessage) !== undefined], [codes.accessReject, true])
  }),
  over(34, 'the keys of MS-CHAPv2 are hidden under the word radsec', async ({ tunnel, who }) => {
    const exchange = { user: who.login, password: who.password, ...EXCHANGE }
    const request = tunnel.access(name(who.login), ...msChap2(exchange))
    await tunnel.write(request)
    const reply = await accepted(tunnel, request)
    const open = openSalted(vendorValueOf(reply, MICROSOFT, 16)!, {
      secret: RADSEC_SECRET,
      authenticator: reply.requestAuthenticator,
    })
    same(open, mppeKeys(exchange).send)
  }),
  over(35, 'a session belongs to the router of the certificate, whatever the record claims', async (played) => {
    const { tunnel, who, lab } = played
    const claims = [attr(types.nasIpAddress, ipv4('127.0.0.1')), attr(types.nasIdentifier, 'tower')]
    const told = tunnel.packet({ code: codes.accountingRequest, parts: [...start(who), ...claims] })
    await tunnel.write(told)
    await recorded(tunnel, told)
    const routers = await lab.desk.query<{ name: string; no: number }[]>('routers.list', {})
    await stored(played, { nas: 'tower', routerNo: routers.find((router) => router.name === 'far')!.no })
  }),
  over(36, '256 records at once, as many as there are Identifiers, are each stored and answered', async (played) => {
    const { tunnel, who, lab } = played
    const told = Array.from({ length: 256 }, (_, n) =>
      tunnel.packet({
        code: codes.accountingRequest,
        parts: [
          attr(types.acctStatusType, START),
          attr(types.acctSessionId, `${sessionOf(who)}-${n}`),
          name(who.login),
        ],
      }),
    )
    await tunnel.write(Buffer.concat(told))
    for (const request of told) await recorded(tunnel, request)
    const { total } = await lab.desk.query<{ total: number }>('sessions.list', { login: who.login })
    same(total, 256)
  }),
]

const V11 = 'radius/1.1'
const TOKEN = 0xdeadbeef

/** The reply of RADIUS/1.1 to a request; `bytes` and its attributes. */
const reply11 = async (tunnel: Tunnel, request: Buffer) => {
  await tunnel.write(request)
  const bytes = await tunnel.next()
  // Code, reserved, Length, the request's Token, twelve reserved octets (RFC 9765 §4.1).
  expect(bytes[1]).toBe(0)
  expect(bytes.toString('hex', 4, 20)).toBe(`${request.toString('hex', 4, 8)}${'00'.repeat(12)}`)
  const attributes = []
  for (let at = 20; at < bytes.length; at += bytes[at + 1]!)
    attributes.push({ type: bytes[at]!, value: bytes.subarray(at + 2, at + bytes[at + 1]!) })
  expect(attributes.map(({ type }) => type)).not.toContain(types.messageAuthenticator)
  return { code: bytes[0]!, bytes, attributes, requestAuthenticator: Buffer.alloc(16) }
}

const code11 = async (tunnel: Tunnel, code: number, request: Buffer): Promise<void> => {
  expect((await reply11(tunnel, request)).code).toBe(code)
}
const clear = (who: Who) => [name(who.login), attr(types.userPassword, who.password)]
const over11 = (no: number, says: string, play: (played: Played) => Promise<unknown>): Case =>
  over(no, `RADIUS/1.1: ${says}`, play, V11)

const chap11 = (who: Who, challenge: Buffer) =>
  attr(types.chapPassword, Buffer.concat([Buffer.of(9), md5(Buffer.of(9), Buffer.from(who.password), challenge)]))

const version11: Case[] = [
  over11(
    37,
    'a password in clear is accepted under the request’s Token, and nothing is signed',
    async ({ tunnel, who }) => {
      const reply = await reply11(
        tunnel,
        build11(codes.accessRequest, TOKEN, ...clear(who), attr(types.proxyState, 'p')),
      )
      same([reply.code, valuesOf(reply, types.proxyState).map(String)], [codes.accessAccept, ['p']])
    },
  ),
  over11(38, 'a wrong password in clear is refused', ({ tunnel, who }) =>
    code11(tunnel, codes.accessReject, build11(codes.accessRequest, TOKEN, ...clear({ ...who, password: 'wrong' }))),
  ),
  over11(39, 'a password hidden as over UDP is another password', ({ tunnel, who }) => {
    const hidden = pap(who.password)({ secret: RADSEC_SECRET, authenticator: Buffer.alloc(16) })
    return code11(tunnel, codes.accessReject, build11(codes.accessRequest, TOKEN, name(who.login), hidden))
  }),
  over11(40, 'a wrong Message-Authenticator is not looked at', ({ tunnel, who }) => {
    const wrong = attr(types.messageAuthenticator, Buffer.alloc(16, 1))
    return code11(tunnel, codes.accessAccept, build11(codes.accessRequest, TOKEN, wrong, ...clear(who)))
  }),
  over11(41, 'accounting needs no hash, and is stored', async (played) => {
    const { tunnel, who } = played
    await code11(tunnel, codes.accountingResponse, build11(codes.accountingRequest, TOKEN, ...start(who)))
    await stored(played, { state: 'start', userName: who.login })
  }),
  over11(42, 'one Token twice is two requests, each judged', async ({ tunnel, who, lab }) => {
    const request = build11(codes.accessRequest, TOKEN, ...clear(who))
    await code11(tunnel, codes.accessAccept, request)
    await lab.desk.command('subscribers.suspend', { login: who.login })
    await code11(tunnel, codes.accessReject, request)
  }),
  over11(43, 'reserved octets are ignored, and come back as zeros', async ({ tunnel, who }) => {
    const request = build11(codes.accessRequest, TOKEN, ...clear(who))
    request[1] = 7
    request.fill(0xff, 8, 20)
    await code11(tunnel, codes.accessAccept, request)
  }),
  over11(44, 'CHAP with its CHAP-Challenge is accepted', ({ tunnel, who }) => {
    const challenge = Buffer.alloc(16, 3)
    const parts = [name(who.login), chapChallenge(challenge), chap11(who, challenge)]
    return code11(tunnel, codes.accessAccept, build11(codes.accessRequest, TOKEN, ...parts))
  }),
  over11(45, 'CHAP without one is refused: Token and zeros are no challenge (RFC 9765 §5.1)', ({ tunnel, who }) => {
    const header = build11(codes.accessRequest, TOKEN).subarray(4, 20)
    return code11(tunnel, codes.accessReject, build11(codes.accessRequest, TOKEN, name(who.login), chap11(who, header)))
  }),
  over11(46, 'the keys of MS-CHAPv2 stand in clear', async ({ tunnel, who }) => {
    const exchange = { user: who.login, password: who.password, ...EXCHANGE }
    const reply = await reply11(tunnel, build11(codes.accessRequest, TOKEN, name(who.login), ...msChap2(exchange)))
    const { send, receive } = mppeKeys(exchange)
    same([vendorValueOf(reply, MICROSOFT, 16), vendorValueOf(reply, MICROSOFT, 17)], [send, receive])
  }),
  over11(47, 'a bad Length closes the connection', async ({ tunnel, who, lab }) => {
    const bad = build11(codes.accessRequest, TOKEN, ...clear(who))
    bad.writeUInt16BE(19, 2)
    await tunnel.refused(Buffer.concat([bad, build11(codes.accessRequest, TOKEN, ...clear(who))]))
    await goesOn(lab, who)
  }),
  over11(48, 'an attribute beyond the end closes the connection', async ({ tunnel, who, lab }) => {
    const bad = build11(codes.accessRequest, TOKEN, ...clear(who))
    bad[21] = 255
    await tunnel.refused(bad)
    await goesOn(lab, who)
  }),
]

const FAR_SECRET = 'the-secret-of-far-over-udp'

wireSuite('p4-radsec', [...records, ...badLengths, ...travelling, ...version11], async (lab) => {
  await lab.desk.router('far', '192.0.2.7', FAR_SECRET)
  far = await new Certificates(lab).client('far')
})
