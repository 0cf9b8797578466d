// Development only: writes attributes.gen.ts and values.gen.ts from FreeRADIUS's dictionary files (Debian
// package freeradius-common) and additions.txt. Run: node drivers/radius/dictionary/generate.ts [folder]

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AttributeDefinition, AttributeType } from './types.ts'

// oxfmt-ignore
const sources = [
  'rfc2865', 'rfc2866', 'rfc2867', 'rfc2868', 'rfc2869', 'rfc3162', 'rfc3576', 'rfc3580', 'rfc4072', 'rfc4372',
  'rfc4675', 'rfc4679', 'rfc4818', 'rfc4849', 'rfc5176', 'rfc5580', 'rfc6911', 'rfc6929', 'rfc6930', 'rfc7268',
  'rfc7930', 'rfc8045', 'rfc8559', 'mikrotik', 'wispr', 'microsoft', 'cisco', 'huawei', 'zte', 'erx', 'juniper', 'aruba',
  'ruckus', 'cambium', 'chillispot', 'ascend', 'roaringpenguin', 'ericsson.ab',
]
/** Of Ericsson-AB (once Redback) only what RouterOS sends for a PPPoE intermediate agent; of Juniper whose rights an administrator has. */
const onlyNames: Record<string, readonly string[]> = {
  'ericsson.ab': ['Agent-Remote-Id', 'Agent-Circuit-Id'],
  juniper: ['Juniper-Local-User-Name'],
}

// oxfmt-ignore
const types = new Set<string>([
  'string', 'octets', 'integer', 'signed', 'integer64', 'byte', 'short', 'date', 'ipaddr', 'ipv4prefix', 'ipv6addr',
  'ipv6prefix', 'combo-ip', 'ifid', 'ether', 'tlv', 'vsa', 'extended', 'long-extended', 'evs',
] satisfies AttributeType[])

const folder = process.argv[2] ?? '/usr/share/freeradius'
const attributes = new Map<string, AttributeDefinition>()
const values = new Map<string, Map<string, number>>()
const vendors = new Map<string, number>()

for (const source of sources) {
  read(readFileSync(join(folder, `dictionary.${source}`), 'utf8'), onlyNames[source])
}
read(readFileSync(join(import.meta.dirname, 'additions.txt'), 'utf8'))
writeAttributes()
writeValues()

function read(content: string, only?: readonly string[]): void {
  let vendor: number | undefined
  for (const line of content.split('\n')) {
    const [keyword, name = '', third = '', fourth = '', ...rest] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (keyword === 'VENDOR') vendors.set(name, Number(third))
    else if (keyword === 'BEGIN-VENDOR') vendor = vendors.get(name)
    else if (keyword === 'END-VENDOR') vendor = undefined
    else if (keyword === 'ATTRIBUTE' && (only?.includes(name) ?? true)) {
      addAttribute(name, definition(third, fourth, rest.join(','), vendor))
    } else if (keyword === 'VALUE' && attributes.has(name)) addValue(name, third, Number(fourth))
  }
}

function definition(path: string, type: string, flags: string, vendor: number | undefined): AttributeDefinition {
  const numbers = path.split('.').map(Number)
  const name = type.replace(/\[.*/, '')
  const encrypt = /encrypt=([123])/.exec(flags)?.[1]
  return {
    ...(vendor === undefined ? {} : { vendor }),
    ...(numbers.length > 1 ? { within: numbers.slice(0, -1) } : {}),
    number: numbers.at(-1)!,
    type: (types.has(name) ? name : 'octets') as AttributeType,
    ...(flags.includes('has_tag') ? { tag: true } : {}),
    ...(encrypt === undefined ? {} : { encrypt: Number(encrypt) as 1 | 2 | 3 }),
    ...(flags.includes('concat') ? { concat: true } : {}),
  }
}

function addAttribute(name: string, added: AttributeDefinition): void {
  if (attributes.has(name)) throw new Error(`${name} is defined twice`)
  attributes.set(name, added)
}

function addValue(attribute: string, name: string, value: number): void {
  const named = values.get(attribute) ?? new Map<string, number>()
  named.set(name, value)
  values.set(attribute, named)
}

function writeAttributes(): void {
  const lines = [...attributes].map(([name, one]) => `  '${name}': ${literal(one)},`)
  const vendorLines = [...vendors].map(([name, number]) => `  '${name}': ${number},`)
  write('attributes.gen.ts', [
    'export const vendors = {',
    ...vendorLines,
    '} as const',
    '',
    '/** Octets of type, of length, of flags; vendors that are not named here use 1, 1, 0. */',
    'export const vendorFormats: Readonly<Record<number, readonly [number, number, number]>> = {',
    ...formats(),
    '}',
    '',
    'export const attributes = {',
    ...lines,
    '} as const',
  ])
}

/** Every vendor's format, also of vendors whose attributes are not taken: without it their octets cannot be split. */
function formats(): string[] {
  const found = new Map<number, string>()
  for (const file of readdirSync(folder).filter((name) => name.startsWith('dictionary.'))) {
    const content = readFileSync(join(folder, file), 'utf8')
    for (const [, number, format] of content.matchAll(/^VENDOR\s+\S+\s+(\d+)\s+format=(\S+)/gm)) {
      const [typeOctets, lengthOctets, flags] = format!.split(',')
      const octets = `[${typeOctets}, ${lengthOctets}, ${flags === 'c' ? 1 : 0}]`
      if (octets !== '[1, 1, 0]') found.set(Number(number), octets)
    }
  }
  return [...found].sort(([a], [b]) => a - b).map(([number, octets]) => `  ${number}: ${octets},`)
}

function writeValues(): void {
  const lines = [...values].map(([attribute, named]) => {
    const pairs = [...named].map(([name, value]) => `'${name}': ${value}`)
    return `  '${attribute}': { ${pairs.join(', ')} },`
  })
  write('values.gen.ts', ['export const values = {', ...lines, '} as const'])
}

function write(file: string, lines: readonly string[]): void {
  const header = '// Written by generate.ts; see README.md for the source.'
  writeFileSync(join(import.meta.dirname, file), `${[header, '', ...lines].join('\n')}\n`)
}

function literal(one: AttributeDefinition): string {
  const pairs = Object.entries(one).map(([key, value]) => {
    return `${key}: ${JSON.stringify(value).replaceAll('"', "'").replaceAll(',', ', ')}`
  })
  return `{ ${pairs.join(', ')} }`
}
