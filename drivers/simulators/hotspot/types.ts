import type { RequestListener } from 'node:http'
import type { PreparedSecret } from '../../radius/index.ts'
import type { Clock, Log, Random, Timers } from '@lango/kernel'

export type LoginBy = 'http-pap' | 'http-chap' | 'mac-cookie'

export type HotspotSimulatorOptions = {
  readonly radius: {
    readonly address: string
    readonly authPort: number
    readonly acctPort: number
    readonly secret: PreparedSecret
  }
  /** Of the router: NAS-IP-Address, where it asks from, and where it listens for CoA and Disconnect. */
  readonly nasAddress: string
  readonly coaPort?: number
  /** As `/system identity` and `/ip hotspot` name it, and the interface of its hosts. */
  readonly identity: string
  readonly serverName: string
  readonly interfaceName: string
  /** The html-directory: file by name. What is put in later is served from then on. */
  readonly html: ReadonlyMap<string, string>
  readonly loginBy: readonly LoginBy[]
  /** How often a session is reported, whatever interval the box asks for: demonstrations are impatient. */
  readonly interimMs?: number
  /** `/ip hotspot walled-garden ip`: what everybody reaches, as `address:port`. */
  readonly walledGarden: readonly string[]
  /** What answers a host that is online. */
  readonly internet: RequestListener
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly port?: number
}

/** A device as the hotspot knows it. */
export type Host = {
  /** It sends from here. */
  readonly address: string
  readonly mac: string
  /** The address that the hotspot has given it. */
  readonly ip: string
  session: Session | undefined
  /** The one that was printed last, until it is used. */
  challenge: Challenge | undefined
  isAuthorizing: boolean
  /** Whether it was looked for among the MAC cookies, which happens when it joins. */
  isGreeted: boolean
}

export type Challenge = { readonly id: number; readonly octets: Buffer }

/** What a browser has sent; kept with a MAC cookie, and sent again. */
export type Credential =
  | { readonly type: 'pap'; readonly password: string }
  | { readonly type: 'chap'; readonly challenge: Challenge; readonly response: Buffer }

/** What an Accept has granted, and a CoA may change. */
export type Grant = {
  readonly sessionTimeoutSec?: number | undefined
  readonly interimSec?: number | undefined
  readonly rateLimit?: string | undefined
  readonly uploadOctetsMax?: number | undefined
  readonly downloadOctetsMax?: number | undefined
  readonly totalOctetsMax?: number | undefined
}

export type Session = {
  /** Acct-Session-Id. */
  readonly id: string
  readonly nasPort: number
  readonly user: string
  readonly host: Host
  readonly loginBy: LoginBy
  readonly className: Buffer | undefined
  /** Of the clock that nobody sets. */
  readonly startedAtMs: number
  grant: Grant
  /** From the host, and to it. */
  inputOctets: number
  outputOctets: number
  /** Reports leave in order. */
  reports: Promise<void>
  stopTimeout: () => void
  stopInterim: () => void
}

/** A name of `errors.txt`, and what the router itself calls it. */
export type HotspotError = { readonly name: string; readonly orig: string }

/** Acct-Terminate-Cause (RFC 2866 §5.10). */
export const CAUSE = { userRequest: 1, lostCarrier: 2, sessionTimeout: 5, adminReset: 6, nasRequest: 10 } as const
export type Cause = (typeof CAUSE)[keyof typeof CAUSE]

/** How the next login, or the next answer of the servlet, goes wrong. */
export type HotspotFault = 'radius-timeout' | { readonly slowMs: number }
