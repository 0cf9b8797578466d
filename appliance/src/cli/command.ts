/** What a command of the command line is made of. Files of groups load with the command that is asked for, and no other. */
import type { Fault, Result } from '@lango/kernel'
import type { ActionName, Link } from '../link.ts'

export type OptionSpec = {
  /** What stands for the value in the usage line; absent for a switch. */
  readonly value?: string
  readonly help: string
  /** Also takes `--NAME-file F`, `-` being stdin: arguments show in `ps`. */
  readonly secret?: true
  readonly required?: true
  /** May be given several times. */
  readonly many?: true
}

export type CommandSpec = {
  /** Words after `lango`: `['router', 'add']`. */
  readonly path: readonly string[]
  /** Names of what stands without an option, in order; `[NAME]` may be left out, `NAME…` is one or more. */
  readonly operands: readonly string[]
  readonly summary: string
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly examples: readonly string[]
  /** More to know, a sentence a line. */
  readonly notes?: readonly string[]
  run(context: CliContext): Promise<Result<Shown, Fault>>
}

/** What a command has to show: exactly `value` with --json, `text` for people. */
export type Shown = {
  readonly value: unknown
  readonly text: () => string
  /** Beside what is shown, for stderr: a warning, a hint. */
  readonly note?: string
  /** 0 unless told otherwise. */
  readonly exitCode?: number
  /** It was shown as it came: nothing is left to print. */
  readonly streamed?: true
}

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Epoch ms. */
  readonly now: () => number
  readonly monotonicMs: () => number
  readonly osUser: string
  readonly uid: number
  readonly hostName: string
  readonly out: (text: string) => void
  /** Resolves when what was told by `out` has been taken, so that a long list never waits in memory. */
  readonly drained: () => Promise<void>
  readonly err: (text: string) => void
  /** The whole of stdin. */
  readonly readStdin: () => Promise<string>
}

export interface CliContext {
  readonly io: Io
  readonly dir: string
  readonly json: boolean
  readonly args: Args
  /** The running box, or its folder; opened once, closed when the command has ended. */
  readonly link: () => Promise<Result<Link, Fault>>
  readonly query: <T>(name: string, input: unknown) => Promise<Result<T, Fault>>
  readonly command: <T>(name: string, input: unknown) => Promise<Result<T, Fault>>
  readonly action: <T>(name: ActionName, input: unknown) => Promise<Result<T, Fault>>
}

/** The operands and options of one call. Reading a value that is not what it should be throws a `UsageError`. */
export interface Args {
  operand(index: number): string | undefined
  readonly operands: readonly string[]
  flag(name: string): boolean
  text(name: string): string | undefined
  /** Each value of an option that may be given several times. */
  texts(name: string): readonly string[]
  /** A whole number, 0 or more. */
  whole(name: string): number | undefined
  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined
  /** A password or shared secret: given as it is, or in the first line of a file. */
  secret(name: string): Promise<string | undefined>
}

/** The command was called in a way that does not exist; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A length of time as people write it (`30d`, `90min`), in seconds; undefined when the option was not given. */
export const secondsOf = async (args: Args, name: string): Promise<Result<number | undefined, Fault>> => {
  const text = args.text(name)
  if (text === undefined) return { ok: true, value: undefined }
  const { parseDurationMs } = await import('@lango/kernel')
  const parsed = parseDurationMs(text)
  return parsed.ok ? { ok: true, value: Math.floor(parsed.value / 1000) } : parsed
}

export const shown = (
  value: unknown,
  text: () => string,
  more: Pick<Shown, 'note' | 'exitCode' | 'streamed'> = {},
): Result<Shown, never> => ({
  ok: true,
  value: { value, text, ...more },
})

export const refused = <const E extends Fault>(error: E): { readonly ok: false; readonly error: E } => ({
  ok: false,
  error,
})

/** Of a list whose newest row is first. */
export const pageOptions: Readonly<Record<'before' | 'limit', OptionSpec>> = {
  before: { value: 'NO', help: 'those before this one, to read on' },
  limit: { value: 'N', help: 'how many (50)' },
}
export const pageAsked = (args: Args) => ({ before: args.whole('before'), limit: args.whole('limit') })

/** The number by which people call one of something; `list` is the command that tells them all. */
export const numberOf = (args: Args, what: string, list: string): number => {
  const text = args.operand(0)!
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`'${text}' is no number of a ${what}. See: lango ${list}`)
  return Number(text)
}

/** The options that every command takes. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  data: { value: 'DIR', help: 'the data folder (else $LANGO_DATA, /var/lib/lango if it is there, ./lango-data)' },
  json: { help: 'print one JSON document' },
  help: { help: 'show this' },
}
