/**
 * What a subscriber gets once the door is open: one neutral description, turned into each vendor's attributes by
 * the table in `appliance/src/aaa/vendors.ts`. A policy is a value: it is stored once per content and never
 * changed, so a thread may keep what it has compiled from one for as long as it likes.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'

/** What a subscriber is connected by. */
export const serviceKinds = ['pppoe', 'static', 'hotspot', '802.1x', 'mac'] as const
export type ServiceKind = (typeof serviceKinds)[number]

const kbps = z.number().int().min(0).max(400_000_000)
const seconds = z.number().int().min(0).max(0xffff_ffff)

/** Burst as MikroTik, accel-ppp and CAKE know it: up to `Kbps` for `timeSec` while the average is under the threshold. */
const burst = z.object({
  downKbps: kbps,
  upKbps: kbps,
  thresholdDownKbps: kbps,
  thresholdUpKbps: kbps,
  timeSec: z.number().int().min(1).max(3600),
})

export const policySchema = z.object({
  /** Speed in the subscriber's direction; 0 means no limit. */
  downKbps: kbps,
  upKbps: kbps,
  burst: burst.optional(),
  /** Queue priority, 1 highest to 8. */
  priority: z.number().int().min(1).max(8).optional(),
  /** Longest session; 0 means none. The end of validity shortens it. */
  sessionTimeoutSec: seconds,
  idleTimeoutSec: seconds,
  /** How often the NAS reports usage (RFC 2869 §5.16: never under 60). */
  interimSec: z.number().int().min(60).max(86_400),
  /** Devices online at once; 0 means any number. */
  deviceLimit: z.number().int().min(0).max(1000),
  /** `first`: the first `deviceLimit` devices seen are bound, others are refused. */
  bindDevices: z.enum(['no', 'first']),
  pool: z.string().max(200).optional(),
  ipv6Pool: z.string().max(200).optional(),
  delegatedIpv6Pool: z.string().max(200).optional(),
  vlan: z.number().int().min(1).max(4094).optional(),
  /** The router's own profile, group or role of this name (MikroTik Group, Aruba role, Huawei user group). */
  group: z.string().max(200).optional(),
  addressList: z.string().max(200).optional(),
  /** What an expired subscriber gets: a refusal, an address pool of its own, or a page. */
  onExpiry: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('reject') }),
    z.object({ kind: z.literal('pool'), pool: z.string().min(1).max(200), kbps }),
    z.object({ kind: z.literal('redirect'), url: z.url().max(240), kbps }),
  ]),
})

export type Policy = z.infer<typeof policySchema>

/** How often usage is reported where a plan does not say. */
export const INTERIM_SEC_DEFAULT = 300

export const openPolicy: Policy = {
  downKbps: 0,
  upKbps: 0,
  sessionTimeoutSec: 0,
  idleTimeoutSec: 0,
  interimSec: INTERIM_SEC_DEFAULT,
  deviceLimit: 0,
  bindDevices: 'no',
  onExpiry: { kind: 'reject' },
}

/** The same text for the same policy: keys in the schema's order, absent ones left out. */
export const policyText = (policy: Policy): string => JSON.stringify(policySchema.parse(policy))

/** Content address of a policy's text. */
export const policyHash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The policy of an expired subscriber who is not refused: slow, walled, short. */
export const expiredPolicy = (policy: Policy): Policy | undefined => {
  const { onExpiry } = policy
  if (onExpiry.kind === 'reject') return undefined
  const walled: Policy = {
    ...openPolicy,
    downKbps: onExpiry.kbps,
    upKbps: onExpiry.kbps,
    interimSec: policy.interimSec,
    sessionTimeoutSec: EXPIRED_SESSION_SEC,
  }
  return onExpiry.kind === 'pool' ? { ...walled, pool: onExpiry.pool } : walled
}

/** An expired subscriber is looked at again this often, so that a payment shows without a call. */
const EXPIRED_SESSION_SEC = 1800
