import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  attribute,
  attributesOf,
  AttributeWriter,
  concatAttribute,
  findAttribute,
  headerOctets,
  nextOffset,
  packetOctetsMax,
  parsePacket,
  proxyStateOctetsMax,
  text,
  uint32,
  vendorAttribute,
  vendorAttributesOf,
  type Packet,
} from './packet.ts'

/** A datagram with these attributes; the authenticator is zeros. */
function datagram(attributes: Uint8Array, length = headerOctets + attributes.length): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(headerOctets), attributes])
  bytes[0] = 1
  bytes[1] = 77
  bytes.writeUInt16BE(length, 2)
  return bytes
}

function packet(attributes: Uint8Array): Packet {
  const parsed = parsePacket(datagram(attributes))
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

const sample = new AttributeWriter()
  .text(1, 'alice')
  .uint32(5, 4_294_967_295)
  .ipv4(4, '10.0.255.1')
  .vendor(14988, 8, '2M/10M')
  .vendor(9, 1, 'a')
  .vendor(9, 1, Buffer.from('b'))
  .vendor(14988, 1, 5).bytes

test('a packet shorter than its header, or than its Length, is refused at every length', () => {
  const whole = datagram(sample)
  for (let length = 0; length < whole.length; length++) {
    expect(parsePacket(whole.subarray(0, length))).toBe(length < headerOctets ? 'short' : 'truncated')
  }
  expect(parsePacket(whole)).toMatchObject({ code: 1, id: 77 })
})

test('a Length below the header is refused', () => {
  for (let length = 0; length < headerOctets; length++) expect(parsePacket(datagram(sample, length))).toBe('length')
})

test('a packet of 4096 octets is read, one of 4097 is refused', () => {
  const filler = Buffer.concat(Array.from({ length: 16 }, () => Buffer.concat([Buffer.of(18, 254), Buffer.alloc(252)])))
  const rest = packetOctetsMax - headerOctets - filler.length
  const last = Buffer.concat([Buffer.of(18, rest), Buffer.alloc(rest - 2)])
  expect(parsePacket(datagram(Buffer.concat([filler, last])))).toHaveProperty('code', 1)
  const over = Buffer.concat([filler, Buffer.of(18, rest + 1), Buffer.alloc(rest - 1)])
  expect(parsePacket(datagram(over))).toBe('oversize')
  expect(parsePacket(datagram(over), packetOctetsMax + 1)).toHaveProperty('code', 1)
})

test('octets past Length are padding', () => {
  const padded = Buffer.concat([datagram(sample), Buffer.from('garbage')])
  const parsed = parsePacket(padded) as Packet
  expect(parsed.bytes).toEqual(datagram(sample))
  expect(parsed.bytes.buffer).toBe(padded.buffer)
})

test.each([
  ['length 0', [1, 0]],
  ['length 1', [1, 1]],
  ['length past the end', [1, 4, 65]],
  ['no length', [1]],
  ['length 1 after a good one', [1, 3, 65, 2, 1, 0]],
])('an attribute with %s is refused', (_, octets) => {
  expect(parsePacket(datagram(Buffer.from(octets)))).toBe('attribute-length')
})

test('an attribute without a value is kept, and is not an integer', () => {
  const parsed = packet(Buffer.of(40, 2, 1, 2))
  expect(attribute(parsed, 40)).toEqual(Buffer.alloc(0))
  expect(uint32(parsed, 40)).toBeUndefined()
  expect(text(parsed, 1)).toBe('')
})

test('an integer of any length but four octets is none', () => {
  for (let length = 0; length <= 10; length++) {
    const parsed = packet(Buffer.concat([Buffer.of(27, length + 2), Buffer.alloc(length, 0xff)]))
    expect(uint32(parsed, 27)).toBe(length === 4 ? 0xffffffff : undefined)
  }
})

test('alice with a NUL is not alice', () => {
  expect(text(packet(new AttributeWriter().text(1, 'alice\0').bytes), 1)).toBe('alice\0')
  expect(text(packet(new AttributeWriter().text(1, 'alice').bytes), 1)).toBe('alice')
})

test('what was written is read: text, integers, addresses, vendors', () => {
  const parsed = packet(sample)
  expect(text(parsed, 1)).toBe('alice')
  expect(uint32(parsed, 5)).toBe(4_294_967_295)
  expect(attribute(parsed, 4)).toEqual(Buffer.of(10, 0, 255, 1))
  expect(vendorAttribute(parsed, 14988, 8)).toEqual(Buffer.from('2M/10M'))
  expect(vendorAttribute(parsed, 14988, 1)).toEqual(Buffer.of(0, 0, 0, 5))
  expect(vendorAttributesOf(parsed, 9, 1).map(String)).toEqual(['a', 'b'])
  expect(vendorAttribute(parsed, 10, 1)).toBeUndefined()
  expect(vendorAttribute(parsed, 9, 2)).toBeUndefined()
  expect(attribute(parsed, 99)).toBeUndefined()
})

test('several attributes of a vendor packed in one are all found', () => {
  const parsed = packet(Buffer.of(26, 14, 0, 0, 0, 9, 1, 3, 65, 2, 2, 1, 3, 66))
  expect(vendorAttributesOf(parsed, 9, 1).map(String)).toEqual(['A', 'B'])
  expect(vendorAttribute(parsed, 9, 2)).toEqual(Buffer.alloc(0))
})

// RFC 6929 §2.8: an invalid attribute is ignored, its packet is not discarded.
test.each([
  ['length 0', [26, 12, 0, 0, 0, 9, 1, 3, 65, 1, 0, 66]],
  ['length 1', [26, 12, 0, 0, 0, 9, 1, 3, 65, 1, 1, 66]],
  ['a length past the end', [26, 12, 0, 0, 0, 9, 1, 3, 65, 1, 4, 66]],
  ['no length', [26, 10, 0, 0, 0, 9, 1, 3, 65, 1]],
  ['no body', [26, 6, 0, 0, 0, 9]],
  ['half a vendor number', [26, 4, 0, 0]],
  ['nothing', [26, 2]],
])('a Vendor-Specific whose body has %s is passed over and the next one is read', (_, octets) => {
  const good = new AttributeWriter().vendor(9, 1, 'good').bytes
  const parsed = packet(Buffer.concat([Buffer.from(octets), good]))
  expect(vendorAttributesOf(parsed, 9, 1).map(String)).toEqual(['good'])
})

test('pieces of one type are joined in order, a single one is a view', () => {
  const long = Buffer.from(Array.from({ length: 600 }, (_, i) => i & 0xff))
  const parsed = packet(new AttributeWriter().concat(79, long).bytes)
  expect(attributesOf(parsed, 79).map((piece) => piece.length)).toEqual([253, 253, 94])
  expect(concatAttribute(parsed, 79)).toEqual(long)
  const single = packet(new AttributeWriter().concat(79, long.subarray(0, 9)).bytes)
  expect(concatAttribute(single, 79)?.buffer).toBe(single.bytes.buffer)
  expect(concatAttribute(single, 80)).toBeUndefined()
})

test('the search goes on after the attribute found', () => {
  const parsed = packet(new AttributeWriter().text(25, 'one').text(1, 'x').text(25, 'two').bytes)
  const first = findAttribute(parsed, 25)
  const second = findAttribute(parsed, 25, nextOffset(parsed, first))
  expect([first, second]).toEqual([20, 28])
  expect(findAttribute(parsed, 25, nextOffset(parsed, second))).toBe(-1)
})

test('more Proxy-State than fits an answer is refused', () => {
  const one = Buffer.concat([Buffer.of(33, 255), Buffer.alloc(253)])
  const times = Math.floor(proxyStateOctetsMax / one.length)
  expect(parsePacket(datagram(Buffer.concat(Array.from({ length: times }, () => one))))).toHaveProperty('code', 1)
  expect(parsePacket(datagram(Buffer.concat(Array.from({ length: times + 1 }, () => one))))).toBe('proxy-state')
})

test('a value or packet that is too long throws, and nothing is cut', () => {
  const writer = new AttributeWriter()
  expect(() => writer.octets(1, Buffer.alloc(254))).toThrow(RangeError)
  expect(() => writer.text(1, 'é'.repeat(127))).toThrow(RangeError)
  expect(() => writer.vendor(9, 1, Buffer.alloc(248))).toThrow(RangeError)
  expect(() => writer.taggedText(81, 1, 'x'.repeat(253))).toThrow(RangeError)
  expect(() => writer.taggedUint32(64, 1, 0x1000000)).toThrow(RangeError)
  expect(() => writer.taggedUint32(64, 32, 1)).toThrow(RangeError)
  expect(() => writer.ipv4(8, '10.0.0.256')).toThrow(RangeError)
  expect(() => writer.ipv4(8, '10.0.0')).toThrow(RangeError)
  expect(writer.length).toBe(0)
  for (let i = 0; i < 15; i++) writer.octets(1, Buffer.alloc(253))
  const length = writer.octets(1, Buffer.alloc(249)).length
  expect(length).toBe(packetOctetsMax - headerOctets)
  expect(() => writer.octets(1, Buffer.alloc(0))).toThrow(RangeError)
  expect(writer.length).toBe(length)
  expect(parsePacket(datagram(writer.bytes))).toHaveProperty('code', 1)
})

test('a tag takes the highest octet of an integer and the first of a text; tag 0 leaves a text alone', () => {
  const written = new AttributeWriter().taggedUint32(64, 3, 13).taggedText(81, 3, '100').taggedText(81, 0, '100').bytes
  expect(written.toString('hex')).toBe('40060300000d5106033130305105313030')
})

test('a writer that was reset writes the next packet only', () => {
  const writer = new AttributeWriter().text(1, 'x'.repeat(250)).text(1, 'x'.repeat(250))
  expect(writer.reset().text(1, 'a').bytes).toEqual(Buffer.of(1, 3, 97))
  expect(writer.append(Buffer.of(2, 2)).bytes).toEqual(Buffer.of(1, 3, 97, 2, 2))
})

test('any row of attributes that was written is read back in order', () => {
  const one = fc.tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 253 }))
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), (attributes) => {
      const writer = new AttributeWriter()
      for (const [type, value] of attributes) writer.octets(type, value)
      const parsed = packet(writer.bytes)
      for (const [type] of attributes) {
        const values = attributes.filter(([other]) => other === type).map(([, value]) => Buffer.from(value))
        expect(attributesOf(parsed, type)).toEqual(values)
        expect(concatAttribute(parsed, type)).toEqual(Buffer.concat(values))
      }
    }),
  )
})
