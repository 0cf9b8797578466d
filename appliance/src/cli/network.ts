/** `lango network …`: the ports of an appliance. */
import { readFileSync } from 'node:fs'
import type { NetworkFault, NetworkPlan } from '@lango/modules/network'
import type { ShownNetwork } from '../network/actions.ts'
import { shown, UsageError, type CommandSpec } from './command.ts'
import { facts } from './format.ts'

const portsText = ({ ports, status, leftSec }: ShownNetwork): string =>
  facts([
    ['state', status === undefined ? 'nothing told yet' : status.state],
    ...(status?.plan ? [['role', status.plan.role] as const] : []),
    ...(leftSec === undefined ? [] : [['reverts', `in ${leftSec} s unless you say: lango network confirm`] as const]),
    ...(status?.why ? [['why', status.why] as const] : []),
    ...ports.map(
      ({ name, mac, isUp, speedMbps, uses, addresses }) =>
        [
          name,
          [
            mac,
            isUp ? `cable in${speedMbps === null ? '' : `, ${speedMbps} Mbit/s`}` : 'no cable',
            uses.join(', ') || 'for nothing',
            ...addresses,
          ].join('  '),
        ] as const,
    ),
    ...(status?.overlayKeys
      ? [['overlay key', status.overlayKeys.current] as const, ['the next', status.overlayKeys.next] as const]
      : []),
  ])

const show: CommandSpec = {
  path: ['network', 'show'],
  operands: [],
  summary: 'the ports as they are: cable, speed, what each is for',
  options: {},
  examples: ['lango network show', 'lango network show --json'],
  async run({ action }) {
    const told = await action<ShownNetwork>('network.show', {})
    if (!told.ok) return told
    if (!told.value.isAppliance) return { ok: false, error: { type: 'NotAppliance' } }
    return shown(told.value, () => portsText(told.value))
  },
}

const planIn = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${(error as Error).message}`)
  }
}

const set: CommandSpec = {
  path: ['network', 'set'],
  operands: ['FILE'],
  summary: 'try what each port is to be, for a minute',
  options: { check: { help: 'only say what is wrong with it' } },
  notes: [
    'FILE is a plan in JSON (docs/network.md), - is stdin. Unless it is confirmed, what was before comes back after 60 s.',
  ],
  examples: ['lango network set plan.json', 'lango network set plan.json --check'],
  async run({ args, action, io }) {
    const file = args.operand(0)!
    const plan = planIn(file === '-' ? await io.readStdin() : readFileSync(file, 'utf8'), file)
    if (!args.flag('check')) {
      const done = await action<{ id: string }>('network.try', { plan })
      return done.ok ? shown(done.value, () => 'It is tried now. Keep it within 60 s: lango network confirm') : done
    }
    const checked = await action<{ plan: NetworkPlan; faults: readonly NetworkFault[] }>('network.check', { plan })
    if (!checked.ok) return checked
    const { faults } = checked.value
    if (faults.some(({ isWarning }) => !isWarning))
      return { ok: false, error: { type: 'NetworkPlanFaulty', faults } as never }
    return shown({ faults }, () => 'Nothing is wrong with it.')
  },
}

const confirm: CommandSpec = {
  path: ['network', 'confirm'],
  operands: [],
  summary: 'keep the network that is being tried',
  options: {},
  examples: ['lango network confirm'],
  async run({ action }) {
    const done = await action<null>('network.keep', {})
    return done.ok ? shown(null, () => 'It is kept.') : done
  },
}

export const networkCommands = [show, set, confirm]
