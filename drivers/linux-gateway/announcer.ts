/**
 * RFC 8910 §2.3: the portal's API in router advertisements, which is what tells a phone of it that asks no DHCP for
 * IPv6. dnsmasq advertises too, but knows no such option; RFC 4861 §6.2.3 lets a router say its options in several
 * advertisements. Both have the prefix: a phone asks no more once it has heard one. Node has no raw sockets: socat
 * carries the packets, and its end of the socket takes router solicitations alone, of which not an octet is read.
 */
import type { Log } from '@lango/kernel'
import type { Prefix6 } from './address.ts'
import { LEASE_SEC, ROUTER_LIFETIME_SEC } from './dnsmasq.ts'
import type { Conversation, Kernel } from './kernel.ts'

const ROUTER_SOLICITATION = 133
const ROUTER_ADVERTISEMENT = 134
/** The hosts learn of this router from dnsmasq; what both say must agree, since the last one heard is believed. */
const OTHER_CONFIGURATION = 0x40
const PREFIX_OPTION = 3
const PREFIX_BITS = 64
/** RFC 4861 §4.6.2: phones make their addresses themselves, and it is not on-link. */
const AUTONOMOUS = 0x40
const CAPTIVE_PORTAL_OPTION = 37
const OPTION_UNIT_OCTETS = 8
const OPTION_UNITS_MAX = 255
const ALL_NODES = 'ff02::1'
/** RFC 4861 §6.1.2: whoever gets one from farther away throws it away. */
const HOP_LIMIT = 255
/** Levels and options of a socket, by Linux's numbers: socat has no names for them. */
const SOCKET = { ipv6: 41, multicastHops: 18, icmpv6: 58, filter: 1 } as const
/** RFC 4861 §10. */
const MIN_DELAY_BETWEEN_MS = 3000
const UNASKED_MS = 200_000

/** As dnsmasq has it. */
const prefixOption = (prefix: string): Buffer => {
  const option = Buffer.alloc(32)
  option.set([PREFIX_OPTION, option.length / OPTION_UNIT_OCTETS, PREFIX_BITS, AUTONOMOUS])
  option.writeUInt32BE(LEASE_SEC, 4)
  option.writeUInt32BE(LEASE_SEC, 8)
  for (const [at, group] of prefix.slice(0, -'::'.length).split(':').entries())
    option.writeUInt16BE(Number.parseInt(group, 16), 16 + 2 * at)
  return option
}

/** One advertisement; the kernel puts the checksum in (RFC 3542 §3.1). */
export const advertisement = (portalApi: string, { prefix }: Pick<Prefix6, 'prefix'>): Buffer => {
  const uri = Buffer.from(portalApi, 'ascii')
  const units = Math.ceil((2 + uri.length) / OPTION_UNIT_OCTETS)
  if (units > OPTION_UNITS_MAX) throw new RangeError('The address of the portal API is too long to be advertised.')
  // Hop limit, reachable time and retransmit timer are left to what the hosts know already.
  const header = Buffer.alloc(16)
  header.writeUInt8(ROUTER_ADVERTISEMENT, 0)
  header.writeUInt8(OTHER_CONFIGURATION, 5)
  header.writeUInt16BE(ROUTER_LIFETIME_SEC, 6)
  const option = Buffer.alloc(units * OPTION_UNIT_OCTETS)
  option.writeUInt8(CAPTIVE_PORTAL_OPTION, 0)
  option.writeUInt8(units, 1)
  uri.copy(option, 2)
  return Buffer.concat([header, prefixOption(prefix), option])
}

/** `struct icmp6_filter` (RFC 3542 §3.2): a bit that is set keeps its type out. */
const onlySolicitations = (): string => {
  const filter = Buffer.alloc(32, 0xff)
  const word = ROUTER_SOLICITATION >> 5
  filter.writeUInt32LE((0xffffffff & ~(1 << (ROUTER_SOLICITATION & 31))) >>> 0, word * 4)
  return filter.toString('hex')
}

export const socketOf = (lan: string): readonly string[] => [
  'STDIO',
  [
    `IP6-DATAGRAM:[${ALL_NODES}%${lan}]:${SOCKET.icmpv6}`,
    `so-bindtodevice=${lan}`,
    `setsockopt-int=${SOCKET.ipv6}:${SOCKET.multicastHops}:${HOP_LIMIT}`,
    `setsockopt-bin=${SOCKET.icmpv6}:${SOCKET.filter}:x${onlySolicitations()}`,
  ].join(','),
]

export type AnnouncerDeps = {
  readonly kernel: Pick<Kernel, 'converse' | 'monotonicMs'>
  readonly lan: string
  readonly portalApi: string
  readonly prefix6: Prefix6
  readonly log: Log
}

export class Announcer {
  readonly #deps: AnnouncerDeps
  readonly #packet: Buffer
  #line: Conversation | undefined
  #sentMs = -Infinity
  #isAsked = false
  #isMissed = false

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps
    this.#packet = advertisement(deps.portalApi, deps.prefix6)
  }

  /** Opens the line where there is none. The bridge may have no address of its own yet: the next look tries again. */
  look(): void {
    const { kernel, lan, log } = this.#deps
    if (this.#line !== undefined) return
    this.#line = kernel.converse('socat', socketOf(lan), {
      heard: () => {
        this.#isAsked = true
        this.tick()
      },
      ended: (why) => {
        this.#line = undefined
        this.#sentMs = -Infinity
        if (!this.#isMissed) log.warn('router advertisements do not tell the portal’s API', { why })
        this.#isMissed = true
      },
    })
  }

  /** However many ask, and they may lie, one answer in three seconds goes to all of them. */
  tick(): void {
    const nowMs = this.#deps.kernel.monotonicMs()
    const waitedMs = nowMs - this.#sentMs
    if (this.#line === undefined || waitedMs < (this.#isAsked ? MIN_DELAY_BETWEEN_MS : UNASKED_MS)) return
    this.#isAsked = false
    this.#sentMs = nowMs
    this.#line.say(this.#packet)
  }

  close(): void {
    this.#line?.end()
  }
}
