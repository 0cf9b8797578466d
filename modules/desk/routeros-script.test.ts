import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isInterfaceName, readNetwork } from '../network/index.ts'
import {
  routerosScript,
  scriptDefaults,
  scriptServices,
  SECRET_PLACEHOLDER,
  type ScriptInput,
} from './routeros-script.ts'
import { quote } from './routeros-text.ts'

const given: ScriptInput = {
  service: 'pppoe',
  box: '192.168.88.10',
  authPort: 1812,
  acctPort: 1813,
  radsecPort: 2083,
  coaPort: 3799,
  portalPort: undefined,
  securePortal: undefined,
  secret: 'a-long-secret',
  routerAddress: '192.168.88.1',
  interface: 'ether2',
  network: '10.20.0.0/16',
  radsecName: 'tower1',
}
const script = (changes: Partial<ScriptInput> = {}): string => routerosScript({ ...given, ...changes })!

test('a PPPoE router asks the box, counts for it, lets itself be told, and hands out the pool', () => {
  expect(script().split('\n')).toEqual([
    '# The box that answers logins and counts usage',
    '/radius remove [find comment="lango-pppoe"]',
    '/radius add comment="lango-pppoe" service=ppp address=192.168.88.10 secret="a-long-secret" authentication-port=1812 accounting-port=1813 timeout=1100ms src-address=192.168.88.1 require-message-auth=yes-for-request-resp',
    '# The box may end a session and change its speed',
    '/radius incoming set accept=yes port=3799',
    '# PPPoE',
    '/ppp aaa set use-radius=yes accounting=yes interim-update=5m',
    ':if ([:len [/ip pool find name=lango-pppoe]] = 0) do={ /ip pool add name=lango-pppoe ranges=10.20.0.2-10.20.255.254 }',
    ':if ([:len [/ppp profile find name=lango-pppoe]] = 0) do={ /ppp profile add name=lango-pppoe local-address=10.20.0.1 remote-address=lango-pppoe }',
    ':if ([:len [/interface pppoe-server server find service-name=lango]] = 0) do={ /interface pppoe-server server add service-name=lango interface="ether2" default-profile=lango-pppoe authentication=pap,chap,mschap2 one-session-per-host=yes disabled=no }',
    '# Unless the addresses are routed further on: /ip firewall nat add chain=srcnat src-address=10.20.0.0/16 action=masquerade',
    '# Counts what the box answers: requests, accepts, rejects, timeouts',
    '/radius monitor [find comment="lango-pppoe"] once',
    '',
  ])
})

test.each([
  ['hotspot', 'service=hotspot', 'use-radius=yes radius-accounting=yes radius-interim-update=received'],
  ['hotspot', 'login-by=mac,http-chap,mac-cookie mac-auth-mode=mac-as-username-and-password'],
  ['dhcp', 'service=dhcp', 'use-radius=yes add-arp=yes'],
  ['wifi', 'service=wireless', 'authentication-types=wpa2-eap,wpa3-eap eap-accounting=yes'],
  ['passphrases', 'service=wireless', 'authentication-types=wpa2-psk', 'radius-mac-authentication=yes'],
  ['dot1x', 'service=dot1x', 'auth-types=dot1x,mac-auth accounting=yes'],
  ['radsec', 'protocol=radsec secret=radsec certificate="tower1.pem_0"', '/certificate import file-name="tower1.key"'],
] as const)('%s has what that service needs', (service, ...parts) => {
  const text = script({ service })
  for (const part of parts) expect(text).toContain(part)
})

test('with a portal the router fetches its pages, leads nobody by TLS, and opens its garden to the portal alone', () => {
  const text = script({ service: 'hotspot', portalPort: 8090 })
  const lines = text.split('\n')
  const fetching = lines.filter((line) => line.includes('/tool fetch'))
  const folders = ['flash/lango-hotspot', 'lango-hotspot']
  for (const [index, line] of fetching.entries()) {
    expect(line).toMatch(index === 0 ? /^:if \(\[:len \[\/file find name=flash\]\] > 0\)/ : /^:if \(.*\]\] = 0\)/)
    expect(line).toContain(':foreach file in={"login.html";"flogin.html";')
    expect(line).toContain(
      `/tool fetch url=("http://192.168.88.10:8090/hotspot/" . $file) dst-path=("${folders[index]}/" . $file)`,
    )
    expect(line).toContain(`/ip hotspot profile set [find name=lango-hotspot] html-directory=${folders[index]} }`)
  }
  expect(fetching).toHaveLength(2)
  const garden = lines.filter((line) => line.startsWith('/ip hotspot walled-garden') || line.includes('garden ip add'))
  expect(garden).toEqual([
    '/ip hotspot walled-garden ip remove [find comment~"^lango[:-]hotspot"]',
    '/ip hotspot walled-garden ip add comment="lango:hotspot:portal" action=accept protocol=tcp dst-address=192.168.88.10 dst-port=8090',
  ])
  expect(text).toContain('https-redirect=no')
  // What a router has from before stays as it was, until the portal is there.
  expect(script({ service: 'hotspot' })).not.toMatch(/fetch|html-directory|https-redirect/)
  expect(script({ service: 'hotspot', portalPort: 8090, box: '2001:db8::1' })).not.toContain('fetch')
})

const securePortal = { name: 'wifi.isp.example', port: 443, revocationHosts: ['ocsp.ca.example'] }

