/** From words to a command's operands and options. */
import { readFileSync } from 'node:fs'
import { commonOptions, UsageError, type Args, type CommandSpec, type Io, type OptionSpec } from './command.ts'
import { nearest } from './nearest.ts'

type Parsed = { readonly operands: readonly string[]; readonly options: ReadonlyMap<string, string | true> }

/** Words of the command itself, wherever options stand between them: `lango --data DIR router add`. */
export const takeWords = (argv: readonly string[], wanted: number): { words: string[]; rest: string[] } => {
  const words: string[] = []
  const rest: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (words.length < wanted && !word.startsWith('-')) {
      words.push(word)
      continue
    }
    rest.push(word)
    // The value of --data is no word of the command.
    if (word === '--data' && words.length < wanted && i + 1 < argv.length) rest.push(argv[++i]!)
  }
  return { words, rest }
}

/** All options a command takes, with the `-file` twins of its secrets. */
export const optionsOf = (spec: CommandSpec): Map<string, OptionSpec> => {
  const options = new Map<string, OptionSpec>()
  for (const [name, option] of Object.entries(spec.options)) {
    options.set(name, option)
    if (option.secret)
      options.set(`${name}-file`, { value: 'FILE', help: `the same from a file's first line, \`-\` being stdin` })
  }
  for (const [name, option] of Object.entries(commonOptions)) options.set(name, option)
  return options
}

export const parseArguments = (spec: CommandSpec, argv: readonly string[]): Parsed => {
  const known = optionsOf(spec)
  const operands: string[] = []
  const options = new Map<string, string | true>()
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '--') {
      operands.push(...argv.slice(i + 1))
      break
    }
    if (word === '-h') options.set('help', true)
    else if (!word.startsWith('--')) operands.push(word)
    else {
      const [name, inline] = splitOption(word)
      const option = known.get(name)
      if (option === undefined) throw new UsageError(unknownOption(spec, name, [...known.keys()]))
      if (option.value === undefined) {
        if (inline !== undefined) throw new UsageError(`--${name} takes no value.`)
        put(options, name, option, true)
        continue
      }
      const value = inline ?? argv[++i]
      if (value === undefined || (inline === undefined && isOption(value, known)))
        throw new UsageError(`--${name} needs a value: --${name} ${option.value}.`)
      put(options, name, option, value)
    }
  }
  return { operands, options }
}

/** Values of an option that may be given several times stand on lines of their own. */
const put = (options: Map<string, string | true>, name: string, { many }: OptionSpec, value: string | true): void => {
  const before = options.get(name)
  if (before !== undefined && !many) throw new UsageError(`--${name} is given twice.`)
  options.set(name, before === undefined ? value : `${before}\n${value}`)
}

const splitOption = (word: string): [string, string | undefined] => {
  const at = word.indexOf('=')
  return at < 0 ? [word.slice(2), undefined] : [word.slice(2, at), word.slice(at + 1)]
}

/** A value may begin with dashes (passwords do), unless it is the name of an option itself. */
const isOption = (word: string, known: ReadonlyMap<string, OptionSpec>): boolean =>
  word.startsWith('--') && known.has(splitOption(word)[0])

const unknownOption = (spec: CommandSpec, name: string, known: readonly string[]): string => {
  const near = nearest(name, known)
  const hint = near === undefined ? `See: lango help ${spec.path.join(' ')}` : `Did you mean --${near}?`
  return `\`lango ${spec.path.join(' ')}\` has no option --${name}. ${hint}`
}

/** Holds a call against its command: every operand and required option is there, and nothing too much. */
export const readArguments = (spec: CommandSpec, { operands, options }: Parsed, io: Io): Args => {
  const required = spec.operands.filter((name) => !name.startsWith('['))
  const missing = required[operands.length]
  if (missing !== undefined) throw new UsageError(`${missing} is missing: ${usageOf(spec)}`)
  const extra = operands[spec.operands.length]
  if (extra !== undefined && spec.operands.at(-1)?.endsWith('…') !== true)
    throw new UsageError(`'${extra}' is too much: ${usageOf(spec)}`)
  for (const [name, option] of Object.entries(spec.options)) {
    if (option.required && !options.has(name) && !options.has(`${name}-file`))
      throw new UsageError(`--${name} is missing: ${usageOf(spec)}`)
  }
  const text = (name: string): string | undefined => {
    const value = options.get(name)
    return value === true ? undefined : value
  }
  return {
    operand: (index) => operands[index],
    operands,
    texts: (name) => text(name)?.split('\n') ?? [],
    flag: (name) => options.get(name) === true,
    text,
    whole(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (!/^\d{1,15}$/.test(value)) throw new UsageError(`--${name} is a whole number such as 1000, not '${value}'.`)
      return Number(value)
    },
    choice(name, choices) {
      const value = text(name)
      const chosen = choices.find((one) => one === value)
      if (value !== undefined && chosen === undefined)
        throw new UsageError(`--${name} is one of ${choices.join(', ')}, not '${value}'.`)
      return chosen
    },
    async secret(name) {
      const direct = text(name)
      const file = text(`${name}-file`)
      if (direct !== undefined && file !== undefined)
        throw new UsageError(`Give --${name} or --${name}-file, not both.`)
      const given = file === undefined ? direct : await firstLine(file, name, io)
      if (given === '') throw new UsageError(`--${name} is empty: a ${name} has at least one character.`)
      return given
    },
  }
}

const firstLine = async (file: string, name: string, io: Io): Promise<string> => {
  try {
    const content = file === '-' ? await io.readStdin() : readFileSync(file, 'utf8')
    return content.split(/\r?\n/, 1)[0] ?? ''
  } catch (error) {
    throw new UsageError(
      `--${name}-file: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unreadable'}).`,
    )
  }
}

/** `lango router add NAME --address IP-OR-CIDR --secret S [--vendor V] …` */
export const usageOf = (spec: CommandSpec): string => {
  const options = Object.entries(spec.options).map(([name, { value, required }]) => {
    const shape = value === undefined ? `--${name}` : `--${name} ${value}`
    return required ? shape : `[${shape}]`
  })
  return ['lango', ...spec.path, ...spec.operands, ...options].join(' ')
}
