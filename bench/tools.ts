/** The bench's own C programs: compiled when they are needed, run as children, their JSON read with types. */
import { join } from 'node:path'
import { run } from './processes.ts'

const SOURCES = join(import.meta.dirname, 'loadgen')
// The vector code falls back to what the processor has; the warning is about calls that are all inlined.
const FLAGS = ['-O3', '-march=native', '-Wno-psabi']

export type Tools = {
  readonly loadgen: string
  readonly peap: string
  /** A library for LD_PRELOAD; it adds SLOW_SYNC_MS to every fsync and fdatasync. */
  readonly slowSync: string
}

/** Compiles all three into `folder`; throws what the compiler said. */
export async function compileTools(folder: string): Promise<Tools> {
  const tools = { loadgen: join(folder, 'loadgen'), peap: join(folder, 'peap'), slowSync: join(folder, 'slow-sync.so') }
  const source = (name: string): string => join(SOURCES, `${name}.c`)
  // FreeRADIUS brings these libraries; linked by file name they need no development package.
  const openssl = ['-l:libssl.so.3', '-l:libcrypto.so.3']
  await Promise.all([
    run('cc', [...FLAGS, '-o', tools.loadgen, source('loadgen')]),
    run('cc', [...FLAGS, '-o', tools.peap, source('peap'), ...openssl]),
    run('cc', ['-O2', '-shared', '-fPIC', '-o', tools.slowSync, source('slow-sync')]),
  ])
  return tools
}

/** One flow of packets, logins or accounting. Times in ms; rates per second, over the measured part only. */
export type FlowResult = {
  readonly sent: number
  readonly accepts: number
  readonly rejects: number
  readonly responses: number
  /** Without an answer for 5 s. Nothing is ever sent again. */
  readonly lost: number
  /** Answers nobody waited for. */
  readonly duplicates: number
  /** Answers that are malformed or whose authenticators are wrong. */
  readonly bad: number
  readonly rate: number
  readonly offered: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** How far the generator itself fell behind an offered rate, at worst. */
  readonly lagMs: number
  /** The first Accept or Accounting-Response, hexadecimal. */
  readonly sample: string
}

export type LoadResult = {
  readonly auth?: FlowResult
  readonly acct?: FlowResult
  /** Share of one core the generator took, its part of the kernel's work included. */
  readonly cpuShare: number
  readonly wallSeconds: number
  /** Epoch ms of the first Access-Accept, 0 when there was none. */
  readonly acceptedAtMs: number
}

export type LoadOptions = {
  readonly secret: string
  readonly authPort?: number
  readonly acctPort?: number
  readonly auth?: 'pap' | 'chap' | 'mschapv2'
  /** Offered per second; without it the loop is closed and `window` packets are kept unanswered. */
  readonly authRate?: number
  readonly acctRate?: number
  readonly window?: number
  readonly seconds?: number
  readonly warmup?: number
  readonly users?: number
  /** Ends when so many accounting sessions have been sent and answered. */
  readonly sessions?: number
  /** Which records each session has; all three by default. */
  readonly records?: readonly ('start' | 'interim' | 'stop')[]
  /** Seconds after which a packet without an answer is lost, 5 by default. */
  readonly patience?: number
  readonly verifyEvery?: number
  /** Ends with the first Accept. */
  readonly untilAccept?: boolean
}

export async function load(tools: Tools, options: LoadOptions): Promise<LoadResult> {
  return JSON.parse(await run(tools.loadgen, loadArguments(options))) as LoadResult
}

export function loadArguments(options: LoadOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    if (value === true) return [flag]
    return [flag, Array.isArray(value) ? value.join(',') : String(value)]
  })
}

export type PeapResult = {
  readonly auth: Omit<FlowResult, 'sent' | 'responses' | 'duplicates' | 'offered' | 'lagMs' | 'sample'> & {
    readonly failed: number
  }
  /** EAP round trips of one login. */
  readonly rounds: number
  /** Version, cipher suite, group and kind of key, as negotiated. */
  readonly tls: string
  readonly cpuShare: number
}

export type PeapOptions = Pick<LoadOptions, 'secret' | 'authPort' | 'window' | 'seconds' | 'warmup' | 'users'>

/** Closed loop of full PEAP-MSCHAPv2 logins. */
export async function peapLoad(tools: Tools, options: PeapOptions): Promise<PeapResult> {
  return JSON.parse(await run(tools.peap, loadArguments(options))) as PeapResult
}
