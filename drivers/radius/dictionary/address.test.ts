import * as fc from 'fast-check'
import { isIPv6 } from 'node:net'
import { expect, test } from 'vitest'
import { formatIpv6, ipv6Octets } from './address.ts'

// RFC 5952 §4
test.each([
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['fe80::', 'fe80::'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
])('%s is written %s', (given, written) => {
  expect(formatIpv6(ipv6Octets(given))).toBe(written)
})

test.each(['', ':', '1::2::3', '1:2:3', '12345::', '::1%eth0', '10.0.0.1'])('%j is no IPv6 address', (given) => {
  expect(() => ipv6Octets(given)).toThrow(RangeError)
})

test('any sixteen octets come back, by a text that is an address', () => {
  const groups = fc.array(fc.constantFrom(0, 0, 1, 0xffff, 0xabc), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(groups, (groups) => {
      const octets = Buffer.alloc(16)
      groups.forEach((group, i) => octets.writeUInt16BE(group, i * 2))
      const written = formatIpv6(octets)
      expect(isIPv6(written)).toBe(true)
      expect(ipv6Octets(written)).toEqual(octets)
    }),
  )
})
