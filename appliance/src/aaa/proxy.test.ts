import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import {
  AttributeWriter,
  attribute,
  codes,
  encodeReply,
  encodeRequest,
  hidePassword,
  parsePacket,
  prepareSecret,
  revealPassword,
  text,
  type Packet,
} from '@lango/drivers/radius'
import { memorySite } from '@lango/kernel/testing'
import { addRemoteServer, network, removeRemoteServer } from '@lango/modules/network'
import { Peer, knownClient } from '../../../drivers/radius/testing/loopback.ts'
import { ManualTime } from '../../../drivers/radius/testing/manual-time.ts'
import type { RouterFacts } from './clients.ts'
import type { Request } from './login-handler.ts'
import { createProxy } from './proxy.ts'

const SECRET = 'a-secret-between-boxes'
const STATE = 24
const secret = prepareSecret(Buffer.from(SECRET))
const router: RouterFacts = {
  no: 1,
  name: 'tower',
  vendor: 'mikrotik',
  realm: undefined,
  swapsOctets: false,
  adminLogins: false,
}
const client = knownClient(router)

const closing: { readonly close: () => unknown }[] = []
afterEach(() => {
  for (const one of closing.splice(0).toReversed()) one.close()
})

/** A home server on a socket of its own that does nothing by itself. */
class Home {
  readonly peer: Peer
  private constructor(peer: Peer) {
    this.peer = peer
    closing.push(peer)
  }

  static async open(): Promise<Home> {
    return new Home(await Peer.at())
  }

  /** The next request to arrive, and who sent it. */
  async next(): Promise<{ packet: Packet; port: number }> {
    const { bytes, port } = await this.peer.next()
    return { packet: parsePacket(bytes) as Packet, port }
  }

  reply({ packet, port }: { packet: Packet; port: number }, code: number, attributes = new AttributeWriter()): void {
    this.peer.send(encodeReply({ code, request: packet, secret, attributes, messageAuthenticator: true }), port)
  }
}

const start = async (names: readonly string[]) => {
  const site = memorySite([network])
  const time = new ManualTime()
  const homes = await Promise.all(names.map(() => Home.open()))
  for (const [index, name] of names.entries()) {
    const at = { host: '127.0.0.1', port: homes[index]!.peer.port, secret: SECRET }
    site.must(addRemoteServer, { name, role: 'proxy', realm: 'Partner.example', ...at })
  }
  const proxy = createProxy({
    site: site.database.raw,
    vault: site.vault,
    random: { ...site.random, bytes: (count) => randomBytes(count) },
    monotonicMs: time.monotonicMs,
    timers: time.timers,
    log: site.log,
  })
  closing.push(proxy)
  /** Sends a login on; `settled` is how it ended, and with which answer to the NAS. */
  const login = (realm = 'partner.example', state?: Buffer) => {
    const requestAuthenticator = randomBytes(16)
    const attributes = new AttributeWriter()
      .text(1, `zawadi@${realm}`)
      .octets(2, hidePassword(Buffer.from('far-away'), requestAuthenticator, client.secret))
    if (state) attributes.octets(STATE, state)
    const bytes = encodeRequest({ code: 1, id: 9, secret: client.secret, requestAuthenticator, attributes })
    const settled = Promise.withResolvers<string>()
    let answer: number | 'nothing' = 'nothing'
    const request: Request = {
      packet: parsePacket(bytes) as Packet,
      client,
      address: '10.0.0.1',
      port: 1812,
      transport: 'udp',
      version: 'radius/1.0',
      answer: (code) => (answer = code),
      respond: () => {},
      ignore: () => {},
    }
    const isSent = proxy.send(request, realm, (outcome, reason) =>
      settled.resolve(`${outcome} ${reason}, answered ${answer}`),
    )
    return { isSent, settled: settled.promise }
  }
  return { homes, login, proxy, site, time }
}

const ACCEPTED = `accept proxied, answered ${codes.accessAccept}`
const UNANSWERED = 'reject proxy-down, answered nothing'

test('a login of a realm without home servers is not sent anywhere', async () => {
  const { login } = await start(['first'])
  expect(login('ours.example').isSent).toBe(false)
})

test('the first home server is asked, with the password hidden anew, and the second is left alone', async () => {
  const { homes, login, time } = await start(['first', 'second'])
  const { settled } = login()
  const asked = await homes[0]!.next()
  const hidden = attribute(asked.packet, 2)!
  expect(revealPassword(hidden, asked.packet.bytes.subarray(4, 20), secret)?.toString()).toBe('far-away')
  homes[0]!.reply(asked, codes.accessAccept)
  expect(await settled).toBe(ACCEPTED)
  expect([homes[1]!.peer.unread, time.pending]).toEqual([0, 0])
})

test('a home server that does not answer is followed by the second, within the time a NAS waits', async () => {
  const { homes, login, time } = await start(['dead', 'alive'])
  const [dead, alive] = homes as [Home, Home]
  const { settled } = login()
  await dead.next()
  time.advance(1700)
  const asked = await alive.next()
  expect(text(asked.packet, 1)).toBe('zawadi@partner.example')
  alive.reply(asked, codes.accessAccept)
  expect(await settled).toBe(ACCEPTED)
  expect(time.nowMs).toBeLessThan(3000)
})

