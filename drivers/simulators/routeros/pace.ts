/** How the simulated router's octets leave: late, and cut in pieces. */
import type { Timers } from '@lango/kernel'

export type Pace = {
  /** Before each answer. */
  latencyMs: number
  /** The octets of an answer leave in segments of at most so many; 0 leaves them whole. */
  segmentOctets: number
}

/** Writes in order, one answer after another, at the pace of the moment. */
export const pacedWriter = (
  pace: Pace,
  timers: Timers,
  write: (piece: Buffer) => void,
): ((octets: Buffer) => Promise<void>) => {
  let last = Promise.resolve()
  return (octets) => {
    last = last.then(async () => {
      const { latencyMs, segmentOctets } = pace
      if (latencyMs > 0) await new Promise<void>((late) => timers.after(latencyMs, late))
      const size = segmentOctets > 0 ? segmentOctets : octets.length
      for (let at = 0; at < octets.length; at += size) {
        write(octets.subarray(at, at + size))
        // So that the next piece is a segment of its own.
        if (at + size < octets.length) await new Promise((turn) => setImmediate(turn))
      }
    })
    return last
  }
}
