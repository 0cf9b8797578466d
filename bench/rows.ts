/** The rows of the table: what is loaded, beside what, and what it must reach. */
import { alternate, measureRound, rateOf } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { makeCertificates } from './certificates.ts'
import { deskRow } from './desk-row.ts'
import { expiryRow } from './expiry-row.ts'
import { holdRow } from './hold-row.ts'
import type { Box } from './lango.ts'
import { startFreeradius } from './peers/freeradius.ts'
import type { Freeradius, Variant } from './peers/freeradius.ts'
import { SECRET } from './policy.ts'
import { buyersRow, portalRow } from './portal-row.ts'
import { busyRow, memoryRow, slowDiskRow, startRow } from './single-rows.ts'
import { whole } from './stats.ts'
import { load, peapLoad } from './tools.ts'
import type { LoadOptions } from './tools.ts'

/** Packets kept unanswered: enough to supply every thread of both sides, and to fill a commit. */
const WINDOW = 256
const PEAP_WINDOW = 32

type Method = 'pap' | 'mschapv2' | 'acct'

type Comparison = {
  readonly id: string
  readonly work: string
  readonly beside: string
  readonly method: Method
  readonly variant: Variant
  readonly atLeast: number
}

const comparisons: readonly Comparison[] = [
  {
    id: 'pap-files',
    work: 'PAP + Message-Authenticator, full policy',
    beside: 'FreeRADIUS, users in memory',
    method: 'pap',
    variant: 'files',
    atLeast: 1,
  },
  {
    id: 'pap-postgresql',
    work: 'PAP + Message-Authenticator, full policy',
    beside: 'FreeRADIUS + PostgreSQL',
    method: 'pap',
    variant: 'postgresql',
    atLeast: 3,
  },
  {
    id: 'acct-postgresql',
    work: 'accounting, durable before its answer',
    beside: 'FreeRADIUS + PostgreSQL',
    method: 'acct',
    variant: 'acct-postgresql',
    atLeast: 8,
  },
  {
    id: 'acct-detail',
    work: 'accounting, durable before its answer',
    beside: 'FreeRADIUS detail file, no sync',
    method: 'acct',
    variant: 'acct-detail',
    atLeast: 1.2,
  },
  {
    id: 'mschapv2',
    work: 'MS-CHAPv2',
    beside: 'FreeRADIUS, users in memory',
    method: 'mschapv2',
    variant: 'files',
    atLeast: 1,
  },
]

export const rows: readonly Row[] = [
  ...comparisons.slice(0, 4).map(comparisonRow),
  slowDiskRow,
  ...comparisons.slice(4).map(comparisonRow),
  { id: 'peap', work: 'PEAP-MSCHAPv2, full handshakes', beside: 'FreeRADIUS', run: comparePeap },
  busyRow,
  memoryRow,
  startRow,
  deskRow,
  expiryRow,
  holdRow,
  portalRow,
  buyersRow,
]

function comparisonRow(comparison: Comparison): Row {
  const { id, work, beside } = comparison
  return { id, work, beside, run: (bench) => compare(bench, comparison) }
}

async function compare(bench: Bench, { id, method, variant, atLeast }: Comparison): Promise<Outcome> {
  const box = await bench.box('pppoe')
  await using peer = await startFreeradius({ variant, folder: bench.newFolder(id), users: bench.users })
  const against = (ports: Pick<Box['ports'], 'auth' | 'acct'>) => async () => {
    const result = await load(bench.tools, { ...loadOf(bench, method, ports), seconds: bench.seconds })
    const flow = method === 'acct' ? result.acct : result.auth
    if (!flow) throw new TypeError('the generator gave no result')
    return { flow, cpuShare: result.cpuShare }
  }
  const {
    lango,
    peer: other,
    notes,
  } = await alternate(bench, {
    lango: () => measureRound(bench, [box.pid], against(box.ports)),
    async peer() {
      await peer.reset()
      return measureRound(bench, peer.pids, against(peer.ports))
    },
  })
  return ratioOutcome(rateOf(lango), rateOf(other), atLeast, notes)
}

function loadOf(bench: Bench, method: Method, ports: Pick<Box['ports'], 'auth' | 'acct'>): LoadOptions {
  const common = { secret: SECRET, users: bench.users, window: WINDOW }
  return method === 'acct' ? { ...common, acctPort: ports.acct } : { ...common, authPort: ports.auth, auth: method }
}

async function comparePeap(bench: Bench): Promise<Outcome> {
  const box = await bench.box('802.1x')
  const handshakes = (port: number, seconds: number) =>
    peapLoad(bench.tools, { secret: SECRET, users: bench.users, window: PEAP_WINDOW, authPort: port, seconds })
  // Both sides must have the same kind of key: it is most of what a handshake costs.
  const { tls } = await handshakes(box.ports.auth, 1)
  const folder = bench.newFolder('peap')
  const certificates = await makeCertificates(folder, tls)
  await using peer: Freeradius = await startFreeradius({ variant: 'peap', folder, users: bench.users, certificates })
  let peerTls = ''
  const against = (port: number, seen: (tls: string) => void) => async () => {
    const result = await handshakes(port, bench.seconds)
    if (result.auth.failed > 0) throw new Error(`${result.auth.failed} conversations broke off`)
    seen(result.tls)
    return { flow: result.auth, cpuShare: result.cpuShare }
  }
  const {
    lango,
    peer: other,
    notes,
  } = await alternate(bench, {
    lango: () =>
      measureRound(
        bench,
        [box.pid],
        against(box.ports.auth, () => undefined),
      ),
    peer: () =>
      measureRound(
        bench,
        peer.pids,
        against(peer.ports.auth, (seen) => (peerTls = seen)),
      ),
  })
  return ratioOutcome(rateOf(lango), rateOf(other), 0.8, [
    ...notes,
    tls === peerTls ? `both: ${tls}` : `unlike: Lango ${tls}; FreeRADIUS ${peerTls}`,
  ])
}

function ratioOutcome(lango: number, peer: number, atLeast: number, notes: readonly string[]): Outcome {
  const ratio = lango / peer
  return {
    lango: `${whole(lango)}/s`,
    peer: `${whole(peer)}/s`,
    ratio: `${ratio.toFixed(2)}×`,
    required: `≥ ${atLeast}×`,
    met: ratio >= atLeast,
    notes,
  }
}
