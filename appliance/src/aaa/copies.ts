/**
 * Copies of accounting for other servers (LibreQoS, an NMS, head office): queued in the same transaction as the record
 * itself, sent by the control thread, and deleted only when the other server has answered (feature A27).
 */
import type { RawDatabase } from '@lango/kernel/db'
import { insertSql } from '@lango/kernel/db'
import { accountingCopies } from '@lango/modules/sessions/tables'

/** Packets that wait for one server; above it the oldest are given up, and said. */
export const COPIES_MAX = 1_000_000
const TARGETS_REFRESH_MS = 1000
const HEADER_OCTETS = 20

export type CopyQueue = {
  /** Remembers a packet's attributes for every server that wants a copy; written by `write`. */
  readonly add: (bytes: Buffer, start: number, end: number, receivedAt: number) => void
  /** Inside the writer's transaction. */
  readonly write: () => void
  /** Forgets what was remembered and not written. */
  readonly forget: () => void
  /** Copies that were delivered. */
  readonly remove: (nos: readonly number[]) => void
  /** Drops what waits for servers that are gone, and the oldest above the limit; answers how many of these. */
  readonly trim: () => number
}

export const createCopyQueue = (sessions: RawDatabase, site: RawDatabase, monotonicMs: () => number): CopyQueue => {
  const targetsOf = site.prepare<[], string>("SELECT id FROM remote_servers WHERE role = 'copy'").pluck()
  const insert = sessions.prepare(insertSql(accountingCopies))
  const remove = sessions.prepare<[number]>('DELETE FROM accounting_copies WHERE no = ?')
  const count = sessions.prepare<[], number>('SELECT count(*) FROM accounting_copies').pluck()
  const trimOldest = sessions.prepare(
    'DELETE FROM accounting_copies WHERE no IN (SELECT no FROM accounting_copies ORDER BY no LIMIT ?)',
  )
  const removeGone = sessions.prepare<[string]>(
    'DELETE FROM accounting_copies WHERE target NOT IN (SELECT value FROM json_each(?))',
  )
  // Numbers are not given again while the process lives, though rows go: the copier remembers how far it has sent.
  let lastNo = sessions.prepare<[], number>('SELECT coalesce(max(no), 0) FROM accounting_copies').pluck().get()!
  let targets: string[] = []
  let readAt = -Infinity
  let waiting: { receivedAt: number; attributes: Buffer }[] = []

  return {
    add(bytes, start, end, receivedAt) {
      if (monotonicMs() - readAt > TARGETS_REFRESH_MS) {
        targets = targetsOf.all()
        readAt = monotonicMs()
      }
      if (targets.length > 0) waiting.push({ receivedAt, attributes: bytes.subarray(start + HEADER_OCTETS, end) })
    },
    write() {
      for (const copy of waiting) {
        for (const target of targets) insert.run({ no: ++lastNo, target, ...copy })
      }
    },
    forget() {
      waiting = []
    },
    remove(nos) {
      sessions.transaction(() => {
        for (const no of nos) remove.run(no)
      })()
    },
    trim() {
      removeGone.run(JSON.stringify(targetsOf.all()))
      const over = count.get()! - COPIES_MAX
      return over > 0 ? trimOldest.run(over).changes : 0
    },
  }
}
