import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codes, encodeNamed, encodeRequest, prepareSecret, type NamedAttributes } from '@lango/drivers/radius'
import { normaliseDevice } from '@lango/modules/access'
import { AccountingReader, octetText } from './accounting-record.ts'

const secret = prepareSecret(Buffer.from('testing123'))
const NOW = 1_800_000_000_000

const reading = (attributes: NamedAttributes | Buffer): AccountingReader => {
  const encoded = Buffer.isBuffer(attributes) ? attributes : encodeNamed(attributes)
  const bytes = encodeRequest({ code: codes.accountingRequest, id: 1, secret, attributes: encoded })
  const reader = new AccountingReader()
  // As in a batch: the packet lies somewhere in a larger block.
  const block = Buffer.concat([Buffer.alloc(7, 0x28), bytes, Buffer.alloc(9, 0x28)])
  reader.read(block, 7, 7 + bytes.length)
  return reader
}
const raw = (type: number, value: Uint8Array | string): Buffer => {
  const octets = Buffer.from(value)
  return Buffer.concat([Buffer.of(type, octets.length + 2), octets])
}
const statusOf = (value: number): Buffer => raw(40, Buffer.of(0, 0, 0, value))
const SESSION = raw(44, 's1')

test.each([
  [1, 'start'],
  [2, 'stop'],
  [3, 'interim'],
  [7, 'nas'],
  [8, 'nas'],
  [9, 'other'],
  [15, 'other'],
])('Acct-Status-Type %i means %s', (code, status) => {
  expect(reading(statusOf(code)).status).toBe(status)
})

test.each([
  ['without a value (CVE-2004-0131)', raw(40, '')],
  ['of one octet', raw(40, Buffer.of(1))],
  ['of five octets', raw(40, Buffer.of(0, 0, 0, 1, 0))],
  ['that is missing', Buffer.alloc(0)],
])('an Acct-Status-Type %s makes no record', (_what, attribute) => {
  const reader = reading(Buffer.concat([attribute, SESSION]))
  expect(reader.complete).toBe(false)
  expect(reader.status).toBe('other')
})

test('a record of a session needs its id; one of the whole NAS does not', () => {
  expect(reading(statusOf(1)).complete).toBe(false)
  expect(reading(Buffer.concat([statusOf(1), raw(44, '')])).complete).toBe(false)
  expect(reading(Buffer.concat([statusOf(1), SESSION])).complete).toBe(true)
  expect(reading(statusOf(7)).complete).toBe(true)
})

test('one reader takes nothing of the packet before', () => {
  const reader = reading({ 'Acct-Status-Type': 'Start', 'Acct-Session-Id': 's1', 'User-Name': 'amina' })
  const bytes = encodeRequest({ code: codes.accountingRequest, id: 2, secret, attributes: statusOf(1) })
  reader.read(bytes, 0, bytes.length)
  expect([reader.acctSessionId, reader.record('start', NOW, false).userName]).toEqual(['', ''])
})

test('of an attribute that comes twice the first counts', () => {
  expect(reading(Buffer.concat([SESSION, raw(44, 's2')])).acctSessionId).toBe('s1')
})

test('octets are the low word and the gigawords, absent where the NAS sent neither', () => {
  const record = reading({
    'Acct-Input-Octets': 0xffff_ffff,
    'Acct-Input-Gigawords': 3,
    'Acct-Output-Gigawords': 1,
  }).record('interim', NOW, false)
  expect(record.input).toEqual({ low: 0xffff_ffff, gigawords: 3 })
  expect(record.output).toEqual({ low: 0, gigawords: 1 })
  expect(reading({ 'Acct-Output-Octets': 7 }).record('stop', NOW, false)).toMatchObject({
    input: undefined,
    output: { low: 7, gigawords: undefined },
  })
})

test('a router that counts the other way round is turned', () => {
  const record = reading({ 'Acct-Input-Octets': 1, 'Acct-Output-Octets': 2 }).record('interim', NOW, true)
  expect([record.input?.low, record.output?.low]).toEqual([2, 1])
})

test.each(['2001:db8:1:2::/64', '2001:db8::/32', '::/0', 'fd00:0:0:1::/64', '2001:db8:1:2:3:4:5:6/128'])(
  'an IPv6 prefix is read as it is written: %s',
  (prefix) => {
    const { details } = reading({ 'Framed-IPv6-Prefix': prefix, 'Delegated-IPv6-Prefix': prefix })
    expect([details.framedIpv6Prefix, details.delegatedIpv6Prefix]).toEqual([prefix, prefix])
  },
)

test.each([
  ['empty', raw(97, '')],
  ['of one octet', raw(97, Buffer.of(0))],
  ['with more than an address', raw(97, Buffer.alloc(19))],
])('an IPv6 prefix %s is no prefix', (_what, attribute) => {
  expect(reading(attribute).details.framedIpv6Prefix).toBe('')
})

test('an IPv6 address told alone is kept as the prefix that it is; a prefix goes before it', () => {
  const address = { 'Framed-IPv6-Address': '2001:db8:40::a1' }
  expect(reading(address).details.framedIpv6Prefix).toBe('2001:db8:40::a1/128')
  expect(reading({ ...address, 'Framed-IPv6-Prefix': '2001:db8:40::/64' }).details.framedIpv6Prefix).toBe(
    '2001:db8:40::/64',
  )
})

