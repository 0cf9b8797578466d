/** `lango subscriber import`: the whole file is checked first; it is loaded only when every line is in order. */
import { createReadStream } from 'node:fs'
import type { Fault, Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { listPlans } from '@lango/modules/plans'
import type { takenLogins } from '@lango/modules/services'
import { refused, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { readCsv, type CsvFault } from './csv.ts'
import { faultSentence } from './faults.ts'
import { clean } from './format.ts'

const COLUMNS = [
  'login',
  'password',
  'plan',
  'phone',
  'ip',
  'mac',
  'name',
  'email',
  'vlan',
  'ipv6',
  'delegated',
] as const
type Column = (typeof COLUMNS)[number]
const NEEDED: readonly Column[] = ['login', 'plan']

/** As `subscribers.add` takes it. */
const PASSWORD_LENGTH_MAX = 128

/** Lines that are listed; the rest are counted. */
const FAULTS_SHOWN_MAX = 50

export type ImportFault =
  | CsvFault
  | { readonly type: 'FileUnreadable'; readonly file: string; readonly cause: string }
  | { readonly type: 'ColumnsWrong'; readonly line: number; readonly why: string }
  /** The same login or device stands in an earlier line. */
  | { readonly type: 'LineRepeated'; readonly what: 'login' | 'device'; readonly name: string; readonly before: number }
  /** Nothing was loaded. `lines` are the first of the faulty ones. */
  | {
      readonly type: 'ImportFaulty'
      readonly rows: number
      readonly faulty: number
      readonly lines: readonly FaultyLine[]
    }
  /** The box refused lines that were in order when they were checked; the others are loaded. */
  | { readonly type: 'ImportPartly'; readonly added: number; readonly lines: readonly FaultyLine[] }
  /** What came before this line is loaded. */
  | { readonly type: 'ImportStopped'; readonly added: number; readonly line: number; readonly why: string }

export type FaultyLine = { readonly line: number; readonly sentence: string }
type Row = { readonly line: number; readonly values: Partial<Record<Column, string>> }

export const importCommand: CommandSpec = {
  path: ['subscriber', 'import'],
  operands: ['FILE.csv'],
  summary: 'add many; first see with --dry-run, then load with --yes',
  options: {
    'dry-run': { help: 'check every line and load nothing' },
    yes: { help: 'load, if every line is in order' },
  },
  notes: [
    `The first line names the columns, in any order: ${COLUMNS.join(',')}.`,
    'login and plan are needed; empty cells count as absent. Fields with commas or quotes stand in double quotes (RFC 4180), in UTF-8.',
  ],
  examples: ['lango subscriber import subscribers.csv --dry-run', 'lango subscriber import subscribers.csv --yes'],
  async run(context) {
    const { args } = context
    const isDry = args.flag('dry-run')
    if (isDry === args.flag('yes'))
      throw new UsageError('Say which: --dry-run checks the file and loads nothing, --yes loads it.')
    const file = args.operand(0)!
    const checked = await check(context, file)
    if (!checked.ok) return checked
    const { rows } = checked.value
    if (isDry)
      return shown(
        { rows, added: 0, dryRun: true },
        () => `All ${rows} lines are in order. Load them: lango subscriber import ${file} --yes`,
      )
    const loaded = await load(context, file)
    return loaded.ok
      ? shown({ ...loaded.value, dryRun: false }, () => `${loaded.value.added} subscribers are added.`)
      : loaded
  },
}

/** Rows in chunks of what one command takes; ends with a fault when the file cannot be read on. */
async function* readChunks(file: string, size: number): AsyncGenerator<Result<readonly Row[], Fault>> {
  let columns: readonly (Column | undefined)[] | undefined
  let chunk: Row[] = []
  try {
    for await (const record of readCsv(createReadStream(file))) {
      if ('type' in record) {
        yield refused(record)
        return
      }
      if (columns === undefined) {
        const header = readHeader(record.fields)
        if (!header.ok) {
          yield header
          return
        }
        columns = header.value
        continue
      }
      const { line, fields } = record
      if (fields.length > columns.length) {
        const why = `it has ${fields.length} fields and the first line names ${columns.length}`
        yield refused({ type: 'ColumnsWrong', line, why })
        return
      }
      chunk.push({ line, values: valuesOf(columns, fields) })
      if (chunk.length < size) continue
      yield { ok: true, value: chunk }
      chunk = []
    }
  } catch (error) {
    yield refused({ type: 'FileUnreadable', file, cause: (error as NodeJS.ErrnoException).code ?? 'unreadable' })
    return
  }
  if (columns === undefined) yield refused({ type: 'ColumnsWrong', line: 1, why: 'the file is empty' })
  if (chunk.length > 0) yield { ok: true, value: chunk }
}

const readHeader = (fields: readonly string[]): Result<readonly Column[], Fault> => {
  const wrong = (why: string) => refused({ type: 'ColumnsWrong', line: 1, why } satisfies ImportFault)
  const names = fields.map((field) => field.trim().toLowerCase())
  const unknown = names.find((name) => !(COLUMNS as readonly string[]).includes(name))
  if (unknown !== undefined) return wrong(`there is no column '${unknown}'; they are ${COLUMNS.join(',')}`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return wrong(`the column '${twice}' is named twice`)
  const missing = NEEDED.find((name) => !names.includes(name))
  return missing === undefined ? { ok: true, value: names as Column[] } : wrong(`the column '${missing}' is missing`)
}

const valuesOf = (columns: readonly (Column | undefined)[], fields: readonly string[]): Row['values'] =>
  Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? '']).filter(([, value]) => value !== ''))

