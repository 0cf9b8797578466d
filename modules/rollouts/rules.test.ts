import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RouterSoftware } from './port.ts'
import { SPARE_BYTES, SPARE_MEMORY_BYTES } from './routeros-facts.ts'
import { firmwareWaits, isOfStep, nextStep, type Goal, type PackageFile, type Step } from './rules.ts'
import { compareRouteros, isOfLine, majorOf, readPackageName, versionIn } from './versions.ts'

const MB = 1_048_576
const SIZE = 12 * MB
const files = (...names: readonly string[]): readonly PackageFile[] => names.map((name) => ({ name, sizeBytes: SIZE }))
const router = (change: Partial<RouterSoftware> = {}): RouterSoftware => ({
  versionText: '7.16.2 (stable)',
  architecture: 'arm64',
  board: 'RB5009',
  uptimeMs: 1,
  freeDiskBytes: 500 * MB,
  freeMemoryBytes: 500 * MB,
  hasFlash: false,
  firmware: undefined,
  packages: [],
  interfaces: [],
  waitingFiles: [],
  ...change,
})
const goal = (change: Partial<Goal> = {}): Goal => ({
  version: '7.20.1',
  source: 'box',
  channel: 'stable',
  allowsDowngrade: false,
  allowsMajor: false,
  ...change,
})
const step = (software: RouterSoftware, to: Goal, ...names: readonly string[]) => {
  const found = nextStep(software, to, files(...names))
  return 'unfit' in found ? `${found.unfit} ${found.said}` : [found.version, ...found.files.map(({ name }) => name)]
}

test.each([
  ['routeros-7.20.1-arm64.npk', ['routeros', '7.20.1', 'arm64']],
  ['routeros-7.20-mipsbe.npk', ['routeros', '7.20', 'mipsbe']],
  ['routeros-7.21rc2-arm.npk', ['routeros', '7.21rc2', 'arm']],
  ['container-7.22.npk', ['container', '7.22', 'x86']],
  ['wifi-qcom-ac-7.20.1-arm.npk', ['wifi-qcom-ac', '7.20.1', 'arm']],
  ['user-manager-7.20-tile.npk', ['user-manager', '7.20', 'tile']],
  ['routeros-arm-6.49.10.npk', ['routeros', '6.49.10', 'arm']],
  ['wireless-rep-mipsbe-6.49.npk', ['wireless-rep', '6.49', 'mipsbe']],
])('%s says what it holds', (name, [packageName, version, architecture]) => {
  expect(readPackageName(name)).toEqual({ package: packageName, version, architecture })
})

test.each([
  'routeros.npk',
  '../routeros-7.20-arm.npk',
  'routeros-7-arm.npk',
  'routeros-7.20-arm.npk.gz',
  'x'.repeat(200),
])('%s is no package of RouterOS', (name) => expect(readPackageName(name)).toBeUndefined())

const anyVersion = fc
  .tuple(
    fc.constantFrom(6, 7),
    fc.integer({ min: 0, max: 60 }),
    fc.option(fc.integer({ min: 1, max: 20 })),
    fc.constantFrom('', '', 'beta1', 'rc2'),
  )
  .map(([major, minor, patch, preview]) => `${major}.${minor}${patch === null ? '' : `.${patch}`}${preview}`)

test('versions are in one order, whatever is compared with what; a preview is older than its release', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
      expect(Math.sign(compareRouteros(a, b))).toBe(-Math.sign(compareRouteros(b, a)) + 0)
      const isChain = compareRouteros(a, b) <= 0 && compareRouteros(b, c) <= 0
      expect(isChain && compareRouteros(a, c) > 0).toBe(false)
      expect(versionIn(`${a} (stable)`)).toBe(a)
    }),
  )
  expect(['7.20', '7.9', '7.20rc1', '6.49.10', '7.20beta4', '7.20.1'].toSorted(compareRouteros)).toEqual([
    '6.49.10',
    '7.9',
    '7.20beta4',
    '7.20rc1',
    '7.20',
    '7.20.1',
  ])
})