test('an IPv4 address of a wrong length is no address', () => {
  expect(reading(raw(8, Buffer.of(10, 0, 0))).framedIp).toBe('')
  expect(reading(raw(8, Buffer.of(10, 0, 0, 1, 9))).framedIp).toBe('')
  expect(reading(raw(8, Buffer.of(10, 0, 0, 1))).framedIp).toBe('10.0.0.1')
})

test('the NAS is its own name, else its address', () => {
  expect(reading({ 'NAS-IP-Address': '10.0.0.1', 'NAS-Identifier': 'tower-3' }).nas).toBe('tower-3')
  expect(reading(Buffer.concat([raw(32, ''), raw(4, Buffer.of(10, 0, 0, 1))])).nas).toBe('10.0.0.1')
  expect(reading(Buffer.alloc(0)).nas).toBe('')
})

test('names are text where they are UTF-8, and digits where they are not', () => {
  const nameOf = (octets: Uint8Array | string): string => reading(raw(1, octets)).record('start', NOW, false).userName
  expect(nameOf('Ngũgĩ')).toBe('Ngũgĩ')
  expect(nameOf(Buffer.of(0x61, 0xff, 0xfe))).toBe('hex:61fffe')
  expect(nameOf('alice\0')).toBe('alice\0')
  expect(nameOf("'; DROP TABLE grants; --<script>")).toBe("'; DROP TABLE grants; --<script>")
  expect(nameOf('__proto__')).toBe('__proto__')
})

test('two names never become one, whatever their octets', () => {
  // Half of the names begin as the spelling of undecodable octets does.
  const octets = fc
    .tuple(fc.boolean(), fc.uint8Array({ maxLength: 12 }))
    .map(([marked, tail]) => (marked ? Buffer.concat([Buffer.from('hex:'), tail]) : Buffer.from(tail)))
  const textOf = (bytes: Buffer): string => octetText(bytes, 0, bytes.length)
  expect(textOf(Buffer.from('hex:ff'))).not.toBe(textOf(Buffer.of(0xff)))
  fc.assert(
    fc.property(octets, (bytes) => {
      const text = textOf(bytes)
      const back = text.startsWith('hex:') ? Buffer.from(text.slice(4), 'hex') : Buffer.from(text)
      expect(back.equals(bytes)).toBe(true)
    }),
  )
})

test.each([
  ['when it was sent, less its delay', { 'Acct-Delay-Time': 30 }, NOW - 30_000],
  [
    'its delay, also beside a time of the NAS',
    { 'Acct-Delay-Time': 5, 'Event-Timestamp': NOW / 1000 - 900 },
    NOW - 5000,
  ],
  ['the time of the NAS', { 'Event-Timestamp': NOW / 1000 - 900 }, NOW - 900_000],
  ['the time of the NAS, where the delay cannot be', { 'Acct-Delay-Time': 86_401, 'Event-Timestamp': NOW / 1000 }, NOW],
  ['unknown to a NAS of 1970', { 'Event-Timestamp': 0 }, undefined],
  ['unknown to a NAS of tomorrow', { 'Event-Timestamp': NOW / 1000 + 86_401 }, undefined],
  ['unknown where the NAS says nothing', {}, undefined],
])('an event happened %s', (_when, attributes, eventAt) => {
  expect(reading(attributes as NamedAttributes).record('interim', NOW, false).eventAt).toBe(eventAt)
})

test('the authenticator marks a Start, the cause a Stop', () => {
  const reader = reading({ 'Acct-Terminate-Cause': 'Idle-Timeout' })
  expect(reader.record('start', NOW, false)).toMatchObject({
    authenticator: expect.stringMatching(/^[0-9a-f]{32}$/),
    terminateCause: undefined,
  })
  expect(reader.record('stop', NOW, false)).toMatchObject({ authenticator: '', terminateCause: 4 })
})

test.each([
  ['AA:BB:CC:DD:EE:0F', 'AA:BB:CC:DD:EE:0F'],
  ['aa:bb:cc:dd:ee:0f', 'AA:BB:CC:DD:EE:0F'],
  ['AA-BB-CC-DD-EE-0F', 'AA:BB:CC:DD:EE:0F'],
  ['aabb.ccdd.ee0f', 'AA:BB:CC:DD:EE:0F'],
  ['aabbccddee0f', 'AA:BB:CC:DD:EE:0F'],
  ['aabbcc-ddee0f', 'AA:BB:CC:DD:EE:0F'],
  ['1:aa:bb:cc:dd:ee:f', 'AA:BB:CC:DD:EE:0F'],
  ['+254712345678', '+254712345678'],
  ['AA:BB:CC:DD:EE:0G', 'AA:BB:CC:DD:EE:0G'],
  ['AA:BB:CC:DD:EE', 'AA:BB:CC:DD:EE'],
  ['AA:BB:CC:DD:EE:0F:11', 'AA:BB:CC:DD:EE:0F:11'],
  ['', ''],
])('a device %j is known as %j', (station, device) => {
  expect(normaliseDevice(station)).toBe(device)
  expect(reading(raw(31, station)).record('start', NOW, false).device).toBe(device)
})
