import { expect, test } from 'vitest'
import { contains, parseAddress, parseRange } from './rules.ts'

const inside = (range: string, address: string): boolean => contains(parseRange(range)!, parseAddress(address)!)

test('a router is found by its address or by the range it lies in', () => {
  expect(inside('10.0.0.1', '10.0.0.1')).toBe(true)
  expect(inside('10.0.0.1', '10.0.0.2')).toBe(false)
  expect(inside('10.20.0.0/16', '10.20.255.7')).toBe(true)
  expect(inside('10.20.0.0/16', '10.21.0.1')).toBe(false)
  expect(inside('0.0.0.0/0', '203.0.113.9')).toBe(true)
  expect(inside('2001:db8::/48', '2001:db8:0:ffff::1')).toBe(true)
  expect(inside('2001:db8::/48', '2001:db8:1::1')).toBe(false)
  expect(inside('0.0.0.0/0', '::1')).toBe(false)
})

test('IPv6 is compared as a number, however it is written', () => {
  expect(parseAddress('2001:DB8:0:0::1')).toEqual(parseAddress('2001:db8::1'))
  expect(parseAddress('::ffff:192.0.2.1')?.value).toBe(0xffffc0000201n)
})

test.each([
  '',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.1/33',
  '10.0.0.1/24',
  '10.0.0.0/',
  '10.0.0.0/24/8',
  'router',
  'fe80::1%eth0',
  '::1/129',
])("'%s' is no address or range", (text) => {
  expect(parseRange(text)).toBeUndefined()
})
