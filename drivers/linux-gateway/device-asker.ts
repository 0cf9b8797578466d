/**
 * Asks for devices by their address alone as they join, for those that cannot open a portal: once when one is given an
 * address, and now and then after that, since somebody may have put it on the list meanwhile. A few at a time: every
 * phone is asked for so, and most are refused.
 */
import { defineLimits, type Log } from '@lango/kernel'

export const askerLimits = defineLimits({
  /** Of one look. */
  asksMax: 20,
  againAfterMs: 300_000,
  /** Without an answer it is no use to ask for the next ones. */
  waitAfterSilenceMs: 30_000,
})

export type DeviceAskerDeps = {
  readonly monotonicMs: () => number
  readonly isOnline: (ip: string, mac: string) => boolean
  /** Undefined when it is in, else why not. */
  readonly login: (ip: string, mac: string, userName: string, password: string) => Promise<string | undefined>
  readonly log: Log
}

/** What `login` says when the box did not answer. */
const SILENCE = 'radius-timeout'

export class DeviceAsker {
  readonly #deps: DeviceAskerDeps
  readonly #askedMs = new Map<string, number>()
  #notBeforeMs = 0
  #asking: Promise<void> | undefined

  constructor(deps: DeviceAskerDeps) {
    this.#deps = deps
  }

  /** Who has an address now: address by IP. Returns at once; one round at a time. */
  look(leases: ReadonlyMap<string, string>): Promise<void> {
    this.#asking ??= this.#round(leases).finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #round(leases: ReadonlyMap<string, string>): Promise<void> {
    const { monotonicMs, isOnline } = this.#deps
    const nowMs = monotonicMs()
    const present = new Set(leases.values())
    for (const mac of this.#askedMs.keys()) if (!present.has(mac)) this.#askedMs.delete(mac)
    if (nowMs < this.#notBeforeMs) return
    const due = [...leases].filter(([ip, mac]) => {
      const asked = this.#askedMs.get(mac)
      return !isOnline(ip, mac) && (asked === undefined || nowMs - asked >= askerLimits.againAfterMs)
    })
    for (const [ip, mac] of due.slice(0, askerLimits.asksMax)) if (!(await this.#ask(ip, mac))) return
  }

  /** False when the box was silent. */
  async #ask(ip: string, mac: string): Promise<boolean> {
    const { monotonicMs, login, log } = this.#deps
    // As RouterOS does it: name and password are the address.
    const name = mac.toUpperCase()
    const refusal = await login(ip, mac, name, name)
    if (refusal === SILENCE) {
      this.#notBeforeMs = monotonicMs() + askerLimits.waitAfterSilenceMs
      return false
    }
    this.#askedMs.set(mac, monotonicMs())
    if (refusal === undefined) log.info('a device is online by its address alone', { device: name })
    return true
  }
}
