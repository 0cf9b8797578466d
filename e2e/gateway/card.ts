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
const u16 = (n: number): Buffer => Buffer.of(n >> 8, n & 0xff)

/** Sixteen octets of an address as written, `::` and all. */
const ip6 = (text: string): Buffer => {
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

/** `macs` are those of the cards. */
export const ethernet = (macs: Between, type: number, payload: Buffer): Buffer =>
  Buffer.concat([mac(macs.to), mac(macs.from), u16(type), payload])

export const IPV6 = 0x86dd
export const protocols = { udp: 17, icmpv6: 58 } as const

export const ipv6 = (ips: Between, next: number, payload: Buffer, hops = 255): Buffer =>
  Buffer.concat([
    Buffer.of(0x60, 0, 0, 0),
    u16(payload.length),
    Buffer.of(next, hops),
    ip6(ips.from),
    ip6(ips.to),
    payload,
  ])

const udp = (ports: { from: number; to: number }, payload: Buffer | string): Buffer => {
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
