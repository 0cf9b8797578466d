/** Carries out in the kernel what a session may: passage, speed, counters, and whose address is whose. */
import type { Log } from '@lango/kernel'
import type { Kernel } from './kernel.ts'
import { changeScript, forgetScript, openScript, shutScript, tableScript, type RulesetConfig } from './ruleset.ts'
import type { Counted, Session } from './sessions.ts'
import {
  hasRoot,
  leafKinds,
  leafLine,
  probeClass,
  rootLine,
  shapeLines,
  unshapeLines,
  type LeafKind,
} from './shaping.ts'

type NamedObject = { readonly name: string; readonly bytes: number; readonly used?: number }

/** The kernel's own limits are for an office: 128, 512, and no more than 1024. */
const NEIGHBOURS = [4096, 16_384, 32_768] as const

export class Enforcer {
  readonly #kernel: Kernel
  readonly #config: RulesetConfig
  readonly #log: Log
  #leaf: LeafKind = 'pfifo'

  constructor(kernel: Kernel, config: RulesetConfig, log: Log) {
    this.#kernel = kernel
    this.#config = config
    this.#log = log
  }

  /** Whether a gateway of this boot has left its table. */
  async isSetUp(): Promise<boolean> {
    return (await this.#kernel.nftList('chain', 'inet', 'lango', 'forward')) !== undefined
  }

  async setUp(fresh: boolean): Promise<void> {
    const { lan, wan, address, prefix } = this.#config
    await this.#kernel.ipBatch([`address replace ${address}/${prefix} dev ${lan}`, `link set dev ${lan} up`])
    if (fresh) await this.#kernel.ip('neigh', 'flush', 'dev', lan, 'nud', 'permanent')
    await this.#kernel.nft(tableScript(this.#config, fresh))
    for (const device of [lan, wan]) {
      const isThere = hasRoot(await this.#kernel.qdiscs(device))
      if (isThere && fresh) await this.#kernel.tc([`qdisc delete dev ${device} root`])
      if (!isThere || fresh) await this.#kernel.tc([rootLine(device)])
    }
    this.#leaf = await this.#bestLeaf(lan)
    await this.isolate()
    this.#kernel.setting('net/ipv4/ip_forward', '1')
    for (const [n, neighbours] of NEIGHBOURS.entries())
      this.#kernel.setting(`net/ipv4/neigh/default/gc_thresh${n + 1}`, String(neighbours))
  }

  /** Ports of a bridge do not reach each other, also those that came after. */
  async isolate(): Promise<void> {
    const ports = JSON.parse(await this.#kernel.ip('-j', 'link', 'show', 'master', this.#config.lan)) as {
      ifname?: string
    }[]
    for (const { ifname } of ports)
      if (ifname !== undefined)
        await this.#kernel.ip('link', 'set', 'dev', ifname, 'type', 'bridge_slave', 'isolated', 'on')
  }

  /** The speed is there before the first packet. What is there already stays as it is. */
  async open(sessions: readonly Session[], nowMs: number): Promise<void> {
    if (sessions.length === 0) return
    await this.#shape(sessions)
    await this.#neighbours('replace', sessions)
    const scripts = sessions.map((session) => openScript(session, leftOf(session, nowMs)))
    await this.#kernel.nft(scripts.join(''))
  }

  async shut(sessions: readonly Session[]): Promise<void> {
    await this.#kernel.nft(sessions.map(shutScript).join(''))
    await this.#neighbours('delete', sessions)
  }

  async forget(sessions: readonly Session[]): Promise<void> {
    if (sessions.length === 0) return
    await this.#kernel.nft(sessions.map(forgetScript).join(''))
    await this.#tryTc(sessions.flatMap((session) => unshapeLines(this.#config, session)))
  }

  async change(before: Session, after: Session, nowMs: number): Promise<void> {
    await this.#shape([after])
    await this.#kernel.nft(changeScript(before, after, leftOf(after, nowMs)))
    const unlimited = {
      ...before,
      downKbps: after.downKbps > 0 ? 0 : before.downKbps,
      upKbps: after.upKbps > 0 ? 0 : before.upKbps,
    }
    await this.#tryTc(unshapeLines(this.#config, unlimited))
  }

  /** By session; what has been counted since it began, over every restart of this process. */
  async counted(withQuotas: boolean): Promise<ReadonlyMap<string, Counted>> {
    const [counters, quotas] = await Promise.all([
      this.#objects('counter'),
      withQuotas ? this.#objects('quota') : new Map<string, NamedObject>(),
    ])
    const found = new Map<string, Counted>()
    for (const [name, { bytes }] of counters) {
      if (!name.startsWith('up_')) continue
      const id = name.slice('up_'.length)
      const downBytes = counters.get(`down_${id}`)?.bytes ?? 0
      found.set(id, { upBytes: bytes, downBytes, quotaUsedBytes: quotas.get(`quota_${id}`)?.used ?? 0 })
    }
    return found
  }

  async #objects(kind: 'counter' | 'quota'): Promise<ReadonlyMap<string, NamedObject>> {
    const listed = (await this.#kernel.nftList(`${kind}s`, 'table', 'inet', 'lango')) ?? []
    const objects = listed.flatMap((entry) => (kind in entry ? [entry[kind] as NamedObject] : []))
    return new Map(objects.map((object) => [object.name, object]))
  }

  async #bestLeaf(device: string): Promise<LeafKind> {
    await this.#kernel.tc([probeClass('replace', device)])
    try {
      for (const kind of leafKinds) if (await this.#tryTc([leafLine(device, kind)], 'debug')) return kind
      return 'pfifo'
    } finally {
      await this.#kernel.tc([probeClass('delete', device)])
    }
  }

  async #shape(sessions: readonly Session[]): Promise<void> {
    await this.#kernel.tc(sessions.flatMap((session) => shapeLines(this.#config, session, this.#leaf)))
  }

  async #tryTc(lines: readonly string[], level: 'debug' | 'warn' = 'warn'): Promise<boolean> {
    try {
      await this.#kernel.tc(lines)
      return true
    } catch (error) {
      this.#log[level]('the kernel did not take a speed', { error })
      return false
    }
  }

  /** Nobody else on the LAN can have what is sent to this address by claiming it. */
  async #neighbours(what: 'replace' | 'delete', sessions: readonly Session[]): Promise<void> {
    const { lan } = this.#config
    const lines = sessions.map(({ ip, mac }) =>
      what === 'delete'
        ? `neigh delete ${ip} dev ${lan}`
        : `neigh replace ${ip} lladdr ${mac} nud permanent dev ${lan}`,
    )
    try {
      await this.#kernel.ipBatch(lines)
    } catch (error) {
      this.#log.warn('a neighbour could not be set', { what, error })
    }
  }
}

const leftOf = ({ endsMs }: Session, nowMs: number): number | undefined =>
  endsMs === undefined ? undefined : Math.max(1, endsMs - nowMs)
