/**
 * The only place that runs a program or reads the kernel: no shell, arguments as a list, scripts through stdin. What a
 * client says gets here only as an address that has been read as one.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

const TIMEOUT_MS = 10_000
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
/** `ip` and `tc` live in sbin, which is not on everybody's path. */
const PATH = '/usr/sbin:/sbin:/usr/bin:/bin'

export class KernelError extends Error {
  override readonly name = 'KernelError'
}

/** A program that goes on for as long as the gateway's process, and is told things. */
export type Conversation = {
  say(packet: Buffer): void
  end(): void
}

type Listener = {
  /** It has said something. */
  readonly heard: () => void
  /** It is no longer there, and why. */
  readonly ended: (why: string) => void
}

export interface Kernel {
  /** One transaction: all of it, or nothing. Scripts are carried out in the order they were given. */
  nft(script: string): Promise<void>
  /** What `nft -j list …` tells; undefined when there is no such thing. */
  nftList(...what: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[] | undefined>
  /** Lines for `tc`; a line that fails does not keep back the others. */
  tc(lines: readonly string[]): Promise<void>
  /** What `tc qdisc show` tells of a device. */
  qdiscs(device: string): Promise<string>
  ip(...args: readonly string[]): Promise<string>
  /** Lines for `ip`; a line that fails does not keep back the others. */
  ipBatch(lines: readonly string[]): Promise<void>
  /** The neighbour's hardware address as the kernel has it now, lower case. */
  macOf(ip: string): Promise<string | undefined>
  /** Starts a program that goes to the background by itself. */
  daemon(command: string, ...args: readonly string[]): Promise<void>
  /** Starts a program that ends with this process. */
  converse(command: string, args: readonly string[], listener: Listener): Conversation
  /** Milliseconds since the machine came up: the same for every process of one boot, whoever sets the clock. */
  monotonicMs(): number
  bootId(): string
  /** `/proc/sys/…`, where the kernel has it: some settings are of the machine, not of a namespace. */
  setting(path: string, value: string): void
  settingOf(path: string): string | undefined
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

const run = (command: string, args: readonly string[], input: string): Promise<Ended> => {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  const child = spawn(command, args, { env: { PATH, LC_ALL: 'C' }, stdio: ['pipe', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  const taken: { stdout: string; stderr: string } = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      taken[name] += piece
      if (taken[name].length > OUTPUT_BYTES_MAX) child.kill('SIGKILL')
    })
  }
  child.once('error', (error) => reject(new KernelError(`${command}: ${error.message}`)))
  child.once('close', (code) => {
    clearTimeout(timer)
    resolve({ code, ...taken })
  })
  // A program may end before it has read its input; what became of it is told by its code.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return promise
}

const must = async (command: string, args: readonly string[], input = ''): Promise<string> => {
  const { code, stdout, stderr } = await run(command, args, input)
  if (code !== 0) throw new KernelError(`${command} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout
}

const converse: Kernel['converse'] = (command, args, { heard, ended }) => {
  const child = spawn(command, args, { env: { PATH, LC_ALL: 'C' }, stdio: ['pipe', 'pipe', 'pipe'] })
  const over: { why: string; isMeant: boolean } = { why: '', isMeant: false }
  child.stdout.on('data', heard)
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (over.why = piece.trim()))
  child.stdin.on('error', () => undefined)
  child.once('error', (error) => (over.why = error.message))
  child.once('close', (code) => {
    if (!over.isMeant) ended(`${command}: ${over.why || `ended with ${code}`}`)
  })
  return {
    say: (packet) => void child.stdin.write(packet),
    end() {
      over.isMeant = true
      child.kill()
    },
  }
}

const COMPLETE = 0x2

/** `/proc/net/arp`: address, type, flags, hardware address, mask, device. */
const macIn = (table: string, ip: string, device: string): string | undefined => {
  const line = table.split('\n').find((text) => text.startsWith(`${ip} `) && text.trimEnd().endsWith(` ${device}`))
  const [, , flags, mac] = line?.split(/\s+/) ?? []
  return mac !== undefined && (Number(flags) & COMPLETE) !== 0 ? mac : undefined
}

export const linuxKernel = (lan: string): Kernel => {
  let last: Promise<unknown> = Promise.resolve()
  return {
    nft(script) {
      const done = last.then(() => must('nft', ['-f', '-'], script))
      last = done.catch(() => undefined)
      return done.then(() => undefined)
    },
    async nftList(...what) {
      const { code, stdout, stderr } = await run('nft', ['-j', 'list', ...what], '')
      if (code !== 0 && /No such file or directory/.test(stderr)) return undefined
      if (code !== 0) throw new KernelError(`nft -j list ${what.join(' ')} ended with ${code}: ${stderr.trim()}`)
      return (JSON.parse(stdout) as { nftables: Readonly<Record<string, unknown>>[] }).nftables
    },
    async tc(lines) {
      if (lines.length > 0) await must('tc', ['-force', '-batch', '-'], `${lines.join('\n')}\n`)
    },
    qdiscs: (device) => must('tc', ['qdisc', 'show', 'dev', device]),
    ip: (...args) => must('ip', args),
    async ipBatch(lines) {
      if (lines.length > 0) await must('ip', ['-force', '-batch', '-'], `${lines.join('\n')}\n`)
    },
    macOf: async (ip) => macIn(await readFile('/proc/net/arp', 'utf8'), ip, lan),
    daemon: async (command, ...args) => void (await must(command, args)),
    converse,
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
    bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    setting(path, value) {
      if (existsSync(`/proc/sys/${path}`)) writeFileSync(`/proc/sys/${path}`, value)
    },
    settingOf: (path) =>
      existsSync(`/proc/sys/${path}`) ? readFileSync(`/proc/sys/${path}`, 'utf8').trim() : undefined,
  }
}
