/** What may be amiss with the machine under the box, its data folder and its packets. */
import type { Fault } from '@lango/kernel'
import type { Named } from './named.ts'

type None = object
type Counted = { readonly count: number }
type Disk = { readonly freeOctets: number; readonly sizeOctets: number; readonly dir: string }
/** A port of the box's own. */
export type PortName = 'auth' | 'acct' | 'radsec' | 'web' | 'portal' | 'portalTls'
export type Holder = { readonly program?: string; readonly pid?: number; readonly user: string }

export type MachineFacts = {
  readonly 'disk-low': Disk
  readonly 'disk-out': Disk
  readonly 'inodes-low': { readonly free: number; readonly dir: string }
  readonly 'inodes-out': { readonly dir: string }
  readonly 'disk-read-only': { readonly dir: string }
  readonly 'disk-errors': { readonly disk: string; readonly errors: number }
  readonly 'disk-failing': { readonly disk: string }
  readonly 'disk-reserve-low': { readonly disk: string }
  readonly 'disk-worn': { readonly disk: string; readonly wornPercent: number }
  /** Share of five minutes in which everything waited for it. */
  readonly 'disk-pressed': { readonly percent: number }
  readonly 'memory-low': { readonly availableOctets: number; readonly totalOctets: number }
  readonly 'memory-pressed': { readonly percent: number }
  readonly 'memory-ran-out': { readonly kills: number }
  readonly 'load-high': { readonly perProcessor: number; readonly processors: number }
  readonly 'too-warm': { readonly celsius: number; readonly criticalC: number }
  readonly 'clock-unsynced': None
  readonly 'wal-large': { readonly siteOctets: number; readonly sessionsOctets: number }
  readonly 'folder-open': { readonly dir: string; readonly mode: string }
  readonly 'buffer-small': { readonly grantedOctets: number; readonly wantedOctets: number }
  readonly 'database-damaged': Named<string>
  readonly 'keys-unfit': { readonly fault: Fault }
  readonly 'keys-lost': None
  readonly 'port-closed': { readonly name: PortName; readonly port: number; readonly holder?: Holder }
  readonly 'port-taken': { readonly name: PortName; readonly port: number; readonly holder: Holder }
  readonly 'radius-silent': { readonly port: number }
  readonly 'uplink-none': None
  readonly 'names-none': None
  readonly 'names-unanswered': { readonly server: string; readonly cause: string }
  readonly 'update-rolled-back': { readonly why: string; readonly at: number }
  readonly 'update-refused': { readonly why: string; readonly at: number }
  readonly 'packets-dropped': Counted
  readonly 'radsec-unknown': Counted
  readonly 'radsec-handshakes': Counted
  readonly 'radsec-dropped': Counted
  readonly 'decisions-lost': Counted
}
