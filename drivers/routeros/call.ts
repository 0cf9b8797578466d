/** One call's time and turn: how long it may take, and how many may be under way at once. */
import type { Timers } from '@lango/kernel'
import type { RouterosFault } from './fault.ts'

/** Aborts when its time is over or when its caller says so, and knows which. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #timeoutMs: number | undefined
  readonly #cancelTimer: (() => void) | undefined
  readonly #caller: AbortSignal | undefined
  #isOver = false

  /** Without `timeoutMs` only the caller ends it. */
  constructor(timers: Timers, timeoutMs: number | undefined, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs
    this.#caller = caller
    if (timeoutMs !== undefined)
      this.#cancelTimer = timers.after(timeoutMs, () => {
        this.#isOver = true
        this.#controller.abort()
      })
    if (caller?.aborted === true) this.#controller.abort()
    caller?.addEventListener('abort', this.#onAbort, { once: true })
  }

  readonly #onAbort = (): void => this.#controller.abort()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  fault(sent: boolean): RouterosFault {
    return this.#isOver ? { type: 'TimedOut', afterMs: this.#timeoutMs!, sent } : { type: 'Aborted', sent }
  }

  end(): void {
    this.#cancelTimer?.()
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }
}

type Waiting = { readonly enter: (how: 'entered' | 'closed') => void }

/** Lets so many in at once, so many wait in order, and turns the rest away. */
export class Gate {
  readonly #insideMax: number
  readonly #waitingMax: number
  readonly #waiting = new Set<Waiting>()
  #inside = 0
  #isOpen = true

  constructor(insideMax: number, waitingMax: number) {
    this.#insideMax = insideMax
    this.#waitingMax = waitingMax
  }

  /** Who entered must leave. */
  enter(signal: AbortSignal): Promise<'entered' | 'busy' | 'aborted' | 'closed'> {
    if (!this.#isOpen) return Promise.resolve('closed')
    if (signal.aborted) return Promise.resolve('aborted')
    if (this.#inside < this.#insideMax) {
      this.#inside += 1
      return Promise.resolve('entered')
    }
    if (this.#waiting.size >= this.#waitingMax) return Promise.resolve('busy')
    return new Promise((resolve) => {
      const onAbort = (): void => {
        this.#waiting.delete(waiting)
        resolve('aborted')
      }
      const waiting: Waiting = {
        enter: (how) => {
          signal.removeEventListener('abort', onAbort)
          resolve(how)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiting)
    })
  }

  leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#inside -= 1
      return
    }
    // The place goes on to who waited longest.
    this.#waiting.delete(next)
    next.enter('entered')
  }

  close(): void {
    this.#isOpen = false
    for (const waiting of this.#waiting) waiting.enter('closed')
    this.#waiting.clear()
  }
}

/** Why somebody was not let in. Nothing was sent. */
export const turnedAway = (why: 'busy' | 'aborted' | 'closed', deadline: Deadline): RouterosFault =>
  why === 'busy'
    ? { type: 'Busy' }
    : why === 'aborted'
      ? deadline.fault(false)
      : { type: 'ConnectionLost', cause: 'the connection was closed', sent: false }
