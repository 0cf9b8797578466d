/**
 * What a subscriber gets once the door is open: one neutral description, turned into each vendor's attributes by
 * the table in `appliance/src/aaa/vendors.ts`. A policy is a value: it is stored once per content and never
 * changed, so a thread may keep what it has compiled from one for as long as it likes.
 */
import type { z } from 'zod'
import type { policySchema } from './policy-schema.ts'
import type { Speed } from './windows.ts'

/** What a subscriber is connected by. */
export const serviceKinds = ['pppoe', 'static', 'hotspot', '802.1x', 'mac'] as const
export type ServiceKind = (typeof serviceKinds)[number]

export type Policy = z.infer<typeof policySchema>

/** How often usage is reported where a plan does not say. */
export const INTERIM_SEC_DEFAULT = 300

/** A device that moves nothing for so long frees its place, where a hotspot plan does not say otherwise. */
export const HOTSPOT_IDLE_SEC = 900

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
  return onExpiry.kind === 'pool' ? { ...walled, pool: onExpiry.pool } : { ...walled, redirectUrl: onExpiry.url }
}

/** An expired subscriber is looked at again this often, so that a payment shows without a call. */
const EXPIRED_SESSION_SEC = 1800

/** A policy at another speed. It is made once, so that what is kept by policy (its encoded form) is found again. */
export const atSpeed = (policy: Policy, { downKbps, upKbps }: Speed): Policy =>
  variantOf(policy, `${downKbps}/${upKbps}`, ({ burst: _burst, ...rest }) => ({ ...rest, downKbps, upKbps }))

/** A policy whose usage is reported more often. */
export const atInterim = (policy: Policy, interimSec: number): Policy =>
  variantOf(policy, `every ${interimSec}`, (rest) => ({ ...rest, interimSec }))

const variants = new WeakMap<Policy, Map<string, Policy>>()

const variantOf = (policy: Policy, name: string, change: (policy: Policy) => Policy): Policy => {
  const known = variants.get(policy) ?? new Map<string, Policy>()
  variants.set(policy, known)
  const variant = known.get(name) ?? change(policy)
  known.set(name, variant)
  return variant
}
