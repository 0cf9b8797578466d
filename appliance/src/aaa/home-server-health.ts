/**
 * Whether a home server is worth asking. One unanswered login proves little (its server may have had reasons), so a
 * Status-Server decides (RFC 5997 §4.3); one that is down comes back after three answers in a row, so that one that
 * is just up to its first packets is not flooded again (RFC 3539 §3.4.1). Not every server knows Status-Server: a
 * login is tried at one that is down, now and then.
 */
import type { RadiusTimers } from '@lango/drivers/radius'

/** Tw of RFC 3539 §3.4.1: between two Status-Server packets to one that is down, with a jitter of 2 s either way. */
const PROBE_EVERY_MS = 30_000
const PROBE_JITTER_MS = 2000
/** Once it has answered, the next comes sooner: the least that the RFC allows for Tw. */
const PROBE_AGAIN_MS = 6000
/** Status-Server packets without an answer that take a silent server down. */
const PROBES_TO_DOWN = 2
const ANSWERS_TO_UP = 3
/** After this time a login is tried at a server that is down. */
const RETRY_AFTER_MS = 120_000

type State = 'up' | 'suspect' | 'down'

export type HealthDeps = {
  /** Sends one Status-Server; resolves with whether it was answered. */
  readonly probe: () => Promise<boolean>
  readonly random: { unit(): number }
  readonly monotonicMs: () => number
  readonly timers: RadiusTimers
  /** It went down, or came back. */
  readonly onTurn: (isUp: boolean) => void
}

export class HomeServerHealth {
  readonly #deps: HealthDeps
  #state: State = 'up'
  #heardAt = -Infinity
  /** Of Status-Server packets in a row: answered while it is down, unanswered while it is suspect. */
  #inRow = 0
  #retryAt = 0
  #timer: unknown
  #isOpen = true

  constructor(deps: HealthDeps) {
    this.#deps = deps
  }

  /** 0 for one that answers, and for one that is down and due for a try; the higher the later it is asked. */
  get rank(): number {
    if (this.#state === 'up') return 0
    if (this.#state === 'suspect') return 1
    return this.#deps.monotonicMs() >= this.#retryAt ? 0 : 2
  }

  /** A login is about to be sent to it: the next one is not, until it has answered or is due again. */
  asked(): void {
    if (this.#state === 'down') this.#retryAt = this.#deps.monotonicMs() + RETRY_AFTER_MS
  }

  answered(): void {
    this.#heardAt = this.#deps.monotonicMs()
    if (this.#state !== 'up') this.#become('up')
  }

  /** A login that was sent at `sentAt` has had no answer; one that has answered others since is not silent. */
  unanswered(sentAt: number): void {
    if (this.#state !== 'up' || this.#heardAt >= sentAt) return
    this.#become('suspect')
    this.#probe()
  }

  close(): void {
    this.#isOpen = false
    this.#deps.timers.clear(this.#timer)
  }

  #become(state: State): void {
    const before = this.#state
    this.#state = state
    this.#inRow = 0
    this.#deps.timers.clear(this.#timer)
    if (state === 'down') this.#deps.onTurn(false)
    else if (state === 'up' && before === 'down') this.#deps.onTurn(true)
  }

  #probe(): void {
    const { monotonicMs, probe } = this.#deps
    const sentAt = monotonicMs()
    void probe().then((isAnswered) => {
      // Meanwhile a login was answered, or the server is no longer ours to ask.
      if (!this.#isOpen || this.#state === 'up') return
      if (isAnswered) this.#heardAt = monotonicMs()
      if (this.#state === 'suspect') this.#judge(isAnswered)
      else this.#revive(isAnswered, sentAt)
    })
  }

  #judge(isAnswered: boolean): void {
    this.#inRow += 1
    if (isAnswered) return this.#become('up')
    if (this.#inRow < PROBES_TO_DOWN) return this.#probe()
    this.#become('down')
    this.asked()
    this.#probeIn(PROBE_EVERY_MS)
  }

  #revive(isAnswered: boolean, sentAt: number): void {
    this.#inRow = isAnswered ? this.#inRow + 1 : 0
    if (this.#inRow >= ANSWERS_TO_UP) return this.#become('up')
    const tookMs = this.#deps.monotonicMs() - sentAt
    this.#probeIn((isAnswered ? PROBE_AGAIN_MS : PROBE_EVERY_MS) - tookMs)
  }

  #probeIn(ms: number): void {
    const jitterMs = (2 * this.#deps.random.unit() - 1) * PROBE_JITTER_MS
    this.#timer = this.#deps.timers.set(() => this.#probe(), ms + jitterMs)
  }
}
