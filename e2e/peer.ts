import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { commandPath, lacking, type Suite } from '../tools/peers.ts'
import { runToEnd } from './box.ts'

const peerReadyTimeoutMs = 10_000
const peerStopTimeoutMs = 3_000
const radclientTimeoutSec = 2

/** A suite that needs real peers: it runs where they are, and says in its name why it did not where they are not. */
export function suite(name: Suite, body: () => void): void {
  const reason = lacking(name)
  const declare = reason === undefined ? describe : describe.skip
  declare(reason === undefined ? name : `${name} (skipped: ${reason})`, body)
}

/** The path of a command that `suite` has shown to be here. */
export const program = (command: string): string => commandPath(command) ?? command

export type Peer = {
  output(): string
  /** Resolves with the match once what the peer has printed holds it; `from` skips what it printed before. */
  waitFor(pattern: RegExp, timeoutMs?: number, from?: number): Promise<RegExpExecArray>
  stop(): Promise<void>
}

/** Starts a foreground daemon and waits until it prints `ready`. */
export async function startPeer(command: string, args: string[], ready: RegExp): Promise<Peer> {
  const child = spawn(program(command), args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const listeners = new Set<() => void>()
  const onData = (piece: unknown) => {
    output += String(piece)
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', onData)
  child.stderr.on('data', onData)
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)

  const waitFor = (pattern: RegExp, timeoutMs = peerReadyTimeoutMs, from = 0): Promise<RegExpExecArray> => {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
    const fail = (why: string) => reject(new Error(`${command} ${why}: ${pattern}\n${output.slice(from)}`))
    const look = () => {
      const match = pattern.exec(output.slice(from))
      if (match !== null) resolve(match)
    }
    const timer = setTimeout(() => fail('did not print in time'), timeoutMs)
    listeners.add(look)
    void closed.then(() => fail('ended without printing'))
    look()
    return promise.finally(() => {
      clearTimeout(timer)
      listeners.delete(look)
    })
  }
  const stop = async () => {
    process.off('exit', onExit)
    child.kill('SIGTERM')
    const timer = setTimeout(onExit, peerStopTimeoutMs)
    await closed
    clearTimeout(timer)
  }
  try {
    await waitFor(ready)
  } catch (error) {
    await stop()
    throw error
  }
  return { output: () => output, waitFor, stop }
}

/** A UDP port that is free now, for peers that cannot pick one themselves. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const socket = createSocket('udp4')
  socket.once('error', reject)
  socket.bind(0, '127.0.0.1', () => {
    const { port } = socket.address()
    socket.close(() => resolve(port))
  })
  return promise
}

export function writeConfig(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

export type Reply = {
  /** `Access-Accept`, …; undefined when nobody answered. */
  code: string | undefined
  /** In the order of the packet, values as radclient prints them, quotes taken off. */
  attributes: [name: string, value: string][]
}

export type Attributes = Record<string, string | number>

const quoted = (value: string | number) =>
  typeof value === 'number' || /^(0x[0-9a-f]+|[\d.]+)$/i.test(value) ? `${value}` : JSON.stringify(value)

/** One exchange by FreeRADIUS's client: sent `sendings` times, 2 s apart, until it is answered. */
export async function radclient(
  port: number,
  kind: 'auth' | 'acct' | 'status' | 'coa' | 'disconnect',
  secret: string,
  attributes: Attributes,
  sendings = 1,
): Promise<Reply> {
  const args = ['-x', '-r', `${sendings}`, '-t', `${radclientTimeoutSec}`, `127.0.0.1:${port}`, kind, secret]
  const pairs = Object.entries(attributes).map(([name, value]) => `${name} = ${quoted(value)}\n`)
  const { stdout } = await runToEnd(program('radclient'), args, pairs.join(''))
  const received = /^Received (\S+) Id .*\n((?:\t.*\n?)*)/m.exec(stdout)
  const lines = (received?.[2] ?? '').split('\n').filter(Boolean)
  return {
    code: received?.[1],
    attributes: lines.map((line) => {
      const [, name = '', value = ''] = /^\t(\S+?)(?::\d+)? = (.*)$/.exec(line) ?? []
      return [name, value.replace(/^"(.*)"$/, '$1')]
    }),
  }
}

export const valueOf = (reply: Reply, name: string): string | undefined =>
  reply.attributes.find(([found]) => found === name)?.[1]
