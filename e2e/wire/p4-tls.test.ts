/** Who gets a RadSec connection, and what becomes of one that never is. RFC 6614 §2.3, RFC 9325, RFC 9765 §3. */
import { X509Certificate } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { expect } from 'vitest'
import { wireSuite, type Case, type Lab, type Who } from './lab.ts'
import { attr, codes, types } from './packet.ts'
import { pap } from './proof.ts'
import { Certificates, dial, dialTcp, type ClientTls, type DialOptions, type Tunnel } from './tunnel.ts'

const FAR_SECRET = 'the-secret-of-far-over-udp'
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const START = 1
/** A handshake has 10 s. */
const DEADLINE_MS = 10_000
const SLACK_MS = 5000
/** In 10 s not the 248 octets that were announced. */
const DRIP_MS = 300
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
/** So that this end would speak what the box must not. */
const ANYTHING: ConnectionOptions = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }

let certificates: Certificates
let far: ClientTls

const request = (tunnel: Tunnel<Socket> | Tunnel, { login, password }: Who) =>
  tunnel.access(attr(types.userName, login), pap(password))

const isServed = async (lab: Lab, who: Who, options: DialOptions): Promise<Tunnel> => {
  const tunnel = await dial(lab, options)
  const asked = request(tunnel, who)
  await tunnel.write(asked)
  expect((await tunnel.replyTo(asked)).code).toBe(codes.accessAccept)
  return tunnel
}

/** Over both versions: under 1.3 a client is done before the server has seen its certificate. */
const isRefused = async (lab: Lab, who: Who, options: DialOptions): Promise<void> => {
  for (const version of VERSIONS) {
    const tunnel = await dial(lab, { ...options, minVersion: version, maxVersion: version })
    await tunnel.refused(request(tunnel, who))
  }
}

type Play = (lab: Lab, who: Who) => Promise<unknown>
const tls = (no: number, says: string, play: Play): Case => ({
  no,
  says,
  async play(lab, who) {
    await play(lab, who)
  },
})

const version = (no: number, wanted: (typeof VERSIONS)[number]): Case => ({
  no,
  says: `${wanted} is served`,
  async play(lab, who) {
    const tunnel = await isServed(lab, who, { ...far, minVersion: wanted, maxVersion: wanted })
    expect(tunnel.socket.getProtocol()).toBe(wanted)
  },
})

const unspoken = (no: number, says: string, options: ConnectionOptions, alert: RegExp): Case => ({
  no,
  says: `${says} is refused`,
  async play(lab, who) {
    const tunnel = await dial(lab, { ...far, ...ANYTHING, ...options })
    expect(await tunnel.refused(request(tunnel, who))).toMatch(alert)
  },
})

const versions: Case[] = [
  version(61, 'TLSv1.2'),
  version(62, 'TLSv1.3'),
  unspoken(63, 'TLS 1.1', { maxVersion: 'TLSv1.1' }, /PROTOCOL_VERSION/),
  unspoken(64, 'TLS 1.0', { maxVersion: 'TLSv1' }, /PROTOCOL_VERSION/),
  unspoken(65, 'TLS without encryption', { maxVersion: 'TLSv1.2', ciphers: 'eNULL@SECLEVEL=0' }, /HANDSHAKE_FAILURE/),
  unspoken(
    66,
    'TLS without a certificate on either side',
    { maxVersion: 'TLSv1.2', ciphers: 'aNULL@SECLEVEL=0' },
    /HANDSHAKE_FAILURE/,
  ),
  unspoken(
    67,
    'another protocol than RADIUS by ALPN',
    { maxVersion: 'TLSv1.3', ALPNProtocols: ['h2', 'http/1.1'] },
    /NO_APPLICATION_PROTOCOL/,
  ),
  unspoken(
    68,
    'RADIUS/1.1 over TLS 1.2 (RFC 9765 §3.4)',
    { maxVersion: 'TLSv1.2', ALPNProtocols: ['radius/1.1'] },
    /./,
  ),
  tls(69, 'a client that offers RADIUS/1.0 and 1.1 gets 1.1, one that offers neither gets 1.0', async (lab, who) => {
    await speaks(lab, ['radius/1.0', 'radius/1.1'], 'radius/1.1')
    await speaks(lab, ['radius/1.0'], 'radius/1.0')
    await isServed(lab, who, far)
  }),
]

