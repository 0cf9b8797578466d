/**
 * The box under test, run as an owner runs it: `bin/lango` on a data folder of its own, filled through its own
 * command line with one router, one plan that uses the whole policy, and the subscribers.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PLAN, SECRET, subscriber } from './policy.ts'
import type { Subscriber } from './policy.ts'
import { run, startServer } from './processes.ts'
import type { RunningServer } from './processes.ts'

const LAUNCHER = join(import.meta.dirname, '..', 'bin', 'lango')

export type Ports = {
  readonly auth: number
  readonly acct: number
  readonly radsec: number
  readonly web: number
  readonly portal?: number
}

export type Box = RunningServer & { readonly ports: Ports }

export type BoxOptions = {
  readonly data: string
  /** A fixed port, for a client that starts before the box does; any free one by default. */
  readonly authPort?: number
  readonly env?: Readonly<Record<string, string>>
  /** Further options of `lango start`. */
  readonly more?: readonly string[]
}

/** Starts a box on this data folder and waits until it says that it serves. */
export async function startBox({ data, authPort = 0, env = {}, more = [] }: BoxOptions): Promise<Box> {
  const ports = [
    '--auth-port',
    String(authPort),
    ...['acct', 'radsec', 'web'].flatMap((name) => [`--${name}-port`, '0']),
  ]
  const server = await startServer({
    name: 'lango',
    command: LAUNCHER,
    args: ['start', '--data', data, '--listen', '127.0.0.1', ...ports, ...more],
    readyWhen: (line) => line.startsWith('{"ready":true'),
    env,
  })
  const { ports: bound } = JSON.parse(server.readyLine) as { ports: Ports }
  return { ...server, ports: bound }
}

/** One command of the command line on this data folder; returns its stdout. */
export function lango(data: string, ...words: readonly string[]): Promise<string> {
  return run(LAUNCHER, [...words, '--data', data])
}

export type PlanKind = 'pppoe' | '802.1x'

/** Router, plan and subscribers, through the running box. */
export async function fillBox(data: string, users: number, kind: PlanKind = 'pppoe'): Promise<void> {
  await lango(data, 'router', 'add', 'bench', ...flags({ address: '127.0.0.1/32', secret: SECRET, vendor: 'mikrotik' }))
  const plan = {
    kind,
    'down-kbps': PLAN.downKbps,
    'up-kbps': PLAN.upKbps,
    'burst-down-kbps': PLAN.burstDownKbps,
    'burst-up-kbps': PLAN.burstUpKbps,
    'burst-sec': PLAN.burstSec,
    devices: 1,
    valid: '30d',
    'session-sec': PLAN.sessionSec,
    'idle-sec': PLAN.idleSec,
    'interim-sec': PLAN.interimSec,
    pool: PLAN.pool,
    price: '1500.00',
    currency: 'KES',
  }
  await lango(data, 'plan', 'add', PLAN.name, ...flags(plan))
  await importSubscribers(
    data,
    join(data, 'bench-subscribers.csv'),
    Array.from({ length: users }, (_, i) => subscriber(i)),
  )
}

function flags(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** Loads subscribers in bulk; each is bound to its MAC address. */
export async function importSubscribers(data: string, file: string, subscribers: readonly Subscriber[]): Promise<void> {
  const lines = subscribers.map(({ login, password, mac }) => `${login},${password},${PLAN.name},,,${mac}`)
  writeFileSync(file, `login,password,plan,phone,ip,mac\n${lines.join('\n')}\n`)
  await lango(data, 'subscriber', 'import', file, '--yes')
}
