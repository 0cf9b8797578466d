/** In the thread that writes a database: hands what it has committed to the link, and says when the standby has it too. */
import type { RawDatabase } from '@lango/kernel/db'
import type { ShipNews, ShipOrder } from './messages.ts'
import { openTap, type WalTap } from './wal-tap.ts'

export type ShipperDeps = {
  /** The only connection that writes to the file. */
  readonly raw: RawDatabase
  readonly file: string
  readonly checkpointPages: number
  /** Frames handed over at once. */
  readonly runFrames: number
  readonly post: (news: ShipNews, transfer: ArrayBuffer[]) => void
}

type Waiting = { readonly seq: number; readonly done: () => void }

export class Shipper {
  readonly #deps: ShipperDeps
  #tap: WalTap | undefined
  #link = 0
  #seq = 0
  #acked = 0
  #isGated = false
  #waiting: Waiting[] = []

  constructor(deps: ShipperDeps) {
    this.#deps = deps
  }

  /** Nobody else may bring pages back into the file. */
  get isOn(): boolean {
    return this.#tap !== undefined
  }

  order(order: ShipOrder): void {
    const { link } = order
    if (order.kind === 'follow') return this.#follow(link, order.after)
    if (link !== this.#link) return
    if (order.kind === 'acked') return this.#settle(order.seq)
    if (order.kind === 'leave') return this.leave()
    this.ship()
    this.#isGated ||= order.kind === 'gate'
    this.#deps.post({ kind: order.kind === 'gate' ? 'gated' : 'marked', link }, [])
  }

  /** After a commit, and now and then for what was committed beside. */
  ship(): void {
    if (!this.#tap) return
    for (const run of this.#tap.take()) {
      this.#seq += 1
      this.#deps.post({ kind: 'run', link: this.#link, seq: this.#seq, run }, [run.octets.buffer])
    }
    // What is brought back was handed over before: whoever reads the file finds nothing that was not told.
    this.#tap.shorten()
  }

  /** Calls `done` when the standby has all that is committed: at once where no standby is waited for. */
  whenSafe(done: () => void): void {
    this.ship()
    if (!this.#isGated || this.#acked >= this.#seq) done()
    else this.#waiting.push({ seq: this.#seq, done })
  }

  /** Nobody follows any more: who waits is answered by what the own disk has. */
  leave(): void {
    this.#tap?.close()
    this.#tap = undefined
    this.#isGated = false
    for (const { done } of this.#waiting.splice(0)) done()
  }

  #follow(link: number, after: Extract<ShipOrder, { kind: 'follow' }>['after']): void {
    this.leave()
    this.#link = link
    ;[this.#seq, this.#acked] = [0, 0]
    const { tap, resumed } = openTap({ ...this.#deps, after })
    this.#tap = tap
    this.#deps.post({ kind: 'following', link, resumed }, [])
    this.ship()
  }

  #settle(seq: number): void {
    this.#acked = Math.max(this.#acked, seq)
    while (this.#waiting[0] !== undefined && this.#waiting[0].seq <= this.#acked) this.#waiting.shift()!.done()
  }
}