const speaks = async (lab: Lab, offered: string[], chosen: string): Promise<void> => {
  expect((await dial(lab, { ...far, ALPNProtocols: offered })).socket.alpnProtocol).toBe(chosen)
}

const turnedAway = (no: number, what: string, options: () => Promise<ConnectionOptions>): Case => ({
  no,
  says: `${what} gets no connection`,
  play: async (lab, who) => isRefused(lab, who, { ca: certificates.ca, ...(await options()) }),
})
const validity = (notBefore: number, notAfter: number) => ({
  validity: { notBefore: Date.now() + notBefore, notAfter: Date.now() + notAfter },
})

const refusals: Case[] = [
  turnedAway(70, 'a client without a certificate', async () => ({})),
  turnedAway(71, 'a certificate of another authority', async () =>
    certificates.client('far', {}, await certificates.authority('Another CA')),
  ),
  turnedAway(72, 'a certificate of another authority of the same name', async () => {
    const { subject } = new X509Certificate(certificates.ca)
    return certificates.client('far', {}, await certificates.authority(subject.replace('CN=', '')))
  }),
  turnedAway(73, 'an authority’s own certificate, signed by itself', async () => {
    const { keyPem, certPem } = await certificates.authority('far')
    return { key: keyPem, cert: certPem }
  }),
  turnedAway(74, 'a certificate that a router’s certificate has signed', async () => {
    const forged = await certificates.client('far', {}, { keyPem: far.key, certPem: far.cert })
    return { ...forged, cert: forged.cert + far.cert }
  }),
  turnedAway(75, 'a certificate that ended an hour ago', () => certificates.client('far', validity(-DAY_MS, -HOUR_MS))),
  turnedAway(76, 'a certificate that begins in an hour', () => certificates.client('far', validity(HOUR_MS, DAY_MS))),
  turnedAway(77, 'a server’s certificate', () => certificates.client('far', { purpose: 'server' })),
  turnedAway(78, 'a good certificate of no router', () => certificates.client('stranger')),
  turnedAway(79, 'a good certificate of a router’s name in capitals', () => certificates.client('FAR')),
  turnedAway(80, 'a good certificate of a router’s name, a NUL and more', () =>
    certificates.client('far\0.example', { names: [] }),
  ),
  turnedAway(81, 'a good certificate of a router’s name, where the desk has given it another RadSec identity', () =>
    certificates.client('near'),
  ),
]

const known = (no: number, says: string, name: string): Case =>
  tls(no, says, async (lab, who) => isServed(lab, who, await certificates.client(name)))

/** So that a router's certificate is told by its fingerprint alone. */
const pinned = (no: number, says: string, spell: (fingerprint: string) => string): Case =>
  tls(no, says, async (lab, who) => {
    const options = await certificates.client('whoever')
    const radsecIdentity = spell(new X509Certificate(options.cert).fingerprint256)
    await lab.desk.router(`pinned-${no}`, `192.0.2.${no}`, FAR_SECRET, { radsecIdentity })
    await letIn(lab, who, options)
    await isRefused(lab, who, await certificates.client('whoever'))
  })

/** A router that was added is known within a fraction of a second. */
const letIn = async (lab: Lab, who: Who, options: DialOptions): Promise<void> => {
  const isIn = () =>
    isServed(lab, who, options).then(
      () => true,
      () => false,
    )
  await expect.poll(isIn, { timeout: 5000 }).toBe(true)
}

