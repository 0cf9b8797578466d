import { z } from 'zod'
import { verifierOf } from '../base/signing.ts'
import { err, ok } from '../base/result.ts'
import { insertSql, selectSql } from '../db/sql.ts'
import type { RawDatabase } from '../db/sqlite.ts'
import { auditRowHash, auditTip, type AuditRow } from './audit.ts'
import { checkHead, lastHead, signHead } from './audit-head.ts'
import { defineCommand } from './command.ts'
import { audit, auditHeads } from './tables.ts'

/** Puts the box's name to how far the log has come. A log that no longer fits the last head is not signed over. */
export const signAudit = defineCommand({
  name: 'audit.sign',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({ site: z.string().max(253) }),
  handle(ctx, { site }) {
    const signer = ctx.vault.signer()
    if (!signer) return err({ type: 'SigningKeyMissing' })
    const last = lastHead(ctx.raw)
    // A head under a key that was lost says nothing any more.
    const isOurs = last?.keyId === signer.keyId
    const checked = last && isOurs ? checkHead(ctx.raw, last, verifierOf(signer.publicPem)) : undefined
    if (checked?.ok === false) return checked
    const tip = auditTip(ctx.raw)
    if (last && isOurs && tip.no === last.entryNo) return ok({ head: last, isNew: false })
    const head = signHead(signer, 'head', tip, { at: ctx.now, site })
    ctx.raw.prepare(insertSql(auditHeads, { without: ['no'] })).run(head)
    return ok({ head, isNew: true })
  },
})

const YEAR_MS = 365 * 86_400_000
export const AUDIT_KEPT_YEARS = 7
/** Those years, their leap days and one more. */
export const AUDIT_KEPT_MS = AUDIT_KEPT_YEARS * YEAR_MS + 3 * 86_400_000
/** Entries looked at by one command: its transaction stays short. */
const PRUNE_ROWS = 300

/**
 * Removes entries that are older than they must be kept, and signs up to where. Never by a clock that may be wrong: it
 * must be sure, and the log itself must show that the time has passed, with entries from the year after.
 */
export const pruneAudit = defineCommand({
  name: 'audit.prune',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({ site: z.string().max(253) }),
  handle(ctx, { site }) {
    const before = ctx.now - AUDIT_KEPT_MS
    const signer = ctx.vault.signer()
    if (!ctx.sure || !signer) return ok({ removed: 0 })
    const rows = ctx.raw.prepare<[number], AuditRow>(`${selectSql(audit)} ORDER BY no LIMIT ?`).all(PRUNE_ROWS + 1)
    const firstKept = rows.findIndex(({ at }, index) => at >= before || index === PRUNE_ROWS)
    const old = rows.slice(0, Math.max(firstKept, 0))
    const last = old.at(-1)
    if (last === undefined || !hasPassed(ctx.raw, before)) return ok({ removed: 0 })
    // What does not hang together is evidence, however old.
    const broken = old.find(
      (row, index) => row.hash !== auditRowHash(row) || rows[index + 1]!.previousHash !== row.hash,
    )
    if (broken) return err({ type: 'AuditBroken', no: broken.no })
    const record = signHead(signer, 'removed', last, { at: ctx.now, site })
    ctx.raw.prepare(insertSql(auditHeads, { without: ['no'] })).run(record)
    ctx.raw.prepare('DELETE FROM audit WHERE no <= ?').run(last.no)
    return ok({ removed: old.length })
  },
})

const hasPassed = (raw: RawDatabase, before: number): boolean =>
  raw.prepare('SELECT 1 FROM audit WHERE at >= ? AND at < ? LIMIT 1').get(before, before + YEAR_MS) !== undefined
