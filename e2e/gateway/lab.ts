/**
 * Two phones, a box and an internet, each in a network namespace of its own: the phones are ports of a bridge in the
 * box, the box has one way out. Everything is gone when the lab is removed, or when the process ends.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Card } from './card.ts'
import { mustRun, runToEnd, temporaryFolder, type Ended } from '../box.ts'
import { program } from '../peer.ts'

export const GATEWAY = '10.40.0.1'
export const INTERNET = '203.0.113.10'
export const GARDEN = '203.0.113.20'
export const GARDEN_NAME = 'pay.example'
export const INTERNET_V6 = 'fd00:99::1'
/** A prefix that the internet knows the way to. */
export const ROUTED = '2001:db8:40::'
const UPLINK = { box: '198.51.100.2', internet: '198.51.100.1' }
const PREFIX = 'lg'
const READY_MS = 20_000

const lango = join(import.meta.dirname, '../../bin/lango')
const agentFile = join(import.meta.dirname, 'agent.ts')

export type HttpAnswer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly error?: string
}
const RECORDS = { A: 1, NULL: 10, TXT: 16, AAAA: 28, HTTPS: 65 } as const
type Outcome = { readonly outcome: string }

/** A question of DNS as it goes on the wire. */
export const question = (name: string, type: keyof typeof RECORDS): Buffer =>
  Buffer.concat([
    Buffer.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0),
    ...name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0, 0, RECORDS[type], 0, 1),
  ])

/** What runs inside a namespace. */
export class Agent {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: unknown) => void>()
  #last = 0

  constructor(namespace: string) {
    this.#child = spawn(program('ip'), ['netns', 'exec', namespace, process.execPath, agentFile], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { no, answer } = JSON.parse(line) as { no: number; answer: unknown }
      this.#waiting.get(no)?.(answer)
      this.#waiting.delete(no)
    })
  }

  ask<T>(action: string, input: unknown = {}): Promise<T> {
    const no = ++this.#last
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#waiting.set(no, resolve)
    this.#child.stdin!.write(`${JSON.stringify({ no, action, input })}\n`)
    return promise as Promise<T>
  }

  http(url: string, more: object = {}): Promise<HttpAnswer> {
    return this.ask('http', { url, ...more })
  }

  async tcp(host: string, port: number): Promise<string> {
    return (await this.ask<Outcome>('tcp', { host, port })).outcome
  }

  async udp(host: string, port: number, text = 'hello'): Promise<string> {
    return (await this.ask<Outcome>('udp', { host, port, octets: Buffer.from(text).toString('hex') })).outcome
  }

  /** The A record that a server gives, or why there is none. */
  async resolve(server: string, name: string, type: keyof typeof RECORDS = 'A'): Promise<string> {
    const input = { host: server, port: 53, octets: question(name, type).toString('hex') }
    const answer = await this.ask<Outcome & { octets?: string }>('udp', input)
    if (answer.octets === undefined) return answer.outcome
    const octets = Buffer.from(answer.octets, 'hex')
    if ((octets[3]! & 0xf) !== 0) return 'refused'
    return octets.readUInt16BE(6) === 0 ? 'none' : [...octets.subarray(-4)].join('.')
  }

  /** kbit/s that came, or went, over so long. */
  async speed(host: string, up: boolean, ms: number): Promise<number> {
    return (await this.transfer(host, up, ms)).kbps
  }

  transfer(host: string, up: boolean, ms: number): Promise<{ octets: number; kbps: number }> {
    return this.ask('transfer', { host, port: up ? 9 : 19, up, ms })
  }

  /** What comes back to octets that no library would send. */
  async raw(host: string, port: number, octets: Buffer | string): Promise<string> {
    const text = Buffer.from(octets as string, 'latin1').toString('hex')
    return (await this.ask<{ reply: string }>('raw', { host, port, octets: text })).reply
  }

  flow(id: string, host: string): Promise<Outcome> {
    return this.ask('flow', { id, host, port: 7 })
  }

  flowState(id: string): Promise<{ octets: number; lastAt: number; end?: string }> {
    return this.ask('flowState', { id })
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}

export type Lab = Awaited<ReturnType<typeof createLab>>

