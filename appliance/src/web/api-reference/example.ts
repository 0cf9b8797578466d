/** A believable input for a schema, so that a first try works: what is needed, and no more. Pure. */
import type { Schema } from './fields.ts'

const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** A PNG. */
const ONE_PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='
const AT = 1_795_680_000_000

/** What a field of this name usually holds. */
const byName: Readonly<Record<string, unknown>> = {
  acctSessionId: '8170001f',
  address: '192.168.88.2',
  at: AT,
  batch: 1,
  batches: [1],
  code: 'KSM-7HQ2-9XKD',
  count: 20,
  device: 'AA:BB:CC:DD:EE:01',
  everySec: 86_400,
  from: 1,
  fromAt: AT,
  grantNo: 1,
  grantNos: [1, 2],
  holder: 'Mama Njeri’s shop',
  ip: '10.64.0.2',
  login: 'amina',
  logins: ['amina'],
  name: 'tower',
  now: AT,
  number: 1,
  passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA',
  phone: '+254712345678',
  place: '/mnt/usb/backups',
  plan: 'Home 10',
  permissions: ['plans.read', 'subscribers.read'],
  reason: 'asked for',
  receipt: 'SJ41XK2P9Q',
  sessionId: 'ses_01',
  sessionNo: 1,
  sec: 86_400,
  serial: 17,
  sha256: SHA256,
  staffId: 'stf_01',
  timeZone: 'Africa/Nairobi',
  to: 20,
  toAt: AT + 86_400_000,
  url: 'https://crm.example/lango',
  version: '1.4.0',
}

/** Of a verb, where that says something that its schema does not. */
export const byVerb: Readonly<Record<string, unknown>> = {
  'backups.lendShelf': { name: 'kisumu' },
  'backups.resizeShelf': { name: 'kisumu', bytesMax: 100_000_000_000 },
  'backups.endShelf': { name: 'kisumu' },
  'bypass.add': { devices: [{ name: 'Lobby TV', mac: '8A:B3:A0:EB:D5:E7' }], plan: 'Home 10' },
  'bypass.set': { mac: '8A:B3:A0:EB:D5:E7', name: 'Lobby TV' },
  'bypass.remove': { mac: '8A:B3:A0:EB:D5:E7' },
  'messages.setSender': {
    sender: { driver: 'smtp', host: 'mail.isp.example', user: 'box', from: 'box@isp.example', secret: 'its password' },
  },
  'messages.test': { channel: 'email', to: 'owner@isp.example' },
  'portal.setLanguage': { tag: 'fr', text: '{"name":"Français","words":{}}' },
  'portal.removeLanguage': { tag: 'fr' },
  'offers.add': {
    name: 'Flyer',
    code: 'KARIBU20',
    discount: { kind: 'percent', bp: 2000 },
    timeZone: 'Africa/Nairobi',
  },
  'offers.set': { number: 1, name: 'Flyer', discount: { kind: 'percent', bp: 1000 }, timeZone: 'Africa/Nairobi' },
  'payments.resolve': { receipt: 'SJ41XK2P9Q', how: { as: 'purchase', number: 12 } },
  'payouts.request': { for: { as: 'payment', receipt: 'SJ41XK2P9Q' }, reason: 'Too old to be reversed' },
  'payments.setMpesa': { shortcode: '174379', kind: 'paybill' },
  'plans.add': { name: 'Home 10', kind: 'pppoe', policy: { downKbps: 10_000, upKbps: 5000 }, priceMinor: 150_000 },
  'plans.import': { rows: [{ name: 'Home 20', kind: 'pppoe', downKbps: '20000', upKbps: '10000' }] },
  'plans.change': { rows: [{ name: 'Home 10', priceMinor: '160000' }] },
  'standingOrders.request': {
    wallet: 12,
    amountMinor: 50_000,
    frequency: 'monthly',
    startsOn: '2026-12-01',
    endsOn: '2027-11-30',
  },
  'subscribers.add': { login: 'amina', password: 'typed by hand', plan: 'Home 10', name: 'Amina Otieno' },
  'subscribers.change': { rows: [{ login: 'amina', plan: 'Home 20' }] },
  'subscribers.import': { rows: [{ login: 'baraka', plan: 'Home 10' }], newPasswords: true },
  'subscribers.setSpeed': { login: 'amina', speed: { downKbps: 20_000, upKbps: 10_000 } },
  'subscribers.topUp': { login: 'amina', octets: 5_000_000_000 },
  'portal.set': { welcome: { en: 'Welcome to Lakeview', sw: 'Karibu Lakeview' }, bundlesMax: 4 },
  'portal.setPicture': { kind: 'logo', data: ONE_PIXEL },
  'remoteServers.add': {
    name: 'home',
    role: 'proxy',
    realm: 'isp.example',
    host: '10.0.0.5',
    port: 1812,
    secret: 'a long shared secret',
  },
  'rollouts.start': { version: '7.20.1', routers: ['tower'] },
  'rollouts.addPackage': { name: 'routeros-7.20.1-arm64.npk', sha256: SHA256, sizeBytes: 14_000_000 },
  'rollouts.removePackage': { name: 'routeros-7.20.1-arm64.npk' },
  'routers.setHotspot': { name: 'tower', interface: 'bridge-hotspot', network: '10.30.0.0/16' },
  'routers.setControl': { name: 'tower', networks: [{ network: '10.40.0.0/16', interface: 'bridge-ipoe' }] },
  'routers.set': { name: 'tower', coaPort: 3799 },
  'settings.change': { siteName: 'Kisumu POP', currency: 'KES' },
  'staff.change': { id: 'stf_01', role: 'cashier' },
  'staff.invite': { login: 'amina', name: 'Amina Otieno', role: 'cashier' },
  'tokens.create': { name: 'crm', role: 'technician' },
  'webhooks.set': { number: 1, status: 'off' },
}

const textFor = ({ format, minLength = 0, pattern }: Schema): string => {
  if (format === 'uri') return 'https://example.com'
  if (pattern !== undefined && new RegExp(pattern).test('1')) return '1'
  return 'x'.repeat(Math.max(minLength, 1))
}

export const exampleOf = (schema: Schema, name = ''): unknown => {
  if (schema.const !== undefined) return schema.const
  if (Object.hasOwn(byName, name)) return byName[name]
  if (schema.enum) return schema.enum[0]
  const choice = schema.anyOf?.find((each) => Object.keys(each).length > 0)
  if (choice) return exampleOf(choice, name)
  return schema.properties ? memberExamples(schema) : plainExample(schema, name)
}

const plainExample = (schema: Schema, name: string): unknown => {
  const { type, items = {}, minimum = 1 } = schema
  if (type === 'array') return [exampleOf(items, name.replace(/s$/, ''))]
  if (type === 'integer' || type === 'number') return Math.max(minimum, 1)
  if (type === 'boolean') return true
  if (type === 'object') return {}
  return name === 'id' || name.endsWith('Id') ? 'id_01' : textFor(schema)
}

const memberExamples = ({ properties = {}, required = [] }: Schema): Record<string, unknown> =>
  Object.fromEntries(
    required
      .filter((name) => properties[name]?.default === undefined)
      .map((name) => [name, exampleOf(properties[name]!, name)]),
  )
