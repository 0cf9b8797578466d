import type { DropCause, RadiusLog } from './request.ts'

/** What a flood of bad packets may write. */
export const dropLogLimits = {
  /** Lines of one cause at once. */
  burst: 5,
  /** After that, one line of that cause in this time. */
  lineEveryMs: 10_000,
} as const

export type DropLogLimits = { readonly [name in keyof typeof dropLogLimits]: number }

type Bucket = { lines: number; filledAt: number; unwritten: number }

/** Counts every drop by cause and writes some of them: memory and log stay bounded whatever arrives. */
export class DropLog {
  /** Drops since start, by cause. */
  readonly counts: Partial<Record<DropCause, number>> = {}
  readonly #buckets = new Map<DropCause, Bucket>()
  readonly #log: RadiusLog
  readonly #limits: DropLogLimits

  constructor(log: RadiusLog, limits: Partial<DropLogLimits> = {}) {
    this.#log = log
    this.#limits = { ...dropLogLimits, ...limits }
  }

  /**
   * `nowMs` is monotonic. The line carries cause, source and how many like it were not written before; `reason` is a
   * finer word for the reader, such as OpenSSL's code.
   */
  drop(cause: DropCause, address: string, port: number, nowMs: number, reason?: string): void {
    this.counts[cause] = (this.counts[cause] ?? 0) + 1
    const bucket = this.#bucket(cause, nowMs)
    if (bucket.lines < 1) {
      bucket.unwritten += 1
      return
    }
    bucket.lines -= 1
    this.#log.warn('radius packet dropped', { cause, reason, address, port, unwritten: bucket.unwritten })
    bucket.unwritten = 0
  }

  #bucket(cause: DropCause, nowMs: number): Bucket {
    const { burst, lineEveryMs } = this.#limits
    let bucket = this.#buckets.get(cause)
    if (bucket === undefined) {
      bucket = { lines: burst, filledAt: nowMs, unwritten: 0 }
      this.#buckets.set(cause, bucket)
    }
    const earned = Math.floor((nowMs - bucket.filledAt) / lineEveryMs)
    if (earned > 0) {
      bucket.lines = Math.min(burst, bucket.lines + earned)
      bucket.filledAt += earned * lineEveryMs
    }
    return bucket
  }
}
