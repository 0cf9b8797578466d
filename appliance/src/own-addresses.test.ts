import type { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { ownAddresses } from './own-addresses.ts'

type Interface = NonNullable<ReturnType<typeof networkInterfaces>[string]>[number]

const on = (family: 'IPv4' | 'IPv6', cidr: string, internal = false): Interface => {
  const common = { address: cidr.split('/')[0]!, netmask: '', mac: '00:00:00:00:00:00', internal, cidr }
  return family === 'IPv4' ? { ...common, family } : { ...common, family, scopeid: 0 }
}

test('a router is pointed at an address that it can reach, IPv4 before IPv6', () => {
  const addresses = ownAddresses({
    lo: [on('IPv4', '127.0.0.1/8', true), on('IPv6', '::1/128', true)],
    eth0: [on('IPv6', '2001:db8::10/64'), on('IPv6', 'fe80::1/64'), on('IPv4', '192.168.88.10/24')],
    eth1: [on('IPv4', '169.254.7.7/16'), on('IPv4', '10.0.0.2/30')],
  })
  expect(addresses).toEqual(['192.168.88.10/24', '10.0.0.2/30', '2001:db8::10/64'])
})
