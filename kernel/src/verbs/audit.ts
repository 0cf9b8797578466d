import { hash } from 'node:crypto'
import { insertSql } from '../db/sql.ts'
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

/** The last row of a log, or of a part of it. */
export type AuditTip = { readonly no: number; readonly hash: string }

/** What the first row is chained to. */
export const AUDIT_GENESIS: AuditTip = { no: 0, hash: '0'.repeat(64) }

/** The row that the next one will be chained to; after everything has been removed by age, the last that was. */
export const auditTip = (raw: RawDatabase): AuditTip =>
  raw.prepare<[], AuditTip>('SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1').get() ?? removedTip(raw)

/** Up to where rows were removed by age. Whether that is signed is another question. */
export const removedTip = (raw: RawDatabase): AuditTip =>
  raw
    .prepare<[], AuditTip>(
      "SELECT entry_no AS no, hash FROM audit_heads WHERE kind = 'removed' ORDER BY entry_no DESC LIMIT 1",
    )
    .get() ?? AUDIT_GENESIS

/** Appends to the audit log, inside the transaction of what it tells about. */
export const createAuditLog = (raw: RawDatabase): ((entry: AuditEntry) => void) => {
  const last = raw.prepare<[], AuditTip>('SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1')
  const insert = raw.prepare<[AuditRow]>(insertSql(audit))
  return (entry) => {
    const previous = last.get() ?? removedTip(raw)
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
    insert.run({ ...row, hash: auditRowHash(row) })
  }
}

export const auditRowHash = (row: Omit<AuditRow, 'hash'>): string => {
  const { no, at, actorKind, actorId, command, commandId, outcome, record, origin, previousHash } = row
  const told = [previousHash, no, at, actorKind, actorId, command, commandId, outcome, record]
  // Rows from before origins were kept have none, and keep their hashes.
  return hash('sha256', JSON.stringify(origin === null ? told : [...told, origin]))
}
