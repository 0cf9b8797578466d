import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Read here and nowhere else: `npm run test:long` asks for the full counts of reliability.md. */
export const isLong = process.env['LANGO_LONG'] === '1'

const lango = join(import.meta.dirname, '../bin/lango')
const readyTimeoutMs = 20_000
const commandTimeoutMs = 60_000
const stopTimeoutMs = 10_000
const commandOutputBytesMax = 64 * 1024 * 1024

export type Ports = { auth: number; acct: number; radsec: number; web: number; portal?: number; portalTls?: number }
export type Ended = { code: number; stdout: string; stderr: string }

export type StartOptions = {
  /** Fixed ports; a port left out is 0: the box picks a free one, after a restart the one it had. */
  ports?: Partial<Ports>
  /** Where RADIUS and the portal listen: loopback unless told otherwise. */
  listen?: string
  /** A program to run the box under: `['strace', '-f', …]`. */
  under?: string[]
  args?: string[]
}

export type Box = {
  readonly data: string
  readonly ports: Ports
  /** The address that opens the live page, once. */
  readonly web: string
  /** Everything the box has written to stdout and stderr, over all its lives. */
  output(): string
  start(options?: StartOptions): Promise<void>
  /** Runs `bin/lango … --data DIR`, from another folder than the project's. */
  cli(...args: string[]): Promise<Ended>
  /** The same with `--json`, parsed; throws with what it said when it failed. */
  json<T = unknown>(...args: string[]): Promise<T>
  /** kill -9, to the process and to whatever it runs under; returns when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>
  /** Resolves with the exit code when the box ends by itself. */
  ended(): Promise<number | null>
  /** Kills it and deletes its data folder. */
  remove(): Promise<void>
}

/** Runs a program to its end, without a throw whatever its code; stdin is `input`, or closed. */
export function runToEnd(command: string, args: readonly string[], input = ''): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const options = { cwd: tmpdir(), timeout: commandTimeoutMs, maxBuffer: commandOutputBytesMax }
  const child = execFile(command, [...args], options, (error, stdout, stderr) => {
    const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
    resolve({ code, stdout, stderr })
  })
  child.stdin?.on('error', () => undefined) // a program may end before it has read its input
  child.stdin?.end(input)
  return promise
}

/** The same for what must work: throws with what it said. */
export async function mustRun(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(command, args)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
  return stdout
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `${name}-`))
}

type Ready = { ports: Ports; web: string }

/** The line of JSON a box prints once it serves. */
function readyLine(stdout: string): Ready | undefined {
  const line = stdout.split('\n').find((text) => text.startsWith('{"ready":true'))
  return line === undefined ? undefined : (JSON.parse(line) as Ready)
}

/** A box in a folder of its own; it is not started yet. Call `remove` when done with it. */
export function newBox(data = temporaryFolder('box')): Box {
  let { ports, web }: Ready = { ports: { auth: 0, acct: 0, radsec: 0, web: 0 }, web: '' }
  let child: ChildProcess | undefined
  let ended: Promise<number | null> = Promise.resolve(null)
  let output = ''
  const pidFile = `${data}.pid`

  const signal = (name: NodeJS.Signals): void => {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    // Its own process group: what it runs under goes with it.
    process.kill(name === 'SIGTERM' ? Number(readFileSync(pidFile, 'utf8')) : -child.pid, name)
  }

  const start = async ({
    ports: wanted = {},
    listen = '127.0.0.1',
    under = [],
    args = [],
  }: StartOptions = {}): Promise<void> => {
    const use = { ...ports, ...wanted }
    const udp = ['--listen', listen, '--auth-port', `${use.auth}`, '--acct-port', `${use.acct}`]
    const more = ['--radsec-port', `${use.radsec}`, '--web-port', `${use.web}`, '--pid-file', pidFile]
    const line = [...under, lango, 'start', '--data', data, ...udp, ...more, ...args]
    const started = spawn(line[0] ?? lango, line.slice(1), {
      cwd: tmpdir(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    const ready = Promise.withResolvers<Ready>()
    let stdout = ''
    started.stdout.on('data', (piece) => {
      stdout += String(piece)
      output += String(piece)
      const found = readyLine(stdout.slice(0, stdout.lastIndexOf('\n') + 1))
      if (found !== undefined) ready.resolve(found)
    })
    started.stderr.on('data', (piece) => (output += String(piece)))
    ended = new Promise((resolve) => started.once('close', resolve))
    void ended.then((code) => ready.reject(new Error(`the box ended with ${code} before it was ready:\n${output}`)))
    started.once('error', ready.reject)
    const timer = setTimeout(() => ready.reject(new Error(`the box was not ready in time:\n${output}`)), readyTimeoutMs)
    try {
      ;({ ports, web } = await ready.promise)
    } finally {
      clearTimeout(timer)
    }
  }

  const kill = async (): Promise<void> => {
    signal('SIGKILL')
    await ended
  }

  const stop = async (): Promise<number | null> => {
    signal('SIGTERM')
    const timer = setTimeout(() => signal('SIGKILL'), stopTimeoutMs)
    const code = await ended
    clearTimeout(timer)
    return code
  }

  const cli = (...args: string[]): Promise<Ended> => runToEnd(lango, [...args, '--data', data])

  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await cli(...args, '--json')
    if (code !== 0) throw new Error(`lango ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
    return JSON.parse(stdout) as T
  }

  const remove = async (): Promise<void> => {
    await kill()
    rmSync(data, { recursive: true, force: true })
    rmSync(pidFile, { force: true })
  }

  const onExit = () => signal('SIGKILL')
  process.once('exit', onExit)

  return {
    data,
    get ports() {
      return ports
    },
    get web() {
      return web
    },
    output: () => output,
    start,
    cli,
    json,
    kill,
    stop,
    ended: () => ended,
    remove: async () => {
      process.off('exit', onExit)
      await remove()
    },
  }
}
