/** One call of the command line: from its words to an exit code. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Fault, Result } from '@lango/kernel'
import { dataFolder } from '../data-folder.ts'
import type { Link } from '../link.ts'
import { parseArguments, readArguments, takeWords } from './arguments.ts'
import { UsageError, type Args, type CliContext, type CommandSpec, type Io, type Shown } from './command.ts'
import { faultSentence } from './faults.ts'
import { groups } from './groups.ts'
import { commandHelp, groupHelp, overview } from './help.ts'
import { nearest } from './nearest.ts'

const SYSTEM_FOLDER = '/var/lib/lango'
const LOCAL_FOLDER = './lango-data'
/** A box that starts, or another command, holds the folder for a moment. */
const FOLDER_WAIT_MS = 10_000
const FOLDER_LOOK_MS = 50

export const exitCodes = { done: 0, failed: 1, usage: 2, broken: 70 } as const

export const runCli = async (argv: readonly string[], io: Io): Promise<number> => {
  const json = argv.includes('--json')
  try {
    const wantsHelp = argv.length === 0 || argv[0] === 'help' || argv.includes('--help') || argv.includes('-h')
    if (wantsHelp)
      return await showHelp(
        argv.filter((word, index) => (index > 0 || word !== 'help') && word !== '--help' && word !== '-h'),
        io,
      )
    return await carryOut(argv, json, io)
  } catch (error) {
    if (error instanceof UsageError) return failed({ type: 'UsageInvalid' }, error.message, json, exitCodes.usage, io)
    io.err(`lango: a mistake in the program: ${(error as Error).message}. Please report it.\n`)
    if (io.env['LANGO_DEBUG'] !== undefined) io.err(`${(error as Error).stack}\n`)
    return exitCodes.broken
  }
}

const carryOut = async (argv: readonly string[], json: boolean, io: Io): Promise<number> => {
  const found = await findCommand(argv)
  if (found.spec === undefined) {
    io.out(`${groupHelp(found.group, found.specs)}\n`)
    return exitCodes.done
  }
  const { spec } = found
  const args = readArguments(spec, parseArguments(spec, found.rest), io)
  if (found.group === 'start') return (await import('../main.ts')).start(found.rest, folderOf(args, io))
  const context = createContext(args, json, io)
  let outcome: Result<Shown, Fault>
  try {
    outcome = await spec.run(context)
  } finally {
    await context.close()
  }
  if (!outcome.ok) return failed(outcome.error, faultSentence(outcome.error), json, exitCodes.failed, io)
  const { value, text, note, streamed, exitCode = exitCodes.done } = outcome.value
  const printed = streamed ? '' : json ? JSON.stringify(value ?? null) : text()
  if (printed !== '') io.out(`${printed}\n`)
  if (note !== undefined) io.err(`${note}\n`)
  return exitCode
}

const failed = (fault: Fault, sentence: string, json: boolean, code: number, io: Io): number => {
  if (json) io.out(`${JSON.stringify({ error: { ...fault, sentence } })}\n`)
  io.err(`lango: ${sentence}\n`)
  return code
}

type Found = {
  readonly group: string
  readonly specs: readonly CommandSpec[]
  readonly spec: CommandSpec | undefined
  readonly rest: readonly string[]
}

/** The command that the words name; only its group when the group has several and none is named. */
const findCommand = async (argv: readonly string[]): Promise<Found> => {
  const [group] = takeWords(argv, 1).words
  if (group === undefined) throw new UsageError('No command is given. See: lango help')
  const known = groups.get(group)
  if (known === undefined) throw new UsageError(unknownWord(`lango ${group}`, group, [...groups.keys()], 'lango help'))
  const specs = await known.load()
  const { words, rest } = takeWords(argv, 2)
  const sub = words[1]
  // `lango backup FILE` beside `lango backup schedule`.
  const isWhole = specs[0]!.path.length === 1 && !specs.some(({ path }) => path[1] !== undefined && path[1] === sub)
  if (isWhole) return { group, specs, spec: specs[0], rest: takeWords(argv, 1).rest }
  if (sub === undefined) return { group, specs, spec: undefined, rest }
  const deeper = specs.filter(({ path }) => path.length > 2 && path[1] === sub)
  if (deeper.length > 0) return { group, specs, ...deepCommand(argv, deeper) }
  const spec = specs.find((one) => one.path[1] === sub)
  const subs = specs.map((one) => one.path[1]!)
  if (spec === undefined) throw new UsageError(unknownWord(`lango ${group} ${sub}`, sub, subs, `lango ${group}`))
  return { group, specs, spec, rest }
}