/** Holds every line against the rules, the file itself and the database. */
const check = async (context: CliContext, file: string): Promise<Result<{ readonly rows: number }, Fault>> => {
  const { IMPORT_CHUNK_ROWS } = await import('@lango/modules/services')
  const plans = await context.query<ResultOf<typeof listPlans>>('plans.list', {})
  if (!plans.ok) return plans
  const judge = await createJudge(
    new Map(plans.value.filter(({ status }) => status === 'active').map(({ name, kind }) => [name, kind])),
  )
  const faults: FaultyLine[] = []
  let faulty = 0
  let rows = 0
  const note = (line: number, fault: Fault): void => {
    faulty += 1
    if (faults.length < FAULTS_SHOWN_MAX) faults.push({ line, sentence: clean(faultSentence(fault)) })
  }
  for await (const chunk of readChunks(file, IMPORT_CHUNK_ROWS)) {
    if (!chunk.ok) return chunk
    rows += chunk.value.length
    const sound: Judged[] = []
    for (const row of chunk.value) {
      const judged = judge(row)
      if (judged.ok) sound.push(judged.value)
      else note(row.line, judged.error)
    }
    const noted = await noteTaken(context, sound, note)
    if (!noted.ok) return noted
  }
  if (faulty > 0) return refused({ type: 'ImportFaulty', rows, faulty, lines: faults } satisfies ImportFault)
  return { ok: true, value: { rows } }
}

type Judged = { readonly line: number; readonly login: string; readonly macLogin: string | undefined }

/** The rules a line must keep by itself and beside the lines before it. */
const createJudge = async (kinds: ReadonlyMap<string, string>) => {
  const { credentialsOf, subscriberSchema } = await import('@lango/modules/services')
  const { inputInvalid } = await import('@lango/kernel/verbs')
  const lineOf = new Map<string, number>()
  return ({ line, values }: Row): Result<Judged, Fault> => {
    const parsed = subscriberSchema.safeParse({ login: '', plan: '', ...values })
    if (!parsed.success) return refused(inputInvalid(parsed.error))
    if ((values.password?.length ?? 0) > PASSWORD_LENGTH_MAX)
      return refused({
        type: 'InputInvalid',
        problems: [{ path: 'password', message: `A password has at most ${PASSWORD_LENGTH_MAX} characters.` }],
      })
    const kind = kinds.get(parsed.data.plan)
    if (kind === undefined) return refused({ type: 'PlanUnknown', plan: parsed.data.plan })
    const { login, mac } = parsed.data
    const credentials = credentialsOf(kind, { login, mac, hasPassword: values.password !== undefined })
    if (!credentials.ok) return refused({ type: 'CredentialMissing', why: credentials.why })
    const { macLogin } = credentials
    for (const [what, name] of [
      ['login', login],
      ['device', macLogin],
    ] as const) {
      const before = name === undefined ? undefined : lineOf.get(`${what} ${name}`)
      if (before !== undefined)
        return refused({ type: 'LineRepeated', what, name: name!, before } satisfies ImportFault)
    }
    lineOf.set(`login ${login}`, line)
    if (macLogin !== undefined) lineOf.set(`device ${macLogin}`, line)
    return { ok: true, value: { line, login, macLogin } }
  }
}

const noteTaken = async (
  { query }: CliContext,
  sound: readonly Judged[],
  note: (line: number, fault: Fault) => void,
): Promise<Result<unknown, Fault>> => {
  if (sound.length === 0) return { ok: true, value: undefined }
  const macs = sound.map(({ macLogin }) => macLogin).filter((mac) => mac !== undefined)
  const taken = await query<ResultOf<typeof takenLogins>>('subscribers.taken', {
    logins: sound.map(({ login }) => login),
    macs,
  })
  if (!taken.ok) return taken
  const logins = new Set(taken.value.map(({ login }) => login))
  const devices = new Set(taken.value.map(({ macLogin }) => macLogin))
  for (const { line, login, macLogin } of sound) {
    const isTaken = logins.has(login)
    const fault = isTaken ? { type: 'LoginTaken', login } : { type: 'MacTaken', mac: macLogin }
    if (isTaken || (macLogin !== undefined && devices.has(macLogin))) note(line, fault)
  }
  return taken
}

type Refusal = { readonly row: number; readonly fault: Fault }

const load = async (
  { command, io, json }: CliContext,
  file: string,
): Promise<Result<{ rows: number; added: number }, Fault>> => {
  const { IMPORT_CHUNK_ROWS } = await import('@lango/modules/services')
  let rows = 0
  let added = 0
  const faults: FaultyLine[] = []
  for await (const chunk of readChunks(file, IMPORT_CHUNK_ROWS)) {
    if (!chunk.ok) return chunk
    const done = await command<{ added: number; refused: readonly Refusal[] }>('subscribers.import', {
      rows: chunk.value.map(({ values }) => values),
    })
    if (!done.ok)
      return refused({
        type: 'ImportStopped',
        added,
        line: chunk.value[0]!.line,
        why: faultSentence(done.error),
      } satisfies ImportFault)
    rows += chunk.value.length
    added += done.value.added
    // Somebody added the same login since the check.
    for (const { row, fault } of done.value.refused)
      faults.push({ line: chunk.value[row]!.line, sentence: clean(faultSentence(fault)) })
    if (!json && rows % PROGRESS_ROWS === 0) io.err(`${rows} lines read, ${added} added\n`)
  }
  if (faults.length === 0) return { ok: true, value: { rows, added } }
  return refused({ type: 'ImportPartly', added, lines: faults.slice(0, FAULTS_SHOWN_MAX) } satisfies ImportFault)
}

const PROGRESS_ROWS = 10_000
