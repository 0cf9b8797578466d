/**
 * Child processes of the bench: servers that are surely stopped, and commands that are run to their end.
 *
 * Whatever way the bench ends, no server outlives it: each is stopped by its own `[Symbol.asyncDispose]`, and what
 * is left when Node exits (a signal, a crash) is killed there.
 */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { promisify } from 'node:util'

const OUTPUT_MAX_BYTES = 64 * 1024 * 1024
const KEPT_LINES = 40
const STOP_PATIENCE_MS = 15_000

const living = new Set<ChildProcess>()
const folders = new Set<string>()

process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
// The default action of these signals would skip the exit handler above.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))

export type RunningServer = AsyncDisposable & {
  readonly pid: number
  /** The line of output by which the server said that it is ready. */
  readonly readyLine: string
  /** Asks the server to end, and waits; after 15 s it is killed. */
  readonly stop: () => Promise<void>
}

export type ServerOptions = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly readyWhen: (line: string) => boolean
  readonly readyWithinMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly owner?: { readonly uid: number; readonly gid: number }
  readonly stopSignal?: 'SIGTERM' | 'SIGINT'
}

/** Starts a server and waits until one of its lines, on stdout or stderr, says that it is ready. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const child = spawn(options.command, options.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...options.owner,
  })
  living.add(child)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  void ended.then(() => living.delete(child))
  const readyLine = await firstLine(child, options)
  async function stop(): Promise<void> {
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS)
    child.kill(options.stopSignal ?? 'SIGTERM')
    await ended
    clearTimeout(deadline)
  }
  return { pid: child.pid ?? 0, readyLine, stop, [Symbol.asyncDispose]: stop }
}

function firstLine(child: ChildProcess, { name, readyWhen, readyWithinMs = 60_000 }: ServerOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const last: string[] = []
  const fail = (why: string): void => reject(new Error(`${name} ${why}\n${last.join('\n')}`))
  const deadline = setTimeout(() => {
    child.kill('SIGKILL')
    fail(`was not ready within ${readyWithinMs / 1000} s`)
  }, readyWithinMs)
  child.once('error', (error) => fail(`cannot be started: ${error.message}`))
  child.once('close', (code) => fail(`ended with ${code} before it was ready`))
  for (const stream of [child.stdout, child.stderr])
    eachLine(stream, (line) => {
      last.push(line)
      if (last.length > KEPT_LINES) last.shift()
      if (readyWhen(line)) resolve(line)
    })
  return promise.finally(() => clearTimeout(deadline))
}

function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = ''
  stream?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
}

export type RunOptions = {
  readonly input?: string
  readonly owner?: { readonly uid: number; readonly gid: number }
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a command to its end and returns its stdout; a failure throws with what it said. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const running = promisify(execFile)(command, args, {
    maxBuffer: OUTPUT_MAX_BYTES,
    env: { ...process.env, ...options.env },
    ...options.owner,
  })
  living.add(running.child)
  // A command that reads nothing may be gone before its input is closed: its exit status says all there is to say.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(options.input ?? '')
  try {
    return (await running).stdout
  } finally {
    living.delete(running.child)
  }
}

/** A folder that is gone when the bench ends. `parent` should be on the disk to be measured, not in memory. */
export function temporaryFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, 'lango-bench-'))
  // PostgreSQL runs as a user of its own and must be able to pass through.
  chmodSync(folder, 0o711)
  folders.add(folder)
  return folder
}

/** A UDP port that is free on loopback now. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', resolve)
  })
  const { port } = socket.address()
  await new Promise<void>((resolve) => {
    socket.close(() => resolve())
  })
  return port
}
