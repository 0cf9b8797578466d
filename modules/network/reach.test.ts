import { expect, test } from 'vitest'
import { boxAddressFor, type Reach } from './reach.ts'

const ports = { auth: 1812, acct: 1813, radsec: 2083 }
const reach: Reach = { listen: '0.0.0.0', addresses: ['10.9.0.2/16', '192.168.88.10/24', '2001:db8::10/64'], ports }

test.each([
  ['the one on the router’s own network', '192.168.88.1', '10.9.0.2', '192.168.88.10'],
  ['also for a range of routers', '192.168.88.128/25', 'localhost', '192.168.88.10'],
  ['also over IPv6', '2001:db8::1', 'localhost', '2001:db8::10'],
  ['else the one that the reader came by', '172.16.0.1', '41.90.1.2', '41.90.1.2'],
  ['but not the reader’s tunnel', '172.16.0.1', '127.0.0.1', '10.9.0.2'],
  ['nor a name, which routers may not resolve', '172.16.0.1', 'pop.example', '10.9.0.2'],
  ['a router on the box itself finds it there', '127.0.0.1', 'localhost', '127.0.0.1'],
])('%s', (_, router, host, expected) => {
  expect(boxAddressFor(reach, router, host)).toBe(expected)
})

test('a box that listens on one address is reached there', () => {
  expect(boxAddressFor({ ...reach, listen: '10.9.0.2' }, '192.168.88.1', 'localhost')).toBe('10.9.0.2')
})

test('a box without a network has none to give', () => {
  expect(boxAddressFor({ ...reach, addresses: [] }, '192.168.88.1', 'localhost')).toBe('')
})