/** Of a group within a group: `lango backup shelf add`. */
const deepCommand = (argv: readonly string[], specs: readonly CommandSpec[]): Pick<Found, 'spec' | 'rest'> => {
  const { words, rest } = takeWords(argv, 3)
  const [group, sub, last = ''] = words
  const spec = specs.find(({ path }) => path[2] === last)
  if (spec) return { spec, rest }
  const known = specs.map(({ path }) => path[2]!)
  throw new UsageError(unknownWord(`lango ${group} ${sub} ${last}`.trim(), last, known, `lango help ${group}`))
}

const unknownWord = (asked: string, word: string, known: readonly string[], help: string): string => {
  const near = nearest(word, known)
  const hint =
    near === undefined ? `See: ${help}` : `Did you mean \`${asked.slice(0, asked.length - word.length)}${near}\`?`
  return `There is no command \`${asked}\`. ${hint}`
}

const showHelp = async (argv: readonly string[], io: Io): Promise<number> => {
  if (takeWords(argv, 1).words.length === 0) {
    io.out(`${overview()}\n`)
    return exitCodes.done
  }
  const { group, specs, spec } = await findCommand(argv)
  io.out(`${spec === undefined ? groupHelp(group, specs) : commandHelp(spec)}\n`)
  return exitCodes.done
}

/** `--data`, else LANGO_DATA, else the system's folder when it is there, else one beside the caller. */
const folderOf = (args: Args, io: Io): string => {
  const named = args.text('data') ?? io.env['LANGO_DATA']
  return resolve(named ?? (existsSync(SYSTEM_FOLDER) ? SYSTEM_FOLDER : LOCAL_FOLDER))
}

const createContext = (args: Args, json: boolean, io: Io): CliContext & { close(): Promise<void> } => {
  const dir = folderOf(args, io)
  let opened: Link | undefined
  const link = async (): Promise<Result<Link, Fault>> => {
    if (opened !== undefined) return { ok: true, value: opened }
    const found = await openLink(dir, io)
    if (found.ok) opened = found.value
    return found
  }
  const through = async <T>(ask: (link: Link) => Promise<Result<unknown, Fault>>): Promise<Result<T, Fault>> => {
    const found = await link()
    return found.ok ? ((await ask(found.value)) as Result<T, Fault>) : found
  }
  return {
    io,
    dir,
    json,
    args,
    link,
    query: (name, input) => through((on) => on.query(name, input)),
    command: (name, input) => through((on) => on.command(name, input)),
    action: (name, input) => through((on) => on.action(name, input)),
    close: async () => opened?.close(),
  }
}

/** The running box when there is one, else the folder; waits a moment while a box is between the two. */
const openLink = async (dir: string, io: Io): Promise<Result<Link, Fault>> => {
  const { connectRpc } = await import('../rpc/client.ts')
  const until = io.monotonicMs() + FOLDER_WAIT_MS
  for (;;) {
    const running = await connectRpc(dataFolder(dir).socketFile)
    if (!running.ok) return running
    if (running.value !== undefined) return { ok: true, value: running.value }
    const { openOffline } = await import('../offline-link.ts')
    const offline = openOffline({ dir, osUser: io.osUser, uid: io.uid, logLine: io.err })
    const isHeld = !offline.ok && offline.error.type === 'FolderInUse'
    if (!isHeld || io.monotonicMs() >= until) return offline
    await new Promise((done) => setTimeout(done, FOLDER_LOOK_MS))
  }
}
