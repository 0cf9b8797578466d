/** How long a session may last: as its NAS was told, and as its grant has it since. */
import type { RawDatabase } from '@lango/kernel/db'
import type { Standing } from '@lango/modules/access/rules'

type OpenStanding = Extract<Standing, { kind: 'open' }>

/** A NAS is told of nothing shorter: a minute is not worth a packet. */
const LONGER_BY_SEC = 60
/** RouterOS takes no more; it stands for no limit too, since a limit cannot be taken back by leaving it out. */
const TIMEOUT_SEC_MAX = 21_474_720

type Counted = {
  readonly sessionTimeSec: number
  readonly lastReceivedAt: number
  /** By its Accept, or the last change that its NAS took; null where it was told of no limit, or nobody knows. */
  readonly toldSec: number | null
}

/**
 * Seconds from its start, as Session-Timeout counts (RFC 2865 §5.27). By the NAS's own count of the session, since its
 * clock may be another than ours.
 */
const mayLastSec = (
  { sessionTimeSec, lastReceivedAt }: Counted,
  { policy, untilAt, secLeft }: OpenStanding,
): number => {
  const left = [
    policy.sessionTimeoutSec > 0 ? policy.sessionTimeoutSec : Infinity,
    untilAt === undefined ? Infinity : sessionTimeSec + (untilAt - lastReceivedAt) / 1000,
    secLeft === undefined ? Infinity : sessionTimeSec + secLeft,
  ]
  return Math.min(...left.map(Math.floor), TIMEOUT_SEC_MAX)
}

/** What the NAS of a session has to be told, in seconds from its start, since it would end it too soon; else undefined. */
export type LongerTime = (sessionNo: number, standing: Standing) => number | undefined

export const createLongerTime = (reader: RawDatabase): LongerTime => {
  const counted = reader.prepare<[number, number], Counted>(
    `SELECT session_time_sec sessionTimeSec, last_received_at lastReceivedAt, coalesce(
       (SELECT timeout_sec FROM session_orders WHERE session_no = ? AND kind = 'change' AND state = 'done'
          AND timeout_sec IS NOT NULL ORDER BY finished_at DESC, id DESC LIMIT 1), timeout_sec) toldSec
     FROM live_sessions WHERE no = ? AND timeout_sec IS NOT NULL`,
  )
  return (sessionNo, standing) => {
    if (standing.kind !== 'open' || standing.reason !== 'accepted') return undefined
    const session = counted.get(sessionNo, sessionNo)
    if (!session || session.toldSec === null) return undefined
    const sec = mayLastSec(session, standing)
    return sec - session.toldSec >= LONGER_BY_SEC ? sec : undefined
  }
}
