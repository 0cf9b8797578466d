/**
 * What is set on a router that is no MikroTik so that it asks this box: every vendor has the same few settings under
 * names of its own. Pure. Facts as in docs/integrate.md.
 */
import { SECRET_PLACEHOLDER } from './routeros-script.ts'

type Asked = {
  readonly box: string
  readonly authPort: number
  readonly acctPort: number
  readonly coaPort: number
  readonly secret: string | undefined
}

type VendorSettings = {
  /** As the maker writes it. */
  readonly label: string
  /** Lines for its command line or file; none where it is set by clicking. */
  readonly lines: (asked: Required<Asked> & { readonly secret: string }) => readonly string[]
  /** Beside them, for a Wi-Fi network on which each subscriber has a passphrase of their own. */
  readonly wifi?: readonly string[]
}

const none = (): readonly string[] => []

const table = {
  mikrotik: { label: 'MikroTik RouterOS', lines: none },
  cisco: {
    label: 'Cisco IOS, IOS XE',
    lines: ({ box, authPort, acctPort, coaPort, secret }) => [
      'aaa new-model',
      'radius server lango',
      ` address ipv4 ${box} auth-port ${authPort} acct-port ${acctPort}`,
      ` key ${secret}`,
      'aaa group server radius LANGO',
      ' server name lango',
      'aaa authentication ppp default group LANGO',
      'aaa authorization network default group LANGO',
      'aaa accounting network default start-stop group LANGO',
      'aaa accounting update periodic 5',
      'aaa server radius dynamic-author',
      ` client ${box} server-key ${secret}`,
      ` port ${coaPort}`,
    ],
    wifi: [
      'radius-server attribute wireless authentication call-station-id ap-macaddress-ssid',
      'aaa authorization network LANGO group LANGO',
      'wlan ESTATE 1 <SSID>',
      ' no security wpa akm dot1x',
      ' security wpa akm psk',
      ' security wpa psk set-key ascii 0 <ANY-PASSPHRASE>',
      ' no security ft',
      ' mac-filtering LANGO',
      ' no shutdown',
      'wireless profile policy ESTATE',
      ' aaa-override',
      ' no shutdown',
    ],
  },
  huawei: {
    label: 'Huawei BRAS, NE',
    lines: ({ box, authPort, acctPort, secret }) => [
      'radius-server group lango',
      ` radius-server authentication ${box} ${authPort}`,
      ` radius-server accounting ${box} ${acctPort}`,
      ` radius-server shared-key-cipher ${secret}`,
      'quit',
      `radius-server authorization ${box} shared-key-cipher ${secret} server-group lango`,
    ],
  },
  zte: { label: 'ZTE BRAS', lines: none },
  juniper: {
    label: 'Juniper ERX, MX',
    lines: ({ box, authPort, acctPort, coaPort, secret }) => [
      `set access radius-server ${box} port ${authPort} accounting-port ${acctPort} secret ${secret}`,
      `set access radius-server ${box} dynamic-request-port ${coaPort}`,
      `set access profile lango authentication-order radius`,
      `set access profile lango radius authentication-server ${box}`,
      `set access profile lango radius accounting-server ${box}`,
      'set access profile lango accounting order radius',
      'set access profile lango accounting update-interval 10',
    ],
  },
  ubiquiti: { label: 'Ubiquiti UniFi, EdgeRouter', lines: none },
  cambium: { label: 'Cambium cnPilot, ePMP', lines: none },
  ruckus: { label: 'Ruckus', lines: none },
  aruba: {
    label: 'Aruba',
    lines: ({ box, authPort, acctPort, secret }) => [
      'aaa authentication-server radius lango',
      ` host ${box}`,
      ` key ${secret}`,
      ` authport ${authPort}`,
      ` acctport ${acctPort}`,
      'aaa server-group lango',
      ' auth-server lango',
      `aaa rfc-3576-server ${box}`,
      ` key ${secret}`,
    ],
    wifi: ['wlan ssid-profile <SSID>', ' essid <SSID>', ' opmode mpsk-aes', ' auth-server lango'],
  },
  chillispot: {
    label: 'CoovaChilli, ChilliSpot',
    lines: ({ box, authPort, acctPort, coaPort, secret }) => [
      `HS_RADIUS=${box}`,
      `HS_RADIUS2=${box}`,
      `HS_RADSECRET=${secret}`,
      `HS_AUTHPORT=${authPort}`,
      `HS_ACCTPORT=${acctPort}`,
      `HS_COAPORT=${coaPort}`,
    ],
  },
  'accel-ppp': {
    label: 'accel-ppp',
    lines: ({ box, authPort, acctPort, coaPort, secret }) => [
      '[modules]',
      'radius',
      'shaper',
      '[radius]',
      `server=${box},${secret},auth-port=${authPort},acct-port=${acctPort}`,
      `dae-server=0.0.0.0:${coaPort},${secret}`,
      'acct-interim-interval=300',
      '[shaper]',
      'attr=Filter-Id',
    ],
  },
  generic: {
    label: 'hostapd',
    lines: ({ box, authPort, acctPort, coaPort, secret }) => [
      'ieee8021x=1',
      `auth_server_addr=${box}`,
      `auth_server_port=${authPort}`,
      `auth_server_shared_secret=${secret}`,
      `acct_server_addr=${box}`,
      `acct_server_port=${acctPort}`,
      `acct_server_shared_secret=${secret}`,
      'radius_acct_interim_interval=300',
      `radius_das_port=${coaPort}`,
      `radius_das_client=${box} ${secret}`,
    ],
    wifi: [
      '# In place of ieee8021x=1; hostapd 2.11 finds the passphrase of any device',
      'ieee8021x=0',
      'ssid=<SSID>',
      'wpa=2',
      'wpa_key_mgmt=WPA-PSK',
      'rsn_pairwise=CCMP',
      'wpa_psk_radius=3',
      '# hostapd before 2.11 knows bound devices only',
      '# macaddr_acl=2',
      '# wpa_psk_radius=2',
    ],
  },
} satisfies Record<string, VendorSettings>

export type KnownVendor = keyof typeof table
export const knownVendors = Object.keys(table) as readonly KnownVendor[]
export const isKnownVendor = (vendor: string): vendor is KnownVendor => Object.hasOwn(table, vendor)

/** What its maker calls it; one that this release does not know as it was typed. */
export const vendorLabel = (vendor: string): string => (isKnownVendor(vendor) ? table[vendor].label : vendor)

/** '' where the vendor has no command line for it. */
export const vendorLines = (vendor: string, asked: Asked): string => {
  if (!isKnownVendor(vendor)) return ''
  const { lines }: VendorSettings = table[vendor]
  return lines({ ...asked, secret: asked.secret ?? SECRET_PLACEHOLDER }).join('\n')
}

/** '' where its maker is not known to take passphrases from a RADIUS server, or it is set by clicking. */
export const vendorWifiLines = (vendor: string): string => {
  if (!isKnownVendor(vendor)) return ''
  const { wifi = [] }: VendorSettings = table[vendor]
  return wifi.join('\n')
}
