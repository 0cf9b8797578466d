import { expect, test } from 'vitest'
import { readNetwork, readPrefix6 } from './address.ts'
import { leasesIn, openConfig, shutConfig } from './dnsmasq.ts'

const config = {
  lan: 'br0',
  network: readNetwork('10.40.0.1/16')!,
  prefix6: undefined,
  garden: ['pay.example'],
  portalApi: undefined,
  servers: ['9.9.9.9'],
  stateDir: '/s',
}
const lines = (text: string): string[] => text.trimEnd().split('\n')

test('before login only names of the garden are asked of anybody', () => {
  const shut = lines(shutConfig(config))
  expect(shut).toContain('address=/#/10.40.0.1')
  expect(shut).toContain('no-resolv')
  expect(shut.filter((line) => line.startsWith('server='))).toEqual(['server=/pay.example/10.40.0.1'])
  expect(shut).toContain('nftset=/pay.example/4#inet#lango#garden')
})

test('option 114 is told where there is an address for it, and nothing otherwise', () => {
  expect(shutConfig(config)).not.toContain('114')
  const told = shutConfig({ ...config, portalApi: 'https://wifi.example/captive-portal/api' })
  expect(lines(told)).toContain('dhcp-option=114,"https://wifi.example/captive-portal/api"')
})

test('with a prefix of IPv6 phones make their addresses, send everything to the gateway, and are told the API by DHCPv6', () => {
  const portalApi = 'https://wifi.example/captive-portal/api'
  const prefix6 = readPrefix6('2001:db8:40::/64')!
  expect(lines(shutConfig({ ...config, prefix6, portalApi }))).toEqual(
    expect.arrayContaining([
      'enable-ra',
      'dhcp-range=2001:db8:40::,ra-stateless,off-link,64,1800',
      `dhcp-option=114,"${portalApi}"`,
      `dhcp-option=option6:103,"${portalApi}"`,
    ]),
  )
  expect(shutConfig({ ...config, prefix6 })).not.toContain('option6')
  expect(shutConfig({ ...config, portalApi })).not.toMatch(/enable-ra|option6|ra-stateless/)
})

test('the machine’s own resolvers are asked unless others are named', () => {
  expect(lines(openConfig(config))).toEqual(expect.arrayContaining(['no-resolv', 'server=9.9.9.9']))
  expect(openConfig({ ...config, servers: [] })).not.toContain('no-resolv')
})

test('leases are read from dnsmasq’s own list, and what is none is passed over', () => {
  const listed =
    '1790000000 02:00:00:00:40:01 10.40.0.11 * 01:02:00:00:00:40:01\n1790000000 nonsense 10.40.0.12 * *\nduid 00:01\n\n'
  expect([...leasesIn(listed)]).toEqual([['10.40.0.11', '02:00:00:00:40:01']])
})
