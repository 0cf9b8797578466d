/** Logins of realms that live elsewhere: sent on to their home server, the answer brought back (RFC 2865 §2.3). */
import type Database from 'better-sqlite3'
import type { Log, Random, Vault } from '@lango/kernel'
import { serverSecretPurpose } from '@lango/modules/network/rules'
import {
  AttributeWriter,
  attributeAt,
  authenticator,
  codes,
  createRadiusClient,
  findAttribute,
  headerOctets,
  hidePassword,
  hideSalted,
  nextOffset,
  prepareSecret,
  revealPassword,
  revealSalted,
  type Packet,
  type PreparedSecret,
  type RadiusServerAt,
  type RequestSeal,
} from '@lango/drivers/radius'
import type { LoginDeps, Request } from './login-handler.ts'

const USER_PASSWORD = 2
const CHAP_PASSWORD = 3
const CHAP_CHALLENGE = 60
const VENDOR_SPECIFIC = 26
const PROXY_STATE = 33
const TUNNEL_PASSWORD = 69
const MESSAGE_AUTHENTICATOR = 80
const MICROSOFT = 311
const MPPE_KEYS = [16, 17]

/** A home server has this long: the NAS asks again, or elsewhere, after a few seconds. */
const RETRANSMISSION = { initialMs: 700, countMax: 3, durationMaxMs: 3000 }
const REFRESH_MS = 1000

type ServerRow = {
  readonly id: string
  readonly realm: string
  readonly host: string
  readonly port: number
  readonly secret: Buffer
}

type Deps = {
  readonly site: Database.Database
  readonly vault: Vault
  readonly random: Random
  readonly monotonicMs: () => number
  readonly log: Log
}

export const createProxy = ({ site, vault, random, monotonicMs, log }: Deps): LoginDeps['proxy'] => {
  const client = createRadiusClient({ random, monotonicMs })
  const rows = site.prepare<[], ServerRow>(
    `SELECT id, realm, host, port, secret FROM remote_servers WHERE role = 'proxy'`,
  )
  let readAt = -Infinity
  let servers = new Map<string, RadiusServerAt>()

  const read = (): void => {
    readAt = monotonicMs()
    servers = new Map(
      rows.all().flatMap((row) => {
        const secret = vault.open(row.secret, serverSecretPurpose(row.id))
        if (!secret.ok) log.error("a home server's secret cannot be opened", { realm: row.realm, fault: secret.error })
        if (!secret.ok) return []
        const at = { address: row.host, port: row.port, secret: prepareSecret(Buffer.from(secret.value.reveal())) }
        return [[row.realm.toLowerCase(), at] as const]
      }),
    )
  }

  return (request, realm, done) => {
    if (monotonicMs() - readAt > REFRESH_MS) read()
    const server = servers.get(realm)
    if (!server) return false
    const forwarded = (seal: RequestSeal): AttributeWriter => forwardedAttributes(request, seal)
    void client
      .request(server, { code: codes.accessRequest, attributes: forwarded, retransmission: RETRANSMISSION })
      .then((outcome) => {
        if (outcome.type !== 'reply') {
          log.warn('a home server gave no usable answer', { realm, outcome: outcome.type })
          request.ignore()
          return done('reject', 'proxy-down')
        }
        const { packet } = outcome
        request.answer(packet.code, returnedAttributes(packet, outcome.request, server.secret, request, random))
        return done(outcomeOf(packet.code), 'proxied')
      })
    return true
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
