import { expect, test } from 'vitest'
import { encodeReply, encodeRequest, prepareSecret, verifyReply, verifyRequest } from './authenticity.ts'
import { verifyChap } from './crypto/chap.ts'
import { verifyMsChap1, verifyMsChap2 } from './crypto/mschap.ts'
import { revealPassword, revealSalted } from './crypto/password.ts'
import { decodeAll } from './dictionary/decode.ts'
import { encodeNamed } from './dictionary/encode.ts'
import {
  attribute,
  attributesOf,
  authenticator,
  concatAttribute,
  headerOctets,
  packetOctetsMax,
  parsePacket,
  text,
  uint32,
  vendorAttribute,
  vendorAttributesOf,
  type Packet,
} from './packet.ts'
import { encodeReply11, parsePacket11 } from './radius11.ts'

/** Per test; together a million in the long run. */
const iterations = process.env['LANGO_LONG'] === '1' ? 500_000 : 20_000
const timeoutMs = 1_800_000
const secret = prepareSecret(Buffer.from('xyzzy5461'))
const requestAuthenticator = Buffer.from('0f403f9473978057bd83d5cb98f4227a', 'hex')
const unhide = { secret, requestAuthenticator }

/** Mulberry32: the same packets in every run, and by its seed a failing one can be had again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const attributes = encodeNamed(
  {
    'User-Name': 'alice@example.net',
    'User-Password': 'a password',
    'CHAP-Password': Buffer.alloc(17, 3),
    'NAS-IP-Address': '10.0.0.1',
    'Tunnel-Type': { tag: 1, value: 'VLAN' },
    'Tunnel-Password': { tag: 1, value: 'secret' },
    'Framed-IPv6-Prefix': '2001:db8::/64',
    'EAP-Message': Buffer.alloc(300, 2),
    'Proxy-State': [Buffer.from('one'), Buffer.from('two')],
    'MS-CHAP-Challenge': Buffer.alloc(16, 1),
    'MS-CHAP2-Response': Buffer.alloc(50, 1),
    'MS-MPPE-Send-Key': Buffer.alloc(16, 1),
    'Ruckus-DPSK-Params': { 'Ruckus-DPSK-Cipher': 1 },
    'IP-Port-Limit-Info': { 'IP-Port-Limit': 9 },
    'DHCPv6-Options': Buffer.alloc(300, 7),
    'Attr-26.429.7': Buffer.from('u'),
    'Attr-26.8164.7': Buffer.from('s'),
    'Attr-26.24757.7': Buffer.from('w'),
    'Event-Timestamp': 1,
  },
  { ...unhide, salt: () => 7 },
)
const seeds = [1, 4, 12, 40, 43].map((code) => encodeRequest({ code, id: 1, secret, attributes, requestAuthenticator }))

/** Calls everything that reads a packet. A throw fails the test. */
function readAll(packet: Packet): void {
  verifyRequest(packet, secret)
  verifyReply(packet, packet, secret, { requireMessageAuthenticator: true })
  decodeAll(packet)
  decodeAll(packet, unhide)
  for (let type = 0; type < 256; type++) uint32(packet, type)
  text(packet, 1)
  concatAttribute(packet, 79)
  attributesOf(packet, 33)
  for (const type of [1, 2, 11, 25, 26]) vendorAttributesOf(packet, 311, type)
  const name = attribute(packet, 1) ?? Buffer.alloc(0)
  const challenge = vendorAttribute(packet, 311, 11) ?? authenticator(packet)
  verifyMsChap1(vendorAttribute(packet, 311, 1) ?? name, challenge, requestAuthenticator)
  verifyMsChap2(vendorAttribute(packet, 311, 25) ?? name, challenge, name, requestAuthenticator)
  verifyChap(attribute(packet, 3) ?? name, name, challenge)
  revealPassword(attribute(packet, 2) ?? name, authenticator(packet), secret)
  revealSalted(vendorAttribute(packet, 311, 16) ?? name, authenticator(packet), secret)
  const reply = parsePacket(encodeReply({ code: 3, request: packet, secret }))
  if (typeof reply === 'string') throw new Error(reply)
  if (verifyReply(reply, packet, secret) !== 'ok') throw new Error('a reply of ours does not verify')
  encodeReply11({ code: 3, request: packet })
}

test(
  'random octets are a packet or a fault, and never throw',
  () => {
    const random = randomOf(1)
    let packets = 0
    for (let i = 0; i < iterations; i++) {
      const datagram = Buffer.from(Array.from({ length: random(60) }, () => random(256)))
      // Half of them get a Length that fits, so that the attributes are reached.
      if (datagram.length >= headerOctets && random(2) === 0) datagram.writeUInt16BE(datagram.length, 2)
      const parsed = parsePacket(datagram)
      parsePacket11(datagram)
      if (typeof parsed === 'string') continue
      packets++
      readAll(parsed)
    }
    expect(packets).toBeGreaterThan(100)
  },
  timeoutMs,
)

test(
  'a changed packet is a packet or a fault, and nothing that reads it throws',
  () => {
    const random = randomOf(2)
    let packets = 0
    for (let i = 0; i < iterations; i++) {
      const datagram = mutated(seeds[i % seeds.length]!, random)
      const parsed = parsePacket(datagram)
      if (typeof parsed === 'string') continue
      packets++
      expect(parsed.bytes.length).toBeLessThanOrEqual(packetOctetsMax)
      readAll(parsed)
    }
    expect(packets).toBeGreaterThan(iterations / 20)
  },
  timeoutMs,
)

/** One to four changes: an octet, a run of octets, a length within, a cut, a repetition. */
function mutated(seed: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(seed)
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length)
    const kind = random(6)
    if (kind === 0) bytes[at] = random(256)
    else if (kind === 1) bytes.fill(random(256), at, Math.min(at + random(20), bytes.length))
    else if (kind === 2) bytes[at] = [0, 1, 2, 255][random(4)]!
    else if (kind === 3 && bytes.length > headerOctets + 1) bytes = bytes.subarray(0, 1 + at)
    else if (kind === 4) bytes = Buffer.concat([bytes, bytes.subarray(at)])
    else bytes[at]! ^= 1 << random(8)
  }
  if (bytes.length >= headerOctets && random(4) > 0) bytes.writeUInt16BE(bytes.length & 0xffff, 2)
  return bytes
}
