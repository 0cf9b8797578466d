/**
 * Who may be online, for how long and with what: the decision after a login has proved itself. Pure over what it is
 * given; taking the device slot is the caller's, and comes last.
 */
import { expiredPolicy, isCodeLogin, type Policy } from '@lango/modules/access/rules'
import type { Reason } from './reasons.ts'

/** A grant as the fronts read it. Instants are epoch ms. */
export type GrantRow = {
  readonly id: string
  readonly no: number
  readonly login: string
  readonly status: string
  readonly credential: Buffer | null
  readonly macLogin: string | null
  readonly policyId: string
  readonly expiresAt: number | null
  readonly validitySec: number | null
  readonly firstUsedAt: number | null
  readonly framedIp: string | null
  readonly framedIpv6Prefix: string | null
  readonly delegatedIpv6Prefix: string | null
  readonly vlan: number | null
  /** JSON array of the bound devices. */
  readonly devices: string
  readonly quotaOctets: number | null
}

export type World = {
  readonly grant: GrantRow
  readonly policy: Policy
  readonly device: string
  readonly now: number
  readonly clockSure: boolean
  /** Octets used so far; read only for grants with a quota. */
  readonly usedOctets: number
}

export type Decided =
  | {
      readonly kind: 'accept'
      readonly reason: Extract<Reason, 'accepted' | 'accepted-expired'>
      readonly policy: Policy
      /** 0: none. */
      readonly sessionTimeoutSec: number
      readonly quotaLeftOctets: number | undefined
      /** A business row must be written before the Accept leaves: validity begins, or the device is bound. */
      readonly firstUse: boolean
    }
  | { readonly kind: 'reject'; readonly reason: Reason }

const reject = (reason: Reason): Decided => ({ kind: 'reject', reason })

export const decide = (world: World): Decided => {
  const { grant, policy, now } = world
  if (grant.status === 'suspended') return reject('suspended')
  if (grant.status !== 'active') return reject('ended')
  const bound = grant.devices === '[]' ? [] : (JSON.parse(grant.devices) as string[])
  if (!mayUseDevice(bound, policy, world.device)) return reject('other-device')
  const validUntil = validityEnd(world)
  if (validUntil !== undefined && validUntil <= now) return expired(policy)
  const left = grant.quotaOctets === null ? undefined : grant.quotaOctets - world.usedOctets
  if (left !== undefined && left <= 0) return reject('quota-used')
  // With an unsure clock validity does not begin: the subscriber is let in, and the first login after it is sure counts.
  const begins = isUnused(grant) && world.clockSure
  const firstUse = begins || isNewDevice(bound, policy, world.device)
  return {
    kind: 'accept',
    reason: 'accepted',
    policy,
    sessionTimeoutSec: shortest(
      policy.sessionTimeoutSec,
      validUntil === undefined ? 0 : Math.ceil((validUntil - now) / 1000),
    ),
    quotaLeftOctets: left,
    firstUse,
  }
}

/**
 * The end of validity. While the clock is unsure nothing expires that has not expired already by the last committed
 * instant: `now` stands on that floor, so the comparison holds either way.
 */
const validityEnd = ({ grant, now }: World): number | undefined => {
  const { expiresAt } = grant
  if (grant.validitySec === null || grant.firstUsedAt !== null) return expiresAt ?? undefined
  // Not used yet: an end that stands there already is the last day to begin.
  return expiresAt !== null && expiresAt <= now ? expiresAt : now + grant.validitySec * 1000
}

const expired = (policy: Policy): Decided => {
  const walled = expiredPolicy(policy)
  if (!walled) return reject('expired')
  return {
    kind: 'accept',
    reason: 'accepted-expired',
    policy: walled,
    sessionTimeoutSec: walled.sessionTimeoutSec,
    quotaLeftOctets: undefined,
    firstUse: false,
  }
}

/** Whether its first login is still to come, and matters: validity runs from it, or a voucher is known as used by it. */
const isUnused = (grant: GrantRow): boolean =>
  grant.firstUsedAt === null && (grant.validitySec !== null || isCodeLogin(grant.login))

/** Bound devices may always; others only while first-come binding has room. */
const mayUseDevice = (bound: readonly string[], policy: Policy, device: string): boolean => {
  if (bound.length === 0 && policy.bindDevices === 'no') return true
  if (device !== '' && bound.includes(device)) return true
  return policy.bindDevices === 'first' && device !== '' && bound.length < Math.max(policy.deviceLimit, 1)
}

const isNewDevice = (bound: readonly string[], policy: Policy, device: string): boolean =>
  policy.bindDevices === 'first' && device !== '' && !bound.includes(device)

/** The shorter of two times of which 0 means none. */
const shortest = (a: number, b: number): number => (a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b))