const wanted = fc.record<Goal>({
  version: anyVersion,
  source: fc.constant('box'),
  channel: fc.constantFrom('stable', 'long-term'),
  allowsDowngrade: fc.boolean(),
  allowsMajor: fc.boolean(),
})
const store = fc.array(
  fc.tuple(anyVersion, fc.constantFrom('arm64', 'arm')).map(([version, architecture]) => {
    const name =
      majorOf(version) < 7 ? `routeros-${architecture}-${version}.npk` : `routeros-${version}-${architecture}.npk`
    return { name, sizeBytes: SIZE }
  }),
  { maxLength: 8 },
)

test('a router never goes back or over a major version unless that was asked for, and never to a file of another kind', () => {
  fc.assert(
    fc.property(anyVersion, wanted, store, (from, to, stored) => {
      const found = nextStep(router({ versionText: from }), to, stored)
      if ('unfit' in found) return
      expect(!to.allowsDowngrade && compareRouteros(found.version, from) <= 0).toBe(false)
      expect(!to.allowsMajor && majorOf(to.version) !== majorOf(from)).toBe(false)
      expect(found.isDowngrade).toBe(compareRouteros(to.version, from) < 0)
      for (const { name } of found.files) {
        expect(stored.map((file) => file.name)).toContain(name)
        expect(readPackageName(name)).toMatchObject({ architecture: 'arm64', version: found.version })
      }
    }),
    { numRuns: 2000 },
  )
})

const STEPS_LOOKED_AT = 10
/** The versions that a router goes through, and why it stops. */
const wayOf = (from: string, to: Goal, all: readonly PackageFile[]): { steps: readonly string[]; end: string } => {
  const steps: string[] = []
  for (let at = from; steps.length < STEPS_LOOKED_AT; at = steps.at(-1)!) {
    const found = nextStep(router({ versionText: at }), to, all)
    if ('unfit' in found) return { steps, end: found.unfit }
    steps.push(found.version)
  }
  return { steps, end: 'never' }
}

test('step by step it comes to the goal and not beyond it, in three steps at most', () => {
  fc.assert(
    fc.property(anyVersion, wanted, store, (from, to, stored) => {
      const stones = ['routeros-arm64-6.49.18.npk', 'routeros-7.12.1-arm64.npk']
      const target = majorOf(to.version) < 7 ? `routeros-arm64-${to.version}.npk` : `routeros-${to.version}-arm64.npk`
      const all = [...stored, ...files(...stones, target)]
      const way = wayOf(from, to, all)
      const [low, high] = [from, to.version].toSorted(compareRouteros)
      expect(way.steps.length).toBeLessThanOrEqual(3)
      for (const version of way.steps) {
        expect(compareRouteros(version, low!)).toBeGreaterThanOrEqual(0)
        expect(compareRouteros(version, high!)).toBeLessThanOrEqual(0)
      }
      expect(way.steps.length > 0 ? ['running'] : ['running', 'older', 'major']).toContain(way.end)
    }),
    { numRuns: 2000 },
  )
})

test('from 6 to 7 it goes through the last 6.49 and 7.12 that there are', () => {
  const to = goal({ allowsMajor: true })
  const all = [
    'routeros-arm64-6.49.10.npk',
    'routeros-arm64-6.49.18.npk',
    'routeros-7.12-arm64.npk',
    'routeros-7.12.1-arm64.npk',
    'routeros-7.20.1-arm64.npk',
  ]
  const way = ['6.48.6', '6.49.18', '7.12.1'].map((from) => step(router({ versionText: from }), to, ...all))
  expect(way).toEqual([
    ['6.49.18', 'routeros-arm64-6.49.18.npk'],
    ['7.12.1', 'routeros-7.12.1-arm64.npk'],
    ['7.20.1', 'routeros-7.20.1-arm64.npk'],
  ])
  expect(step(router({ versionText: '7.8' }), to, 'routeros-7.20.1-arm64.npk')).toBe('no-file routeros-7.12-arm64.npk')
  expect(step(router({ versionText: '6.49.18' }), goal(), ...all)).toBe('major 6.49.18')
})

