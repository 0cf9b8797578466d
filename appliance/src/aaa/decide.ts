/**
 * Who may be online, for how long and with what: the decision after a login has proved itself. Pure over what it is
 * given; taking the device slot is the caller's, and comes last.
 */
import {
  beginsWithUse,
  isSerialSeen,
  standingAt,
  type GrantTerms,
  type Policy,
  type Speed,
  type Standing,
  type StandingFacts,
} from '@lango/modules/access/rules'
import type { Reason } from './reasons.ts'

/** A grant as the fronts read it. Instants are epoch ms. */
export type GrantRow = GrantTerms & {
  readonly id: string
  readonly no: number
  readonly credential: Buffer | null
  readonly macLogin: string | null
  readonly serial: string | null
  readonly serialLogin: boolean
  readonly policyId: string
  readonly framedIp: string | null
  readonly framedIpv6Prefix: string | null
  readonly delegatedIpv6Prefix: string | null
  readonly vlan: number | null
  /** JSON array of the bound devices. */
  readonly devices: string
}

export type World = StandingFacts & {
  readonly grant: GrantRow
  readonly device: string
  /** Its number. */
  readonly router: number
  /** The ONTs and CPEs that the request names, looked up only where they count. */
  readonly serials: () => readonly string[]
}

export type Decided =
  | {
      readonly kind: 'accept'
      readonly reason: Extract<Reason, 'accepted' | 'accepted-expired'>
      readonly policy: Policy
      /** Set where it is not the plan's own. */
      readonly speed: Speed | undefined
      /** 0: none. */
      readonly sessionTimeoutSec: number
      readonly quotaLeftOctets: number | undefined
      /** Octets from here to the next tier of fair use. */
      readonly tierLeftOctets: number | undefined
      /** A business row must be written before the Accept leaves: validity begins, or the device is bound. */
      readonly firstUse: boolean
      /** The ONT or CPE that is bound with it. */
      readonly bindSerial: string | undefined
    }
  | { readonly kind: 'reject'; readonly reason: Reason }

const reject = (reason: Reason): Decided => ({ kind: 'reject', reason })

/** Whatever device it comes from. */
const OVER: ReadonlySet<Reason> = new Set(['suspended', 'away', 'ended'])

export const decide = (world: World): Decided => {
  const { grant, policy } = world
  const standing = standingAt(world)
  if (standing.kind === 'refused' && OVER.has(standing.reason)) return reject(standing.reason)
  if (policy.routers?.includes(world.router) === false) return reject('other-router')
  const bound = grant.devices === '[]' ? [] : (JSON.parse(grant.devices) as string[])
  if (!mayUseDevice(bound, policy, world.device)) return reject('other-device')
  if (grant.serial !== null && !isSerialSeen(grant.serial, world.serials())) return reject('other-serial')
  return standing.kind === 'refused' ? reject(standing.reason) : admission(world, standing, bound)
}

const admission = (
  { grant, policy, device, serials, allowance, now, clockSure }: World,
  standing: Extract<Standing, { kind: 'open' }>,
  bound: readonly string[],
): Decided => {
  const { untilAt, secLeft = 0 } = standing
  const isPaid = standing.reason === 'accepted'
  // With an unsure clock validity does not begin: the subscriber is let in, and the first login after it is sure counts.
  const begins = beginsWithUse(grant, policy) && clockSure
  const leftSec = untilAt === undefined ? 0 : Math.ceil((untilAt - now) / 1000)
  const bindSerial = isPaid && policy.bindSerial === 'first' && grant.serial === null ? serials()[0] : undefined
  return {
    kind: 'accept',
    reason: standing.reason,
    policy: standing.policy,
    speed: standing.speed,
    sessionTimeoutSec: shortest(standing.policy.sessionTimeoutSec, leftSec, secLeft),
    quotaLeftOctets: standing.octetsLeft,
    tierLeftOctets: isPaid ? allowance?.fairUse?.toNextTier : undefined,
    firstUse: isPaid && (begins || isNewDevice(bound, policy, device) || bindSerial !== undefined),
    bindSerial,
  }
}

/** Bound devices may always; others only while first-come binding has room. */
const mayUseDevice = (bound: readonly string[], policy: Policy, device: string): boolean => {
  if (bound.length === 0 && policy.bindDevices === 'no') return true
  if (device !== '' && bound.includes(device)) return true
  return policy.bindDevices === 'first' && device !== '' && bound.length < Math.max(policy.deviceLimit, 1)
}

const isNewDevice = (bound: readonly string[], policy: Policy, device: string): boolean =>
  policy.bindDevices === 'first' && device !== '' && !bound.includes(device)

/** The shortest of the times that are set: 0 means none. */
const shortest = (...seconds: readonly number[]): number => {
  const set = seconds.filter((sec) => sec > 0)
  return set.length === 0 ? 0 : Math.min(...set)
}
