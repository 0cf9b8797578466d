/** `lango update …` */
import type { ResultOf } from '@lango/kernel/db'
import type { listUpdateRuns, showUpdates } from '@lango/modules/updates'
import { imagePlaces } from '../updates.ts'
import { refused, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { clean, facts, localTime, octets, table } from './format.ts'

type Updates = ResultOf<typeof showUpdates>
type Runs = ResultOf<typeof listUpdateRuns>

const MODES = ['auto', 'ask', 'off'] as const
const RINGS = ['canary', 'early', 'all'] as const
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

const status: CommandSpec = {
  path: ['update', 'status'],
  operands: [],
  summary: 'what runs, what is offered, how far it has come and what is set',
  options: {},
  examples: ['lango update status', 'lango update status --json'],
  async run({ query }) {
    const found = await query<Updates>('updates.show', {})
    if (!found.ok) return found
    const runs = await query<Runs>('updates.runs', { limit: 5 })
    if (!runs.ok) return runs
    const { faultSentence } = await import('./faults.ts')
    return shown({ ...found.value, runs: runs.value }, () => statusText(found.value, runs.value, faultSentence))
  },
}

type Sentence = (fault: { readonly type: string }) => string

const statusText = (updates: Updates, runs: Runs, sentence: Sentence): string => {
  const { machine, offered, settings, checkedAt, fault } = updates
  return [
    facts([
      [
        'runs',
        machine
          ? `${machine.versions[machine.slot] ?? 'unknown'} (slot ${machine.slot})`
          : 'no appliance image, or its service has told nothing yet',
      ],
      ['state', machine ? stateText(machine) : ''],
      [
        'offered',
        offered
          ? `${offered.version}, ${octets(offered.sizeBytes)}${updates.file === null ? '' : ', on the disk'}`
          : 'nothing',
      ],
      ['looked', checkedAt === null ? 'never' : localTime(checkedAt)],
      ['trouble', fault === null ? '' : sentence(JSON.parse(fault) as { type: string })],
      ['from', settings.place === '' ? 'nowhere is set' : settings.place],
      ['mode', `${settings.mode}, ring ${settings.ring}`],
      ['when', whenText(updates)],
      ['rate', settings.rateKbps === 0 ? 'as fast as it goes' : `${settings.rateKbps} kbit/s, a quarter in busy hours`],
      ['paused', settings.pausedUntil === null ? '' : `until ${localTime(settings.pausedUntil)}`],
      ['denied', settings.denied.join(', ')],
    ]),
    ...(offered ? ['', clean(offered.notes.en)] : []),
    ...(runs.length > 0 ? ['', runsText(runs)] : []),
  ].join('\n')
}

const stateText = ({ phase, percent, version, why }: NonNullable<Updates['machine']>): string =>
  [phase, version ?? '', phase === 'writing' || phase === 'verifying' ? `${percent} %` : '', clean(why)]
    .filter((part) => part !== '')
    .join(' ')

const whenText = ({ settings: { windowFromHour: from, windowToHour: to }, machine }: Updates): string => {
  if (from !== null && to !== null) return `from ${from}:00 to ${to}:00`
  if (!machine) return 'in the quietest hour of the week'
  const { quietHour } = machine
  return `in the quietest hour: ${DAYS[Math.floor(quietHour / 24)]}, ${quietHour % 24}:00`
}

const runsText = (runs: Runs): string =>
  table(
    ['WHEN', 'VERSION', 'WHAT', 'WHY'],
    runs.map(({ at, version, outcome, why }) => [localTime(at), version, outcome, clean(why)]),
    '',
  )

const set: CommandSpec = {
  path: ['update', 'set'],
  operands: [],
  summary: 'where releases come from, and how they are installed',
  options: {
    from: { value: 'PLACE', help: 'https://…, or a folder from /' },
    mode: { value: MODES.join('|'), help: 'auto: in quiet hours; ask: wait for `update install`; off' },
    ring: { value: RINGS.join('|'), help: 'who gets releases first (all: after the others)' },
    kbps: { value: 'N', help: 'how fast it may load; 0 is as fast as it goes' },
    window: { value: 'FROM-TO', help: 'hours of the day, such as 2-5; `quiet`: the box finds the hour' },
  },
  notes: [
    'Without a window an update is installed in the hour of the week in which the fewest were online in four weeks.',
  ],
  examples: ['lango update set --from https://releases.isp.example/lango --mode auto', 'lango update set --window 2-5'],
  async run({ args, command }) {
    const kbps = args.whole('kbps')
    const done = await command('updates.set', {
      place: args.text('from'),
      mode: args.choice('mode', MODES),
      ring: args.choice('ring', RINGS),
      ...(kbps === undefined ? {} : { rateKbps: kbps }),
      ...windowOf(args.text('window')),
    })
    return done.ok ? shown(null, () => 'It is set. See: lango update status') : done
  },
}

const windowOf = (text: string | undefined) => {
  if (text === undefined) return {}
  if (text === 'quiet') return { windowFromHour: null, windowToHour: null }
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  if (from === undefined || to === undefined) throw new UsageError(`--window is such as 2-5, or quiet, not '${text}'.`)
  return { windowFromHour: Number(from), windowToHour: Number(to) }
}

/** What the box does within a minute; a machine that is no image never does. */
const asking =
  (ask: (context: CliContext) => ReturnType<CliContext['command']>, said: string): CommandSpec['run'] =>
  async (context) => {
    if (imagePlaces(context.io.env) === undefined) return refused({ type: 'NoImage' })
    const done = await ask(context)
    return done.ok ? shown(done.value ?? null, () => `${said} See: lango update status`) : done
  }

const check: CommandSpec = {
  path: ['update', 'check'],
  operands: [],
  summary: 'look for a release now',
  options: {},
  examples: ['lango update check'],
  run: asking(({ command }) => command('updates.check', {}), 'The box looks within a minute.'),
}

const fromFolder: CommandSpec = {
  path: ['update', 'from-folder'],
  operands: ['DIR'],
  summary: 'look for a release in a folder, such as a USB stick',
  options: {},
  notes: ['The folder is a copy of the whole feed: what is in it is believed as much as what comes over the network.'],
  examples: ['lango update from-folder /run/lango-os/usb/sda1/lango'],
  run: asking(({ command, args }) => {
    const dir = args.operand(0)!
    if (!dir.startsWith('/')) throw new UsageError(`The folder begins with /, not '${dir}'.`)
    return command('updates.check', { place: dir })
  }, 'The box looks there within a minute.'),
}

const install: CommandSpec = {
  path: ['update', 'install'],
  operands: ['[VERSION]'],
  summary: 'install what is offered, whatever the hour; with a version, that one',
  options: {},
  notes: [
    'The release before the one that runs is the only older one that is taken: it is what an update can be taken back to.',
  ],
  examples: ['lango update install', 'lango update install 1.4.0'],
  run: asking(
    ({ command, args }) => command('updates.install', { version: args.operand(0) }),
    'It is loaded and installed as soon as nothing hinders it; then the box restarts.',
  ),
}

const pause: CommandSpec = {
  path: ['update', 'pause'],
  operands: [],
  summary: 'load and install nothing by itself for some days',
  options: { days: { value: 'N', help: 'how many (7)' } },
  examples: ['lango update pause --days 14'],
  async run({ args, command }) {
    const done = await command<{ pausedUntil: number }>('updates.pause', { days: args.whole('days') ?? 7 })
    return done.ok ? shown(done.value, () => `Updates are paused until ${localTime(done.value.pausedUntil)}.`) : done
  },
}

const resume: CommandSpec = {
  path: ['update', 'resume'],
  operands: ['[VERSION]'],
  summary: 'go on with updates; with a version, take back that it was denied',
  options: {},
  examples: ['lango update resume', 'lango update resume 1.4.0'],
  async run({ args, command }) {
    const done = await command('updates.resume', { version: args.operand(0) })
    return done.ok ? shown(null, () => 'Updates go on.') : done
  },
}

const deny: CommandSpec = {
  path: ['update', 'deny'],
  operands: ['VERSION'],
  summary: 'never install this version on this box',
  options: {},
  examples: ['lango update deny 1.4.0'],
  async run({ args, command }) {
    const version = args.operand(0)
    const done = await command('updates.deny', { version })
    return done.ok ? shown(null, () => `${version} is not installed on this box.`) : done
  },
}

export const updateCommands = [status, set, check, fromFolder, install, pause, resume, deny]
