import { findAttribute, type Packet } from './packet.ts'

/** Bounds on requests that were handed on and not yet answered. */
export const admissionLimits = {
  /** Of one client address: a flood from one NAS leaves the rest of the places to the others. */
  inFlightPerClientMax: 8192,
  inFlightMax: 32_768,
  /** Of both, kept for requests with State: a conversation that has begun goes before a new one. */
  stateReservePercent: 25,
  /** A request not answered by then has been forgotten by whoever had it; its place is free again. */
  inFlightMs: 30_000,
} as const

export type AdmissionLimits = { readonly [name in keyof typeof admissionLimits]: number }

/** A request in flight. `abandon` tells it that its place was taken away. */
export interface InFlight {
  readonly address: string
  readonly receivedAt: number
  abandon(): void
}

const STATE = 24

/** Decides who may still come in. Requests that are answered at once never take a place. */
export class Admission {
  readonly #limits: AdmissionLimits
  // In order of arrival, so that the oldest is the first.
  readonly #inFlight = new Set<InFlight>()
  readonly #perClient = new Map<string, number>()

  constructor(limits: Partial<AdmissionLimits> = {}) {
    this.#limits = { ...admissionLimits, ...limits }
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** May this request be handed on? Near the limit only those that carry State (RFC 5080 §2.2.3). */
  check(address: string, packet: Packet, nowMs: number): 'ok' | 'client-busy' | 'server-busy' {
    if (this.#inFlight.size === 0) return 'ok'
    const verdict = this.#judge(address, packet)
    if (verdict === 'ok') return 'ok'
    this.#expire(nowMs)
    return this.#judge(address, packet)
  }

  /** The request was handed on and is not answered yet. */
  enter(request: InFlight): void {
    this.#inFlight.add(request)
    this.#perClient.set(request.address, this.#ofClient(request.address) + 1)
  }

  /** It has ended. One that never entered is ignored. */
  leave(request: InFlight): void {
    if (!this.#inFlight.delete(request)) return
    const left = this.#ofClient(request.address) - 1
    if (left === 0) this.#perClient.delete(request.address)
    else this.#perClient.set(request.address, left)
  }

  #judge(address: string, packet: Packet): 'ok' | 'client-busy' | 'server-busy' {
    const { inFlightMax, inFlightPerClientMax, stateReservePercent } = this.#limits
    const open = 1 - stateReservePercent / 100
    const ofClient = this.#ofClient(address)
    if (ofClient < inFlightPerClientMax * open && this.#inFlight.size < inFlightMax * open) return 'ok'
    const share = findAttribute(packet, STATE) === -1 ? open : 1
    if (ofClient >= inFlightPerClientMax * share) return 'client-busy'
    return this.#inFlight.size >= inFlightMax * share ? 'server-busy' : 'ok'
  }

  #ofClient(address: string): number {
    return this.#perClient.get(address) ?? 0
  }

  #expire(nowMs: number): void {
    const before = nowMs - this.#limits.inFlightMs
    for (const request of this.#inFlight) {
      if (request.receivedAt > before) return
      this.leave(request)
      request.abandon()
    }
  }
}
