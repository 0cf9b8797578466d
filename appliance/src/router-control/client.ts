/** How a router that the box logs in to is reached, as it is set at the desk. */
import { err, ok, type Clock, type Random, type Result, type Timers, type Vault } from '@lango/kernel'
import type { ControlFault, ControlWay } from '@lango/modules/network'
import { controlPasswordPurpose, parseAddress } from '@lango/modules/network/rules'
import { createRouterosClient, type RouterosClient } from './drivers.ts'

export type ControlLogin = {
  readonly id: string
  readonly address: string
  readonly way: ControlWay
  readonly host: string | null
  readonly port: number
  readonly user: string
  readonly password: Buffer
  readonly certificateSha256: string | null
}

/** Columns of a `ControlLogin`, of `router_controls c` with `routers r`. */
export const CONTROL_LOGIN_COLUMNS =
  'c.id, r.address, c.way, c.host, c.port, c.user, c.password, c.certificate_sha256 certificateSha256'

export type ControlClientDeps = {
  readonly vault: Vault
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

export const controlClient = (
  login: ControlLogin,
  { vault, clock, timers, random }: ControlClientDeps,
  backoffMaxMs?: number,
): Result<RouterosClient, ControlFault & { readonly type: 'ControlUnusable' }> => {
  const { id, way, port, user, address, certificateSha256 } = login
  const password = vault.open(login.password, controlPasswordPurpose(id))
  // Somebody may have made a range of the address meanwhile.
  const host = login.host ?? (parseAddress(address) ? address : undefined)
  if (!password.ok || host === undefined)
    return err({ type: 'ControlUnusable', why: password.ok ? 'no-address' : 'password', detail: address })
  return ok(
    createRouterosClient({
      way: way === 'rest' ? 'rest' : 'api',
      host,
      port,
      // Without a confirmed certificate none is right, and the one that it shows is told.
      tls: way === 'api' ? undefined : { pinSha256: certificateSha256 ?? '' },
      login: { user, password: password.value },
      clock,
      timers,
      random,
      ...(backoffMaxMs !== undefined && { limits: { backoffMaxMs } }),
    }),
  )
}
