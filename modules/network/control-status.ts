/** What the control thread knows of a router that the box logs in to. */

/** A customer whose rows the router does not have as they should be. */
export type ControlTrouble = {
  /** Of the customer's service. */
  readonly login: string
  /**
   * `unreadable`: their address or device is none; `taken`: the operator has a row of that name or address; `twice`:
   * another customer has it; `refused`: the router did not take it.
   */
  readonly what: 'unreadable' | 'taken' | 'twice' | 'refused'
  /** Of RouterOS; '' where there is none. */
  readonly menu: string
  /** What the router said; '' where it said nothing. */
  readonly said: string
}

/** Why nothing can be done at a router. */
export type ControlFault = {
  readonly why:
    | 'unreachable'
    /** It shows another certificate than the confirmed one, or none was confirmed yet. */
    | 'certificate'
    | 'login'
    /** It said no to a reading. */
    | 'refused'
    /** It stopped in the middle. */
    | 'silent'
    | 'password'
    | 'no-address'
  /** In the words of the router or the system. */
  readonly detail: string
  /** SHA-256 of the certificate that it showed, hexadecimal, with `certificate`; '' when it showed none. */
  readonly certificateSha256?: string
}

/** Something of a hotspot that the router does not have as it should be. */
export type HotspotTrouble = {
  /**
   * `taken`: a row of the operator's is in the way; `refused`: the router did not take it; `page`: a page was not brought
   * there; `unready`: the box does not know what to write.
   */
  readonly what: 'taken' | 'refused' | 'page' | 'unready'
  /** Of RouterOS; '' where there is none. */
  readonly menu: string
  /** Of the row or the page. */
  readonly name: string
  /** In the router's words; '' where it said nothing. */
  readonly said: string
}

export type HotspotStatus = {
  /** Taken off the router. */
  readonly isLeaving: boolean
  readonly troubles: readonly HotspotTrouble[]
  /** Epoch ms: when the router was last seen to have all of it; when something of it was last written there. */
  readonly keptAt?: number | undefined
  readonly changedAt?: number | undefined
}

export type ControlStatus = {
  readonly routerId: string
  /** Customers held there, and those of them who may pass. */
  readonly customers: number
  readonly active: number
  /** Epoch ms: when the router was last seen to have all of it; when something was last written there. */
  readonly keptAt?: number | undefined
  readonly changedAt?: number | undefined
  readonly fault?: ControlFault
  /** Epoch ms. */
  readonly failingSince?: number
  readonly troubles: readonly ControlTrouble[]
  /** How many customers there are with one. */
  readonly troubleCount: number
  /** Undefined where the box keeps none there, or has not tried yet. */
  readonly hotspot?: HotspotStatus
  /** What it says of itself. */
  readonly router?: { readonly identity: string; readonly version: string; readonly board: string }
}
