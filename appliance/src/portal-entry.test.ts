import { orThrow } from '@lango/kernel'
import { expect, test } from 'vitest'
import { portalEntry } from './portal-entry.ts'

const secure = { name: 'wifi.isp.example', port: 443, revocationHosts: [] }
const ports = { auth: 1812, acct: 1813, radsec: 2083 }
const known: Parameters<typeof portalEntry>[0] = {
  settings: { address: '', wifiName: '' },
  listen: '0.0.0.0',
  addresses: ['192.168.88.10/24', 'fd00::10/64'],
  ports: { ...ports, portal: 8090 },
}
const urlOf = (more: Partial<typeof known>) => orThrow(portalEntry({ ...known, ...more })).voucherUrl

test.each([
  ['its only address', {}, 'http://192.168.88.10:8090'],
  ['no port where it is the usual one', { ports: { ...ports, portal: 80 } }, 'http://192.168.88.10'],
  ['the address that it listens on', { listen: '10.5.50.2', addresses: [] }, 'http://10.5.50.2:8090'],
  ['one of IPv6', { listen: 'fd00::10' }, 'http://[fd00::10]:8090'],
  ['its public name', { securePortal: secure }, 'https://wifi.isp.example'],
  [
    'what was set, before all else',
    { settings: { address: 'http://gate', wifiName: '' }, securePortal: secure },
    'http://gate',
  ],
  [
    'what was set, where the portal is elsewhere',
    { settings: { address: 'http://gate', wifiName: '' }, ports },
    'http://gate',
  ],
])('a code leads to %s', (_, more, origin) => {
  expect(urlOf(more)).toBe(`${origin}/voucher?code=CODE`)
})

test.each([
  ['there is no portal', { ports }],
  ['of several addresses any may be the one on the Wi-Fi', { addresses: ['192.168.88.10/24', '10.0.0.2/8'] }],
  ['only the box reaches itself', { addresses: [], listen: '127.0.0.1' }],
])('no code leads anywhere where %s', (_, more) => {
  expect(urlOf(more)).toBeUndefined()
})

test('the Wi-Fi is joined by its name', () => {
  const settings = { address: '', wifiName: 'Lake; view' }
  expect(orThrow(portalEntry({ ...known, settings })).wifi).toEqual({
    name: 'Lake; view',
    code: 'WIFI:T:nopass;S:Lake\\; view;;',
  })
})
