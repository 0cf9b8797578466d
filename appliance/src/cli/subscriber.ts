/** `lango subscriber …` */
import type { ResultOf } from '@lango/kernel/db'
import type { listSubscribers, showSubscriber } from '@lango/modules/services'
import { refused, shown, UsageError, type Args, type CommandSpec, type OptionSpec } from './command.ts'
import { allowanceFacts, allowanceOf } from './allowance.ts'
import { servicesTable, type ShownCustomer } from './customer.ts'
import { ago, facts, localTime, rate, table } from './format.ts'
import { saleTimeOptions, saleTimesOf } from './sale-times.ts'
import { subscriberWifiCommands } from './subscriber-wifi.ts'
import { topUp, topUpOptions } from './top-up.ts'
import { subscriberImportCommand } from './transfer/import.ts'

const PAGE_ROWS = 1000

const details: Readonly<Record<string, OptionSpec>> = {
  name: { value: 'N', help: 'the customer’s name (the login)' },
  phone: { value: 'N', help: 'the customer’s phone number' },
  email: { value: 'E', help: 'the customer’s e-mail address' },
  ip: { value: 'A', help: 'a fixed IPv4 address' },
  mac: { value: 'M', help: 'the device: logs in by itself on static plans, is bound to the login on others' },
  serial: {
    value: 'S',
    help: 'the ONT or CPE that logins must come from; on static plans without a password it logs in by itself',
  },
  vlan: { value: 'N', help: 'VLAN of the sessions' },
  ipv6: { value: 'PREFIX', help: 'a fixed IPv6 prefix of the link' },
  delegated: { value: 'PREFIX', help: 'a fixed delegated IPv6 prefix' },
}

const detailsOf = (args: Args): Record<string, string | undefined> =>
  Object.fromEntries(Object.keys(details).map((name) => [name, args.text(name)]))

const add: CommandSpec = {
  path: ['subscriber', 'add'],
  operands: ['LOGIN'],
  summary: 'make the customer and the service, or a further service of a customer',
  options: {
    password: {
      value: 'P',
      help: 'the network password; a device that logs in by its address needs none',
      secret: true,
    },
    plan: { value: 'NAME', help: 'the plan', required: true },
    customer: { value: 'LOGIN|ID', help: 'whose further service it is: a login of theirs, or their id' },
    ...saleTimeOptions,
    ...details,
  },
  notes: ['An argument shows in `ps` and in the shell’s history: --password-file keeps the password out of both.'],
  examples: [
    "lango subscriber add amina --password 'her-password' --plan Home-10 --phone '+254 712 345 678'",
    'lango subscriber add office-7 --password-file - --plan Business --ip 10.20.0.7',
    'lango subscriber add camera-3 --plan Static-2 --mac AA:BB:CC:DD:EE:FF',
    'lango subscriber add house-12 --plan Fibre-20 --serial HWTCA1B2C3D4',
    'lango subscriber add amina-shop --password-file - --plan Business --customer amina',
  ],
  async run(context) {
    const { args, command } = context
    const login = args.operand(0)!
    const password = await args.secret('password')
    const plan = args.text('plan')
    const times = await saleTimesOf(context)
    const customer = args.text('customer')
    const details = detailsOf(args)
    const ofCustomer = ['name', 'phone', 'email'].find((each) => details[each] !== undefined)
    if (customer !== undefined && ofCustomer !== undefined)
      throw new UsageError(`--${ofCustomer} is the customer’s, not the service’s: lango customer change ${customer} …`)
    const input = { login, password, plan, ...times, ...details }
    const added = await (customer === undefined
      ? command('subscribers.add', input)
      : command('customers.addService', { ...input, customer }))
    return added.ok ? shown(added.value, () => `Subscriber ${login} may log in.`) : added
  },
}

type Found = NonNullable<ResultOf<typeof showSubscriber>>

