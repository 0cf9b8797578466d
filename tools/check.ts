// Everything `npm test` runs, in order, each with its time; the last line is the sum.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  arm64Tools,
  commandPath,
  imageTools,
  isRoot,
  lacking,
  missingPackages,
  peers,
  suites,
  type Suite,
} from './peers.ts'
import { touchedLately } from './touched-lately.ts'
import { countTests, type Count } from './test-report.ts'

const isImage = process.argv.includes('--image')
const isLong = isImage || process.argv.includes('--long')
/** No step may hang a machine for ever: the longest takes some 20 minutes, on a busy machine twice that; `--long` an hour. */
const stepTimeoutMs = isLong ? 3 * 3600_000 : 45 * 60_000

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const scratch = mkdtempSync(join(tmpdir(), 'lango-check-'))
const env = { ...process.env, ...(isLong ? { LANGO_LONG: '1' } : {}) }
let child: ChildProcess | undefined

type Ended = { code: number; output: string }

/** Runs one program without stdin; `show` passes its output through as it comes, else it is kept. */
function run(command: string, args: string[], { show = false, extraEnv = {} } = {}): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const stdio = show ? 'inherit' : 'pipe'
  const started = spawn(command, args, {
    cwd: root,
    env: { ...env, ...extraEnv },
    stdio: ['ignore', stdio, stdio],
    timeout: stepTimeoutMs,
  })
  child = started
  const output: string[] = []
  started.stdout?.on('data', (piece) => output.push(String(piece)))
  started.stderr?.on('data', (piece) => output.push(String(piece)))
  started.on('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}` }))
  started.on('close', (code) => resolve({ code: code ?? 1, output: output.join('') }))
  return promise
}

async function tool(command: string, args: string[]): Promise<Count> {
  const { code, output } = await run(command, args)
  if (code !== 0) console.log(output.trimEnd())
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}

async function vitest(name: string, args: string[]): Promise<Count> {
  const report = join(scratch, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await run(bin('vitest'), ['run', '--coverage.enabled=false', ...reporters, ...args], { show: true })
  return countTests(existsSync(report) ? readFileSync(report, 'utf8') : undefined, code)
}

const pnpm = /pnpm@[\d.]+/.exec(readFileSync(join(root, 'tools/ready.sh'), 'utf8'))?.[0] ?? 'pnpm'

/** Debian starts a daemon it has just installed, on the very ports the product listens on; this keeps it from that. */
async function withoutDaemons(body: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await body()
  } finally {
    if (ours) rmSync(policy)
  }
}

async function install(packages: readonly string[]): Promise<void> {
  if (packages.length === 0 || !isRoot() || commandPath('apt-get') === undefined) return
  console.log(`  installing from Debian: ${packages.join(' ')}`)
  await withoutDaemons(async () => {
    const extraEnv = { DEBIAN_FRONTEND: 'noninteractive' }
    const updated = await run('apt-get', ['update', '-q'], { extraEnv })
    const installed = await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], {
      extraEnv,
    })
    if (installed.code !== 0) console.log(`${updated.output}${installed.output}`.trimEnd())
  })
}

async function endToEnd(): Promise<Count> {
  await install(missingPackages(peers))
  for (const suite of Object.keys(suites) as Suite[]) {
    const reason = lacking(suite)
    if (reason !== undefined) console.log(`  skipped: ${suite}: ${reason}`)
  }
  if (missingPackages(peers).length > 0 && !isRoot())
    console.log('  run as root on Debian, npm test installs what is missing')
  return vitest('e2e', ['--config', 'e2e/vitest.config.ts'])
}

/** What an image is made of. */
const imageFolders = ['images', 'firmware', 'packer', 'e2e/image', 'bin/lango', 'tools/bundle.ts', 'package.json']

/** Builds an image and boots it: minutes, so only where something of it has changed, or somebody asks for it. */
async function images(): Promise<Count> {
  const tools = isImage ? { ...imageTools, ...arm64Tools } : imageTools
  const skipped = (why: string): Count => {
    console.log(`  skipped: ${why}`)
    return { passed: 0, failed: 0, skipped: 1 }
  }
  if (!isImage && !touchedLately(root, imageFolders))
    return skipped('nothing of an image has changed; npm run test:image')
  if (!isRoot()) return skipped('building an image needs root')
  await install(missingPackages(tools))
  const missing = missingPackages(tools)
  if (missing.length > 0) return skipped(`missing: apt-get install ${missing.join(' ')}`)
  return vitest('image', ['--config', 'e2e/image/vitest.config.ts'])
}

type Step = { name: string; run: () => Promise<Count>; remedy: string }

const steps: Step[] = [
  {
    name: 'lockfile',
    run: () =>
      tool('npx', ['--yes', '--prefer-offline', pnpm, 'install', '--frozen-lockfile', '--lockfile-only', '--offline']),
    remedy: `package.json and pnpm-lock.yaml disagree: run "npx ${pnpm} install" and commit pnpm-lock.yaml`,
  },
  { name: 'format', run: () => tool(bin('oxfmt'), ['--check']), remedy: 'run "npm run fmt"' },
  {
    name: 'lint',
    run: () => tool(bin('oxlint'), ['--type-aware', '--deny-warnings']),
    remedy: 'mend the lines named above; "npm run lint" looks again',
  },
  {
    name: 'types',
    run: () => tool(bin('tsc'), ['-p', 'tsconfig.json']),
    remedy: 'mend the lines named above; "npm run types" looks again',
  },
  {
    name: 'unit tests',
    run: () => vitest('unit', []),
    remedy: 'run the file that failed alone: node_modules/.bin/vitest run FILE',
  },
  {
    name: 'unused code',
    run: () => tool(bin('knip'), []),
    remedy: 'delete what knip names, or stop exporting it; knip.json names the entry points',
  },
  {
    name: 'end to end',
    run: endToEnd,
    remedy: 'run the suite that failed alone: node_modules/.bin/vitest run --config e2e/vitest.config.ts NAME',
  },
  {
    name: 'image',
    run: images,
    remedy: 'run it alone: node_modules/.bin/vitest run --config e2e/image/vitest.config.ts; its folder has serial.log',
  },
].filter(({ name }) => !isImage || name === 'image')

async function main(): Promise<number> {
  const total: Count = { passed: 0, failed: 0, skipped: 0 }
  const remedies: string[] = []
  for (const [index, step] of steps.entries()) {
    console.log(`[${index + 1}/${steps.length}] ${step.name} ...`)
    const startedAt = performance.now()
    const count = await step.run()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`[${index + 1}/${steps.length}] ${step.name}: ${count.failed === 0 ? 'ok' : 'FAILED'} (${seconds} s)`)
    total.passed += count.passed
    total.failed += count.failed
    total.skipped += count.skipped
    if (count.failed > 0) remedies.push(`${step.name} failed: ${step.remedy}.`)
  }
  for (const remedy of remedies) console.log(remedy)
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
  return total.failed === 0 ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    child?.kill(signal)
    process.exitCode = 1
    process.kill(process.pid, signal)
  })
}

try {
  process.exitCode = await main()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
