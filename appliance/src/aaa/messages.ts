/** What the threads of the box say to each other. Everything here crosses by structured clone or transfer. */
import type { MessagePort } from 'node:worker_threads'
import type { Chunk } from './decision-log.ts'

/** What every AAA thread is started with. */
export type AaaData = {
  readonly siteFile: string
  readonly sessionsFile: string
  readonly keyFile: string
  readonly slots: SharedArrayBuffer
  readonly state: SharedArrayBuffer
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** Of the site: days and months begin by it. */
  readonly timeZone: string
}

export type FrontData = AaaData & {
  readonly index: number
  readonly listen: string
  readonly authPort: number
  readonly acctPort: number
  readonly writer: MessagePort
  readonly eap: MessagePort
}

/**
 * Accounting packets of one turn of a front's loop. Each: length u16 (of the packet), flags u16, routerNo u32,
 * receivedAt f64, then the packet.
 */
export type AccountingBatch = {
  readonly kind: 'accounting'
  readonly batch: number
  readonly octets: Uint8Array<ArrayBuffer>
}

export const BATCH_HEADER_OCTETS = 16
export const BATCH_FLAG_SWAPPED = 1

/** An address that is no router of ours, with what it called itself. */
export type Stranger = {
  readonly address: string
  readonly nasIdentifier: string
  readonly packets: number
  readonly at: number
}
export type Heard = {
  readonly routerNo: number
  readonly at: number
  readonly address: string
  readonly requests: number
}
/** A wrong password: counted against the login from this device. */
export type Failure = { readonly login: string; readonly device: string; readonly at: number }

export type ToWriter =
  | AccountingBatch
  | { readonly kind: 'decisions'; readonly chunk: Chunk; readonly failures: readonly Failure[] }
  | { readonly kind: 'seen'; readonly strangers: readonly Stranger[]; readonly heard: readonly Heard[] }

/** A batch is answered as a whole: durable, or not stored at all. */
export type FromWriter = { readonly batch: number; readonly stored: boolean }
