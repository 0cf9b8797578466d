/** RouterOS export scripts as entries: menu, verb, values. Pure; nothing is run. */

export type ScriptEntry = {
  readonly line: number
  /** `/ip hotspot user`: words with blanks between them. */
  readonly menu: string
  readonly verb: string
  readonly values: Readonly<Record<string, string>>
  /** A value by its name; '' when it is not given. */
  readonly text: (name: string) => string
}

const VERBS = new Set(['add', 'set', 'remove', 'enable', 'disable', 'print'])
const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', _: ' ', a: '\x07', b: '\b' }

/** Entries in order; a line that is none of these is passed over. */
export const readRouterosScript = (text: string): ScriptEntry[] => {
  const entries: ScriptEntry[] = []
  let menu = ''
  for (const { line, text: command } of logicalLines(text)) {
    if (command === '' || command.startsWith('#') || command.startsWith(':')) continue
    const words = wordsOf(command)
    const path: string[] = []
    if (command.startsWith('/')) {
      while (words.length > 0 && words[0]!.value === undefined && !VERBS.has(words[0]!.name)) {
        path.push(...words.shift()!.name.split('/').filter(Boolean))
      }
      menu = `/${path.join(' ')}`
    }
    const verb = words.shift()?.name
    if (verb === undefined || !VERBS.has(verb)) continue
    const given = words.filter((word) => word.value !== undefined).map(({ name, value }) => [name, value!] as const)
    const values = Object.fromEntries(given)
    const textOf = (name: string) => (Object.hasOwn(values, name) ? values[name]! : '')
    entries.push({ line, menu, verb, values, text: textOf })
  }
  return entries
}

/** A backslash at the end goes on in the next line, whose indent does not count. */
const logicalLines = (text: string): { line: number; text: string }[] => {
  const lines: { line: number; text: string }[] = []
  let open: { line: number; pieces: string[] } | undefined
  text.split(/\r?\n/).forEach((raw, index) => {
    open ??= { line: index + 1, pieces: [] }
    const piece = open.pieces.length === 0 ? raw : raw.trimStart()
    const goesOn = /(?:^|[^\\])(?:\\\\)*\\$/.test(piece)
    open.pieces.push(goesOn ? piece.slice(0, -1) : piece)
    if (goesOn) return
    lines.push({ line: open.line, text: open.pieces.join('').trim() })
    open = undefined
  })
  if (open !== undefined) lines.push({ line: open.line, text: open.pieces.join('').trim() })
  return lines
}

type Word = { readonly name: string; readonly value: string | undefined }

/** `add name="a b" comment=x`: words, each with its value when it has one. */
const wordsOf = (command: string): Word[] => {
  const words: Word[] = []
  let at = 0
  while (at < command.length) {
    if (/\s/.test(command[at]!)) {
      at += 1
      continue
    }
    const began = at
    while (at < command.length && !/[\s="]/.test(command[at]!)) at += 1
    const name = command.slice(began, at)
    if (command[at] !== '=') {
      // A quote where a name should be: [ find … ] and the like mean nothing here.
      if (command[at] === '"') at += 1
      words.push({ name, value: undefined })
      continue
    }
    at += 1
    if (command[at] === '"') {
      const { text, end } = quotedAt(command, at + 1)
      words.push({ name, value: text })
      at = end
    } else {
      const from = at
      while (at < command.length && !/\s/.test(command[at]!)) at += 1
      words.push({ name, value: command.slice(from, at) })
    }
  }
  return words
}

/** Two hexadecimal digits behind a backslash are an octet: of UTF-8 when they are, else of Latin-1. */
const quotedAt = (command: string, from: number): { text: string; end: number } => {
  const octets: Buffer[] = []
  let at = from
  while (at < command.length && command[at] !== '"') {
    if (command[at] !== '\\') {
      const began = at
      while (at < command.length && command[at] !== '"' && command[at] !== '\\') at += 1
      octets.push(Buffer.from(command.slice(began, at)))
      continue
    }
    const hex = /^[0-9A-F]{2}/.exec(command.slice(at + 1, at + 3))?.[0]
    if (hex !== undefined) octets.push(Buffer.from(hex, 'hex'))
    else octets.push(Buffer.from(LETTERS[command[at + 1] ?? ''] ?? command[at + 1] ?? ''))
    at += hex === undefined ? 2 : 3
  }
  const whole = Buffer.concat(octets)
  const text = whole.toString('utf8')
  return { text: text.includes('\uFFFD') ? whole.toString('latin1') : text, end: at + 1 }
}
