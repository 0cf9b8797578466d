/** `lango router …` */
import type { ResultOf } from '@lango/kernel/db'
import type { listRouters } from '@lango/modules/network'
import { refused, shown, type Args, type CommandSpec, type OptionSpec } from './command.ts'
import { ago, table } from './format.ts'

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

export const routerCommands = [add, set, list, unknown, remove]
