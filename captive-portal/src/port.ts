/** What the portal needs of the box around it. */
import type { Clock, Fault, Log, Random, Result, Vault } from '@lango/kernel'
import type { Actor } from '@lango/kernel/verbs'
import type { PortalLook } from '@lango/modules/portal'
import type { GateLanguage } from './words/added.ts'

/** How this place looks and what it says, as set at the desk. */
export type GateLook = {
  readonly siteName: string
  /** ISO 4217: where phone numbers are written without a country. */
  readonly currency: string
  /** Of people who have chosen none; '' for what their browser asks for. */
  readonly language: string
  /** What is put into a wallet with one press, as it is set. */
  readonly walletAmounts: string
  /** Of the place's own colours and picture; '' for Lango's own. */
  readonly stylesheet: string
  /** What is set for this page alone. */
  readonly portal: PortalLook
}

export type PortalDeps = {
  readonly command: (
    name: string,
    input: unknown,
    by: { readonly id?: string; readonly actor: Actor; readonly origin: string },
  ) => Result<unknown, Fault>
  readonly query: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  /** At a router of this name, which may have a look of its own; that of the whole box where it has none. */
  readonly look: (router?: string) => GateLook
  /** The grant of whoever is online with this address, where that is known. */
  readonly grantOnlineAt: (address: string) => number | undefined
  /** Names of this box besides its addresses, in lower case. */
  readonly hostNames: readonly string[]
  /** The portal over https by a name that phones believe: `https://wifi.isp.example`; undefined while there is none. */
  readonly secureOrigin: () => string | undefined
  /** Those that this site has added to the portal's own: the same array for as long as they are the same. */
  readonly languages: () => readonly GateLanguage[]
  /** The site's, by IANA name. */
  readonly timeZone: string
  readonly vault: Pick<Vault, 'keyedHash'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
