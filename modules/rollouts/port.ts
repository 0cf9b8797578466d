/** What the module needs of the devices whose software it brings up to date. Filled by `drivers/`. */

/**
 * What can be brought up to date. A router is logged in to by the box itself; what stands at a customer's (CPE) is
 * reached by TR-069, whose part takes a rollout over as a whole: this one then only counts what it is told.
 */
export const deviceKinds = ['routeros', 'cpe'] as const
export type DeviceKind = (typeof deviceKinds)[number]

/** Who does the work on a device of a kind. */
export const workedBy: Readonly<Record<DeviceKind, 'box' | 'handed over to the TR-069 part'>> = {
  routeros: 'box',
  cpe: 'handed over to the TR-069 part',
}

/** What a router says of its software. */
export type RouterSoftware = {
  /** As it says it: `7.20.1 (stable)`. */
  readonly versionText: string
  readonly architecture: string
  readonly board: string
  readonly uptimeMs: number
  readonly freeDiskBytes: number
  readonly freeMemoryBytes: number
  /** Files that do not lie in its folder flash are in memory. */
  readonly hasFlash: boolean
  /** RouterBOOT: what runs, and what RouterOS has for it. Undefined where there is none: a PC, a virtual machine. */
  readonly firmware: { readonly current: string; readonly offered: string } | undefined
  /** Installed and on, without the system's own. */
  readonly packages: readonly string[]
  /** All that are switched on and were not made by the router itself. */
  readonly interfaces: readonly { readonly name: string; readonly type: string; readonly isRunning: boolean }[]
  /** Files that it would install when it restarts. */
  readonly waitingFiles: readonly string[]
}
