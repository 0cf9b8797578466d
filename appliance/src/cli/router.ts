/** `lango router …` */
import type { ResultOf } from '@lango/kernel/db'
import type { listRouters } from '@lango/modules/network'
import { refused, shown, type Args, type CommandSpec, type OptionSpec } from './command.ts'
import { ago, table } from './format.ts'
import { routerHotspotCommands } from './router-hotspot.ts'

const ADVISED_SECRET_LENGTH = 12
const STRICTNESS = ['yes', 'no', 'auto'] as const

const settings: Readonly<Record<string, OptionSpec>> = {
  vendor: {
    value: 'V',
    help: 'mikrotik (default), cisco, huawei, zte, juniper, ubiquiti, cambium, ruckus, aruba, chillispot, accel-ppp, generic',
  },
  'coa-port': { value: 'N', help: 'where it takes CoA and Disconnect (3799)' },
  realm: { value: 'R', help: 'the realm that bare logins from it belong to; none takes it away' },
  'message-authenticator': {
    value: 'yes|no|auto',
    help: 'refuse requests without Message-Authenticator (auto: once it has sent one)',
  },
  'limit-proxy-state': {
    value: 'yes|no|auto',
    help: 'refuse unsigned requests with Proxy-State (auto: once it has sent one without)',
  },
  'radsec-identity': {
    value: 'NAME',
    help: 'the name, or SHA-256 fingerprint, of its RadSec certificate; none takes it away',
  },
  'swaps-octets': { value: 'yes|no', help: 'it counts input and output from the subscriber’s side' },
  'admin-logins': { value: 'on|off', help: 'staff log in to the router itself with their own login and role (off)' },
}

/** `none` clears what may be empty. */
const cleared = (text: string | undefined): string | null | undefined => (text === 'none' ? null : text)

const settingsOf = (args: Args): Record<string, unknown> => {
  const swaps = args.choice('swaps-octets', ['yes', 'no'])
  const admins = args.choice('admin-logins', ['on', 'off'])
  return {
    vendor: args.text('vendor'),
    coaPort: args.whole('coa-port'),
    realm: cleared(args.text('realm')),
    requireMessageAuthenticator: args.choice('message-authenticator', STRICTNESS),
    limitProxyState: args.choice('limit-proxy-state', STRICTNESS),
    radsecIdentity: cleared(args.text('radsec-identity')),
    swapsOctets: swaps === undefined ? undefined : swaps === 'yes',
    adminLogins: admins === undefined ? undefined : admins === 'on',
  }
}

const add: CommandSpec = {
  path: ['router', 'add'],
  operands: ['NAME'],
  summary: 'let a router, or a range of them, ask this box',
  options: {
    address: {
      value: 'IP-OR-CIDR',
      help: 'where its packets come from: 10.0.0.1, 10.0.0.0/24, 2001:db8::/48',
      required: true,
    },
    secret: {
      value: 'S',
      help: 'the shared secret, the same as on the router; 16 random characters or more',
      secret: true,
      required: true,
    },
    ...settings,
  },
  notes: ['An argument shows in `ps` and in the shell’s history: --secret-file keeps the secret out of both.'],
  examples: [
    "lango router add tower1 --address 192.168.88.1 --secret 'choose-a-long-secret' --vendor mikrotik --coa-port 3799",
    'lango router add lte --address 10.20.0.0/24 --secret-file - --vendor cisco --coa-port 1700',
  ],
  async run({ args, command }) {
    const name = args.operand(0)!
    const secret = (await args.secret('secret'))!
    const added = await command<{ address: string }>('routers.add', {
      name,
      address: args.text('address'),
      secret,
      ...settingsOf(args),
    })
    if (!added.ok) return added
    const isShort = secret.length < ADVISED_SECRET_LENGTH
    return shown(added.value, () => `Router ${name} at ${added.value.address} may ask.`, {
      ...(isShort && {
        note: `Its secret has only ${secret.length} characters: who records one packet can try them all. Use 16 or more.`,
      }),
    })
  },
}

const set: CommandSpec = {
  path: ['router', 'set'],
  operands: ['NAME'],
  summary: 'change what is given, leave the rest',
  options: { secret: { value: 'S', help: 'a new shared secret', secret: true }, ...settings },
  examples: [
    'lango router set tower1 --message-authenticator yes --limit-proxy-state yes',
    'lango router set tower1 --realm isp.example',
    'lango router set tower1 --admin-logins on',
    'lango router set tower1 --secret-file tower1.secret',
  ],
  async run({ args, command }) {
    const name = args.operand(0)!
    const changed = await command('routers.set', { name, secret: await args.secret('secret'), ...settingsOf(args) })
    return changed.ok ? shown(changed.value, () => `Router ${name} is changed.`) : changed
  },
}

type Router = ResultOf<typeof listRouters>[number]

