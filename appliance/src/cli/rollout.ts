/** `lango rollout …` */
import type { ResultOf } from '@lango/kernel/db'
import {
  stateWords,
  whyText,
  type listRolloutDevices,
  type listRollouts,
  type listRouterSoftware,
} from '@lango/modules/rollouts'
import { shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { ago, clean, facts, localTime, octets, table } from './format.ts'
import { packageCommands } from './rollout-packages.ts'

type Rollout = ResultOf<typeof listRollouts>[number]
type Devices = ResultOf<typeof listRolloutDevices>
type Software = ResultOf<typeof listRouterSoftware>

const status: CommandSpec = {
  path: ['rollout', 'status'],
  operands: [],
  summary: 'how far the latest rollout is, and why each router waits or has failed',
  options: {},
  examples: ['lango rollout status', 'lango rollout status --json'],
  async run({ query }) {
    const found = await query<readonly Rollout[]>('rollouts.list', { limit: 1 })
    if (!found.ok) return found
    const [rollout] = found.value
    if (!rollout) return shown(null, () => 'Nothing was rolled out yet. Begin: lango rollout start VERSION')
    const devices = await query<Devices>('rollouts.devices', { rolloutId: rollout.id })
    if (!devices.ok) return devices
    return shown({ ...rollout, devices: devices.value }, () => statusText(rollout, devices.value))
  },
}

const statusText = (rollout: Rollout, devices: Devices): string =>
  [
    facts([
      ['rollout', `RouterOS ${rollout.version}${rollout.source === 'box' ? '' : ` (MikroTik, ${rollout.channel})`}`],
      ['state', rollout.state],
      ['begun', localTime(rollout.startedAt)],
      ['when', whenText(rollout)],
      ['stops', `when ${rollout.failPercent} % of those begun have failed`],
      ['waits until', localTime(rollout.waitUntil)],
      ['ended', rollout.endedAt === null ? '' : localTime(rollout.endedAt)],
    ]),
    '',
    table(
      ['ROUTER', 'WAS', 'RUNS', 'STATE', 'WHY'],
      devices.map((one) => [
        clean(one.name),
        one.fromVersion,
        one.version,
        stateWords.en[one.state],
        clean(whyText('en', one)),
      ]),
      '',
    ),
  ].join('\n')

const whenText = ({ isAtOnce, windowFromHour: from, windowToHour: to }: Rollout): string => {
  if (isAtOnce) return 'at once'
  return from !== null && to !== null ? `from ${from}:00 to ${to}:00` : 'in each router’s own quiet hour'
}

const routers: CommandSpec = {
  path: ['rollout', 'routers'],
  operands: [],
  summary: 'what each router runs, that the box logs in to',
  options: {},
  examples: ['lango rollout routers'],
  async run({ query, io }) {
    const found = await query<Software>('rollouts.software', {})
    return found.ok ? shown(found.value, () => softwareText(found.value, io.now())) : found
  },
}

const softwareText = (software: Software, now: number): string =>
  table(
    ['ROUTER', 'BOARD', 'ARCHITECTURE', 'ROUTEROS', 'ROUTERBOOT', 'FREE', 'SEEN'],
    software.map((one) => [
      clean(one.name),
      clean(one.board),
      clean(one.architecture),
      clean(one.version),
      one.firmware === null
        ? ''
        : one.firmware === one.firmwareOffered
          ? clean(one.firmware)
          : clean(`${one.firmware} (has ${one.firmwareOffered})`),
      octets(one.freeDiskBytes),
      ago(one.seenAt, now),
    ]),
    'No router was asked yet: the box asks those that it logs in to (lango router control NAME).',
  )

const start: CommandSpec = {
  path: ['rollout', 'start'],
  operands: ['VERSION', '[ROUTER…]'],
  summary: 'bring a version of RouterOS to all routers that the box logs in to, or to some',
  options: {
    from: { value: 'box|mikrotik', help: 'files that were put into the box, or MikroTik’s own servers (box)' },
    channel: { value: 'stable|long-term', help: 'of MikroTik’s servers (stable)' },
    batches: { value: 'N,N', help: 'per cent of all after the first router, before all others (10,50)' },
    'fail-percent': { value: 'N', help: 'stop when so many of those begun have failed (20)' },
    'wait-days': { value: 'N', help: 'how long routers that are away are waited for (14)' },
    window: { value: 'FROM-TO', help: 'hours of the day, such as 2-5 (each router’s own quiet hour)' },
    now: { help: 'whatever the hour' },
    downgrade: { help: 'also back from a newer version' },
    major: { help: 'also from 6 to 7, through the versions that have to come between' },
    'keep-firmware': { help: 'leave RouterBOOT as it is' },
  },
  notes: [
    'One router comes first. Each batch begins when all of the one before are up and well: the version, the interfaces that ran, and RADIUS where people were online.',
  ],
  examples: [
    'lango rollout start 7.20.1',
    'lango rollout start 7.20.1 tower1 tower2 --now',
    'lango rollout start 7.19.6 --from mikrotik --channel long-term --window 2-5',
  ],
  async run({ args, command }) {
    const [version, ...names] = args.operands
    const started = await command<{ routers: number }>('rollouts.start', {
      version,
      routers: names.length > 0 ? names : undefined,
      source: args.choice('from', ['box', 'mikrotik']),
      channel: args.choice('channel', ['stable', 'long-term']),
      batchPercents: percentsOf(args.text('batches')),
      failPercent: args.whole('fail-percent'),
      waitDays: args.whole('wait-days'),
      isAtOnce: args.flag('now'),
      allowsDowngrade: args.flag('downgrade'),
      allowsMajor: args.flag('major'),
      withFirmware: !args.flag('keep-firmware'),
      ...windowOf(args.text('window')),
    })
    return started.ok
      ? shown(started.value, () => `${started.value.routers} routers are brought to it. See: lango rollout status`)
      : started
  },
}

const percentsOf = (text: string | undefined): readonly number[] | undefined => {
  if (text === undefined) return undefined
  const percents = text.split(',').map(Number)
  if (!percents.every((one) => Number.isInteger(one) && one >= 1 && one <= 100))
    throw new UsageError(`--batches is such as 10,50, not '${text}'.`)
  return percents
}

const windowOf = (text: string | undefined) => {
  if (text === undefined) return {}
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  if (from === undefined || to === undefined) throw new UsageError(`--window is such as 2-5, not '${text}'.`)
  return { windowFromHour: Number(from), windowToHour: Number(to) }
}

const telling =
  (ask: (context: CliContext) => ReturnType<CliContext['command']>, said: string): CommandSpec['run'] =>
  async (context) => {
    const done = await ask(context)
    return done.ok ? shown(null, () => said) : done
  }

const pause: CommandSpec = {
  path: ['rollout', 'pause'],
  operands: [],
  summary: 'begin no other router for now',
  options: {},
  examples: ['lango rollout pause'],
  run: telling(({ command }) => command('rollouts.pause', {}), 'No other router is begun. Go on: lango rollout resume'),
}

const resume: CommandSpec = {
  path: ['rollout', 'resume'],
  operands: [],
  summary: 'go on with a rollout that was paused or has stopped',
  options: { retry: { help: 'try the routers that failed again' } },
  examples: ['lango rollout resume', 'lango rollout resume --retry'],
  run: telling(
    ({ command, args }) => command('rollouts.resume', { retries: args.flag('retry') }),
    'It goes on. See: lango rollout status',
  ),
}

const cancel: CommandSpec = {
  path: ['rollout', 'cancel'],
  operands: [],
  summary: 'end a rollout; routers that restart already are followed until they are up',
  options: {},
  examples: ['lango rollout cancel'],
  run: telling(({ command }) => command('rollouts.cancel', {}), 'It is ended: no other router is begun.'),
}

export const rolloutCommands = [status, start, pause, resume, cancel, routers, ...packageCommands]
