/** `lango standby …`: a second box that can take this one's place. */
import { ok, type Fault, type Result } from '@lango/kernel'
import type { PairStatus, StandbyStatus } from '../standby/pair-state.ts'
import { clean, facts, localTime } from './format.ts'
import { shown, UsageError, type CliContext, type CommandSpec } from './command.ts'

type Status = PairStatus & Partial<StandbyStatus>

const pair: CommandSpec = {
  path: ['standby', 'pair'],
  operands: [],
  summary: 'at the box that serves: make a code for the box that is to be its standby',
  options: {},
  notes: ['The code is good once, for ten minutes. What is on the other box is put aside when it joins.'],
  examples: ['lango standby pair'],
  async run({ action }) {
    const made = await action<{ code: string; minutes: number; port: number }>('standby.pair', {})
    if (!made.ok) return made
    const { code, minutes, port } = made.value
    const join = `lango standby join ADDRESS${port === 2084 ? '' : ` --host-port ${port}`} --code ${code}`
    return shown(made.value, () => `${code}\nWithin ${minutes} minutes, at the other box: ${join}`)
  },
}

const join: CommandSpec = {
  path: ['standby', 'join'],
  operands: ['ADDRESS'],
  summary: 'at the box that is to be the standby: join the box at this address, with the code made there',
  options: {
    code: { value: 'CODE', help: 'what `lango standby pair` printed at the other box', secret: true, required: true },
    'host-port': { value: 'N', help: 'where the other box takes calls of its pair (2084)' },
    witness: {
      value: 'ADDRESS',
      help: 'an address that both boxes see, as the gateway: take over by itself when the other is gone and this answers',
    },
    'after-sec': { value: 'N', help: 'how long the other has to be gone for that (10)' },
  },
  notes: [
    'What this box has is put aside into a folder; from then on it answers no router until it takes over.',
    'Without --witness somebody has to say it: lango standby promote',
  ],
  examples: [
    'lango standby join 192.168.88.10 --code 0H3K-…',
    'lango standby join 192.168.88.10 --code 0H3K-… --witness 192.168.88.1 --after-sec 15',
  ],
  async run({ args, action }) {
    const input = {
      host: args.operand(0)!,
      hostPort: args.whole('host-port'),
      code: await args.secret('code'),
      witness: args.text('witness'),
      afterSec: args.whole('after-sec'),
    }
    if (input.afterSec !== undefined && input.witness === undefined)
      throw new UsageError('--after-sec goes with --witness: without one the box does not take over by itself.')
    const joined = await action<{ peer: { name: string } }>('standby.join', input)
    if (!joined.ok) return joined
    const { name } = joined.value.peer
    return shown({ primary: name }, () => `This box is the standby of ${clean(name)} now. See: lango standby status`)
  },
}

const linkWords = {
  away: 'away',
  'catching-up': 'is being given what it lacks',
  'in-sync': 'has everything',
} as const

const statusText = (status: Status): string => {
  if (status.role === 'alone') return 'This box has no standby. To get one: lango standby pair'
  const { peer, link, since, auto, tookOver, setAside } = status
  const name = peer?.name ?? ''
  const isStandby = status.role === 'standby'
  return facts([
    ['this box', isStandby ? `standby of ${name}` : `serves; its standby is ${name}`],
    ['standby', `${linkWords[link]}, since ${localTime(since)}`],
    ['term', status.term],
    ...(isStandby ? [['complete', completeText(status)] as const] : []),
    ...(isStandby ? [['takes over', auto ? autoText(auto) : 'when somebody says so'] as const] : []),
    ...(tookOver ? [['took over', tookOverText(tookOver)] as const] : []),
    ...(setAside ? [['put aside', `${setAside.dir}, ${localTime(setAside.at)}`] as const] : []),
  ])
}

const completeText = ({ isWhole, completeUntil }: Status): string => {
  if (isWhole !== true) return 'no copy yet: it cannot take over'
  if (completeUntil == null) return 'yes'
  return completeUntil === 0
    ? 'never was'
    : `until ${localTime(completeUntil)}; what was acknowledged after that may be missing`
}
const autoText = ({ witness, afterSec }: NonNullable<Status['auto']>): string =>
  `by itself, ${afterSec} s after the other is gone, if ${witness} answers`
const tookOverText = ({ at, missingSince }: NonNullable<Status['tookOver']>): string =>
  `${localTime(at)}; it had everything until ${localTime(missingSince)}`

const status: CommandSpec = {
  path: ['standby', 'status'],
  operands: [],
  summary: 'which box serves, and whether the other has everything',
  options: {},
  examples: ['lango standby status'],
  async run({ action }) {
    const found = await action<Status>('standby.status', {})
    return found.ok ? shown(found.value, () => statusText(found.value)) : found
  },
}

const said = async <T>(
  { action }: CliContext,
  name: 'standby.promote' | 'standby.leave',
  input: object,
  text: (value: T) => string,
): Promise<Result<{ readonly value: T; readonly text: () => string }, Fault>> => {
  const done = await action<T>(name, input)
  return done.ok ? ok({ value: done.value, text: () => text(done.value) }) : done
}

const promote: CommandSpec = {
  path: ['standby', 'promote'],
  operands: [],
  summary: 'at the standby: take over, and serve',
  options: { 'even-so': { help: 'also while the other box is there: it steps down when it hears of it' } },
  notes: ['To change boxes with nothing missing: stop the one that serves, then promote the standby.'],
  examples: ['lango standby promote'],
  run: (context) =>
    said<{ completeUntil: number | null }>(
      context,
      'standby.promote',
      { evenSo: context.args.flag('even-so') },
      ({ completeUntil }) =>
        completeUntil === null || completeUntil === 0
          ? 'This box takes over.'
          : `This box takes over. It had everything until ${localTime(completeUntil)}; what the other acknowledged alone after that is on the other’s disk.`,
    ),
}

const leave: CommandSpec = {
  path: ['standby', 'leave'],
  operands: [],
  summary: 'part the two boxes; a standby is an empty box then',
  options: {},
  notes: ['Say it at both boxes.'],
  examples: ['lango standby leave'],
  run: (context) =>
    said<{ name: string }>(
      context,
      'standby.leave',
      {},
      ({ name }) => `This box and ${clean(name)} are no pair any more.`,
    ),
}

export const standbyCommands = [pair, join, status, promote, leave]
