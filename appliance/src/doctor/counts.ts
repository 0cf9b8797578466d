/** What a running box has counted since its start, and what it means for who looks after it. */
import { attention, fine, type BoxCounts, type BoxStatus, type Check } from './check.ts'

const told = (count: number, one: string, more: string): string => (count === 1 ? `1 ${one}` : `${count} ${more}`)

export const checkCounts = (status: BoxStatus | undefined): Check[] => {
  const counts = status?.counts
  if (!counts) return []
  return [...checkUdp(counts), ...checkRadsec(counts), ...checkDecisions(counts), checkWatched(counts)]
}

const checkUdp = ({ dropped }: BoxCounts): Check[] => {
  if (dropped === 0) return []
  return [
    attention(
      'dropped-packets',
      `${told(dropped, 'packet was', 'packets were')} dropped without an answer since the start.`,
      'A wrong shared secret is the most frequent cause: set it again on both sides. The log counts the causes.',
    ),
  ]
}

const checkRadsec = ({ radsecUnknown, radsecHandshakes, radsecDropped }: BoxCounts): Check[] => {
  const checks: Check[] = []
  if (radsecUnknown > 0)
    checks.push(
      attention(
        'radsec-unknown',
        `${told(radsecUnknown, 'RadSec connection was', 'RadSec connections were')} closed since the start: the certificate is good, but no router goes by its name.`,
        'Say whose it is: lango router set ROUTER --radsec-identity NAME. The log has the addresses.',
      ),
    )
  if (radsecHandshakes > 0)
    checks.push(
      attention(
        'radsec-handshakes',
        `${told(radsecHandshakes, 'RadSec connection', 'RadSec connections')} could not be made since the start.`,
        'If a router of yours is missing: give it a certificate of this box (lango tls issue NAME --out DIR) and the authority (lango tls show), and set its clock. The log has the addresses; strangers who try the port may be left alone.',
      ),
    )
  if (radsecDropped > 0)
    checks.push(
      attention(
        'radsec-dropped',
        `${told(radsecDropped, 'packet or connection', 'packets or connections')} of RadSec ${radsecDropped === 1 ? 'was' : 'were'} dropped since the start.`,
        'The log counts the causes: a router that breaks the protocol wants newer software; a limit that was reached, fewer connections.',
      ),
    )
  return checks
}

const checkDecisions = ({ decisionsLost }: BoxCounts): Check[] => {
  if (decisionsLost === 0) return []
  return [
    attention(
      'decisions-lost',
      `${told(decisionsLost, 'decision is', 'decisions are')} missing from the log of decisions since the start: the disk did not take ${decisionsLost === 1 ? 'it' : 'them'}. The logins were answered all the same.`,
      'Look at the disk, above; lango decisions has a gap until it takes them again.',
    ),
  ]
}

/** Nothing is wrong with a box that nobody watches, but a router finds back to it later. */
const checkWatched = ({ statusRequests }: BoxCounts): Check =>
  fine(
    'status-server',
    statusRequests === 0
      ? 'No router asks whether this box is alive. One that has a second server to turn to comes back sooner if it does: switch Status-Server on there.'
      : `Asked ${told(statusRequests, 'time', 'times')} by Status-Server whether this box is alive.`,
  )
