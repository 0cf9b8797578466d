/**
 * What every subscriber of the bench is given, said once for both sides: Lango takes it as plan and import file,
 * FreeRADIUS as reply attributes.
 */
export const SECRET = 'bench-secret-9f2c'
export const PLAN = {
  name: 'bench-20m',
  downKbps: 50_000,
  upKbps: 20_000,
  burstDownKbps: 100_000,
  burstUpKbps: 40_000,
  burstSec: 16,
  idleSec: 600,
  sessionSec: 86_400,
  interimSec: 300,
  pool: 'bench-pool',
} as const

const SPEED = `${PLAN.upKbps}k/${PLAN.downKbps}k`
const USER_DIGITS = 6

export type Subscriber = { readonly login: string; readonly password: string; readonly mac: string }

/** The subscriber of this number, named as the load generator names it. */
export function subscriber(number: number): Subscriber {
  const digits = String(number).padStart(USER_DIGITS, '0')
  const octets = number.toString(16).toUpperCase().padStart(6, '0').match(/../g) ?? []
  return { login: `user${digits}`, password: `pass${digits}`, mac: `02:00:00:${octets.join(':')}` }
}

/** The plan in FreeRADIUS's words: attribute and value, as `users` files and `radgroupreply` hold them. */
export const REPLY_ATTRIBUTES: readonly (readonly [string, string])[] = [
  ['Service-Type', 'Framed-User'],
  ['Framed-Protocol', 'PPP'],
  // rx/tx of the router, so upload first: rate, burst rate, burst threshold, burst time.
  [
    'Mikrotik-Rate-Limit',
    `${SPEED} ${PLAN.burstUpKbps}k/${PLAN.burstDownKbps}k ${SPEED} ${PLAN.burstSec}/${PLAN.burstSec}`,
  ],
  ['Session-Timeout', String(PLAN.sessionSec)],
  ['Idle-Timeout', String(PLAN.idleSec)],
  ['Acct-Interim-Interval', String(PLAN.interimSec)],
  ['Framed-Pool', PLAN.pool],
]