const list: CommandSpec = {
  path: ['router', 'list'],
  operands: [],
  summary: 'the routers that may ask',
  options: {},
  examples: ['lango router list', 'lango router list --json'],
  async run({ query, io }) {
    const routers = await query<readonly Router[]>('routers.list', {})
    if (!routers.ok) return routers
    const health = await query<readonly { routerNo: number; lastPacketAt: number }[]>('routers.health', {})
    if (!health.ok) return health
    const heard = new Map(health.value.map(({ routerNo, lastPacketAt }) => [routerNo, lastPacketAt]))
    const value = routers.value.map((router) => ({ ...router, lastPacketAt: heard.get(router.no) ?? null }))
    return shown(value, () =>
      table(
        ['NAME', 'ADDRESS', 'VENDOR', 'COA', 'REALM', 'SIGNED', 'PROXY-STATE', 'HEARD'],
        value.map((one) => [
          one.name,
          one.address,
          one.vendor,
          one.coaPort,
          one.realm,
          held(one.requireMessageAuthenticator, one.messageAuthenticatorSeen),
          held(one.limitProxyState, one.proxyStateFreeSeen),
          one.lastPacketAt === null ? 'never' : ago(one.lastPacketAt, io.now()),
        ]),
        'No router may ask yet. Add one: lango router add NAME --address IP-OR-CIDR --secret S',
      ),
    )
  },
}

/** `auto` and what it has learned. */
const held = (strictness: string, isSeen: boolean): string =>
  strictness === 'auto' && isSeen ? 'auto: yes' : strictness

const unknown: CommandSpec = {
  path: ['router', 'unknown'],
  operands: [],
  summary: 'addresses that speak RADIUS to this box and are no router of it',
  options: {},
  examples: ['lango router unknown'],
  async run({ query, io }) {
    type Stranger = { address: string; nasIdentifier: string; firstAt: number; lastAt: number; packets: number }
    const strangers = await query<readonly Stranger[]>('routers.unknown', {})
    if (!strangers.ok) return strangers
    const rows = strangers.value
    return shown(
      rows,
      () =>
        table(
          ['ADDRESS', 'CALLS ITSELF', '>PACKETS', 'FIRST', 'LAST'],
          rows.map((one) => [
            one.address,
            one.nasIdentifier,
            one.packets,
            ago(one.firstAt, io.now()),
            ago(one.lastAt, io.now()),
          ]),
          'No stranger has spoken to this box.',
        ),
      rows[0] === undefined ? {} : { note: `Adopt one: lango router add NAME --address ${rows[0].address} --secret S` },
    )
  },
}

const WAYS = ['api', 'api-tls', 'rest'] as const

/** `10.40.0.0/16=bridge-ipoe,10.41.0.0/16=ether3`; none is none. */
const networksOf = (text: string | undefined): readonly { network: string; interface: string }[] | undefined =>
  text === 'none'
    ? []
    : text?.split(',').map((part) => {
        const at = part.indexOf('=')
        return { network: at < 0 ? part : part.slice(0, at), interface: at < 0 ? '' : part.slice(at + 1) }
      })

const control: CommandSpec = {
  path: ['router', 'control'],
  operands: ['NAME'],
  summary: 'let the box log in to a MikroTik router, to hold customers with a fixed address there',
  options: {
    way: { value: WAYS.join('|'), help: 'RouterOS’s API, the API by TLS (default), or REST by TLS' },
    host: { value: 'IP', help: 'where to log in (the router’s own address); none takes it back' },
    port: { value: 'N', help: '8728, 8729 or 443' },
    user: { value: 'U', help: 'lango' },
    password: { value: 'S', help: 'without one the box makes one', secret: true },
    certificate: { value: 'SHA256', help: 'fingerprint of the certificate that it must show; none to be asked again' },
    networks: { value: 'CIDR=INTERFACE,…', help: 'whose customers are held there; none for nobody’s' },
    reveal: { help: 'only tell the password, for the router' },
    off: { help: 'log in no more; what stands on the router stays' },
  },
  examples: [
    'lango router control tower1 --networks 10.40.0.0/16=bridge-ipoe',
    'lango router control tower1 --reveal',
    'lango router control tower1 --certificate 4F:1A:…',
    'lango router control tower1 --off',
  ],
  async run({ args, command }) {
    const name = args.operand(0)!
    if (args.flag('reveal')) {
      const told = await command<{ password: string }>('routers.revealControl', { name })
      return told.ok ? shown(told.value, () => told.value.password) : told
    }
    if (args.flag('off')) {
      const removed = await command('routers.removeControl', { name })
      return removed.ok ? shown(removed.value, () => `The box does not log in to ${name} any more.`) : removed
    }
    const set = await command('routers.setControl', {
      name,
      way: args.choice('way', WAYS),
      host: cleared(args.text('host')),
      port: args.whole('port'),
      user: args.text('user'),
      password: await args.secret('password'),
      certificateSha256: cleared(args.text('certificate')),
      networks: networksOf(args.text('networks')),
    })
    return set.ok
      ? shown(
          set.value,
          () => `The box logs in to ${name}. The page of the router says how it goes, and what to paste there.`,
        )
      : set
  },
}

const remove: CommandSpec = {
  path: ['router', 'remove'],
  operands: ['NAME'],
  summary: 'take the right to ask away; its sessions stay on record',
  options: {},
  examples: ['lango router remove tower1'],
  async run({ args, command }) {
    const name = args.operand(0)!
    const removed = await command('routers.remove', { name })
    return removed.ok ? shown(removed.value, () => `Router ${name} may not ask any more.`) : refused(removed.error)
  },
}

export const routerCommands = [add, set, control, ...routerHotspotCommands, list, unknown, remove]
