/** What RadSec connections drop, counted for the box by what is to be done about it: `doctor` shows it. */
import type { DropCause } from '@lango/drivers/radius'
import type { CounterName, SharedState } from './shared-state.ts'

/** Connections end, routers restart, and an answer may come after we have stopped waiting for it: no fault of anyone. */
const NO_FAULT: readonly DropCause[] = ['connection-lost', 'idle', 'unexpected-reply']

const counterOf = (cause: DropCause): CounterName => {
  if (cause === 'unknown-client') return 'radsecUnknown'
  return cause === 'tls-handshake' || cause === 'alpn' ? 'radsecHandshakes' : 'radsecDropped'
}

/** Takes the server's counts since its start, again and again, and adds what has come since the last time. */
export const createRadsecDrops = (
  state: Pick<SharedState, 'count'>,
): ((dropped: Readonly<Partial<Record<DropCause, number>>>) => void) => {
  const counted = new Map<DropCause, number>()
  return (dropped) => {
    for (const [name, count] of Object.entries(dropped)) {
      const cause = name as DropCause
      if (NO_FAULT.includes(cause)) continue
      state.count(counterOf(cause), count - (counted.get(cause) ?? 0))
      counted.set(cause, count)
    }
  }
}
