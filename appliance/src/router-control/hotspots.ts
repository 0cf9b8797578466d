/** Which hotspots the box keeps on routers, and what each is to be there now: as set at the desk, and as the portal is. */
import { mikrotikFiles } from '@lango/captive-portal/mikrotik-files'
import type { Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import {
  boxAddressFor,
  hotspotSetUp,
  parseAddress,
  readNetwork,
  routerSecretPurpose,
  type Reach,
} from '@lango/modules/network/rules'
import type { DesiredHotspot } from './drivers.ts'

type HotspotRow = {
  readonly id: string
  readonly interface: string
  readonly network: string
  readonly box: string | null
  readonly openNames: string
  readonly status: 'kept' | 'leaving'
  readonly routerAddress: string
  readonly secret: Buffer
  readonly coaPort: number
}

export type WantedHotspot = {
  /** Another when what should be there is. */
  readonly version: string
  readonly isLeaving: boolean
  /** Undefined while nobody knows: the box has no address, or the secret cannot be opened. */
  readonly steps: DesiredHotspot | undefined
}

export class Hotspots {
  readonly #vault: Vault
  readonly #rows
  #reach: Reach | undefined
  #reachText = ''

  constructor({ reader, vault }: { readonly reader: RawDatabase; readonly vault: Vault }) {
    this.#vault = vault
    this.#rows = reader.prepare<[], HotspotRow>(
      `SELECT h.id, h.interface, h.network, h.box, h.open_names openNames, h.status, r.address routerAddress, r.secret,
         r.coa_port coaPort
       FROM router_hotspots h JOIN routers r ON r.id = h.id`,
    )
  }

  /** How the box and its portal are reached from now on. */
  take(reach: Reach): boolean {
    const text = JSON.stringify(reach)
    if (text === this.#reachText) return false
    this.#reach = reach
    this.#reachText = text
    return true
  }

  /** By router; of none before the box has said how it is reached. */
  wanted(): ReadonlyMap<string, WantedHotspot> {
    const reach = this.#reach
    if (!reach) return new Map()
    return new Map(this.#rows.all().map((row) => [row.id, this.#wantedOf(row, reach)]))
  }

  #wantedOf(row: HotspotRow, reach: Reach): WantedHotspot {
    const box = row.box ?? boxAddressFor(reach, row.routerAddress, '')
    const { secret, ...open } = row
    const version = JSON.stringify([open, secret.toString('base64'), box, this.#reachText])
    return { version, isLeaving: row.status === 'leaving', steps: this.#stepsOf(row, reach, box) }
  }

  #stepsOf(row: HotspotRow, { ports, securePortal }: Reach, box: string): DesiredHotspot | undefined {
    const secret = this.#vault.open(row.secret, routerSecretPurpose(row.id))
    const network = readNetwork(row.network)
    if (!secret.ok || !network || parseAddress(box) === undefined) return undefined
    return hotspotSetUp({
      box,
      authPort: ports.auth,
      acctPort: ports.acct,
      coaPort: row.coaPort,
      portalPort: ports.portal,
      securePortal,
      secret: secret.value,
      routerAddress: parseAddress(row.routerAddress) ? row.routerAddress : '',
      interface: row.interface,
      network,
      openNames: JSON.parse(row.openNames) as readonly string[],
    }).map((step) =>
      // As the portal hands them out at that address.
      step.part === 'pages' ? { ...step, files: mikrotikFiles(`http://${box}:${ports.portal}`) } : step,
    )
  }
}