const identities: Case[] = [
  known(82, 'a router is known by its name in a certificate, from whatever address it calls', 'far'),
  known(83, 'a router is known by the RadSec identity the desk has given it', 'identity-of-near'),
  pinned(84, 'a router is known by the fingerprint of its certificate, and by no other of the name', (hex) => hex),
  pinned(85, 'and by a fingerprint as openssl and browsers spell it without colons', (hex) =>
    hex.replaceAll(':', '').toLowerCase(),
  ),
  tls(86, 'the box shows a certificate that its authority vouches for', async (lab) => {
    isVouchedFor(await dial(lab, { ...far, servername: 'lango.local' }))
  }),
  tls(87, 'a session is never resumed: each connection shows its certificate', async (lab, who) => {
    for (const maxVersion of VERSIONS) await isFresh(lab, who, maxVersion)
  }),
  tls(88, 'a client that asks for a second handshake does not get it', async (lab, who) => {
    const tunnel = await isServed(lab, who, { ...far, maxVersion: 'TLSv1.2' })
    // Two whole connections later it would have been done.
    await renegotiatesNothing(tunnel, async () => {
      for (let n = 0; n < 2; n++) await isServed(lab, who, { ...far, maxVersion: 'TLSv1.2' })
    })
  }),
]

const isVouchedFor = ({ socket }: Tunnel): void => {
  expect(socket.authorized).toBe(true)
  expect(socket.getPeerX509Certificate()!.checkHost('lango.local')).toBe('lango.local')
}

const renegotiatesNothing = async ({ socket }: Tunnel, meanwhile: () => Promise<unknown>): Promise<void> => {
  let isDone = false
  socket.renegotiate({}, () => (isDone = true))
  await meanwhile()
  expect(isDone).toBe(false)
}

const isFresh = async (lab: Lab, who: Who, maxVersion: (typeof VERSIONS)[number]): Promise<void> => {
  let session: Buffer | undefined
  const first = await dial(lab, { ...far, maxVersion })
  first.socket.on('session', (ticket) => (session = ticket))
  session = first.socket.getSession()
  const asked = request(first, who)
  await first.write(asked)
  await first.replyTo(asked)
  const second = await isServed(lab, who, { ...far, maxVersion, ...(session ? { session } : {}) })
  expect(second.socket.isSessionReused()).toBe(false)
}

const tell = async (tunnel: Tunnel, id: string): Promise<void> => {
  const parts = [attr(types.acctStatusType, START), attr(types.acctSessionId, id)]
  expect((await tunnel.ask({ code: codes.accountingRequest, parts })).code).toBe(codes.accountingResponse)
}

const belongsTo = async (lab: Lab, tunnel: Tunnel, id: string, no: number): Promise<void> => {
  let told = 0
  const routerOf = async () => {
    await tell(tunnel, `${id}-${++told}`)
    const [row] = await lab.desk.sessions(`${id}-${told}`)
    return row!.routerNo
  }
  // Connections are looked at every 5 s.
  await expect.poll(routerOf, { timeout: 10_000, interval: 500 }).toBe(no)
}

const changes: Case[] = [
  tls(89, 'a router that is removed loses its connection, and gets no other', async (lab, who) => {
    const options = await certificates.client('leaving')
    await lab.desk.router('leaving', '192.0.2.89', FAR_SECRET)
    await letIn(lab, who, options)
    const tunnel = await isServed(lab, who, options)
    await lab.desk.command('routers.remove', { name: 'leaving' })
    await tunnel.closed
    await isRefused(lab, who, options)
  }),
  tls(90, 'a router that is removed and added anew is the new one, also where it stays connected', async (lab, who) => {
    const options = await certificates.client('again')
    await lab.desk.router('again', '192.0.2.90', FAR_SECRET)
    await letIn(lab, who, options)
    const tunnel = await isServed(lab, who, options)
    await lab.desk.command('routers.remove', { name: 'again' })
    const { no } = await lab.desk.command<{ no: number }>('routers.add', {
      name: 'again',
      address: '192.0.2.90',
      secret: FAR_SECRET,
    })
    await belongsTo(lab, tunnel, `session-of-${who.login}`, no)
  }),
]

/** The beginning of a ClientHello of 248 octets. */
const HELLO_BEGINS = Buffer.from('16030100f8010000f40303', 'hex')
const slowOnes = { silent: Buffer.alloc(0), half: HELLO_BEGINS, dripping: HELLO_BEGINS }
type Slow = keyof typeof slowOnes

