import { expect, test } from 'vitest'
import { readNetwork } from './address.ts'
import { leasesIn, openConfig, shutConfig } from './dnsmasq.ts'

const config = {
  lan: 'br0',
  network: readNetwork('10.40.0.1/16')!,
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

test('the machine’s own resolvers are asked unless others are named', () => {
  expect(lines(openConfig(config))).toEqual(expect.arrayContaining(['no-resolv', 'server=9.9.9.9']))
  expect(openConfig({ ...config, servers: [] })).not.toContain('no-resolv')
})

test('leases are read from dnsmasq’s own list, and what is none is passed over', () => {
  const listed =
    '1790000000 02:00:00:00:40:01 10.40.0.11 * 01:02:00:00:00:40:01\n1790000000 nonsense 10.40.0.12 * *\nduid 00:01\n\n'
  expect([...leasesIn(listed)]).toEqual([['10.40.0.11', '02:00:00:00:40:01']])
})
