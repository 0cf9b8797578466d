/** Logins of realms that live elsewhere: sent on to their home server, the answer brought back (RFC 2865 §2.3). */
import type Database from 'better-sqlite3'
import type { Log, Random, Vault } from '@lango/kernel'
import {
  AttributeWriter,
  attribute,
  attributeAt,
  attributes,
  authenticator,
  codes,
  createRadiusClient,
  findAttribute,
  headerOctets,
  hidePassword,
  hideSalted,
  nextOffset,
  revealPassword,
  revealSalted,
  systemTimers,
  type Outcome,
  type Packet,
  type PreparedSecret,
  type RadiusTimers,
  type RequestSeal,
} from '@lango/drivers/radius'
import { HomeServers, type HomeServer } from './home-servers.ts'
import type { LoginDeps, Request } from './login-handler.ts'

const USER_PASSWORD = attributes['User-Password'].number
const CHAP_PASSWORD = attributes['CHAP-Password'].number
const STATE = attributes['State'].number
const CHAP_CHALLENGE = attributes['CHAP-Challenge'].number
const VENDOR_SPECIFIC = attributes['Vendor-Specific'].number
const PROXY_STATE = attributes['Proxy-State'].number
const TUNNEL_PASSWORD = attributes['Tunnel-Password'].number
const MESSAGE_AUTHENTICATOR = attributes['Message-Authenticator'].number
const MICROSOFT = 311
const MPPE_KEYS = [16, 17]

/** Home servers have this long in all: the NAS asks again, or elsewhere, after a few seconds. */
const ANSWER_WITHIN_MS = 3000
/** One that is not the last to be asked has this long: a refusal may be held back for a second (RFC 5080 §2.2.3). */
const FIRST_WITHIN_MS = 1700
const REPEAT_AFTER_MS = 700

type Deps = {
  readonly site: Database.Database
  readonly vault: Vault
  readonly random: Random
  readonly monotonicMs: () => number
  readonly timers?: RadiusTimers
  readonly log: Log
}

export type Proxy = { readonly send: LoginDeps['proxy']; readonly close: () => void }
type Done = Parameters<LoginDeps['proxy']>[2]

export const createProxy = ({ timers = systemTimers, ...deps }: Deps): Proxy => {
  const { random, monotonicMs, log } = deps
  const client = createRadiusClient({ random, monotonicMs, timers })
  const homes = new HomeServers({ ...deps, client, timers })

  const ask = ({ at, health }: HomeServer, request: Request, withinMs: number): Promise<Outcome> => {
    health.asked()
    return client.request(at, {
      code: codes.accessRequest,
      attributes: (seal) => forwardedAttributes(request, seal),
      retransmission: { initialMs: REPEAT_AFTER_MS, countMax: 3, durationMaxMs: withinMs },
    })
  }

  /** One after the other, until one answers. */
  const forward = async (servers: readonly HomeServer[], request: Request, done: Done): Promise<void> => {
    const startedAt = monotonicMs()
    for (const server of servers) {
      const sentAt = monotonicMs()
      const leftMs = startedAt + ANSWER_WITHIN_MS - sentAt
      const outcome = await ask(server, request, server === servers.at(-1) ? leftMs : FIRST_WITHIN_MS)
      if (outcome.type === 'reply') return bringBack(server, request, outcome, done)
      log.warn('a home server gave no usable answer', {
        realm: server.realm,
        server: server.name,
        outcome: outcome.type,
      })
      server.health.unanswered(sentAt)
    }
    request.ignore()
    done('reject', 'proxy-down')
  }

  const bringBack = (
    server: HomeServer,
    request: Request,
    { packet, request: sent }: Extract<Outcome, { type: 'reply' }>,
    done: Done,
  ): void => {
    server.health.answered()
    const state = packet.code === codes.accessChallenge ? attribute(packet, STATE) : undefined
    if (state) homes.began(state, server)
    request.answer(packet.code, returnedAttributes(packet, sent, server.at.secret, request, random))
    done(outcomeOf(packet.code), 'proxied')
  }

  return {
    send(request, realm, done) {
      const servers = homes.toAsk(realm, attribute(request.packet, STATE))
      if (servers.length === 0) return false
      // What does not fit into a packet cannot be sent on, or back: one login must not end the thread.
      void forward(servers, request, done).catch((error: unknown) => {
        log.error('a login could not be sent on', { realm, error })
        request.ignore()
        done('reject', 'proxy-down')
      })
      return true
    },
    close() {
      homes.close()
      client.close()
    },
  }
}

const outcomeOf = (code: number): 'accept' | 'reject' | 'challenge' => {
  if (code === codes.accessAccept) return 'accept'
  return code === codes.accessChallenge ? 'challenge' : 'reject'
}

/** Everything but what belongs to this hop; the password is hidden anew under the home server's secret. */
const forwardedAttributes = ({ packet, client, version }: Request, seal: RequestSeal): AttributeWriter => {
  const writer = new AttributeWriter()
  for (let at = headerOctets; at < packet.bytes.length; at = nextOffset(packet, at)) {
    const type = packet.bytes[at]!
    if (type === MESSAGE_AUTHENTICATOR || type === PROXY_STATE) continue
    const value = attributeAt(packet, at)
    if (type !== USER_PASSWORD) writer.octets(type, value)
    else {
      const password = revealPassword(value, authenticator(packet), client.secret, version)
      if (password) writer.octets(type, hidePassword(password, seal.authenticator, seal.secret, seal.version))
    }
  }
  // CHAP without a challenge attribute was made over this hop's authenticator, which the next hop does not see.
  if (findAttribute(packet, CHAP_PASSWORD) >= 0 && findAttribute(packet, CHAP_CHALLENGE) < 0)
    writer.octets(CHAP_CHALLENGE, authenticator(packet))
  return writer
}

/** The home server's attributes; keys that it hid for us are hidden anew for the NAS. */
const returnedAttributes = (
  reply: Packet,
  sent: Packet,
  secret: PreparedSecret,
  { packet, client, version }: Request,
  random: Random,
): AttributeWriter => {
  const writer = new AttributeWriter()
  const rehide = (value: Buffer): Buffer | undefined => {
    const plain = revealSalted(value, authenticator(sent), secret)
    return plain && hideSalted(plain, random.below(0x8000), authenticator(packet), client.secret, version)
  }
  for (let at = headerOctets; at < reply.bytes.length; at = nextOffset(reply, at)) {
    const type = reply.bytes[at]!
    if (type === MESSAGE_AUTHENTICATOR || type === PROXY_STATE) continue
    const value = attributeAt(reply, at)
    if (isMppeKey(type, value)) {
      const key = rehide(value.subarray(6))
      if (key) writer.vendor(MICROSOFT, value[4]!, key)
    } else if (type === TUNNEL_PASSWORD) {
      const password = rehide(value.subarray(1))
      if (password) writer.octets(type, Buffer.concat([value.subarray(0, 1), password]))
    } else writer.octets(type, value)
  }
  return writer
}

const isMppeKey = (type: number, value: Buffer): boolean =>
  type === VENDOR_SPECIFIC && value.length > 6 && value.readUInt32BE(0) === MICROSOFT && MPPE_KEYS.includes(value[4]!)
