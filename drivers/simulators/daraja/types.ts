import type { Random, Timers } from '@lango/kernel'

/** Amounts are whole shillings, numbers as M-Pesa writes them (`2547XXXXXXXX`). */
export type SimulatedCustomer = {
  readonly msisdn: string
  readonly name: string
  readonly balance: number
  readonly pin: string
}

export type SimulatedShortcode = {
  readonly shortcode: string
  readonly name: string
  readonly kind: 'paybill' | 'till'
  readonly till?: string
  readonly passkey: string
  readonly balance?: number
  /** What it may hold at most. */
  readonly balanceMax?: number
  /** Safaricom has switched validation on for it. */
  readonly validates?: boolean
  readonly initiator?: { readonly name: string; readonly password: string }
}

export type SimulatedApp = {
  readonly consumerKey: string
  readonly consumerSecret: string
  readonly shortcodes: readonly SimulatedShortcode[]
}

export type DarajaSimulatorOptions = {
  readonly apps: readonly SimulatedApp[]
  readonly customers: readonly SimulatedCustomer[]
  /** With what an unknown number begins; without it an unknown number is a handset that nobody reaches. */
  readonly newCustomerShillings?: number
  /** Production registers C2B addresses once and simulates nothing. */
  readonly environment?: 'sandbox' | 'production'
  /** By which of Safaricom's pages standing orders are asked for. */
  readonly standingOrders?: '2025' | '2026'
  /** How long a prompt stays on a handset. */
  readonly promptMs?: number
  /** Of which methods the pull query is taken; the documents disagree. */
  readonly pullMethod?: 'POST' | 'GET'
  /** Rows a page of the pull query. */
  readonly pullPageRows?: number
  readonly tokenLifeSec?: number
  readonly random: Random
  readonly now: () => number
  readonly timers: Timers
  readonly port?: number
}

/** What whoever holds the handset does. `late-success`: it times out, and is paid after all. */
export type PromptOutcome =
  | 'approve'
  | 'cancel'
  | 'wrong-pin'
  | 'ignore'
  | 'unreachable'
  | 'late-success'
  | { readonly code: string }
  | { readonly approveAfterMs: number }

/** How a request goes wrong. `lost-answer`, `huge` and slowness come after it was done; the others before. */
export type RequestFault =
  | 'http-500'
  | 'garbage'
  | 'silent'
  | 'cut'
  | 'lost-answer'
  | 'huge'
  | 'redirect'
  | 'spike-arrest'
  | 'quota'
  | { readonly slowMs: number }
  | { readonly status: number; readonly code: string; readonly message: string }

/** How a callback goes wrong. `held`: it comes after the next one. */
export type CallbackFault =
  | 'lost'
  | 'duplicated'
  | 'held'
  | 'forged-ref'
  | 'forged-shortcode'
  | 'queue-timeout'
  | { readonly lateMs: number }
  | { readonly amount: number }

export type Answer = {
  readonly status: number
  readonly body: object
  /** What happens once it was answered. */
  readonly after?: () => void
}

export type Fields = Readonly<Record<string, unknown>>

export const refusal = (status: number, errorCode: string, errorMessage: string): Answer => ({
  status,
  body: { requestId: 'simulated', errorCode, errorMessage },
})

/** A field as text, '' for none. */
export const text = (fields: Fields, name: string): string => {
  const value = fields[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

export const SHILLINGS = /^[1-9]\d{0,6}$/
export const MSISDN = /^254[17]\d{8}$/

const EAT_MS = 3 * 3_600_000
/** `YYYYMMDDHHmmss` in East Africa Time. */
export const stampOf = (at: number): string => new Date(at + EAT_MS).toISOString().slice(0, 19).replaceAll(/\D/g, '')
/** Epoch ms of `YYYY-MM-DD HH:mm:ss` in East Africa Time; NaN for anything else. */
export const readDateTime = (written: string): number =>
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(written) ? Date.parse(`${written.replace(' ', 'T')}Z`) - EAT_MS : Number.NaN
