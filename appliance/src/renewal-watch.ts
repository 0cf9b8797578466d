/** What is used up and paid for anew from a wallet: tried before the session on it is ended. */
import type { RawDatabase } from '@lango/kernel/db'
import { system } from '@lango/kernel/verbs'
import { renewUsedUp } from '@lango/modules/payments'
import type { EnforcementDeps } from './enforcement.ts'
import type { Site } from './site.ts'
import type { Standings } from './standings.ts'

const watcher = system('reconciler')

const isUsedUp = (reason: string): boolean => reason === 'quota-used' || reason === 'time-used'

export type RenewalWatch = {
  /** An order to end a session is given unless what it stands on is paid for once more, and is looked at again. */
  readonly unlessRenewed: (order: EnforcementDeps['order']) => EnforcementDeps['order']
  /** A grant that has reached a limit is renewed before it is looked at, also where the router has ended its session. */
  readonly before: (look: (grantNo: number) => void) => (grantNo: number) => void
}

export const createRenewalWatch = (
  { dispatcher, ids }: Pick<Site, 'dispatcher' | 'ids'>,
  reader: RawDatabase,
  standings: Standings,
): RenewalWatch => {
  const renewing = reader.prepare<[number]>(
    "SELECT 1 FROM grants g JOIN renewals r ON r.id = g.service_id WHERE g.no = ? AND r.state <> 'stopped'",
  )
  const renewed = (grantNo: number): boolean => {
    if (renewing.get(grantNo) === undefined) return false
    // With the quota that it was counted against: told late, it is no second payment.
    const { quotaOctets = null, quotaSec = null } = standings(grantNo)?.grant ?? {}
    const input = { grantNo, quotaOctets, quotaSec }
    const told = dispatcher.dispatch(renewUsedUp, input, { id: ids.next('cmd'), actor: watcher })
    return told.ok && told.value.renewed
  }
  return {
    unlessRenewed: (order) => (session, kind, reason) => {
      if (!isUsedUp(reason) || !renewed(session.grantNo)) order(session, kind, reason)
    },
    before: (look) => (grantNo) => {
      const standing = standings(grantNo)?.standing
      if (standing?.kind === 'refused' && isUsedUp(standing.reason)) renewed(grantNo)
      look(grantNo)
    },
  }
}
