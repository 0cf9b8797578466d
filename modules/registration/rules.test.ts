import { expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel'
import { loginOf, networkOf, newCode, readCode, readEmail, readPhone } from './rules.ts'

const prefixes = ['+254', '+255']

test.each([
  ['0712 345 678', '+254712345678'],
  ['+254 712 345-678', '+254712345678'],
  ['00254712345678', '+254712345678'],
  ['+254 0712 345 678', '+254712345678'],
  ['(+255) 712.345.678', '+255712345678'],
  ['712345678', undefined],
  ['+882 1234567890', undefined],
  ['+254', undefined],
  ['+2547123456789012345', undefined],
  ['0712345678<b>', undefined],
  ['__proto__', undefined],
  ['', undefined],
])('a number is read as it is written at home or abroad: %s', (typed, number) => {
  expect(readPhone(typed, prefixes)).toBe(number)
})

test('without a country nobody is called', () => {
  expect([readPhone('0712345678', []), readPhone('+254712345678', [])]).toEqual([undefined, undefined])
})

test('an e-mail address is one, whatever case it is typed in', () => {
  expect(readEmail(' Amina@Example.NET ')).toBe('amina@example.net')
  for (const typed of [
    'amina',
    'a@b',
    'a@b.example\nBcc: x@y.example',
    '"a b"@c.example',
    `${'a'.repeat(300)}@b.example`,
  ])
    expect([typed, readEmail(typed)]).toEqual([typed, undefined])
})

test('one logs in with the digits of the number, or with the e-mail address', () => {
  expect([loginOf('+254712345678'), loginOf('amina@example.net')]).toEqual(['254712345678', 'amina@example.net'])
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::ffff', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('a whole network of IPv6 counts as one: %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test('codes have six digits, and blanks in a code do not matter', () => {
  const random = seededRandom(3)
  for (let n = 0; n < 1000; n++) expect(newCode(random)).toMatch(/^\d{6}$/)
  expect(readCode(' 123-456 ')).toBe('123456')
})
