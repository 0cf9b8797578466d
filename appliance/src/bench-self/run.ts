/** Starts the measuring process, and reads what it tells. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import { diskSpace } from '../doctor/machine.ts'
import { mountOf, diskHealth } from '../machine/disk-health.ts'
import { memoryIn } from '../machine/kernel-files.ts'
import { RELEASED_AT } from '../site.ts'
import { clearScratch, scratchOf, writeCeiling, type Ceiling } from './ceiling.ts'

export type BenchFault =
  | { readonly type: 'BenchNoRoom'; readonly what: 'memory' | 'disk'; readonly octets: number }
  | { readonly type: 'BenchFailed'; readonly cause: string }
  | { readonly type: 'BenchStopped' }

export type Bench = {
  readonly done: Promise<Result<Ceiling, BenchFault>>
  readonly stop: () => void
}

/** A second box beside the first, and what it writes. */
const MEMORY_WANTED = 400_000_000
const DISK_WANTED = 500_000_000
const WITHIN_MS = 180_000
const SAID_OCTETS_MAX = 20_000

const loadSchema = z.object({
  perSec: z.number(),
  p95Ms: z.number(),
  answered: z.number(),
  refused: z.number(),
  lost: z.number(),
})
const measuredSchema = z.object({ logins: loadSchema, accounting: loadSchema })
type Measured = z.output<typeof measuredSchema>

/** util-linux: disk requests of this process go last where the disk's scheduler knows of that. */
const IONICE = '/usr/bin/ionice'

/** Refused where a second box would take what the first one needs. */
export const startBench = (
  folder: DataFolder,
  now: () => number,
  cpuShareBefore: number | undefined,
): Result<Bench, BenchFault> => {
  const lack = lackOf(folder)
  if (lack) return err(lack)
  clearScratch(folder)
  const entry = fileURLToPath(new URL(`./bench-process${extname(import.meta.url)}`, import.meta.url))
  const node = [process.execPath, ...process.execArgv, entry, scratchOf(folder)]
  const [program = '', ...args] = existsSync(IONICE) ? [IONICE, '-t', '-c', '3', ...node] : node
  // Its standard input is what it lives by: when this process ends in whatever way, so does that one.
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  let [said, complaint, isStopped] = ['', '', false]
  child.stdout.on('data', (piece: Buffer) => (said = `${said}${String(piece)}`.slice(-SAID_OCTETS_MAX)))
  child.stderr.on('data', (piece: Buffer) => (complaint = `${complaint}${String(piece)}`.slice(-SAID_OCTETS_MAX)))
  const stop = (): void => {
    isStopped = true
    child.kill('SIGKILL')
  }
  const tooLong = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS).unref()
  const done = new Promise<Result<Ceiling, BenchFault>>((resolve) => {
    const end = (cause: string): void => {
      clearTimeout(tooLong)
      clearScratch(folder)
      if (isStopped) return resolve(err({ type: 'BenchStopped' }))
      const measured = measuredIn(said)
      if (!measured) return resolve(err({ type: 'BenchFailed', cause: complaint.trim().split('\n').at(-1) || cause }))
      const ceiling = ceilingOf(measured, folder, now(), cpuShareBefore)
      writeCeiling(folder, ceiling)
      resolve(ok(ceiling))
    }
    child.once('error', ({ message }) => end(message))
    child.once('close', (code, signal) => end(`it ended with ${signal ?? code}`))
  })
  return ok({ done, stop })
}

const lackOf = ({ dir }: DataFolder): BenchFault | undefined => {
  const memory = memoryIn('/')
  if (memory && memory.availableOctets < MEMORY_WANTED)
    return { type: 'BenchNoRoom', what: 'memory', octets: MEMORY_WANTED }
  if (diskSpace(dir).free < DISK_WANTED) return { type: 'BenchNoRoom', what: 'disk', octets: DISK_WANTED }
  return undefined
}

/** Undefined too where it was answered otherwise than it should be: then nothing was measured. */
const measuredIn = (said: string): Measured | undefined => {
  try {
    const { data } = measuredSchema.safeParse(JSON.parse(said.trim().split('\n').at(-1)!))
    const isSound =
      data && [data.logins, data.accounting].every(({ answered, refused }) => answered > 0 && refused === 0)
    return isSound ? data : undefined
  } catch {
    return undefined
  }
}

const ceilingOf = (
  { logins, accounting }: Measured,
  { dir }: DataFolder,
  at: number,
  cpuShareBefore: number | undefined,
): Ceiling => {
  const mount = mountOf('/', dir)
  const disk = mount && diskHealth('/', mount)?.disk
  return {
    at,
    releasedAt: RELEASED_AT,
    logins: { perSec: logins.perSec, p95Ms: logins.p95Ms },
    accounting: { perSec: accounting.perSec, p95Ms: accounting.p95Ms },
    lost: logins.lost + accounting.lost,
    ...(cpuShareBefore !== undefined && { cpuShareBefore }),
    processor: cpus()[0]?.model.trim() ?? '',
    processors: cpus().length,
    memoryOctets: totalmem(),
    ...(disk !== undefined && { disk: basename(disk) }),
  }
}
