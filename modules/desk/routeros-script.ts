/**
 * What is pasted into a terminal of RouterOS 7 so that a router asks this box, per service. Pure. Pasting it again
 * changes nothing: what the script makes has names and comments of its own, looked for first.
 */
import { readNetwork, type Ipv4Network, type SecurePortal } from '../network/index.ts'
import { hotspotScript } from './hotspot-script.ts'
import { addOnce, quote } from './routeros-text.ts'

export const scriptServices = ['pppoe', 'hotspot', 'dhcp', 'wifi', 'passphrases', 'dot1x', 'radsec'] as const
export type ScriptService = (typeof scriptServices)[number]
export const isScriptService = (text: string): text is ScriptService =>
  (scriptServices as readonly string[]).includes(text)

export type ScriptInput = {
  readonly service: ScriptService
  /** The box, as the router reaches it. */
  readonly box: string
  readonly authPort: number
  readonly acctPort: number
  readonly radsecPort: number
  readonly coaPort: number
  /** Of the captive portal; undefined where the box has none. */
  readonly portalPort: number | undefined
  /** The same over https; undefined where it has no public name. */
  readonly securePortal: SecurePortal | undefined
  /** Undefined while it is not to be told: a placeholder stands there, which no router takes for a secret. */
  readonly secret: string | undefined
  /** Where its packets come from; '' when that is a range. */
  readonly routerAddress: string
  /** Where the subscribers are. */
  readonly interface: string
  /** Of the subscribers: 10.20.0.0/16. */
  readonly network: string
  readonly radsecName: string
}

export const SECRET_PLACEHOLDER = '<SECRET>'

/** What people choose most often; both can be changed on the page. */
export const scriptDefaults: Readonly<Record<ScriptService, { readonly interface: string; readonly network: string }>> =
  {
    pppoe: { interface: 'ether2', network: '10.20.0.0/16' },
    hotspot: { interface: 'bridge-hotspot', network: '10.30.0.0/16' },
    dhcp: { interface: 'bridge-ipoe', network: '10.40.0.0/16' },
    wifi: { interface: 'wifi1', network: '' },
    passphrases: { interface: 'wlan1', network: '' },
    dot1x: { interface: 'ether5', network: '' },
    radsec: { interface: '', network: '' },
  }

export const hasNetwork = (service: ScriptService): boolean => scriptDefaults[service].network !== ''
export const hasInterface = (service: ScriptService): boolean => scriptDefaults[service].interface !== ''

const nameOf = (service: ScriptService): string => `lango-${service}`

const radiusService: Readonly<Record<ScriptService, string>> = {
  pppoe: 'ppp',
  hotspot: 'hotspot',
  dhcp: 'dhcp',
  wifi: 'wireless',
  passphrases: 'wireless',
  dot1x: 'dot1x',
  radsec: 'ppp,hotspot,dhcp',
}

const radiusLines = (input: ScriptInput): readonly string[] => {
  const { service, box, authPort, acctPort, coaPort, secret, routerAddress } = input
  const comment = quote(nameOf(service))
  const source = routerAddress === '' ? '' : ` src-address=${routerAddress}`
  return [
    '# The box that answers logins and counts usage',
    `/radius remove [find comment=${comment}]`,
    `/radius add comment=${comment} service=${radiusService[service]} address=${box} secret=${quote(secret ?? SECRET_PLACEHOLDER)} authentication-port=${authPort} accounting-port=${acctPort} timeout=1100ms${source} require-message-auth=yes-for-request-resp`,
    '# The box may end a session and change its speed',
    `/radius incoming set accept=yes port=${coaPort}`,
  ]
}

const addressLine = ({ gatewayCidr }: Ipv4Network, iface: string, service: ScriptService): string =>
  addOnce('/ip address', `address=${gatewayCidr}`, `interface=${quote(iface)} comment=${quote(nameOf(service))}`)

const natLine = ({ text }: Ipv4Network): string =>
  `# Unless the addresses are routed further on: /ip firewall nat add chain=srcnat src-address=${text} action=masquerade`

const pppoe = (input: ScriptInput, network: Ipv4Network): readonly string[] => {
  const name = nameOf('pppoe')
  const server = `interface=${quote(input.interface)} default-profile=${name} authentication=pap,chap,mschap2 one-session-per-host=yes disabled=no`
  return [
    ...radiusLines(input),
    '# PPPoE',
    '/ppp aaa set use-radius=yes accounting=yes interim-update=5m',
    addOnce('/ip pool', `name=${name}`, `ranges=${network.range}`),
    addOnce('/ppp profile', `name=${name}`, `local-address=${network.gateway} remote-address=${name}`),
    addOnce('/interface pppoe-server server', 'service-name=lango', server),
    natLine(network),
  ]
}

const dhcpNetwork = ({ text, gateway }: Ipv4Network): string =>
  addOnce('/ip dhcp-server network', `address=${text}`, `gateway=${gateway} dns-server=${gateway}`)

const hotspot = (input: ScriptInput, network: Ipv4Network): readonly string[] => [
  ...hotspotScript({ ...input, network, secret: input.secret ?? SECRET_PLACEHOLDER, openNames: [] }),
  natLine(network),
]

