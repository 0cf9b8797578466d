/**
 * `npm run bench`: every row of the table, both sides in one run, the ratios printed.
 *
 *     npm run bench -- [--rounds N] [--seconds N] [--only ROW[,ROW]] [--users N] [--folder DIR] [--markdown]
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { arch, cpus, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { boxShelf, isInMemory, USERS } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { run, temporaryFolder } from './processes.ts'
import { prepareMachine } from './requirements.ts'
import { rows } from './rows.ts'
import { markdownTable, plainTable } from './stats.ts'
import { compileTools } from './tools.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    users: { type: 'string', default: String(USERS) },
    only: { type: 'string', default: rows.map(({ id }) => id).join() },
    // Not /tmp: on many machines that is memory, where a sync costs nothing.
    folder: { type: 'string', default: '/var/tmp' },
    markdown: { type: 'boolean', default: false },
  },
})

/** Progress goes to stderr, the report alone to stdout. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function chosenRows(): readonly Row[] {
  const wanted = options.only.split(',')
  const unknown = wanted.filter((id) => !rows.some((row) => row.id === id))
  if (unknown.length > 0)
    stop(`no row is called ${unknown.join(', ')}; there are ${rows.map(({ id }) => id).join(', ')}`)
  return rows.filter(({ id }) => wanted.includes(id))
}

function stop(why: string): never {
  say(`bench: ${why}`)
  process.exit(1)
}

async function machineLine(): Promise<string> {
  const [freeradius, postgresql] = await Promise.all([
    run('/usr/sbin/freeradius', ['-v']),
    run('/usr/lib/postgresql/15/bin/postgres', ['--version']),
  ])
  const debian = readFileSync('/etc/debian_version', 'utf8').trim()
  return [
    `${cpus().length} × ${cpus()[0]?.model}, ${arch()}, Linux ${release()}, Debian ${debian}, Node ${process.versions.node}`,
    `${/Version ([\d.]+)/.exec(freeradius)?.[0]} of FreeRADIUS, ${postgresql.trim()}`,
  ].join('; ')
}

function tableOf(outcomes: ReadonlyMap<Row, Outcome | Error>): string[][] {
  const head = ['work', 'beside', 'Lango', 'peer', 'ratio', 'required', '']
  const body = [...outcomes].map(([row, outcome]) =>
    outcome instanceof Error
      ? [row.work, row.beside, '–', '–', '–', '–', 'failed']
      : [
          row.work,
          row.beside,
          outcome.lango,
          outcome.peer,
          outcome.ratio,
          outcome.required,
          outcome.met ? 'met' : 'SHORT',
        ],
  )
  return [head, ...body]
}

async function measureAll(bench: Bench, chosen: readonly Row[]): Promise<Map<Row, Outcome | Error>> {
  const outcomes = new Map<Row, Outcome | Error>()
  for (const row of chosen) {
    say(`${row.id}: ${row.work}, beside ${row.beside}`)
    // A row that cannot be measured is reported as such; the others still are.
    const outcome = await row
      .run(bench)
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    if (outcome instanceof Error) say(`  failed: ${outcome.stack ?? outcome.message}`)
    else say(`  ${outcome.lango} | ${outcome.peer} | ${outcome.ratio} (${outcome.required})`)
    outcomes.set(row, outcome)
  }
  return outcomes
}

function report(outcomes: ReadonlyMap<Row, Outcome | Error>, machine: string): string {
  const table = tableOf(outcomes)
  const notes = [...outcomes].flatMap(([row, outcome]) =>
    outcome instanceof Error
      ? [`${row.id}: ${outcome.message.split('\n')[0]}`]
      : outcome.notes.map((note) => `${row.id}: ${note}`),
  )
  if (options.markdown)
    return [`${machine}.`, '', markdownTable(table), '', ...notes.map((note) => `- ${note}`)].join('\n')
  return ['', machine, '', plainTable(table), '', ...notes].join('\n')
}

const problem = await prepareMachine(say)
if (problem !== undefined) stop(problem)
const chosen = chosenRows()
const folder = temporaryFolder(options.folder)
if (isInMemory(folder))
  say(`bench: ${options.folder} is in memory, a sync costs nothing there: give --folder on a disk`)
function newFolder(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}

say('compiling the load generators ...')
const tools = await compileTools(newFolder('tools'))
await using stack = new AsyncDisposableStack()
const settings = { rounds: Number(options.rounds), seconds: Number(options.seconds), users: Number(options.users) }
const outcomes = await measureAll(
  {
    ...settings,
    tools,
    folder,
    say,
    box: boxShelf(folder, settings.users, stack, say),
    newFolder,
  },
  chosen,
)
process.stdout.write(`${report(outcomes, await machineLine())}\n`)
process.exitCode = [...outcomes.values()].every((outcome) => !(outcome instanceof Error) && outcome.met) ? 0 : 1
