/** What somebody should look at, as the running box sees it: those of the doctor's checks that cost next to nothing. */
import type { Check } from './doctor/check.ts'
import type { Finding } from './doctor/findings.ts'

export type Attention = {
  /** The check's name, with a number behind it where it found several things. */
  readonly id: string
  /** `attention` can wait until tomorrow, `stopped` means that somebody is not served now. */
  readonly severity: 'attention' | 'stopped'
  readonly sentence: string
  readonly remedy: string
  readonly finding?: Finding
  /** Epoch ms: when the box saw it first, at the earliest its start. */
  readonly since: number
}

export type AttentionList = {
  /** The worst first, then the oldest. */
  readonly all: () => readonly Attention[]
  /** Looks again, and tells what has come up since the last look. */
  readonly look: () => void
}

/** What comes and goes is told again after this long at the earliest. */
export const TOLD_AGAIN_AFTER_MS = 3_600_000

export const createAttention = (deps: {
  readonly checks: () => readonly Check[]
  readonly now: () => number
  readonly onRaised: (raised: Attention) => void
}): AttentionList => {
  let list: readonly Attention[] = []
  const toldAt = new Map<string, number>()

  const tell = (item: Attention): void => {
    const last = toldAt.get(item.id)
    if (last !== undefined && item.since - last < TOLD_AGAIN_AFTER_MS) return
    toldAt.set(item.id, item.since)
    deps.onRaised(item)
  }

  return {
    all: () => list,
    look() {
      const now = deps.now()
      const before = new Map(list.map((item) => [item.id, item]))
      list = itemsOf(deps.checks(), (id) => before.get(id)?.since ?? now).toSorted(worstFirst)
      for (const item of list) if (!before.has(item.id)) tell(item)
    },
  }
}

const itemsOf = (checks: readonly Check[], sinceOf: (id: string) => number): Attention[] => {
  const seen = new Map<string, number>()
  return checks.flatMap(({ name, state, ...told }) => {
    if (state === 'ok') return []
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    const id = count === 1 ? name : `${name}-${count}`
    return [{ id, severity: state, ...told, since: sinceOf(id) }]
  })
}

const worstFirst = (a: Attention, b: Attention): number =>
  Number(b.severity === 'stopped') - Number(a.severity === 'stopped') || a.since - b.since