/** Whatever runs in a namespace of ours is ours. */
const removeNamespace = (name: string): void => {
  rmSync(dirname(resolverFile(name)), { recursive: true, force: true })
  try {
    const pids = execFileSync(program('ip'), ['netns', 'pids', name], { encoding: 'utf8' })
    for (const pid of pids.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL')
  } catch {
    // It was gone already, or what ran there was.
  }
  try {
    execFileSync(program('ip'), ['netns', 'delete', name], { stdio: 'ignore' })
  } catch {
    // It was gone already.
  }
}

/** Those of a run that was killed: their name tells which process made them. */
const removeStale = (): void => {
  const names = execFileSync(program('ip'), ['netns', 'list'], { encoding: 'utf8' }).split('\n')
  const alive = new Set(readdirSync('/proc'))
  for (const name of names.map((line) => line.split(' ')[0]!)) {
    const [, pid] = /^lg(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !alive.has(pid)) removeNamespace(name)
  }
}

const ip = (...args: string[]) => mustRun('ip', ...args)
export const phoneMac = (n: number): string => `02:00:00:00:40:0${n}`
export const phoneIp = (n: number): string => `10.40.0.1${n}`

/** On a link of the kernel's own a packet may be of 64 kB, as none is that comes over the air. */
const realPackets = ['gso_max_segs', '1']

const addPhone = async (space: (name: string) => string, n: number): Promise<void> => {
  const [box, phone] = [space('box'), space(`phone${n}`)]
  await ip('link', 'add', `port${n}`, 'netns', box, 'type', 'veth', 'peer', 'name', 'wlan0', 'netns', phone)
  await ip('-n', box, 'link', 'set', `port${n}`, 'master', 'br0', 'up')
  await ip('-n', phone, 'link', 'set', 'wlan0', 'address', phoneMac(n), ...realPackets, 'up')
  await ip('-n', phone, 'link', 'set', 'lo', 'up')
  await ip('-n', phone, 'address', 'add', `${phoneIp(n)}/16`, 'dev', 'wlan0')
  await ip('-n', phone, 'route', 'add', 'default', 'via', GATEWAY)
}

/** Where nothing tells the phones of IPv6 they have it nevertheless: what passes then is a leak. */
const addStaticIpv6 = async (space: (name: string) => string): Promise<void> => {
  await ip('-n', space('box'), 'address', 'add', 'fd00:40::1/64', 'dev', 'br0', 'nodad')
  for (const n of [1, 2]) {
    const phone = space(`phone${n}`)
    await ip('-n', phone, 'address', 'add', `fd00:40::1${n}/64`, 'dev', 'wlan0', 'nodad')
    await ip('-n', phone, 'route', 'add', 'default', 'via', 'fd00:40::1')
  }
}

/** `ip netns exec` puts it in place of the machine's own. */
const resolverFile = (name: string): string => `/etc/netns/${name}/resolv.conf`

const addNetwork = async (space: (name: string) => string): Promise<void> => {
  const [box, internet] = [space('box'), space('internet')]
  await ip('-n', box, 'link', 'set', 'lo', 'up')
  await ip('-n', internet, 'link', 'set', 'lo', 'up')
  await ip('-n', box, 'link', 'add', 'br0', 'type', 'bridge')
  for (const n of [1, 2]) await addPhone(space, n)
  await ip('-n', box, 'address', 'add', `${GATEWAY}/16`, 'dev', 'br0')
  await ip('-n', box, 'link', 'set', 'br0', 'up')
  await ip('link', 'add', 'wan0', 'netns', box, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', internet)
  await ip('-n', box, 'address', 'add', `${UPLINK.box}/24`, 'dev', 'wan0')
  await ip('-n', box, 'address', 'add', 'fd00:99::2/64', 'dev', 'wan0', 'nodad')
  await ip('-n', box, 'link', 'set', 'wan0', 'up')
  await ip('-n', box, 'route', 'add', 'default', 'via', UPLINK.internet)
  await ip('-n', internet, 'address', 'add', `${UPLINK.internet}/24`, 'dev', 'eth0')
  await ip('-n', internet, 'address', 'add', `${INTERNET_V6}/64`, 'dev', 'eth0', 'nodad')
  for (const address of [INTERNET, GARDEN]) await ip('-n', internet, 'address', 'add', `${address}/32`, 'dev', 'lo')
  await ip('-n', internet, 'link', 'set', 'eth0', ...realPackets, 'up')
  for (const prefix of ['fd00:40::/64', `${ROUTED}/64`])
    await ip('-n', internet, 'route', 'add', prefix, 'via', 'fd00:99::2')
  // Else what is not let through could as well be what nobody carries.
  await mustRun('ip', 'netns', 'exec', box, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding')
}

export const createLab = async ({ hasStaticIpv6 = true } = {}) => {
  removeStale()
  const space = (name: string): string => `${PREFIX}${process.pid}-${name}`
  const names = ['phone1', 'phone2', 'box', 'internet'].map(space)
  const folder = temporaryFolder('gateway')
  const agents: Agent[] = []
  const cards: Card[] = []
  const onExit = (): void => names.forEach(removeNamespace)
  process.once('exit', onExit)
  for (const name of names) {
    await ip('netns', 'add', name)
    mkdirSync(dirname(resolverFile(name)), { recursive: true })
    writeFileSync(resolverFile(name), `nameserver ${GATEWAY}\n`)
  }
  await addNetwork(space)
  if (hasStaticIpv6) await addStaticIpv6(space)
  const agent = (name: string): Agent => {
    const one = new Agent(space(name))
    agents.push(one)
    return one
  }
  const [phone1, phone2, portal, internet] = ['phone1', 'phone2', 'box', 'internet'].map(agent) as [
    Agent,
    Agent,
    Agent,
    Agent,
  ]
  await internet.ask('serve', { host: '::', page: 80 })
  for (const host of [INTERNET, INTERNET_V6]) await internet.ask('serveOctets', { host })
  // Every name leads to the internet's server; what was asked of it stands in its log.
  const dnsLog = join(folder, 'dns.log')
  const answers = [`--address=/#/${INTERNET}`, `--address=/${GARDEN_NAME}/${GARDEN}`]
  const quiet = ['--conf-file=/dev/null', '--local=/#/', '--no-resolv', '--no-hosts', '--pid-file', `--user=root`]
  const logged = ['--log-queries', `--log-facility=${dnsLog}`]
  await mustRun('ip', 'netns', 'exec', space('internet'), 'dnsmasq', ...quiet, ...answers, ...logged)
  await portal.ask('serve', { host: GATEWAY, page: 8081 })
  return {
    folder,
    phone1,
    phone2,
    internet,
    portal,
    dnsLog,
    under: ['ip', 'netns', 'exec', space('box')],
    inside: (name: string, ...command: string[]) => mustRun('ip', 'netns', 'exec', space(name), ...command),
    /** The same for what may fail, with something to read. */
    tryInside: (name: string, input: string, ...command: string[]): Promise<Ended> =>
      runToEnd(program('ip'), ['netns', 'exec', space(name), ...command], input),
    /** The network card of a phone, or of what is called so. */
    async card(name: string, device: string): Promise<Card> {
      const one = new Card(space(name), device)
      cards.push(one)
      // It listens once it answers.
      await one.heard('anything')
      return one
    },
    /** A program that runs another one inside: for whoever takes the path of one. */
    programInside(name: string, command: string): string {
      const file = join(folder, `${name}-${command}`)
      writeFileSync(file, `#!/bin/sh\nexec ${program('ip')} netns exec ${space(name)} ${program(command)} "$@"\n`)
      chmodSync(file, 0o700)
      return file
    },
    gateway: (args: readonly string[]) => startGateway(space('box'), args),
    remove(): void {
      process.off('exit', onExit)
      for (const one of [...agents, ...cards]) one.end()
      onExit()
    },
  }
}

/** What docs/gateway.md leaves it. */
const capabilities = ['net_admin', 'net_raw', 'net_bind_service', 'setuid', 'setgid', 'chown', 'kill']
const bounded = ['setpriv', '--bounding-set', ['-all', ...capabilities.map((name) => `+${name}`)].join(',')]

/** `lango gateway` in the box's namespace, with no more rights than it needs. */
const startGateway = async (namespace: string, args: readonly string[]) => {
  const child = spawn(program('ip'), ['netns', 'exec', namespace, ...bounded, lango, 'gateway', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ready = Promise.withResolvers<void>()
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      output += String(piece)
      if (output.includes('{"ready":true')) ready.resolve()
    })
  }
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  void gone.then((code) => ready.reject(new Error(`the gateway ended with ${code}:\n${output}`)))
  const timer = setTimeout(() => ready.reject(new Error(`the gateway was not ready in time:\n${output}`)), READY_MS)
  await ready.promise.finally(() => clearTimeout(timer))
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    return gone
  }
  return { output: () => output, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}
