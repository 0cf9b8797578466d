import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { prepareSecret } from '../authenticity.ts'
import { AttributeWriter, headerOctets, parsePacket, type Packet } from '../packet.ts'
import { attributes, vendors } from './attributes.gen.ts'
import { decodeAll, hiddenText, type DecodedAttribute } from './decode.ts'
import { encodeNamed, type NamedAttributes } from './encode.ts'
import { isAttributeName, vendorName } from './lookup.ts'
import type { AttributeDefinition } from './types.ts'
import { values } from './values.gen.ts'

const secret = prepareSecret(Buffer.from('xyzzy5461'))
const requestAuthenticator = Buffer.from('0f403f9473978057bd83d5cb98f4227a', 'hex')
const unhide = { secret, requestAuthenticator }
const hide = { ...unhide, salt: () => 0x1234 }

function packet(octets: Uint8Array): Packet {
  const bytes = Buffer.concat([Buffer.alloc(headerOctets), octets])
  bytes.writeUInt16BE(bytes.length, 2)
  const parsed = parsePacket(bytes)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

function decode(octets: Uint8Array | string): DecodedAttribute[] {
  return decodeAll(packet(typeof octets === 'string' ? Buffer.from(octets.replaceAll(' ', ''), 'hex') : octets), unhide)
}

function roundTrip(named: NamedAttributes): DecodedAttribute[] {
  return decode(encodeNamed(named, hide))
}

/** The octets are written in groups, to be checked by eye. */
function expectOctets(named: NamedAttributes, hex: string): void {
  expect(encodeNamed(named, hide).toString('hex')).toBe(hex.replaceAll(/\s/g, ''))
}

// One attribute of each type, with octets checked by hand.
test.each<[name: string, given: NamedAttributes, octets: string, value?: DecodedAttribute['value']]>([
  ['string', { 'User-Name': 'zoë' }, '0106 7a6fc3ab'],
  ['octets', { Class: Buffer.from('ab') }, '1904 6162'],
  ['octets in hexadecimal', { Class: '0xff00' }, '1904 ff00', Buffer.from('ff00', 'hex')],
  ['integer', { 'NAS-Port': 4_294_967_295 }, '0506 ffffffff'],
  ['integer from text', { 'NAS-Port': '7' }, '0506 00000007', 7],
  ['integer by name', { 'Service-Type': 'Framed-User' }, '0606 00000002'],
  ['integer named by an RFC of its own', { 'NAS-Port-Type': 'FDDI' }, '3d06 00000015'],
  ['address', { 'Framed-IP-Address': '10.0.0.255' }, '0806 0a0000ff'],
  ['IPv6 address', { 'Framed-IPv6-Address': '2001:db8::1' }, 'a812 20010db8000000000000000000000001'],
  ['IPv6 prefix', { 'Delegated-IPv6-Prefix': '2001:db8:1200::/40' }, '7b14 0028 20010db8120000000000000000000000'],
  ['interface', { 'Framed-Interface-Id': '2:0:a:1' }, '600a 00020000000a0001'],
  ['date', { 'Event-Timestamp': '2026-11-21T04:45:00Z' }, '3706 6b0121cc'],
  ['64-bit integer of a vendor', { 'UBNT-Data-Rate-DL': 2n ** 40n }, '1a10 0000a098 010a 0000010000000000'],
  ['text of a vendor', { 'Mikrotik-Rate-Limit': '2M/10M' }, '1a0e 00003a8c 0808 324d2f31304d'],
  ['extended', { 'Operator-NAS-Identifier': Buffer.from('x') }, 'f104 0878'],
  [
    'tlv of a vendor',
    { 'Ruckus-DPSK-Params': { 'Ruckus-DPSK-Cipher': 4 } },
    '1a0b 000061dd 9905 020304',
    [{ name: 'Ruckus-DPSK-Cipher', vendor: 'Ruckus', value: 4 }],
  ],
  [
    'tlv within extended',
    { 'IP-Port-Limit-Info': { 'IP-Port-Limit': 9 } },
    'f109 05 0206 00000009',
    [{ name: 'IP-Port-Limit', value: 9 }],
  ],
])('%s: the octets of RFC and back', (_, given, octets, value) => {
  const [[name, plain]] = Object.entries(given) as [[string, DecodedAttribute['value']]]
  expectOctets(given, octets)
  expect(roundTrip(given)).toMatchObject([{ name, value: value ?? plain }])
})

test('a tag is written and read: integers, text, and text that has none', () => {
  const given: NamedAttributes = {
    'Tunnel-Type': { tag: 3, value: 'VLAN' },
    'Tunnel-Medium-Type': 'IEEE-802',
    'Tunnel-Private-Group-Id': [{ tag: 3, value: '100' }, '200'],
    'ERX-Service-Activate': { tag: 1, value: 'gold' },
  }
  expectOctets(given, '4006 0300000d 4106 00000006 5106 03313030 5105 323030 1a0d 0000130a 4107 01 676f6c64')
  expect(roundTrip(given)).toEqual([
    { name: 'Tunnel-Type', tag: 3, value: 'VLAN' },
    { name: 'Tunnel-Medium-Type', value: 'IEEE-802' },
    { name: 'Tunnel-Private-Group-Id', tag: 3, value: '100' },
    { name: 'Tunnel-Private-Group-Id', value: '200' },
    { name: 'ERX-Service-Activate', vendor: 'ERX', tag: 1, value: 'gold' },
  ])
})

const hidden: NamedAttributes = {
  'User-Password': 'arctangent',
  'Tunnel-Password': { tag: 2, value: 'tunnel' },
  'MS-MPPE-Send-Key': Buffer.from('8b7cdc149b993a1ba118cb153f56dccb', 'hex'),
}

test('hidden values are opened with the secret and never shown without', () => {
  const octets = encodeNamed(hidden, hide)
  expect(octets.subarray(0, 18).toString('hex')).toBe('02120dbe708d93d413ce3196e43f782a0aee')
  expect(decode(octets)).toEqual([
    { name: 'User-Password', value: 'arctangent' },
    { name: 'Tunnel-Password', tag: 2, value: 'tunnel' },
    { name: 'MS-MPPE-Send-Key', vendor: 'Microsoft', value: hidden['MS-MPPE-Send-Key'] },
  ])
  expect(decodeAll(packet(octets)).map((one) => one.value)).toEqual([hiddenText, hiddenText, hiddenText])
  expect(() => encodeNamed(hidden)).toThrow(RangeError)
})

test('under RADIUS/1.1 the same values stand in clear, the tag before the password', () => {
  const octets = encodeNamed(hidden, { ...hide, version: 'radius/1.1' })
  expect(octets.includes('arctangent')).toBe(true)
  expect(octets.subarray(12, 21)).toEqual(Buffer.from('\x45\x09\x02tunnel', 'latin1'))
  const opened = decodeAll(packet(octets), { ...unhide, version: 'radius/1.1' })
  expect(opened.map((one) => one.value)).toEqual(['arctangent', 'tunnel', hidden['MS-MPPE-Send-Key']])
})

test('what no dictionary knows is read and written by number', () => {
  const given = {
    'Attr-200': Buffer.from('a'),
    'Attr-26.4242.7': Buffer.from('b'),
    'Attr-26.9.250': Buffer.from('c'),
    'Attr-241.26.9.5': Buffer.from('d'),
    'Attr-242.77': Buffer.from('e'),
    'Attr-26.429.8193': Buffer.from('f'),
    'Attr-26.8164.300': Buffer.from('g'),
    'Attr-26.24757.2': Buffer.from('h'),
  }
  const octets = `c803 61 1a09 00001092 0703 62 1a09 00000009 fa03 63 f109 1a 00000009 05 64 f204 4d65
    1a0b 000001ad 00002001 66 1a0b 00001fe4 012c 0005 67 1a0a 000060b5 0204 00 68`
  expectOctets(given, octets)
  expect(roundTrip(given)).toEqual([
    { name: 'Attr-200', value: Buffer.from('a') },
    { name: 'Attr-26.4242.7', vendor: '4242', value: Buffer.from('b') },
    { name: 'Cisco-Account-Info', vendor: 'Cisco', value: 'c' },
    { name: 'Attr-241.26.9.5', vendor: 'Cisco', value: Buffer.from('d') },
    { name: 'Attr-242.77', value: Buffer.from('e') },
    { name: 'Attr-26.429.8193', vendor: '429', value: Buffer.from('f') },
    { name: 'Attr-26.8164.300', vendor: '8164', value: Buffer.from('g') },
    { name: 'Attr-26.24757.2', vendor: '24757', value: Buffer.from('h') },
  ])
})

test('a long value is spread over pieces and joined again: RFC 6929 flags, EAP-Message by repetition', () => {
  const long = Buffer.from(Array.from({ length: 600 }, (_, i) => i & 0xff))
  expect(roundTrip({ 'DHCPv6-Options': long })).toEqual([{ name: 'DHCPv6-Options', value: long }])
  expect(roundTrip({ 'EAP-Message': long }).map((one) => (one.value as Buffer).length)).toEqual([253, 253, 94])
})

test('several attributes of a vendor packed in one are all decoded', () => {
  expect(decode('1a10 00003a8c 0304 6731 0106 00000005')).toEqual([
    { name: 'Mikrotik-Group', vendor: 'Mikrotik', value: 'g1' },
    { name: 'Mikrotik-Recv-Limit', vendor: 'Mikrotik', value: 5 },
  ])
})

test.each([
  ['an integer of three octets', '0505 000000', 'NAS-Port'],
  ['an address of five octets', '0807 0a00000001', 'Framed-IP-Address'],
  ['a prefix longer than 128 bits', '6104 0081', 'Framed-IPv6-Prefix'],
  ['text that is no UTF-8', '0104 ff80', 'User-Name'],
  ['a tlv whose length is 0', '1a0a 000061dd 9904 0200', 'Ruckus-DPSK-Params'],
  ['a vendor body whose length is 0', '1a08 00000009 0100', 'Vendor-Specific'],
  ['half a vendor number', '1a04 0000', 'Vendor-Specific'],
  ['an extended attribute without its number', 'f102', 'Extended-Attribute-1'],
])('%s stays octets', (_, octets, name) => {
  const [decoded, ...rest] = decode(octets)
  expect(rest).toEqual([])
  expect(decoded).toMatchObject({ name, value: expect.any(Uint8Array) as unknown })
})

test.each<[string, Record<string, unknown>]>([
  ['an unknown name', { 'No-Such-Thing': 1 }],
  ['a name from the prototype', { constructor: 1 }],
  ['a number out of range', { 'NAS-Port': 4_294_967_296 }],
  ['a fraction', { 'NAS-Port': 1.5 }],
  ['an unknown value name', { 'Service-Type': 'Framed-Usr' }],
  ['no address', { 'Framed-IP-Address': '10.0.0' }],
  ['no IPv6 address', { 'Framed-IPv6-Address': '2001:db8:::1' }],
  ['no prefix', { 'Framed-IPv6-Prefix': '2001:db8::/129' }],
  ['no date', { 'Event-Timestamp': 'yesterday' }],
  ['a tag where there is none', { 'User-Name': { tag: 1, value: 'x' } }],
  ['a tag over 31', { 'Tunnel-Type': { tag: 32, value: 1 } }],
  ['a stranger in a tlv', { 'Ruckus-DPSK-Params': { 'User-Name': 'x' } }],
  ['a value over 253 octets', { 'User-Name': 'x'.repeat(254) }],
  ['a value over 247 octets of a vendor', { 'Mikrotik-Group': 'x'.repeat(248) }],
])('%s is refused', (_, named) => {
  expect(() => encodeNamed(named as NamedAttributes, hide)).toThrow(RangeError)
})

const octetsOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((one) => Buffer.from(one))
const fixedOctets: Partial<Record<AttributeDefinition['type'], number[]>> = {
  integer: [4],
  signed: [4],
  integer64: [8],
  byte: [1],
  short: [2],
  date: [4],
  ipaddr: [4],
  ipv4prefix: [6],
  ipv6addr: [16],
  'combo-ip': [4, 16],
  ifid: [8],
  ether: [6],
}

/** A value of the attribute as it stands on the wire, before any tag or hiding. */
function wireValue({ type, encrypt }: AttributeDefinition): fc.Arbitrary<Buffer> {
  const sizes = fixedOctets[type]
  if (sizes !== undefined) return fc.constantFrom(...sizes).chain(octetsOf)
  if (type === 'ipv6prefix') {
    return fc.tuple(fc.nat(128), octetsOf(16)).map(([bits, rest]) => Buffer.concat([Buffer.of(0, bits), rest]))
  }
  const any = fc.uint8Array({ maxLength: encrypt === 1 ? 128 : 200 }).map((one) => Buffer.from(one))
  return encrypt === 1 ? any.filter((one) => one.at(-1) !== 0) : any
}

test('every attribute of the dictionary reads back the value it was given', () => {
  const containers = new Set(['tlv', 'vsa', 'extended', 'long-extended', 'evs'])
  for (const [name, definition] of Object.entries(attributes) as [string, AttributeDefinition][]) {
    if (containers.has(definition.type) || definition.encrypt === 3) continue
    fc.assert(
      fc.property(wireValue(definition), (wire) => {
        if (definition.tag !== undefined) wire[0] = definition.type === 'integer' ? 0 : 0x20
        if (definition.type === 'ipv4prefix') wire.set([0, wire[1]! % 33])
        const first = innermost(roundTrip({ [name]: wire }))
        const again = innermost(roundTrip({ [name]: first.value as Buffer }))
        expect(again).toEqual(first)
        expect(isAttributeName(first.name)).toBe(true)
        expect(first.vendor).toBe(definition.vendor === undefined ? undefined : vendorName(definition.vendor))
      }),
      { numRuns: 5, seed: 2865 },
    )
  }
})

/** A member of a tlv comes wrapped; the rest are alone. */
function innermost(decoded: readonly DecodedAttribute[]): DecodedAttribute {
  expect(decoded).toHaveLength(1)
  const { value } = decoded[0]!
  return Array.isArray(value) ? innermost(value as DecodedAttribute[]) : decoded[0]!
}

test('the vendors asked for are there, under their numbers', () => {
  expect(vendors).toMatchObject({ Mikrotik: 14988, WISPr: 14122, Microsoft: 311, Cisco: 9, Huawei: 2011, ZTE: 3902 })
  expect(vendors).toMatchObject({ ERX: 4874, UBNT: 41112, Cambium: 17713, Ruckus: 25053, Aruba: 14823 })
  expect(vendors).toMatchObject({ ChilliSpot: 14559, Ascend: 529, 'Ericsson-AB': 2352, 'Roaring-Penguin': 10055 })
  expect(attributes['Mikrotik-Rate-Limit']).toEqual({ vendor: 14988, number: 8, type: 'string' })
  expect(values['Acct-Status-Type']).toMatchObject({ Start: 1, Stop: 2, 'Accounting-Off': 8 })
})

test('a writer takes encoded attributes among its own', () => {
  const raw = encodeNamed({ 'Session-Timeout': 3600 })
  expect(decode(new AttributeWriter().text(1, 'a').append(raw).bytes)).toEqual([
    { name: 'User-Name', value: 'a' },
    { name: 'Session-Timeout', value: 3600 },
  ])
})
