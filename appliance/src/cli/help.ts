/** What `lango help` prints. */
import { optionsOf, usageOf } from './arguments.ts'
import type { CommandSpec } from './command.ts'
import { groups } from './groups.ts'

const WIDTH_MAX = 96

/** `lango help`: every group. */
export const overview = (): string =>
  [
    'lango: an ISP in a box',
    '',
    'usage: lango COMMAND [WORDS] [--data DIR] [--json]',
    '',
    ...columns([...groups].map(([name, group]) => [`lango ${name}`, group.summary])),
    '',
    'lango help COMMAND tells more, with examples. Commands talk to the running box, or open its data folder when it is down.',
    'Exit codes: 0 done, 1 refused or failed, 2 called in a way that does not exist.',
  ].join('\n')

/** `lango router`: the commands of a group. */
export const groupHelp = (name: string, specs: readonly CommandSpec[]): string =>
  [
    `lango ${name}: ${groups.get(name)!.summary}`,
    '',
    ...columns(specs.map((spec) => [['lango', ...spec.path, ...spec.operands].join(' '), spec.summary])),
    '',
    `lango help ${name} ${specs[0]!.path[1]} tells more, with examples.`,
  ].join('\n')

/** `lango help router add`: one command. */
export const commandHelp = (spec: CommandSpec): string => {
  const options = [...optionsOf(spec)].map(([name, { value, help, required }]) => [
    `  --${name}${value === undefined ? '' : ` ${value}`}`,
    required ? `${help} (required)` : help,
  ])
  return [
    `lango ${spec.path.join(' ')}: ${spec.summary}`,
    '',
    ...wrapped(`usage: ${usageOf(spec)}`),
    '',
    ...columns(options),
    ...(spec.notes === undefined ? [] : ['', ...spec.notes]),
    '',
    'examples:',
    ...spec.examples.map((example) => `  ${example}`),
  ].join('\n')
}

const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widest = Math.max(...rows.map(([left = '']) => left.length))
  return rows.map(([left = '', right = '']) => `${left.padEnd(widest)}  ${right}`)
}

/** Breaks a usage line between its options. */
const wrapped = (line: string): string[] => {
  const lines: string[] = []
  let current = ''
  for (const part of line.split(/ (?=\[?--)/)) {
    if (current !== '' && current.length + part.length >= WIDTH_MAX) {
      lines.push(current)
      current = `      ${part}`
    } else current = current === '' ? part : `${current} ${part}`
  }
  return [...lines, current]
}
