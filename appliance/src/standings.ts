/** Where the grants of live sessions stand now, from the databases: for who ends and changes sessions. */
import type { Clock } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { standingAt, type Allowance, type Calendar, type Policy, type Standing } from '@lango/modules/access/rules'
import { policyReader } from './aaa/readers.ts'
import { allowancesFrom, type MeteredGrant } from './aaa/usage.ts'

export type GrantStanding = {
  readonly grant: MeteredGrant
  /** What was sold; what holds now is the standing's. */
  readonly policy: Policy
  readonly allowance: Allowance | undefined
  readonly standing: Standing
}
/** Undefined for a grant that is no more. */
export type Standings = (grantNo: number) => GrantStanding | undefined

export const createStandings = (reader: RawDatabase, calendar: Calendar, clock: Clock): Standings => {
  const read = reader.prepare<[number], MeteredGrant & { readonly policyId: string }>(
    `SELECT no, login, status, policy_id policyId, expires_at expiresAt, validity_sec validitySec,
       first_used_at firstUsedAt, begins_at beginsAt, quota_octets quotaOctets, quota_sec quotaSec, top_ups topUps
     FROM grants WHERE no = ?`,
  )
  const policyOf = policyReader(reader)
  const allowanceOf = allowancesFrom(reader, calendar)
  return (grantNo) => {
    const grant = read.get(grantNo)
    if (!grant) return undefined
    const now = clock.now()
    const policy = policyOf(grant.policyId)
    const allowance = allowanceOf(grant, policy, now)
    const standing = standingAt({ grant, policy, allowance, calendar, now, clockSure: clock.sure() })
    return { grant, policy, allowance, standing }
  }
}