/** Lets a login and two Status-Server packets go unanswered at the first of two servers. */
const takeDown = async ({ homes, login, time }: Awaited<ReturnType<typeof start>>): Promise<void> => {
  const [dead, alive] = homes as [Home, Home]
  const { settled } = login()
  await dead.next()
  time.advance(1700)
  alive.reply(await alive.next(), codes.accessAccept)
  await settled
  await nextStatus(dead)
  time.advance(2000)
  await nextStatus(dead)
  time.advance(2000)
  await new Promise(setImmediate)
}

/** What comes before it are repetitions of a login. */
const nextStatus = async (home: Home): Promise<{ packet: Packet; port: number }> => {
  for (;;) {
    const asked = await home.next()
    if (asked.packet.code === codes.statusServer) return asked
  }
}

test('a dead home server costs no further login any time, and is asked first again when it is back', async () => {
  const made = await start(['dead', 'alive'])
  const { homes, login, site, time } = made
  const [dead, alive] = homes as [Home, Home]
  await takeDown(made)
  expect(site.log.text()).toContain('a home server does not answer: logins of its realm go to another')
  // What arrives at the box after the answer to a Status-Server shows that this has been read.
  const quick = async (): Promise<void> => {
    const from = time.nowMs
    const { settled } = login()
    alive.reply(await alive.next(), codes.accessAccept)
    expect([await settled, time.nowMs - from]).toEqual([ACCEPTED, 0])
  }
  await quick()
  for (let answers = 0; answers < 3; answers++) {
    expect(time.ring()).toBe(true)
    dead.reply(await nextStatus(dead), codes.accessAccept)
    await quick()
  }
  expect(time.pending).toBe(0)
  expect(time.nowMs).toBeLessThan(60_000)
  const back = login()
  dead.reply(await dead.next(), codes.accessAccept)
  expect(await back.settled).toBe(ACCEPTED)
  expect(alive.peer.unread).toBe(0)
})

test('one that never answers Status-Server is tried with a login after two minutes', async () => {
  const made = await start(['old', 'alive'])
  const { homes, login, time } = made
  const [old] = homes as [Home, Home]
  await takeDown(made)
  while (time.nowMs < 130_000) {
    time.advance(1000)
    await new Promise(setImmediate)
  }
  const { settled } = login()
  let asked = await old.next()
  while (asked.packet.code !== codes.accessRequest) asked = await old.next()
  old.reply(asked, codes.accessReject)
  expect(await settled).toBe(`reject proxied, answered ${codes.accessReject}`)
})

test('where all are dead they are asked all the same, and the NAS is not answered', async () => {
  const made = await start(['dead', 'alive'])
  const { homes, login, time } = made
  await takeDown(made)
  const failed = login()
  await homes[1]!.next()
  time.advance(1700)
  await homes[0]!.next()
  time.advance(1300)
  expect(await failed.settled).toBe(UNANSWERED)
})

test('a single home server has the whole time', async () => {
  const { homes, login, time } = await start(['only'])
  const { settled } = login()
  let asked = await homes[0]!.next()
  time.advance(2900)
  while (homes[0]!.peer.unread > 0) asked = await homes[0]!.next()
  homes[0]!.reply(asked, codes.accessAccept)
  expect(await settled).toBe(ACCEPTED)
})

test('the answer to a challenge goes to the home server that gave it, and to no other', async () => {
  const { homes, login, time } = await start(['first', 'second'])
  const [first, second] = homes as [Home, Home]
  const state = Buffer.from('conversation 7')
  const begun = login()
  await first.next()
  time.advance(1700)
  second.reply(await second.next(), codes.accessChallenge, new AttributeWriter().octets(STATE, state))
  expect(await begun.settled).toBe(`challenge proxied, answered ${codes.accessChallenge}`)
  first.reply(await nextStatus(first), codes.accessAccept)
  await expect.poll(() => time.pending).toBe(0)
  const goingOn = login('partner.example', state)
  const asked = await second.next()
  expect(attribute(asked.packet, STATE)).toEqual(state)
  second.reply(asked, codes.accessAccept)
  expect(await goingOn.settled).toBe(ACCEPTED)
  const lost = login('partner.example', state)
  await second.next()
  time.advance(3000)
  expect(await lost.settled).toBe(UNANSWERED)
  expect(first.peer.unread).toBe(0)
})

test('servers are asked by their priority; those of one priority by their names', async () => {
  const { homes, login, site, time } = await start(['first', 'second'])
  const at = { host: '127.0.0.1', port: homes[1]!.peer.port, secret: SECRET }
  site.must(removeRemoteServer, { name: 'second' })
  site.must(addRemoteServer, { name: 'a-second', role: 'proxy', realm: 'partner.EXAMPLE', priority: 0, ...at })
  time.advance(2000)
  const { settled } = login()
  homes[1]!.reply(await homes[1]!.next(), codes.accessAccept)
  expect(await settled).toBe(ACCEPTED)
})

test('an added server is asked, a removed one no longer', async () => {
  const { homes, login, site, time } = await start(['first', 'second'])
  site.must(removeRemoteServer, { name: 'first' })
  time.advance(2000)
  const { settled } = login()
  homes[1]!.reply(await homes[1]!.next(), codes.accessAccept)
  expect(await settled).toBe(ACCEPTED)
  expect(homes[0]!.peer.unread).toBe(0)
})
