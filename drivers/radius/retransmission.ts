/** How often and how long a request is repeated over UDP (RFC 5080 §2.2.1; its defaults). */
export const retransmissionDefaults = {
  /** IRT: before the first repetition. */
  initialMs: 2000,
  /** MRT: between repetitions, at most. 0: no such bound. */
  intervalMaxMs: 16_000,
  /** MRC: transmissions in all. 0: no such bound. */
  countMax: 5,
  /** MRD: from the first transmission to giving up. 0: no such bound. */
  durationMaxMs: 30_000,
} as const

export type Retransmission = { readonly [name in keyof typeof retransmissionDefaults]: number }

/**
 * How long to wait after the next transmission; `previousMs` is 0 before the first. `unit` is a random number in
 * [0, 1): RAND of the RFC is drawn from -0.1 to +0.1, so that clients that failed together do not come back together.
 */
export function nextTimeoutMs(rule: Retransmission, previousMs: number, unit: number): number {
  const rand = unit * 0.2 - 0.1
  if (previousMs === 0) return rule.initialMs + rand * rule.initialMs
  const doubled = 2 * previousMs + rand * previousMs
  const isOver = rule.intervalMaxMs > 0 && doubled > rule.intervalMaxMs
  return isOver ? rule.intervalMaxMs + rand * rule.intervalMaxMs : doubled
}
