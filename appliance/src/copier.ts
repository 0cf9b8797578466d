/** Sends the queued copies of accounting on, oldest first; what is not answered is sent again. */
import type { Clock, Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { AccountingCopySender } from './drivers.ts'

/** Looked for this often when the queue was empty, or when a server did not answer. */
const LOOK_EVERY_MS = 1000
/** Copies under way to one server at once. */
const WINDOW = 64

type Copy = { readonly no: number; readonly receivedAt: number; readonly attributes: Buffer }

export type CopierDeps = {
  readonly reader: RawDatabase
  readonly clock: Clock
  readonly log: Log
  readonly send: AccountingCopySender
  /** Tells the writer which copies were delivered. */
  readonly delivered: (nos: readonly number[]) => void
  readonly every: (ms: number, run: () => void) => () => void
}

export const startCopier = ({ reader, clock, log, send, delivered, every }: CopierDeps): (() => void) => {
  const targets = reader.prepare<[], string>("SELECT id FROM remote_servers WHERE role = 'copy'").pluck()
  const oldest = reader.prepare<[string, number, number], Copy>(
    `SELECT no, received_at receivedAt, attributes FROM accounting_copies WHERE target = ? AND no > ? ORDER BY no LIMIT ?`,
  )
  const busy = new Set<string>()
  // What was delivered stays in the table until the writer's next turn: it must not be sent again meanwhile.
  const sentUpTo = new Map<string, number>()
  let isStopped = false

  const copyTo = async (target: string): Promise<void> => {
    for (;;) {
      const copies = oldest.all(target, sentUpTo.get(target) ?? 0, WINDOW)
      if (copies.length === 0 || isStopped) return
      const answered = await Promise.all(
        copies.map((copy) =>
          send(target, copy.attributes, Math.max(0, Math.round((clock.now() - copy.receivedAt) / 1000))),
        ),
      )
      const firstLost = answered.indexOf(false)
      delivered(copies.filter((_, i) => answered[i]).map((copy) => copy.no))
      if (firstLost >= 0) {
        log.warn('a server does not answer to copies of accounting; they wait', { server: target })
        return
      }
      sentUpTo.set(target, copies.at(-1)!.no)
    }
  }

  const look = (): void => {
    for (const target of targets.all()) {
      if (busy.has(target)) continue
      busy.add(target)
      copyTo(target)
        .catch((error: unknown) => log.error('copies of accounting could not be sent', { error }))
        .finally(() => busy.delete(target))
    }
  }
  const stopLooking = every(LOOK_EVERY_MS, look)
  return () => {
    isStopped = true
    stopLooking()
  }
}
