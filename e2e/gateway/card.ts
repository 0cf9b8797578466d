/** Frames as a hostile phone would write them: a card that sends them as they are, and the frames themselves. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { program } from '../peer.ts'

export class Card {
  readonly #child: ChildProcess
  readonly #waiting: ((line: string) => void)[] = []

  constructor(namespace: string, device: string) {
    const file = join(import.meta.dirname, 'card.py')
    this.#child = spawn(program('ip'), ['netns', 'exec', namespace, program('python3'), file, device], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#waiting.shift()?.(line))
  }

  async send(...frames: Buffer[]): Promise<void> {
    for (const frame of frames) await this.#ask(`send ${frame.toString('hex')}`)
  }

  /** How many frames came that hold this. */
  async heard(text: string | Buffer): Promise<number> {
    const line = await this.#ask(`heard ${Buffer.from(text as string).toString('hex')}`)
    return line.split(' ').filter(Boolean).length
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }

  #ask(line: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#waiting.push(resolve)
    this.#child.stdin!.write(`${line}\n`)
    return promise
  }
}

const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex')
const ip4 = (text: string): Buffer => Buffer.from(text.split('.').map(Number))
const u16 = (n: number): Buffer => Buffer.of(n >> 8, n & 0xff)

/** Sixteen octets of an address as written, `::` and all. */
export const ip6 = (text: string): Buffer => {
  const [left = '', right] = text.split('::')
  const groups = (part: string): string[] => part.split(':').filter(Boolean)
  const [before, after] = [groups(left), groups(right ?? '')]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return Buffer.concat([...before, ...zeros, ...after].map((group) => u16(Number.parseInt(group, 16))))
}

/** RFC 1071. */
const checksum = (octets: Buffer): Buffer => {
  let sum = 0
  for (let at = 0; at < octets.length; at += 2) sum += octets[at]! * 256 + (octets[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return u16(~sum & 0xffff)
}
const withChecksum = (octets: Buffer, at: number, before: Buffer = Buffer.alloc(0)): Buffer => {
  const whole = Buffer.from(octets)
  checksum(Buffer.concat([before, octets])).copy(whole, at)
  return whole
}

export type Between = { readonly from: string; readonly to: string }

/** `macs` are those of the cards. A tag puts it into a VLAN. */
export const ethernet = (macs: Between, type: number, payload: Buffer, vlan?: number): Buffer =>
  Buffer.concat([
    mac(macs.to),
    mac(macs.from),
    ...(vlan === undefined ? [] : [u16(0x8100), u16(vlan)]),
    u16(type),
    payload,
  ])

export const ARP = 0x0806
export const IPV4 = 0x0800
export const IPV6 = 0x86dd
export const protocols = {
  icmp: 1,
  ipip: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  esp: 50,
  icmpv6: 58,
  sctp: 132,
} as const

/** `fragment`: the field of flags and offset. */
export const ipv4 = (ips: Between, protocol: number, payload: Buffer, fragment = 0): Buffer => {
  const head = Buffer.concat([
    Buffer.of(0x45, 0),
    u16(20 + payload.length),
    u16(0x1234),
    u16(fragment),
    Buffer.of(64, protocol, 0, 0),
    ip4(ips.from),
    ip4(ips.to),
  ])
  return Buffer.concat([withChecksum(head, 10), payload])
}

export const ipv6 = (ips: Between, next: number, payload: Buffer, hops = 255): Buffer =>
  Buffer.concat([
    Buffer.of(0x60, 0, 0, 0),
    u16(payload.length),
    Buffer.of(next, hops),
    ip6(ips.from),
    ip6(ips.to),
    payload,
  ])

/** Over IPv4 a checksum of none is allowed. */
export const udp = (ports: { from: number; to: number }, payload: Buffer | string): Buffer => {
  const body = Buffer.from(payload as string)
  return Buffer.concat([u16(ports.from), u16(ports.to), u16(8 + body.length), u16(0), body])
}

/** What IPv6 has summed up along with a message. */
const pseudo = (ips: Between, next: number, length: number): Buffer =>
  Buffer.concat([ip6(ips.from), ip6(ips.to), Buffer.of(0, 0), u16(length), Buffer.of(0, 0, 0, next)])

export const udp6 = (ips: Between, ports: { from: number; to: number }, payload: Buffer | string): Buffer => {
  const datagram = udp(ports, payload)
  return withChecksum(datagram, 6, pseudo(ips, protocols.udp, datagram.length))
}

export const icmp = (type: number, body: Buffer | string): Buffer =>
  withChecksum(Buffer.concat([Buffer.of(type, 0, 0, 0), Buffer.from(body as string)]), 2)

export const icmpv6 = (ips: Between, type: number, body: Buffer | string): Buffer => {
  const message = Buffer.concat([Buffer.of(type, 0, 0, 0), Buffer.from(body as string)])
  return withChecksum(message, 2, pseudo(ips, protocols.icmpv6, message.length))
}

/** RFC 4861 §4.4: “this address is at my card”, unasked and overriding. */
export const neighborAdvert = (macs: Between, ips: Between, address: string): Buffer => {
  const body = Buffer.concat([Buffer.of(0x20, 0, 0, 0), ip6(address), Buffer.of(2, 1), mac(macs.from)])
  return ethernet(macs, IPV6, ipv6(ips, protocols.icmpv6, icmpv6(ips, 136, body)))
}

/** RFC 4861 §4.2: “I am a router”, with a prefix to make addresses of. */
export const routerAdvert = (macs: Between, ips: Between, prefix: string): Buffer => {
  const lifetimes = Buffer.of(0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0)
  const body = Buffer.concat([
    Buffer.of(64, 0, 0x0e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0),
    Buffer.of(3, 4, 64, 0xc0),
    lifetimes,
    ip6(prefix),
  ])
  return ethernet(macs, IPV6, ipv6(ips, protocols.icmpv6, icmpv6(ips, 134, body)))
}

/** RFC 826: “this address is at my card”, as an answer. */
export const arpReply = (macs: Between, claimed: string, toIp: string): Buffer =>
  ethernet(
    macs,
    ARP,
    Buffer.concat([Buffer.of(0, 1, 8, 0, 6, 4, 0, 2), mac(macs.from), ip4(claimed), mac(macs.to), ip4(toIp)]),
  )