/** How long each of them was left open. They are begun before the first case, so that they are waited for at once. */
const openMs = new Map<Slow, Promise<number>>()

const beginSlowly = async (lab: Lab): Promise<void> => {
  for (const kind of Object.keys(slowOnes) as Slow[]) {
    const tunnel = await dialTcp(lab)
    const openedAt = performance.now()
    await tunnel.write(slowOnes[kind])
    const drip = setInterval(() => kind === 'dripping' && tunnel.socket.write(Buffer.alloc(1)), DRIP_MS)
    const ended = tunnel.closed.then(() => {
      clearInterval(drip)
      return performance.now() - openedAt
    })
    openMs.set(kind, ended)
  }
}

const closedInTime = (no: number, says: string, kind: Slow): Case => ({
  no,
  says: `${says} is closed at the deadline`,
  async play() {
    const ms = await openMs.get(kind)
    expect(ms).toBeGreaterThan(DEADLINE_MS - SLACK_MS)
    expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS)
  },
})

const HALF_OPEN_OF_AN_ADDRESS = 32
const crowd = (lab: Lab, size: number, from: string) =>
  Promise.all(Array.from({ length: size }, () => dialTcp(lab, from)))

const closedOf = async (tunnels: readonly Tunnel<Socket>[], count: number): Promise<void> => {
  let closed = 0
  for (const tunnel of tunnels) void tunnel.closed.then(() => (closed += 1))
  await expect.poll(() => closed, { timeout: 5000 }).toBe(count)
}

const beginnings: Case[] = [
  tls(91, 'RADIUS without TLS is closed at once', async (lab, who) => {
    const tunnel = await dialTcp(lab)
    await tunnel.refused(request(tunnel, who))
  }),
  tls(92, 'HTTP without TLS is closed at once', async (lab) => {
    const tunnel = await dialTcp(lab)
    tunnel.socket.write('GET / HTTP/1.1\r\n\r\n')
    await tunnel.closed
  }),
  tls(93, 'half-open connections of one address are bounded, and another address is served', async (lab, who) => {
    const idle = await crowd(lab, HALF_OPEN_OF_AN_ADDRESS + 8, '127.0.0.93')
    await closedOf(idle, 8)
    await isRefused(lab, who, { ...far, localAddress: '127.0.0.93' })
    await isServed(lab, who, far)
    for (const { socket } of idle) socket.destroy()
    await letIn(lab, who, { ...far, localAddress: '127.0.0.93' })
  }),
  tls(94, 'two hundred connections that are reset within their handshake leave nothing behind', async (lab, who) => {
    for (let round = 0; round < 10; round++) {
      for (const { socket } of await crowd(lab, 20, '127.0.0.94')) {
        socket.write(HELLO_BEGINS)
        socket.resetAndDestroy()
      }
    }
    await letIn(lab, who, { ...far, localAddress: '127.0.0.94' })
  }),
  tls(95, 'a connection that is reset with requests under way is nothing to the others', async (lab, who) => {
    const raw = connect(lab.box.ports.radsec, '127.0.0.1')
    const [lost, other] = [await dial(lab, { ...far, socket: raw }), await dial(lab, far)]
    for (let n = 0; n < 50; n++) lost.socket.write(request(lost, who))
    raw.resetAndDestroy()
    await other.silent()
  }),
  closedInTime(96, 'a connection that says nothing', 'silent'),
  closedInTime(97, 'half a ClientHello', 'half'),
  closedInTime(98, 'a ClientHello that comes octet by octet', 'dripping'),
]

wireSuite('p4-tls', [...versions, ...refusals, ...identities, ...changes, ...beginnings], async (lab) => {
  await beginSlowly(lab)
  await lab.desk.router('far', '192.0.2.7', FAR_SECRET)
  await lab.desk.router('near', '192.0.2.8', FAR_SECRET, { radsecIdentity: 'identity-of-near' })
  certificates = new Certificates(lab)
  far = await certificates.client('far')
})
