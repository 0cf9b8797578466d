/** `lango plan …` */
import type { ResultOf } from '@lango/kernel/db'
import type { listPlans } from '@lango/modules/plans'
import { secondsOf, shown, UsageError, type Args, type CommandSpec } from './command.ts'
import { duration, octets, rate, table } from './format.ts'
import { octetsOf, periodText, quotaOptions, quotaPolicyOf } from './plan-quota.ts'

const KINDS = ['pppoe', 'static', 'hotspot', '802.1x', 'mac'] as const
const SELF = ['off', 'phone', 'email'] as const
const OCTETS_PER_MB = 1_000_000
const BURST = [
  'burst-down-kbps',
  'burst-up-kbps',
  'burst-threshold-down-kbps',
  'burst-threshold-up-kbps',
  'burst-sec',
] as const

/** A burst is whole or absent: without thresholds it starts at the plan's own speed. */
const burstOf = (args: Args, downKbps: number, upKbps: number): object | undefined => {
  if (BURST.every((name) => args.text(name) === undefined)) return undefined
  const [down, up] = [args.whole('burst-down-kbps'), args.whole('burst-up-kbps')]
  if (down === undefined || up === undefined)
    throw new UsageError('A burst needs --burst-down-kbps and --burst-up-kbps.')
  return {
    downKbps: down,
    upKbps: up,
    thresholdDownKbps: args.whole('burst-threshold-down-kbps') ?? downKbps,
    thresholdUpKbps: args.whole('burst-threshold-up-kbps') ?? upKbps,
    timeSec: args.whole('burst-sec') ?? 16,
  }
}

const onExpiryOf = (args: Args): object | undefined => {
  const text = args.text('expired')
  if (text === undefined) return undefined
  const kbps = args.whole('expired-kbps') ?? 256
  if (text === 'reject') return { kind: 'reject' }
  if (text.startsWith('pool:')) return { kind: 'pool', pool: text.slice('pool:'.length), kbps }
  if (text.startsWith('redirect:')) return { kind: 'redirect', url: text.slice('redirect:'.length), kbps }
  throw new UsageError(`--expired is reject, pool:NAME or redirect:URL, not '${text}'.`)
}

