/** What the root service does to the machine: RAUC, the boot loader's counts, files. Errors of programs throw. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { versionSchema } from '../manifest.ts'
import { slotNames, type SlotName, type UpdateStatus } from '../slots.ts'

const BOOT_SLOTS = '/usr/lib/lango/boot-slots'
const OUTPUT_BYTES_MAX = 1024 * 1024

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

const runToEnd = (command: string, args: readonly string[]): Ended => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX })
  return { code: status ?? 1, stdout: stdout ?? '', stderr: error?.message ?? stderr }
}

export const must = (command: string, ...args: readonly string[]): string => {
  const { code, stdout, stderr } = runToEnd(command, args)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr || stdout}`)
  return stdout
}

export function bootedSlot(): SlotName {
  const name = /\blango\.slot=(\w)\b/.exec(readFileSync('/proc/cmdline', 'utf8'))?.[1]
  const slot = slotNames.find((known) => known === name)
  if (slot === undefined) throw new Error('this machine did not start from a slot of Lango')
  return slot
}

/** What a delta is laid over. */
export const slotDevice = (slot: SlotName): string => `/dev/disk/by-partlabel/lango-${slot.toLowerCase()}`

export function runningVersion(): string {
  return versionSchema.parse(/^VERSION_ID="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1])
}

export const slotStates = (versions: UpdateStatus['versions']): UpdateStatus['states'] => {
  const of = (slot: SlotName) =>
    versions[slot] === null
      ? ('unknown' as const)
      : must(BOOT_SLOTS, 'get-state', slot).trim() === 'good'
        ? ('good' as const)
        : ('bad' as const)
  return { A: of('A'), B: of('B') }
}

export const markGood = (): void => void must('rauc', 'status', 'mark-good', 'booted')
/** RAUC's own service writes the boot counts: what asks it needs no right to mount anything. */
export const markBad = (which: 'booted' | 'other'): void => void must('rauc', 'status', 'mark-bad', which)
export const reboot = (): void => void must('systemctl', '--no-block', 'reboot')

export const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

const infoSchema = z.object({ version: versionSchema })

/** What a signed bundle says it is; its signature is verified by that. */
export function bundleVersion(path: string): { readonly version: string } | { readonly why: string } {
  const { code, stdout, stderr } = runToEnd('rauc', ['info', '--output-format=json', path])
  if (code !== 0) return { why: `signature: ${lastLine(stderr)}` }
  const info = infoSchema.safeParse(JSON.parse(stdout))
  return info.success ? { version: info.data.version } : { why: 'it names no version that can be compared' }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

/** Writes the slot that does not run. Undefined when it was written and is the next to boot, else why not. */
export async function rauc(path: string, onPercent: (percent: number) => void): Promise<string | undefined> {
  const child = spawn('rauc', ['install', path], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      const percent = /^\s*(\d{1,3})% /.exec(line)?.[1]
      if (percent !== undefined) onPercent(Math.min(100, Number(percent)))
      else if (line.trim() !== '') said.push(line.trim())
    })
  }
  const code = await new Promise<number>((done) =>
    child.once('close', (ended) => done(ended ?? 1)).once('error', () => done(1)),
  )
  return code === 0
    ? undefined
    : (said.findLast((line) => /error|failed/i.test(line)) ?? said.at(-1) ?? 'rauc said nothing')
}

const healthSchema = z.object({
  healthy: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), cause: z.string().optional() })),
})

/** Would this box serve? As the user of Lango, with its own command. Undefined when it would, else what does not. */
export function health(waitSec: number): string | undefined {
  const asLango = ['--reuid=lango', '--regid=lango', '--init-groups', '--reset-env']
  const command = ['/opt/lango/bin/lango', 'health', '--data', '/var/lib/lango', '--wait', String(waitSec), '--json']
  const { stdout, stderr } = runToEnd('setpriv', [...asLango, '--', ...command])
  try {
    const found = healthSchema.parse(JSON.parse(stdout))
    if (found.healthy) return undefined
    return found.checks
      .filter(({ ok }) => !ok)
      .map(({ name, cause }) => (cause === undefined ? name : `${name} ${cause}`))
      .join(', ')
  } catch {
    return lastLine(stderr) || 'lango health said nothing'
  }
}
