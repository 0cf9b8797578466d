/** `lango bypass …` */
import type { ResultOf } from '@lango/kernel/db'
import type { listBypasses } from '@lango/modules/bypass'
import type { listRouters } from '@lango/modules/network'
import { shown, type CliContext, type CommandSpec, type OptionSpec } from './command.ts'
import { table } from './format.ts'
import { zoneOf } from './zone.ts'
import { instantOf, writtenInstant } from './sale-times.ts'

const terms: Readonly<Record<string, OptionSpec>> = {
  plan: { value: 'PLAN', help: 'its speed and data limit; none for no limits' },
  until: { value: '"2026-12-31 20:00"', help: 'when it ends; none for never' },
  routers: { value: 'NAME,…', help: 'where it is good; none for everywhere' },
}

const termsOf = async (context: CliContext): Promise<Record<string, unknown>> => {
  const { args } = context
  const [plan, until, routers] = [args.text('plan'), args.text('until'), args.text('routers')]
  return {
    plan: plan === 'none' ? null : plan,
    untilAt: until === undefined ? undefined : until === 'none' ? null : instantOf(until, await zoneOf(context)),
    routers: routers === 'none' ? [] : routers?.split(','),
  }
}

const add: CommandSpec = {
  path: ['bypass', 'add'],
  operands: ['MAC', 'NAME'],
  summary: 'let a device that cannot open a portal be online by its address alone',
  options: terms,
  notes: ['An address can be copied: give the device a plan with a speed and a data limit.'],
  examples: ['lango bypass add 8A:B3:A0:EB:D5:E7 "Lobby TV" --plan Screen --routers tower1'],
  async run(context) {
    const { args, command } = context
    const [mac, name] = [args.operand(0)!, args.operand(1)!]
    const added = await command('bypass.add', { devices: [{ mac, name }], ...(await termsOf(context)) })
    return added.ok ? shown(added.value, () => `${name} is on the bypass list.`) : added
  },
}

const set: CommandSpec = {
  path: ['bypass', 'set'],
  operands: ['MAC'],
  summary: 'change what is given, leave the rest',
  options: { name: { value: 'NAME', help: 'another name' }, ...terms },
  examples: ['lango bypass set 8A:B3:A0:EB:D5:E7 --until "2026-12-31 20:00"'],
  async run(context) {
    const { args, command } = context
    const changed = await command<{ name: string }>('bypass.set', {
      mac: args.operand(0)!,
      name: args.text('name'),
      ...(await termsOf(context)),
    })
    return changed.ok ? shown(changed.value, () => `${changed.value.name} is changed.`) : changed
  },
}

const list: CommandSpec = {
  path: ['bypass', 'list'],
  operands: [],
  summary: 'devices that are online without a login',
  options: {},
  examples: ['lango bypass list'],
  async run({ query, io }) {
    const devices = await query<ResultOf<typeof listBypasses>>('bypass.list', {})
    if (!devices.ok) return devices
    const routers = await query<ResultOf<typeof listRouters>>('routers.list', {})
    if (!routers.ok) return routers
    const zone = await zoneOf({ query, io })
    const names = new Map(routers.value.map(({ id, name }) => [id, name]))
    return shown(devices.value, () =>
      table(
        ['NAME', 'MAC', 'PLAN', 'UNTIL', 'ROUTERS'],
        devices.value.map((one) => [
          one.name,
          one.mac,
          one.plan ?? 'no limits',
          one.untilAt === null ? 'for ever' : writtenInstant(one.untilAt, zone),
          one.routers.length === 0 ? 'all' : one.routers.map((id) => names.get(id) ?? '–').join(', '),
        ]),
        'No device is on the bypass list. Add one: lango bypass add MAC NAME',
      ),
    )
  },
}

const remove: CommandSpec = {
  path: ['bypass', 'remove'],
  operands: ['MAC'],
  summary: 'cut a device off, and ask it for a login like any other',
  options: {},
  examples: ['lango bypass remove 8A:B3:A0:EB:D5:E7'],
  async run({ args, command }) {
    const removed = await command<{ name: string }>('bypass.remove', { mac: args.operand(0)! })
    return removed.ok ? shown(removed.value, () => `${removed.value.name} is off the bypass list.`) : removed
  },
}

export const bypassCommands = [add, set, list, remove]