const policyOf = (args: Args): Record<string, unknown> => {
  const downKbps = args.whole('down-kbps')!
  const upKbps = args.whole('up-kbps')!
  const given = {
    downKbps,
    upKbps,
    burst: burstOf(args, downKbps, upKbps),
    priority: args.whole('priority'),
    sessionTimeoutSec: args.whole('session-sec'),
    idleTimeoutSec: args.whole('idle-sec'),
    interimSec: args.whole('interim-sec'),
    deviceLimit: args.whole('devices'),
    bindDevices: args.flag('bind-devices') ? 'first' : undefined,
    bindSerial: args.flag('bind-serial') ? 'first' : undefined,
    pool: args.text('pool'),
    ipv6Pool: args.text('ipv6-pool'),
    delegatedIpv6Pool: args.text('delegated-pool'),
    vlan: args.whole('vlan'),
    group: args.text('group'),
    addressList: args.text('address-list'),
    onExpiry: onExpiryOf(args),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

const add: CommandSpec = {
  path: ['plan', 'add'],
  operands: ['NAME'],
  summary: 'something to sell: a speed, a length, a price',
  options: {
    kind: { value: KINDS.join('|'), help: 'how its subscribers connect', required: true },
    'down-kbps': { value: 'N', help: 'speed to the subscriber in kbit/s; 0 is no limit', required: true },
    'up-kbps': { value: 'N', help: 'speed from the subscriber in kbit/s; 0 is no limit', required: true },
    devices: { value: 'N', help: 'devices online at once (any number)' },
    valid: {
      value: '30d',
      help: 'how long it is good for: from the first login for hotspot plans, else from the sale',
    },
    'data-mb': { value: 'N', help: 'data both ways in MB (10^6 octets), as --quota' },
    ...quotaOptions,
    'session-sec': { value: 'N', help: 'longest session' },
    'idle-sec': { value: 'N', help: 'end a session that moves nothing for so long' },
    price: { value: '1500.00', help: 'what it costs (0)' },
    currency: { value: 'KES', help: 'in which currency (KES)' },
    'burst-down-kbps': { value: 'N', help: 'speed for a short time, to the subscriber' },
    'burst-up-kbps': { value: 'N', help: 'speed for a short time, from the subscriber' },
    'burst-threshold-down-kbps': { value: 'N', help: 'burst while the average is under this (the plan’s speed)' },
    'burst-threshold-up-kbps': { value: 'N', help: 'the same, from the subscriber' },
    'burst-sec': { value: 'N', help: 'seconds the average is taken over (16)' },
    priority: { value: '1-8', help: 'queue priority, 1 first' },
    pool: { value: 'NAME', help: 'the router’s IPv4 pool' },
    'ipv6-pool': { value: 'NAME', help: 'the router’s IPv6 pool' },
    'delegated-pool': { value: 'NAME', help: 'the router’s pool of delegated IPv6 prefixes' },
    vlan: { value: 'N', help: 'VLAN of its sessions' },
    group: { value: 'NAME', help: 'the router’s own profile, group or role' },
    'address-list': { value: 'NAME', help: 'MikroTik address list' },
    'bind-devices': { help: 'the first devices seen are bound, others are refused' },
    'bind-serial': { help: 'the first ONT or CPE seen is bound, others are refused' },
    expired: { value: 'reject|pool:NAME|redirect:URL', help: 'what an expired subscriber gets (reject)' },
    'expired-kbps': { value: 'N', help: 'how fast, in that pool or on that page (256)' },
    'self-registration': {
      value: SELF.join('|'),
      help: 'people take it by themselves at /join, once each, with a code by SMS or e-mail (off)',
    },
    'interim-sec': { value: 'N', help: 'how often usage is reported (300, at least 60)' },
  },
  examples: [
    'lango plan add Home-10 --kind pppoe --down-kbps 10000 --up-kbps 2000 --price 1500.00 --currency KES --valid 30d',
    'lango plan add Day-Pass --kind hotspot --down-kbps 5000 --up-kbps 1000 --devices 1 --valid 24h --data-mb 2000',
    'lango plan add Trial --kind hotspot --down-kbps 2000 --up-kbps 1000 --devices 1 --valid 24h --self-registration phone',
    'lango plan add Home-5 --kind pppoe --down-kbps 5000 --up-kbps 1000 --valid 30d --quota 100GB --quota-period month --rollover 50GB',
    'lango plan add Home-Night --kind pppoe --down-kbps 10000 --up-kbps 2000 --fair-use 200GB:2M/1M --quota-period month --window "daily 00:00-06:00 50M/10M"',
    'lango plan add Office --kind pppoe --down-kbps 10000 --up-kbps 2000 --window "mon-fri 07:00-19:00; sat 08:00-13:00"',
    'lango plan add Home-20 --kind pppoe --down-kbps 20000 --up-kbps 5000 --burst-down-kbps 40000 --burst-up-kbps 10000 --expired redirect:https://pay.isp.example',
  ],
  async run({ args, command }) {
    const { parseMoney } = await import('@lango/kernel')
    const name = args.operand(0)!
    const valid = await secondsOf(args, 'valid')
    if (!valid.ok) return valid
    const currency = args.text('currency') ?? 'KES'
    const price = parseMoney(args.text('price') ?? '0', currency)
    if (!price.ok) return price
    const dataMb = args.whole('data-mb')
    const quota = await octetsOf(args, 'quota')
    if (!quota.ok) return quota
    const quotaTime = await secondsOf(args, 'quota-time')
    if (!quotaTime.ok) return quotaTime
    const shape = await quotaPolicyOf(args)
    if (!shape.ok) return shape
    const added = await command('plans.add', {
      name,
      kind: args.choice('kind', KINDS),
      policy: { ...policyOf(args), ...shape.value },
      validitySec: valid.value,
      quotaOctets: quota.value ?? (dataMb === undefined ? undefined : dataMb * OCTETS_PER_MB),
      quotaSec: quotaTime.value,
      priceMinor: price.value.minor,
      currency,
      selfRegistration: args.choice('self-registration', SELF),
    })
    return added.ok ? shown(added.value, () => `Plan ${name} can be sold.`) : added
  },
}

type Plan = ResultOf<typeof listPlans>[number]

/** `100 GB a month`, `20 h`. */
const quotaText = ({ quotaOctets, quotaSec, policy }: Plan): string => {
  const limits = [quotaOctets === null ? '' : octets(quotaOctets), quotaSec === null ? '' : duration(quotaSec)]
  const said = limits.filter((limit) => limit !== '').join(', ')
  return said === '' ? 'no limit' : `${said}${periodText(policy.quotaPeriod)}`
}

const list: CommandSpec = {
  path: ['plan', 'list'],
  operands: [],
  summary: 'the plans',
  options: {},
  examples: ['lango plan list', 'lango plan list --json'],
  async run({ query }) {
    const { formatMoney } = await import('@lango/kernel')
    const plans = await query<readonly Plan[]>('plans.list', {})
    if (!plans.ok) return plans
    const row = (plan: Plan) => [
      plan.name,
      plan.kind,
      rate(plan.policy.downKbps),
      rate(plan.policy.upKbps),
      plan.policy.deviceLimit === 0 ? 'any' : plan.policy.deviceLimit,
      plan.validitySec === null
        ? 'until ended'
        : `${duration(plan.validitySec)}${plan.validFrom === 'first-use' ? ' of first use' : ''}`,
      quotaText(plan),
      formatMoney({ minor: plan.priceMinor, currency: plan.currency }),
    ]
    return shown(plans.value, () =>
      table(
        ['NAME', 'KIND', '>DOWN', '>UP', '>DEVICES', 'VALID', '>DATA', '>PRICE'],
        plans.value.map(row),
        'There is no plan yet. Add one: lango plan add NAME --kind pppoe --down-kbps N --up-kbps N',
      ),
    )
  },
}

export const planCommands = [add, list]
