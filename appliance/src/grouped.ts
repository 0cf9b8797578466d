/**
 * Gathers work that comes one by one and hands it on in groups: a commit costs a sync, whether it holds one row or
 * fifty. Between two groups the thread is free for others.
 */
export type Grouped<T> = {
  readonly add: (item: T) => void
  /** Hands on what there is, now. */
  readonly flush: () => void
}

export type GroupedOptions = {
  readonly itemsMax: number
  /** How long the first of a group waits for others. */
  readonly withinMs: number
  /** As `setTimeout`; the answer takes it back. */
  readonly after: (ms: number, run: () => void) => () => void
}

export const createGrouped = <T>(
  handOn: (items: readonly T[]) => void,
  { itemsMax, withinMs, after }: GroupedOptions,
): Grouped<T> => {
  let items: T[] = []
  let forget: (() => void) | undefined

  const schedule = (ms: number): void => {
    forget ??= after(ms, next)
  }
  const next = (): void => {
    forget = undefined
    const group = items.slice(0, itemsMax)
    items = items.slice(itemsMax)
    if (items.length > 0) schedule(0)
    if (group.length > 0) handOn(group)
  }
  return {
    add(item) {
      items.push(item)
      schedule(withinMs)
    },
    flush() {
      forget?.()
      while (items.length > 0) {
        forget = undefined
        const group = items.splice(0, itemsMax)
        handOn(group)
      }
    },
  }
}
