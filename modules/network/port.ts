/** The ports of a box that is an appliance, as the desk and the driver that sets them up both see them. */

/** By hardware address (`02:00:00:00:00:07`), or by the kernel's name; tagged (802.1Q) where it has a `vlan`. */
export type PortRef = { readonly port: string; readonly vlan?: number | undefined }

export type AddressRange = { readonly first: string; readonly last: string }

/** `address` is the box's own with its length, `10.1.0.1/24`. */
export type PlannedAddress =
  | { readonly kind: 'dhcp' }
  | {
      readonly kind: 'static'
      readonly address: string
      readonly gateway?: string | undefined
      readonly dns?: readonly string[] | undefined
    }

/** The box dials in to its own provider. */
export type PppoeUplink = { readonly kind: 'pppoe'; readonly userName: string; readonly password: string }

/** Several members are one bridge. */
type Named = { readonly name: string; readonly members: readonly PortRef[] }

/** `pool`: addresses that the box gives away there by DHCP. */
type Served = { readonly ipv4: PlannedAddress; readonly pool?: AddressRange | undefined }

export type PlannedNetwork = Named &
  /** `desk`: the desk answers to private addresses of that network too; a box with two ports has no third for it. */
  (
    | { readonly use: 'uplink'; readonly ipv4: PlannedAddress | PppoeUplink; readonly desk?: true | undefined }
    /** Where the routers stand: RADIUS, portal and desk. */
    | ({ readonly use: 'access' } & Served)
    /** Where the staff sit: the desk. */
    | ({ readonly use: 'management' } & Served)
    /** Guests of the hotspot. */
    | { readonly use: 'lan'; readonly address: string; readonly pool?: AddressRange | undefined }
    /** Subscribers who dial in. `address` is the box's own end of each line. */
    | {
        readonly use: 'pppoe'
        readonly acName: string
        readonly address: string
        readonly pool: AddressRange
        readonly dns: readonly string[]
        readonly mtu: number
        readonly sessionsMax: number
      }
  )

/** WireGuard to the tenant's cloud. The private key is made on the box and never leaves it. */
export type PlannedOverlay = {
  /** Which of the box's keys is in use. The one after it is made ahead; one more, and the box changes to it. */
  readonly keyNo: number
  /** The box's own, with their lengths. */
  readonly addresses: readonly string[]
  readonly peer: {
    readonly publicKey: string
    /** `host:port` */
    readonly endpoint: string
    readonly allowedIps: readonly string[]
    readonly keepaliveSec: number
  }
}

export type NetworkPlan = {
  readonly role: 'aaa' | 'gateway'
  readonly hostName: string
  readonly networks: readonly PlannedNetwork[]
  readonly overlay?: PlannedOverlay | undefined
  /** Of the box's own NAS with the box: filled in by the box. */
  readonly nasSecret?: string | undefined
}

/** `at`: where in the plan, `networks.0.ipv4.gateway`. A warning keeps nothing from being done. */
export type NetworkFault = {
  readonly type:
    | 'PortTwice'
    | 'VlanTwice'
    | 'PortMixed'
    | 'NameTwice'
    | 'NetworksOverlap'
    | 'DeskUnreachable'
    | 'PoolSmall'
    | 'PoolOutside'
    | 'GatewayOutside'
    | 'AddressUnusable'
    | 'UplinkMissing'
    | 'LanMissing'
    | 'LanTwice'
    | 'LanNeedsGateway'
    | 'DialerTwice'
    | 'DeskDialled'
    | 'PppoeTwice'
    | 'PortMissing'
  readonly at: string
  /** What it is about: a port, a network, a number. */
  readonly about: string
  readonly isWarning: boolean
}

export type NetworkPort = {
  readonly name: string
  readonly mac: string
  /** A cable is in, and somebody at its other end. */
  readonly isUp: boolean
  readonly speedMbps: number | null
  /** What it is for now; empty for nothing. */
  readonly uses: readonly string[]
  readonly addresses: readonly string[]
}

/** `/run/lango-os/network.json`, as the root service tells it. */
export type NetworkStatus = {
  /** Of what runs now; null before there was any. Without secrets. */
  readonly plan: NetworkPlan | null
  /** The wish that was looked at last. */
  readonly wishId: string | null
  readonly state: 'none' | 'trial' | 'confirmed' | 'reverted' | 'refused'
  /** Of a trial: when the machine has been up for so long, what was before comes back. */
  readonly revertsAtUptimeSec?: number | undefined
  readonly ports: readonly NetworkPort[]
  readonly faults: readonly NetworkFault[]
  /** Of the overlay: the public keys in use and the next. */
  readonly overlayKeys?: { readonly current: string; readonly next: string } | undefined
  /** In the words of a program that failed. */
  readonly why: string
}

/** How the desk sees all that. */
export interface BoxNetwork {
  /** Undefined where the root service has told nothing yet. */
  status(): NetworkStatus | undefined
  /** Throws where the wish cannot be written. */
  wish(id: string, plan: NetworkPlan): void
  /** What was wished last, with its passwords. */
  wished(): NetworkPlan | undefined
  confirm(id: string): void
}
