/** What a running box has counted since its start, and what it means for who looks after it. */
import { fine, found, type BoxCounts, type BoxStatus, type Check } from './check.ts'

export const checkCounts = (status: BoxStatus | undefined): Check[] => {
  const counts = status?.counts
  if (!counts) return []
  return [
    ...counted('dropped-packets', 'packets-dropped', counts.dropped),
    ...counted('radsec-unknown', 'radsec-unknown', counts.radsecUnknown),
    ...counted('radsec-handshakes', 'radsec-handshakes', counts.radsecHandshakes),
    ...counted('radsec-dropped', 'radsec-dropped', counts.radsecDropped),
    ...counted('decisions-lost', 'decisions-lost', counts.decisionsLost),
    checkWatched(counts),
  ]
}

/** Nothing of what is none. */
const counted = (
  name: string,
  type: 'packets-dropped' | 'radsec-unknown' | 'radsec-handshakes' | 'radsec-dropped' | 'decisions-lost',
  count: number,
): Check[] => (count === 0 ? [] : [found(name, 'attention', { type, count })])

/** Nothing is wrong with a box that nobody watches, but a router finds back to it later. */
const checkWatched = ({ statusRequests }: BoxCounts): Check =>
  fine(
    'status-server',
    statusRequests === 0
      ? 'No router asks whether this box is alive. One that has a second server to turn to comes back sooner if it does: switch Status-Server on there.'
      : `Asked ${statusRequests === 1 ? 'once' : `${statusRequests} times`} by Status-Server whether this box is alive.`,
  )