const show: CommandSpec = {
  path: ['subscriber', 'show'],
  operands: ['LOGIN'],
  summary: 'all there is about one subscriber',
  options: {},
  examples: ['lango subscriber show amina', 'lango subscriber show amina --json'],
  async run(context) {
    const { args, query, io } = context
    const login = args.operand(0)!
    const found = await query<Found | undefined>('subscribers.show', { login })
    if (!found.ok) return found
    if (found.value === undefined) return refused({ type: 'SubscriberUnknown', login })
    const subscriber = found.value
    const told = await allowanceOf(context, { login })
    if (!told.ok) return told
    const owner = await query<ShownCustomer>('customers.show', { customer: subscriber.customer.id })
    if (!owner.ok) return owner
    const siblings = (owner.value?.services ?? []).filter((each) => each.login !== login)
    const allowance = told.value === undefined ? [] : allowanceFacts(told.value, io.now())
    return shown({ ...subscriber, siblings, allowance: told.value }, () => {
      const own = facts([...factsOf(subscriber, io.now()), ...allowance])
      return siblings.length === 0
        ? own
        : `${own}\n\nthe customer’s other services\n${servicesTable(siblings, io.now())}`
    })
  },
}

const factsOf = ({ login, status, kind, createdAt, customer, plan, grant }: Found, now: number) =>
  [
    ['login', login],
    ['status', status],
    ['kind', kind],
    ['customer', customer.name],
    ['customer id', customer.id],
    ['phone', customer.phone],
    ['e-mail', customer.email],
    ['plan', `${plan.name}: ${rate(plan.policy.downKbps)} down, ${rate(plan.policy.upKbps)} up`],
    ['since', localTime(createdAt)],
    ['expires', expiry(grant, now)],
    ['address', grant.framedIp],
    ['IPv6 prefix', grant.framedIpv6Prefix],
    ['delegated', grant.delegatedIpv6Prefix],
    ['VLAN', grant.vlan],
    ['logs in by', grant.macLogin],
    ['ONT or CPE', grant.serial],
    ['devices', grant.devices.join(', ')],
  ] as const

const expiry = (grant: Found['grant'], now: number): string => {
  if (grant.expiresAt !== null) return `${localTime(grant.expiresAt)} (${ago(grant.expiresAt, now)})`
  return grant.validitySec === null ? 'never' : 'counts from the first login'
}

type Row = ResultOf<typeof listSubscribers>[number]

const list: CommandSpec = {
  path: ['subscriber', 'list'],
  operands: [],
  summary: 'subscribers in order of login',
  options: {
    search: { value: 'TEXT', help: 'only where login, name or phone holds this' },
    after: { value: 'LOGIN', help: 'go on after this login' },
    limit: { value: 'N', help: 'how many at most (all)' },
  },
  examples: ['lango subscriber list', 'lango subscriber list --search 0712 --limit 20'],
  async run({ args, query, io }) {
    const limit = args.whole('limit') ?? Infinity
    const rows: Row[] = []
    for (let after = args.text('after') ?? ''; rows.length < limit; after = rows.at(-1)!.login) {
      const wanted = Math.min(PAGE_ROWS, limit - rows.length)
      const page = await query<readonly Row[]>('subscribers.list', {
        search: args.text('search'),
        after,
        limit: wanted,
      })
      if (!page.ok) return page
      rows.push(...page.value)
      if (page.value.length < wanted) break
    }
    return shown(rows, () =>
      table(
        ['LOGIN', 'NAME', 'PHONE', 'PLAN', 'STATUS', 'EXPIRES'],
        rows.map((one) => [
          one.login,
          one.name,
          one.phone,
          one.plan,
          one.status,
          one.expiresAt === null ? 'never' : ago(one.expiresAt, io.now()),
        ]),
        'No subscriber. Add one: lango subscriber add LOGIN --password P --plan NAME',
      ),
    )
  },
}

