import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Who may import whom: the table of the design, held against every import of the workspace.
type Import = { from: string; to: string; typeOnly: boolean }

const order = readFileSync('modules/ORDER', 'utf8').split(/\s+/).filter(Boolean)
const part = (path: string, depth: number) => path.split('/')[depth] ?? ''
const isBoundaryOfModule = (path: string) => /^modules\/[^/]+\/(index|tables)\.ts$/.test(path)
const isLibrary = (path: string) => path.startsWith('drivers/radius/')

/** Per importing folder: is this import (of another folder, or of another part of the same one) allowed? */
const table: Record<string, (i: Import) => boolean> = {
  kernel: () => false,
  modules: ({ from, to }) =>
    to.startsWith('kernel/') ||
    (isBoundaryOfModule(to) &&
      order.includes(part(to, 1)) &&
      order.indexOf(part(to, 1)) < order.indexOf(part(from, 1))),
  drivers: ({ to, typeOnly }) =>
    to.startsWith('kernel/') || isLibrary(to) || (typeOnly && /^modules\/[^/]+\/port\.ts$/.test(to)),
  'cloud-sync': ({ to }) => /^(kernel|cloud-sync\/protocol)\//.test(to),
  'captive-portal': ({ to }) => /^(kernel\/|modules\/[^/]+\/index\.ts$)/.test(to),
  appliance: ({ from, to }) =>
    /^(kernel|modules|captive-portal|cloud-sync\/(site|protocol)|firmware)\//.test(to) ||
    (to.startsWith('drivers/') && /^appliance\/src\/(?:[\w-]+\/)?drivers\.ts$/.test(from)) ||
    (isLibrary(to) && from.startsWith('appliance/src/aaa/')),
  cloud: ({ from, to }) =>
    /^(kernel|modules|cloud-sync\/(center|protocol))\/|^firmware\/manifest/.test(to) ||
    (to.startsWith('drivers/') && /^cloud\/(src\/)?drivers\.ts$/.test(from)),
  firmware: ({ to }) => to.startsWith('kernel/src/base/'),
}

/** Parts that are walls inside one folder: a module, a driver, a side of the replication. */
const walled = ['modules', 'drivers', 'cloud-sync']
const exercises = /\.test\.tsx?$|^(e2e|bench|tools)\/|^[^/]+\.ts$/

function isAllowed(i: Import): boolean {
  const top = part(i.from, 0)
  if (exercises.test(i.from)) return true
  if (top === part(i.to, 0) && (!walled.includes(top) || part(i.from, 1) === part(i.to, 1))) return true
  return table[top]?.(i) ?? false
}

const statement = /(?:^|[\n;}])\s*(import|export)(\s+type)?\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]/g
const expression = /\bimport\(\s*['"]([^'"\n]+)['"]/g
const exportsOf = (name: string) =>
  JSON.parse(readFileSync(join(name, 'package.json'), 'utf8')).exports as Record<string, string>

/** The workspace path a specifier leads to; undefined for a package from outside. */
function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(from, '..', specifier)
  const [, folder, rest] = /^@lango\/([^/]+)\/?(.*)$/.exec(specifier) ?? []
  if (folder === undefined || rest === undefined) return undefined
  const key = rest === '' ? '.' : `./${rest}`
  const exported = Object.entries(exportsOf(folder))
    .map(([pattern, target]) => [new RegExp(`^${pattern.replace('*', '(.+)')}$`).exec(key), target] as const)
    .find(([match]) => match)
  return join(folder, exported?.[1].replace('*', exported[0]?.[1] ?? '') ?? `not-exported/${rest}`)
}

function importsOf(from: string, source: string): Import[] {
  const found = [...source.matchAll(statement)].map((m) => ({ specifier: m[3] ?? '', typeOnly: m[2] !== undefined }))
  const dynamic = [...source.matchAll(expression)].map((m) => ({ specifier: m[1] ?? '', typeOnly: false }))
  return [...found, ...dynamic].flatMap(({ specifier, typeOnly }) => {
    const to = resolve(from, specifier)
    return to === undefined ? [] : [{ from, to, typeOnly }]
  })
}

