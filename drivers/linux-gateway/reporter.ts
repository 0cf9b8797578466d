/**
 * Accounting, until it is answered. Nothing waits in a queue of packets: what is to be said follows from who is online
 * and who has ended, and is said with the counters of the moment. One report of a session is under way at a time.
 */
import type { RadiusLink } from './radius-link.ts'
import { dueReport, type Ended, type Session } from './sessions.ts'

/** The client has repeated itself for half a minute before this begins. */
const AGAIN_MS = 5000

export type Ledger = {
  readonly sessions: ReadonlyMap<string, Session>
  readonly ended: ReadonlyMap<string, Ended>
  isOnReported: boolean
  reported(id: string, what: 'start' | 'interim', nowMs: number): void
  stopReported(id: string): void
  save(): void
}

const ON = 'on'

export class Reporter {
  readonly #link: Pick<RadiusLink, 'on' | 'start' | 'interim' | 'stop'>
  readonly #ledger: Ledger
  /** By session: until when it is not asked again; Infinity while a report is under way. */
  readonly #waits = new Map<string, number>()

  constructor(link: Pick<RadiusLink, 'on' | 'start' | 'interim' | 'stop'>, ledger: Ledger) {
    this.#link = link
    this.#ledger = ledger
  }

  /** What ended before a reboot comes before the word that all has ended, and that before what is new. */
  run(nowMs: number): void {
    const { sessions, ended } = this.#ledger
    for (const [id, one] of ended)
      this.#say(
        id,
        nowMs,
        () => this.#link.stop(one),
        () => this.#ledger.stopReported(id),
      )
    if (!this.#ledger.isOnReported) {
      if (ended.size > 0) return
      return this.#say(
        ON,
        nowMs,
        () => this.#link.on(),
        () => {
          this.#ledger.isOnReported = true
          this.#ledger.save()
        },
      )
    }
    for (const [id, session] of sessions) {
      const what = dueReport(session, nowMs)
      if (what !== undefined)
        this.#say(
          id,
          nowMs,
          () => this.#link[what](session, nowMs),
          () => this.#ledger.reported(id, what, nowMs),
        )
    }
  }

  #say(key: string, nowMs: number, send: () => Promise<boolean>, done: () => void): void {
    if ((this.#waits.get(key) ?? 0) > nowMs) return
    this.#waits.set(key, Infinity)
    void send().then((isAnswered) => {
      if (isAnswered) this.#waits.delete(key)
      else this.#waits.set(key, nowMs + AGAIN_MS)
      if (isAnswered) done()
    })
  }
}
