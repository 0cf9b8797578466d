/** `lango backup shelf …`: what this box keeps for others. */
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { endShelf, lendShelf, listShelves, resizeShelf } from '@lango/modules/backups'
import type { ShelfAddress } from '@lango/modules/backups/port'
import { shown, UsageError, type Args, type CommandSpec } from './command.ts'
import { localTime, octets, table } from './format.ts'

type Shelves = ResultOf<typeof listShelves>

const GB = 1_000_000_000

const maxOctets = (args: Args): number | undefined => {
  const gigabytes = args.whole('max-gb')
  if (gigabytes === 0) throw new UsageError('A shelf holds at least 1 GB: --max-gb 50')
  return gigabytes === undefined ? undefined : gigabytes * GB
}

const add: CommandSpec = {
  path: ['backup', 'shelf', 'add'],
  operands: ['NAME'],
  summary: 'keep the backups of another box on this one',
  options: { 'max-gb': { value: 'N', help: 'how much it may hold, in GB (50)' } },
  notes: [
    'It prints the line to run on the other box, with a key for this shelf alone: that is shown this once. NAME has small letters,',
    'digits and hyphens. The box keeps room for its own work: where a tenth of its disk would not be left, it takes nothing.',
  ],
  examples: ['lango backup shelf add kisumu', 'lango backup shelf add kisumu --max-gb 200'],
  async run({ args, command, action }) {
    // First: a shelf that nobody reaches is of no use.
    const at = await action<ShelfAddress>('shelf.address', {})
    if (!at.ok) return at
    const bytesMax = maxOctets(args)
    const lent = await command<ValueOf<typeof lendShelf>>('backups.lendShelf', { name: args.operand(0), bytesMax })
    if (!lent.ok) return lent
    const { endpoint, others } = at.value
    const line = (await import('@lango/modules/backups')).shelfLine(lent.value, endpoint)
    const otherwise = others.length === 0 ? '' : ` If it reaches this box in another way: ${others.join(', ')}.`
    return shown({ ...lent.value, endpoint, others, line }, () => line, {
      note: `Run this on the other box; its key is shown this once. At its desk the same goes into Settings, Backups.${otherwise}`,
    })
  },
}

const list: CommandSpec = {
  path: ['backup', 'shelf', 'list'],
  operands: [],
  summary: 'what this box keeps of the backups of others',
  options: {},
  examples: ['lango backup shelf list'],
  async run({ query }) {
    const found = await query<Shelves>('backups.shelves', {})
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['NAME', '>USED', '>OF', '>BACKUPS', 'NEWEST CAME', 'NEWEST'],
        found.value.map(({ name, bytesUsed, bytesMax, kept, newestAt, newestName }) => [
          name,
          octets(bytesUsed),
          octets(bytesMax),
          kept,
          newestAt === null ? '' : localTime(newestAt),
          newestName ?? '',
        ]),
        'This box keeps nothing of others. Lend a shelf: lango backup shelf add NAME',
      ),
    )
  },
}

const set: CommandSpec = {
  path: ['backup', 'shelf', 'set'],
  operands: ['NAME'],
  summary: 'how much a shelf may hold',
  options: { 'max-gb': { value: 'N', help: 'in GB', required: true } },
  examples: ['lango backup shelf set kisumu --max-gb 200'],
  async run({ args, command }) {
    const input = { name: args.operand(0), bytesMax: maxOctets(args) }
    const done = await command<ValueOf<typeof resizeShelf>>('backups.resizeShelf', input)
    if (!done.ok) return done
    const { name, bytesMax } = done.value
    return shown(done.value, () => `The shelf ${name} may hold ${octets(bytesMax)}.`)
  },
}

const remove: CommandSpec = {
  path: ['backup', 'shelf', 'remove'],
  operands: ['NAME'],
  summary: 'keep nothing more for another box',
  options: { 'with-backups': { help: 'also remove what is kept there' } },
  notes: [
    'Its key opens nothing from then on. What is kept stays in shelf/NAME of the data folder unless --with-backups is given: it may',
    'be all that is left of the other box. A new shelf of the same name finds it again.',
  ],
  examples: ['lango backup shelf remove kisumu', 'lango backup shelf remove kisumu --with-backups'],
  async run({ args, command }) {
    const done = await command<ValueOf<typeof endShelf>>('backups.endShelf', {
      name: args.operand(0),
      removeBackups: args.flag('with-backups'),
    })
    if (!done.ok) return done
    const { name, kept, bytesUsed, removed } = done.value
    const what = `${kept} backups (${octets(bytesUsed)})`
    return shown(done.value, () =>
      removed
        ? `The shelf ${name} is ended, and its ${what} are being removed.`
        : `The shelf ${name} is ended. Its ${what} stay in shelf/${name} of the data folder.`,
    )
  },
}

export const backupShelfCommands = [add, list, set, remove]