const faults = (from: string, source: string) =>
  importsOf(from, source)
    .filter((i) => !isAllowed(i))
    .map((i) => `${i.from} may not import ${i.to}`)

test('every import of the workspace keeps to the design’s table', () => {
  const files = globSync('**/*.{ts,tsx}', { exclude: ['**/node_modules', '**/dist', '.git'] })
  expect(files.length).toBeGreaterThan(10)
  expect(files.flatMap((file) => faults(file, readFileSync(file, 'utf8')))).toEqual([])
})

/** The way from a file to the first page that it loads; empty where there is none. */
function wayToPage(start: string): readonly string[] {
  const ways = new Map<string, readonly string[]>([[start, [start]]])
  for (const [file, way] of ways) {
    if (file.endsWith('.tsx')) return way
    for (const { to, typeOnly } of importsOf(file, readFileSync(file, 'utf8')))
      if (!typeOnly && !ways.has(to) && /\.tsx?$/.test(to)) ways.set(to, [...way, to])
  }
  return []
}

test('no thread beside the control thread loads a page: it needs none, and cannot read one from its source', () => {
  const threads = globSync('appliance/src/**/*-thread.ts')
  expect(threads.length).toBeGreaterThan(3)
  expect(threads.map(wayToPage)).toEqual(threads.map(() => []))
  expect(wayToPage('kernel/src/ui/index.ts')).toHaveLength(2)
})

test('every module stands in ORDER once', () => {
  const folders = globSync('modules/*/index.ts').map((path) => part(path, 1))
  expect(folders.toSorted()).toEqual(order.filter((name) => folders.includes(name)).toSorted())
  expect(new Set(order).size).toBe(order.length)
})

const [leftmost, rightmost] = [order.at(0), order.at(-1)]

test.each([
  ['kernel/src/a.ts', `import { plans } from '@lango/modules/plans'`],
  [`modules/${leftmost}/a.ts`, `import {\n  thing,\n} from '../${rightmost}/index.ts'`],
  [`modules/${rightmost}/a.ts`, `import { rule } from '../${leftmost}/rules.ts'`],
  ['modules/plans/a.ts', `export * from '@lango/drivers/radius'`],
  ['drivers/routeros/a.ts', `import { port } from '@lango/modules/network/port'`],
  ['drivers/routeros/a.ts', `const snmp = await import('../snmp/index.ts')`],
  ['appliance/src/compose.ts', `import '@lango/drivers/radius'`],
  ['appliance/src/router-control/keeper.ts', `import '@lango/drivers/routeros'`],
  ['appliance/src/aaa/front.ts', `import { nas } from '@lango/drivers/simulators/nas'`],
  ['cloud-sync/site/a.ts', `import type { Ingest } from '../center/ingest.ts'`],
  ['nowhere/a.ts', `import { ok } from '@lango/kernel'`],
])('a planted violation is found: %s: %s', (from, source) => {
  expect(faults(from, source)).toHaveLength(1)
})

test.each([
  [`modules/${rightmost}/a.ts`, `import { thing } from '../${leftmost}/index.ts'\nimport { ok } from '@lango/kernel'`],
  ['drivers/routeros/a.ts', `import type { Port } from '@lango/modules/network/port'`],
  ['drivers/simulators/nas.ts', `import { parsePacket } from '../radius/index.ts'`],
  ['appliance/src/router-control/drivers.ts', `import { enforceStatic } from '@lango/drivers/routeros'`],
  ['appliance/src/drivers.ts', `import { nas } from '@lango/drivers/simulators/nas'`],
  ['appliance/src/aaa/front.ts', `import { parsePacket } from '@lango/drivers/radius'`],
  ['kernel/src/a.test.ts', `import { plans } from '@lango/modules/plans'`],
])('what the table allows passes: %s: %s', (from, source) => {
  expect(faults(from, source)).toEqual([])
})
