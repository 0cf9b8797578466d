import { hash } from 'node:crypto'
import { err, ok, type Result } from '../base/result.ts'
import { insertSql, selectSql } from '../db/sql.ts'
import type { RawDatabase } from '../db/sqlite.ts'
import type { RowOf } from '../db/table.ts'
import type { Actor } from './actor.ts'
import { audit } from './tables.ts'

export type AuditRow = RowOf<typeof audit>
export type AuditEntry = {
  readonly at: number
  readonly actor: Actor
  readonly command: string
  readonly commandId: string
  readonly outcome: AuditRow['outcome']
  readonly record: unknown
  /** Where it came from: an address, as far as it is known. */
  readonly origin?: string | undefined
}
export type AuditBroken = { readonly type: 'AuditBroken'; readonly no: number }

/** What the first row is chained to. */
const GENESIS = '0'.repeat(64)

/** Appends to the audit log, inside the transaction of what it tells about. */
export const createAuditLog = (raw: RawDatabase): ((entry: AuditEntry) => void) => {
  const last = raw.prepare<[], Pick<AuditRow, 'no' | 'hash'>>('SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1')
  const insert = raw.prepare<[AuditRow]>(insertSql(audit))
  return (entry) => {
    const previous = last.get() ?? { no: 0, hash: GENESIS }
    const row: Omit<AuditRow, 'hash'> = {
      no: previous.no + 1,
      at: entry.at,
      actorKind: entry.actor.kind,
      actorId: entry.actor.id,
      command: entry.command,
      commandId: entry.commandId,
      outcome: entry.outcome,
      record: JSON.stringify(entry.record ?? null),
      origin: entry.origin ?? null,
      previousHash: previous.hash,
    }
    insert.run({ ...row, hash: rowHash(row) })
  }
}

/** Walks the chain; the answer is its head, or the first row that does not fit. A cut tail shows only in the head. */
export const verifyAudit = (raw: RawDatabase): Result<{ no: number; hash: string }, AuditBroken> => {
  let head = { no: 0, hash: GENESIS }
  for (const row of raw.prepare<[], AuditRow>(`${selectSql(audit)} ORDER BY no`).iterate()) {
    const fits = row.no === head.no + 1 && row.previousHash === head.hash && row.hash === rowHash(row)
    if (!fits) return err({ type: 'AuditBroken', no: row.no })
    head = { no: row.no, hash: row.hash }
  }
  return ok(head)
}

const rowHash = (row: Omit<AuditRow, 'hash'>): string => {
  const { no, at, actorKind, actorId, command, commandId, outcome, record, origin, previousHash } = row
  const told = [previousHash, no, at, actorKind, actorId, command, commandId, outcome, record]
  // Rows from before origins were kept have none, and keep their hashes.
  return hash('sha256', JSON.stringify(origin === null ? told : [...told, origin]))
}