test('MikroTik’s servers offer each step in a channel, and a stone as whatever is newest of its line', () => {
  const to = goal({ source: 'mikrotik', channel: 'long-term', allowsMajor: true })
  const at = (versionText: string) => nextStep(router({ versionText }), to, []) as Step
  expect(at('6.49.18')).toMatchObject({ version: '7.12', channel: 'upgrade', files: [] })
  expect(at('7.12.1')).toMatchObject({ version: '7.20.1', channel: 'long-term' })
  expect([isOfStep('7.12.1', '7.12'), isOfStep('7.13', '7.12'), isOfStep('7.20.2', '7.20.1')]).toEqual([
    true,
    false,
    false,
  ])
})

test('packages that are installed come along, and drivers of radios that became packages of their own', () => {
  const system = 'routeros-7.20.1-arm64.npk'
  const withContainer = router({ packages: ['container'] })
  expect(step(withContainer, goal(), system)).toBe('no-package container-7.20.1-arm64.npk')
  expect(step(withContainer, goal(), system, 'container-7.20.1-arm64.npk')).toEqual([
    '7.20.1',
    system,
    'container-7.20.1-arm64.npk',
  ])
  const radio = { name: 'wifi1', type: 'wifi', isRunning: true }
  const before = router({ versionText: '7.12.1', interfaces: [radio] })
  expect(step(before, goal(), system)).toBe('no-package wifi-qcom-7.20.1-arm64.npk')
  expect(step(before, goal(), system, 'wifi-qcom-ac-7.20.1-arm64.npk')).toEqual([
    '7.20.1',
    system,
    'wifi-qcom-ac-7.20.1-arm64.npk',
  ])
  // Since then the package itself says so.
  expect(step(router({ interfaces: [radio] }), goal(), system)).toEqual(['7.20.1', system])
})

test('there is room for the files and more, on the disk or in memory, or nothing is brought', () => {
  const name = 'routeros-7.20.1-arm64.npk'
  const disk = (freeDiskBytes: number, more: Partial<RouterSoftware> = {}) =>
    step(router({ freeDiskBytes, ...more }), goal(), name)
  expect([disk(SIZE + SPARE_BYTES), disk(SIZE + SPARE_BYTES - 1)]).toEqual([['7.20.1', name], `no-space ${SIZE}`])
  expect(disk(0, { hasFlash: true })).toEqual(['7.20.1', name])
  expect(disk(0, { hasFlash: true, freeMemoryBytes: SIZE + SPARE_MEMORY_BYTES - 1 })).toBe(`no-space ${SIZE}`)
  // What is there already needs no room.
  expect(disk(SPARE_BYTES, { waitingFiles: [name] })).toEqual(['7.20.1', name])
  expect(disk(500 * MB, { waitingFiles: ['routeros-7.19-arm64.npk'] })).toBe('other-files routeros-7.19-arm64.npk')
})

test('RouterBOOT follows, and never goes back by itself', () => {
  const boot = (current: string, offered: string) => router({ firmware: { current, offered } })
  const waits = (software: RouterSoftware, allowsDowngrade = false) => firmwareWaits(software, { allowsDowngrade })
  expect([waits(router()), waits(boot('7.16', '7.16')), waits(boot('6.46.6', '7.20.1'))]).toEqual([false, false, true])
  expect([waits(boot('7.20', '7.16')), waits(boot('7.20', '7.16'), true)]).toEqual([false, true])
})

test('a PC is known by either name of its architecture', () => {
  expect(step(router({ architecture: 'x86_64' }), goal(), 'routeros-7.20.1.npk')).toEqual([
    '7.20.1',
    'routeros-7.20.1.npk',
  ])
  expect(isOfLine('7.1', '7.12')).toBe(false)
})