test('where the portal has a public name, DHCP tells phones of it, and they reach it before they log in', () => {
  const hotspot = { service: 'hotspot', portalPort: 8090, network: '10.30.0.0/16' } as const
  const lines = script({ ...hotspot, securePortal }).split('\n')
  const plain = script(hotspot).split('\n')
  expect(plain.join('\n')).not.toMatch(/114|dhcp-option|https:/)
  expect(lines.filter((line) => !plain.includes(line) && !line.startsWith('#'))).toEqual([
    '/ip hotspot walled-garden ip add comment="lango:hotspot:portal-tls" action=accept protocol=tcp dst-address=192.168.88.10 dst-port=443',
    '/ip hotspot walled-garden ip add comment="lango:hotspot:revocation-0" action=accept protocol=tcp dst-host="ocsp.ca.example"',
    `:if ([:len [/ip dhcp-server option find name=lango-hotspot]] = 0) do={ /ip dhcp-server option add name=lango-hotspot code=114 value="'https://wifi.isp.example/captive-portal/api\\?login=http%3A%2F%2F10.30.0.1%2Flogin'" force=yes }`,
    `/ip dhcp-server option set [find name=lango-hotspot] code=114 value="'https://wifi.isp.example/captive-portal/api\\?login=http%3A%2F%2F10.30.0.1%2Flogin'" force=yes`,
    '/ip dns static remove [find comment~"^lango[:-]hotspot"]',
    '/ip dns static add comment="lango:hotspot:portal" name=wifi.isp.example address=192.168.88.10 ttl=1m',
    '/ip dhcp-server network set [find address=10.30.0.0/16] dhcp-option=lango-hotspot',
  ])
  expect(lines.find((line) => line.includes('RFC 8910'))).toMatch(/^# .*wifi\.isp\.example.*option 114/)
  const elsewhere = script({ ...hotspot, securePortal: { ...securePortal, port: 8443, revocationHosts: [] } })
  expect(elsewhere).toContain("'https://wifi.isp.example:8443/captive-portal/api")
  // The option is of no use to a router whose pages do not lead to the box.
  expect(script({ ...hotspot, portalPort: undefined, securePortal })).not.toContain('114')
})

test.each(scriptServices)('%s: every line is a command, a condition or a comment, and stands by itself', (service) => {
  const text = script({
    service,
    portalPort: 8090,
    securePortal,
    ...(scriptDefaults[service].interface === '' ? {} : scriptDefaults[service]),
  })
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(\/[a-z]|:if |# )/)
})

test.each(scriptServices)('%s: pasted twice it makes nothing twice', (service) => {
  for (const portalPort of [undefined, 8090]) {
    const lines = script({ service, portalPort, securePortal }).split('\n')
    const adds = lines.filter((line) => !line.startsWith('#') && / add /.test(line))
    const made = /^:if \(\[:len \[.* find .*\]\] = 0\) do=\{ .* \}/
    for (const line of adds.filter((each) => !made.test(each))) {
      const [, menu, comment] = /^(\/[a-z -]+) add (comment="[a-z0-9:-]+") /.exec(line)!
      const ours = comment!.includes(':') ? 'comment~"^lango[:-]hotspot"' : comment
      expect(lines.slice(0, lines.indexOf(line))).toContain(`${menu} remove [find ${ours}]`)
    }
  }
  expect(script({ service })).toMatch(/\/radius remove \[find comment[=~]"[a-z0-9^:[\]-]+"\]\n\/radius add comment/)
})

test.each(scriptServices)(
  '%s: a secret that is not to be told is not there, nor is a source address that is a range',
  (service) => {
    const text = script({ service, secret: undefined, routerAddress: '' })
    expect(text).not.toContain('a-long-secret')
    expect(text).not.toContain('src-address=192')
    // RadSec has a secret that everybody knows.
    expect(text).toContain(service === 'radsec' ? 'secret=radsec' : `secret="${SECRET_PLACEHOLDER}"`)
  },
)

test('whatever the secret is, it stays within its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (secret) => {
      const quoted = quote(secret)
      expect(quoted).toMatch(/^"(?:[^"\\$?\p{Cc}]|\\["\\$?]|\\[0-9A-F]{2})*"$/u)
      const octets = Buffer.concat(
        [...quoted.slice(1, -1).matchAll(/\\([0-9A-F]{2})|\\(.)|([^\\])/gsu)].map(([, hex, sign, plain]) =>
          hex === undefined ? Buffer.from(sign ?? plain!) : Buffer.from(hex, 'hex'),
        ),
      )
      expect(octets.toString()).toBe(secret.toWellFormed())
    }),
  )
})

test.each(['10.20.0.0/16', '10.0.0.0/8', '192.168.5.8/29'])('%s is a network', (text) => {
  expect(readNetwork(text)?.text).toBe(text)
})

test('the router has the first address of a network and the subscribers the others', () => {
  expect(readNetwork('192.168.5.8/29')).toEqual({
    text: '192.168.5.8/29',
    gateway: '192.168.5.9',
    gatewayCidr: '192.168.5.9/29',
    range: '192.168.5.10-192.168.5.14',
  })
})

test.each([
  '',
  '10.20.0.0',
  '10.20.0.1/16',
  '10.20.0.0/7',
  '10.20.0.0/30',
  '300.1.1.0/24',
  '10.0.0.0/16; /system reset',
])('%j is no network, and makes no script', (network) => {
  expect(readNetwork(network)).toBeUndefined()
  expect(routerosScript({ ...given, network })).toBeUndefined()
})

test.each(['ether1"', 'a\nb', 'a$b', '', 'x'.repeat(65)])('%j is no name of an interface', (text) => {
  expect(isInterfaceName(text)).toBe(false)
})
