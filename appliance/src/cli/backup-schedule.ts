/** `lango backup schedule`, `lango backup runs` */
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { listBackupRuns, setBackupSchedule, showBackupSchedule } from '@lango/modules/backups'
import { secondsOf, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { duration, facts, localTime, octets, table } from './format.ts'

type Schedule = ResultOf<typeof showBackupSchedule>
type Runs = ResultOf<typeof listBackupRuns>

const schedule: CommandSpec = {
  path: ['backup', 'schedule'],
  operands: [],
  summary: 'backups that the box makes by itself, to a USB stick, a folder or S3-compatible storage',
  options: {
    every: { value: '24h', help: 'how often, from 1h to 30d' },
    to: {
      value: 'PLACE',
      help: 'usb, a stick whose name is LANGOBACKUP; a folder from /, on another disk; s3://bucket/prefix',
    },
    keep: { value: 'N', help: 'how many stay there (14)' },
    passphrase: { value: 'P', help: 'what seals the keys in each; without one a recovery key is made', secret: true },
    endpoint: { value: 'URL', help: 'of the storage (AWS); https://…#sha256:HEX names its certificate' },
    region: { value: 'R', help: 'of the bucket (us-east-1)' },
    'access-key-id': { value: 'ID', help: 'who the box is to the storage' },
    'secret-key': { value: 'K', help: 'and how it proves it', secret: true },
    off: { help: 'make none by itself any more; those that were made stay' },
  },
  notes: [
    'Without --every and --to it shows what is set. The first backup is made within a minute while the box runs. Older ones are',
    'removed only after a new one is there and was verified. The passphrase restores: keep it somewhere else than the backups.',
  ],
  examples: [
    'lango backup schedule --every 24h --to usb --passphrase-file /root/passphrase',
    'lango backup schedule --every 24h --to /mnt/disk/backups',
    'lango backup schedule --every 6h --to s3://isp-backups/kisumu --keep 28 --region eu-west-1 --access-key-id AKIA… --secret-key-file -',
    'lango backup schedule --off',
  ],
  async run(context) {
    const { args, command, query } = context
    if (args.flag('off')) {
      const cleared = await command<{ removed: number }>('backups.unschedule', {})
      return cleared.ok ? shown(cleared.value, () => 'The box makes no backups by itself.') : cleared
    }
    if (args.text('every') !== undefined || args.text('to') !== undefined) return set(context)
    const found = await query<Schedule>('backups.show', {})
    if (!found.ok) return found
    const current = found.value
    if (current === undefined)
      return shown(null, () => 'None is set. Set one: lango backup schedule --every 24h --to PLACE')
    return shown(current, () =>
      facts([
        ['every', duration(current.everySec)],
        ['to', current.place],
        ['keep', current.keep],
        ['next', localTime(current.nextAt)],
        ['set', `${localTime(current.changedAt)} by ${current.changedBy}`],
      ]),
    )
  },
}

const set = async ({ args, command }: CliContext): ReturnType<CommandSpec['run']> => {
  const place = args.text('to')
  const every = await secondsOf(args, 'every')
  if (!every.ok) return every
  if (every.value === undefined || place === undefined) throw new UsageError('Give both: --every 24h --to PLACE.')
  const given = await args.secret('passphrase')
  const done = await command<ValueOf<typeof setBackupSchedule>>('backups.schedule', {
    everySec: every.value,
    place,
    keep: args.whole('keep'),
    endpoint: args.text('endpoint'),
    region: args.text('region'),
    accessKeyId: args.text('access-key-id'),
    secretKey: await args.secret('secret-key'),
    ...(given === undefined ? { newKey: true } : { passphrase: given }),
  })
  if (!done.ok) return done
  const { recoveryKey } = done.value
  const told = recoveryKey === undefined ? '' : `\nRecovery key: ${recoveryKey}`
  return shown(
    done.value,
    () => `A backup goes to ${place} every ${duration(every.value!)}.${told}`,
    recoveryKey !== undefined
      ? {
          note: 'The recovery key is shown this once. Write it down: without it no password in these backups can be read.',
        }
      : {},
  )
}

const runs: CommandSpec = {
  path: ['backup', 'runs'],
  operands: [],
  summary: 'how the backups went that the box made by itself',
  options: { limit: { value: 'N', help: 'how many at most (20)' } },
  examples: ['lango backup runs'],
  async run({ args, query }) {
    const found = await query<Runs>('backups.runs', { limit: args.whole('limit') ?? 20 })
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['STARTED', 'STATE', '>SIZE', '>REMOVED', 'TO', 'NAME OR CAUSE'],
        found.value.map((run) => [
          localTime(run.startedAt),
          run.state,
          run.bytes === null ? '' : octets(run.bytes),
          run.removed,
          run.place,
          run.error ?? run.name,
        ]),
        'None was made by itself. Set a schedule: lango backup schedule --every 24h --to PLACE',
      ),
    )
  },
}

export const backupScheduleCommands = [schedule, runs]
