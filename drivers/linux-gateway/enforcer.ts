/** Carries out in the kernel what a session may: passage, speed, counters, and whose address is whose. */
import type { Log } from '@lango/kernel'
import type { Prefix6 } from './address.ts'
import { closingRules, hasRule } from './closing.ts'
import type { Kernel } from './kernel.ts'
import {
  admitScript,
  changeScript,
  forgetScript,
  openScript,
  releaseScript,
  shutScript,
  tableScript,
  type RulesetConfig,
  unseenScript,
} from './ruleset.ts'
import { addressesOf, type Counted, type Session } from './sessions.ts'
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

export type Neighbour = { readonly ip: string; readonly mac: string }

type SeenSet = { readonly elem?: readonly { readonly elem: { readonly val: { readonly concat: [string, string] } } }[] }

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
    const { lan, wan, address, prefix, prefix6 } = this.#config
    await this.#kernel.ipBatch([`address replace ${address}/${prefix} dev ${lan}`, `link set dev ${lan} up`])
    if (prefix6 !== undefined) await this.#setUp6(prefix6)
    if (fresh) await this.#kernel.ip('neigh', 'flush', 'dev', lan, 'nud', 'permanent')
    await this.#kernel.nft(tableScript(this.#config, fresh))
    await this.#close(fresh)
    for (const device of [lan, wan]) {
      const isThere = hasRoot(await this.#kernel.qdiscs(device))
      if (isThere && fresh) await this.#kernel.tc([`qdisc delete dev ${device} root`])
      if (!isThere || fresh) await this.#kernel.tc([rootLine(device)])
    }
    this.#leaf = await this.#bestLeaf(lan)
    await this.isolate()
    this.#kernel.setting('net/ipv4/ip_forward', '1')
    if (prefix6 !== undefined) this.#kernel.setting('net/ipv6/conf/all/forwarding', '1')
    for (const [n, neighbours] of NEIGHBOURS.entries())
      for (const family of ['ipv4', 'ipv6'])
        this.#kernel.setting(`net/${family}/neigh/default/gc_thresh${n + 1}`, String(neighbours))
  }

  /** The table is there: what passes has the mark of it. */
  async #close(fresh: boolean): Promise<void> {
    for (const family of ['-4', '-6'] as const) {
      const shown = await this.#kernel.ip(family, 'rule', 'show')
      for (const rule of closingRules(this.#config, family)) {
        const isThere = hasRule(shown, rule)
        if (isThere && fresh) await this.#kernel.ip(family, 'rule', 'delete', 'pref', rule.pref)
        if (!isThere || fresh) await this.#kernel.ip(family, 'rule', 'add', 'pref', rule.pref, ...rule.words)
      }
    }
  }

  async #setUp6({ address }: Prefix6): Promise<void> {
    const { lan, wan } = this.#config
    // A client that calls itself a router is not believed.
    this.#kernel.setting(`net/ipv6/conf/${lan}/accept_ra`, '0')
    this.#kernel.setting(`net/ipv6/conf/${lan}/disable_ipv6`, '0')
    await this.#kernel.ipBatch([`address replace ${address}/64 dev ${lan} nodad`])
    // A kernel that forwards forgets the way out that its uplink's router told, unless it is to listen even so.
    const listening = `net/ipv6/conf/${wan}/accept_ra`
    if (this.#kernel.settingOf(listening) === '1') this.#kernel.setting(listening, '2')
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
    await this.#neighbours('replace', sessions.flatMap(neighboursOf))
    const scripts = sessions.map((session) => openScript(session, leftOf(session, nowMs)))
    await this.#kernel.nft(scripts.join(''))
  }

  /** By which addresses of IPv6, not known to be theirs, those who are in have sent something within seconds. */
  async seen(): Promise<readonly Neighbour[]> {
    if (this.#config.prefix6 === undefined) return []
    const [found] = ((await this.#kernel.nftList('set', 'inet', 'lango', 'seen6')) ?? []).flatMap((entry) =>
      'set' in entry ? [entry['set'] as SeenSet] : [],
    )
    const all = (found?.elem ?? []).map(({ elem }) => elem.val.concat)
    return all.flatMap(([ip, mac]) => (ip === this.#config.prefix6?.address ? [] : [{ ip, mac }]))
  }

  /** More addresses of those who are in. */
  async admit(all: readonly { session: Session; address: string }[], nowMs: number): Promise<void> {
    await this.#neighbours(
      'replace',
      all.map(({ session: { mac }, address }) => ({ ip: address, mac })),
    )
    const scripts = all.map(({ session, address }) => admitScript(session, address, leftOf(session, nowMs)))
    await this.#kernel.nft(scripts.join(''))
  }

  /** One address of a client that stays is theirs no longer. */
  async release(session: Session, address: string): Promise<void> {
    await this.#kernel.nft(releaseScript(session, address))
    await this.#neighbours('delete', [{ ip: address, mac: session.mac }])
  }

  async shut(sessions: readonly Session[]): Promise<void> {
    await this.#kernel.nft(sessions.map(shutScript).join(''))
    await this.#neighbours('delete', sessions.flatMap(neighboursOf))
    // What they sent by addresses that were not theirs claims nothing for whoever is next in by this card.
    const macs = new Set(sessions.map(({ mac }) => mac))
    const claims = (await this.seen()).filter(({ mac }) => macs.has(mac))
    if (claims.length > 0) await this.#kernel.nft(claims.map(({ ip, mac }) => unseenScript(ip, mac)).join(''))
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
  async #neighbours(what: 'replace' | 'delete', neighbours: readonly Neighbour[]): Promise<void> {
    const { lan } = this.#config
    const lines = neighbours.map(({ ip, mac }) =>
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

const neighboursOf = (session: Session): readonly Neighbour[] =>
  addressesOf(session).map((ip) => ({ ip, mac: session.mac }))

const leftOf = ({ endsMs }: Session, nowMs: number): number | undefined =>
  endsMs === undefined ? undefined : Math.max(1, endsMs - nowMs)
