import { expect, test } from 'vitest'
import { isHostName, isInterfaceName, readMac, readNetwork, readPrefix6, withRange } from './address.ts'

test('a network tells where its clients live', () => {
  expect(readNetwork('10.40.0.1/16')).toEqual({
    address: '10.40.0.1',
    prefix: 16,
    first: '10.40.0.10',
    last: '10.40.255.254',
  })
  expect(readNetwork('192.168.5.129/25')).toMatchObject({ first: '192.168.5.138', last: '192.168.5.254' })
})

test.each(['10.40.0.1', '10.40.0.1/30', '10.40.0.1/0', '10.40.0.256/16', '10.40.0.1/16; drop', 'fd00::1/64', ''])(
  'what is no network of a hotspot is refused: %s',
  (text) => expect(readNetwork(text)).toBeUndefined(),
)

test('a prefix of IPv6 tells the gateway’s own address, and whether anybody outside knows a way to it', () => {
  const routed = { address: '2001:db8:40::1', prefix: '2001:db8:40::', isLocal: false }
  for (const text of ['2001:db8:40::/64', '2001:0DB8:0040:0000::/64', '2001:db8:40:0:0:0:0:0/64'])
    expect(readPrefix6(text)).toEqual(routed)
  expect(readPrefix6('2001:db8:40:7::/64')).toMatchObject({ address: '2001:db8:40:7::1' })
  expect(readPrefix6('fd12:3456:789a:1::/64')).toMatchObject({ address: 'fd12:3456:789a:1::1', isLocal: true })
})

test.each([
  '2001:db8:40::/56',
  '2001:db8:40::1/64',
  '2001:db8:40:1:2::/64',
  '2001:db8:40::',
  'fe80::/64',
  'ff02::/64',
  '::/64',
  '::ffff:10.0.0.0/64',
  '10.40.0.0/16',
  '2001:db8:40::/64\nport=53',
  '',
])('what is no prefix of a hotspot is refused: %s', (text) => expect(readPrefix6(text)).toBeUndefined())

test('a hardware address is read however it is spelt, and nothing else is', () => {
  for (const text of ['AA-BB-CC-00-00-01', 'aa:bb:cc:00:00:01', 'aabb.cc00.0001', 'AABBCC000001'])
    expect(readMac(text)).toBe('aa:bb:cc:00:00:01')
  for (const text of ['', 'aa:bb:cc:00:00', 'aa:bb:cc:00:00:01 }', 'gg:bb:cc:00:00:01'])
    expect(readMac(text)).toBeUndefined()
})

test('names that could write a line of their own are no names', () => {
  for (const name of ['pay.example', 'a', 'xn--mgba.example', 'wifi-1.isp.co.ke']) expect(isHostName(name)).toBe(true)
  for (const name of [
    'pay.example\naddress=/#/1.2.3.4',
    'a/b',
    'a b',
    '',
    '-a.example',
    '10.0.0.1',
    '*.example',
    'a..b',
  ])
    expect(isHostName(name)).toBe(false)
  for (const name of ['br-guests', 'eth0.40', 'wlan0']) expect(isInterfaceName(name)).toBe(true)
  for (const name of ['', 'br0" accept', 'a name', '-force', 'sixteen-letters-x'])
    expect(isInterfaceName(name)).toBe(false)
})

test('clients may be kept to a part of the network that the gateway is not in', () => {
  const network = readNetwork('10.40.0.1/16')!
  expect(withRange(network, '10.40.1.0-10.40.1.99')).toEqual({ ...network, first: '10.40.1.0', last: '10.40.1.99' })
  for (const text of [
    '10.40.1.9-10.40.1.1',
    '10.40.0.0-10.40.0.9',
    '10.40.0.1-10.40.0.9',
    '10.41.0.1-10.41.0.9',
    '10.40.1.1',
    'a-b',
    '',
  ])
    expect(withRange(network, text)).toBeUndefined()
})
