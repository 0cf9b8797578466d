/**
 * Speeds as lines for `tc`: pure. Each client has a class of HTB by its own number, on the LAN for what comes down and
 * on the WAN for what goes up; the ruleset gives each packet the number of its class as its priority, which HTB reads
 * without a filter of its own.
 */
import type { Session } from './sessions.ts'

/** At HTB's default a class that is fast may not send for a long time after another. */
const QUANTUM_OCTETS = 1514
const PACKET_OCTETS = 1500
/** How long a packet may wait where no queue discipline keeps the wait short by itself. */
const QUEUE_MS = 200
const QUEUE_PACKETS_MIN = 16

/** What shares a client's line among their flows, best first; the last is in every kernel. */
export const leafKinds = ['cake', 'fq_codel', 'pfifo'] as const
export type LeafKind = (typeof leafKinds)[number]

const leaf = (kind: LeafKind, kbps: number): string => {
  if (kind === 'cake') return 'cake unlimited besteffort'
  if (kind === 'fq_codel') return 'fq_codel'
  return `pfifo limit ${Math.max(QUEUE_PACKETS_MIN, Math.ceil((kbps * QUEUE_MS) / 8 / PACKET_OCTETS))}`
}

/** A class to try a queue discipline in: the number is nobody's. */
const PROBE = '1:fff0'
const PROBE_KBPS = 1000
export const probeClass = (what: 'replace' | 'delete', device: string): string =>
  `class ${what} dev ${device} ${what === 'replace' ? 'parent 1: ' : ''}classid ${PROBE}${what === 'replace' ? ` htb rate ${PROBE_KBPS}kbit` : ''}`
export const leafLine = (device: string, kind: LeafKind): string =>
  `qdisc replace dev ${device} parent ${PROBE} ${leaf(kind, PROBE_KBPS)}`

export type Devices = { readonly lan: string; readonly wan: string }

const hex = (minor: number): string => `1:${minor.toString(16)}`
const directions = ({ lan, wan }: Devices, { downKbps, upKbps }: Session) => [
  { device: lan, kbps: downKbps },
  { device: wan, kbps: upKbps },
]

export const rootLine = (device: string): string => `qdisc replace dev ${device} root handle 1: htb default 0`

/** Whether `tc qdisc show` tells of a root of ours. */
export const hasRoot = (shown: string): boolean => /^qdisc htb 1: root /m.test(shown)

/** A class for each direction that is limited; where there is one it takes the new speed. */
export const shapeLines = (devices: Devices, session: Session, kind: LeafKind): readonly string[] =>
  directions(devices, session)
    .filter(({ kbps }) => kbps > 0)
    .flatMap(({ device, kbps }) => [
      `class replace dev ${device} parent 1: classid ${hex(session.minor)} htb rate ${kbps}kbit ceil ${kbps}kbit quantum ${QUANTUM_OCTETS}`,
      `qdisc replace dev ${device} parent ${hex(session.minor)} ${leaf(kind, kbps)}`,
    ])

export const unshapeLines = (devices: Devices, session: Session): readonly string[] =>
  directions(devices, session)
    .filter(({ kbps }) => kbps > 0)
    .map(({ device }) => `class delete dev ${device} classid ${hex(session.minor)}`)