const change = (verb: 'suspend' | 'resume', summary: string, told: (login: string) => string): CommandSpec => ({
  path: ['subscriber', verb],
  operands: ['LOGIN'],
  summary,
  options: {},
  examples: [`lango subscriber ${verb} amina`],
  async run({ args, command }) {
    const login = args.operand(0)!
    const changed = await command(`subscribers.${verb}`, { login })
    return changed.ok ? shown(changed.value, () => told(login)) : changed
  },
})

const move: CommandSpec = {
  path: ['subscriber', 'move'],
  operands: ['LOGIN'],
  summary: 'put the service to another customer, where it was put to the wrong one',
  options: {
    customer: { value: 'LOGIN|ID', help: 'the customer: a login of theirs, or their id' },
    alone: { help: 'to a customer of its own, called and reached as the present one' },
  },
  notes: [
    'Sessions go on. A customer whose last service is moved away is closed: their name and number are overwritten, and the audit log has them.',
  ],
  examples: ['lango subscriber move amina-shop --customer juma', 'lango subscriber move amina-shop --alone'],
  async run({ args, command }) {
    const login = args.operand(0)!
    const customer = args.text('customer')
    if (args.flag('alone') === (customer !== undefined))
      throw new UsageError('Say where to: --customer LOGIN|ID, or --alone.')
    const moved = await command('subscribers.move', { login, customer })
    return moved.ok ? shown(moved.value, () => `${login} is the other customer’s now.`) : moved
  },
}

const topUpSubscriber: CommandSpec = {
  path: ['subscriber', 'topup'],
  operands: ['LOGIN'],
  summary: 'more data or time beside the plan’s',
  options: topUpOptions,
  examples: ['lango subscriber topup amina --quota 5GB', 'lango subscriber topup amina --quota-time 2h --good-for 7d'],
  run: (context) => topUp(context, { login: context.args.operand(0)! }),
}

const freeDevice: CommandSpec = {
  path: ['subscriber', 'free'],
  operands: ['LOGIN', 'DEVICE'],
  summary: 'unbind a device and end its sessions, to make room for another',
  options: {},
  examples: ['lango subscriber free amina AA:BB:CC:DD:EE:FF'],
  async run({ args, command }) {
    const freed = await command<{ device: string }>('grants.freeDevice', {
      login: args.operand(0),
      device: args.operand(1),
    })
    return freed.ok ? shown(freed.value, () => `${freed.value.device} is free: its sessions are ended.`) : freed
  },
}

const erase: CommandSpec = {
  path: ['subscriber', 'erase'],
  operands: ['LOGIN'],
  summary: 'forget who this was: ends all their services and overwrites name, phone, e-mail and logins for good',
  options: { yes: { help: 'it cannot be taken back: do it' } },
  notes: [
    'What the audit log tells of them can be read no more, and the log still verifies. Backups from before still hold it.',
    'What is in their wallet is paid out or written off first. Their phone is forgotten wherever it stands, unless it is another customer’s too.',
    'Sessions and usage keep their rows until they are too old: the law wants them, and they name the login.',
  ],
  examples: ['lango subscriber erase amina --yes'],
  async run({ args, command }) {
    if (!args.flag('yes')) throw new UsageError('This cannot be taken back. Say --yes.')
    const login = args.operand(0)!
    const erased = await command<{ services: number }>('customers.erase', { login })
    return erased.ok
      ? shown(erased.value, () => `Who ${login} was is forgotten; services ended: ${erased.value.services}.`)
      : erased
  },
}

export const subscriberCommands = [
  add,
  show,
  list,
  change(
    'suspend',
    'refuse logins and end the sessions',
    (login) => `${login} is suspended: logins are refused and open sessions are ended.`,
  ),
  move,
  topUpSubscriber,
  freeDevice,
  erase,
  change('resume', 'let a suspended subscriber in again', (login) => `${login} may log in again.`),
  ...subscriberWifiCommands,
  subscriberImportCommand,
]