const dhcp = (input: ScriptInput, network: Ipv4Network): readonly string[] => {
  const name = nameOf('dhcp')
  const server = `interface=${quote(input.interface)} address-pool=${name} use-radius=yes add-arp=yes lease-time=30m disabled=no`
  return [
    ...radiusLines(input),
    '# DHCP asks the box for each device; a static address of the subscriber comes before the pool',
    addressLine(network, input.interface, 'dhcp'),
    addOnce('/ip pool', `name=${name}`, `ranges=${network.range}`),
    addOnce('/ip dhcp-server', `name=${name}`, server),
    dhcpNetwork(network),
    '# An address that somebody gave themselves gets no answer. Look first that nothing else uses this interface:',
    `# /interface bridge set [find name=${quote(input.interface)}] arp=reply-only`,
    natLine(network),
  ]
}

const wifi = (input: ScriptInput): readonly string[] => {
  const name = nameOf('wifi')
  const [wifiMenu, iface] = ['/interface wifi', quote(input.interface)]
  return [
    ...radiusLines(input),
    '# WPA2 and WPA3 Enterprise (the wifi packages of RouterOS 7.13 and later)',
    addOnce(`${wifiMenu} aaa`, `name=${name}`, 'interim-update=5m'),
    addOnce(`${wifiMenu} security`, `name=${name}`, 'authentication-types=wpa2-eap,wpa3-eap eap-accounting=yes'),
    `${wifiMenu} set [find name=${iface}] security=${name} aaa=${name}`,
    '# With the older wireless package instead:',
    `# /interface wireless security-profiles add name=${name} mode=dynamic-keys authentication-types=wpa2-eap eap-methods=passthrough radius-eap-accounting=yes interim-update=5m`,
  ]
}

const passphrases = (input: ScriptInput): readonly string[] => {
  const name = nameOf('passphrases')
  const menu = '/interface wireless security-profiles'
  const settings =
    'mode=dynamic-keys authentication-types=wpa2-psk unicast-ciphers=aes-ccm group-ciphers=aes-ccm radius-mac-authentication=yes radius-mac-accounting=yes radius-mac-mode=as-username-and-password radius-mac-caching=disabled interim-update=5m'
  return [
    ...radiusLines(input),
    '# WPA2 with a passphrase for each subscriber: the box tells which one a device has that is bound to somebody',
    '# The one that stands here opens for nobody: choose a long one and forget it',
    addOnce(menu, `name=${name}`, `wpa2-pre-shared-key=[:rndstr length=40]`),
    `${menu} set [find name=${name}] ${settings}`,
    `/interface wireless set [find name=${quote(input.interface)}] security-profile=${name} default-authentication=yes`,
    '# With the wifi packages of RouterOS 7.13 and later the access list asks:',
    `# /interface wifi access-list add comment=${quote(name)} interface=wifi1 action=query-radius radius-accounting=yes`,
  ]
}

const dot1x = (input: ScriptInput): readonly string[] => [
  ...radiusLines(input),
  '# 802.1X on a wired port; devices that cannot are asked for by their address',
  addOnce(
    '/interface dot1x server',
    `interface=${quote(input.interface)}`,
    'auth-types=dot1x,mac-auth accounting=yes interim-update=5m mac-auth-mode=mac-as-username-and-password',
  ),
]

const radsec = (input: ScriptInput): readonly string[] => {
  const { box, radsecPort, coaPort, radsecName } = input
  const comment = quote(nameOf('radsec'))
  const port =
    radsecPort === 2083 ? [] : [`# RouterOS speaks RadSec to port 2083 only, and this box listens on ${radsecPort}`]
  return [
    `# First on the box:  lango tls issue ${radsecName} --out ./${radsecName}-tls`,
    `# Then bring ${radsecName}.pem, ${radsecName}.key and ca.pem to the router (Files), and paste:`,
    '/certificate import file-name=ca.pem passphrase=""',
    `/certificate import file-name=${quote(`${radsecName}.pem`)} passphrase=""`,
    `/certificate import file-name=${quote(`${radsecName}.key`)} passphrase=""`,
    ...port,
    '# With RadSec the secret is always radsec: the certificates protect it',
    `/radius remove [find comment=${comment}]`,
    `/radius add comment=${comment} service=${radiusService.radsec} address=${box} protocol=radsec secret=radsec certificate=${quote(`${radsecName}.pem_0`)} radsec-timeout=3300ms`,
    `/radius incoming set accept=yes port=${coaPort}`,
  ]
}

const bodyOf = (input: ScriptInput): readonly string[] | undefined => {
  const { service } = input
  if (service === 'wifi') return wifi(input)
  if (service === 'passphrases') return passphrases(input)
  if (service === 'dot1x') return dot1x(input)
  if (service === 'radsec') return radsec(input)
  const network = readNetwork(input.network)
  if (network === undefined) return undefined
  if (service === 'pppoe') return pppoe(input, network)
  return service === 'hotspot' ? hotspot(input, network) : dhcp(input, network)
}

/** Undefined when the network cannot be read. */
export const routerosScript = (input: ScriptInput): string | undefined => {
  const body = bodyOf(input)
  if (body === undefined) return undefined
  const comment = input.service === 'hotspot' ? 'lango:hotspot:radius' : nameOf(input.service)
  const check = `/radius monitor [find comment=${quote(comment)}] once`
  return [...body, '# Counts what the box answers: requests, accepts, rejects, timeouts', check, ''].join('\n')
}
