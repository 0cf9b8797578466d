/** What the box puts its name to about its audit log. Kept elsewhere, a head shows what was cut or written anew. */
import { z } from 'zod'
import { err, ok, type Result } from '../base/result.ts'
import type { Signer, Verifier } from '../base/signing.ts'
import { selectSql } from '../db/sql.ts'
import type { RawDatabase } from '../db/sqlite.ts'
import { AUDIT_GENESIS, auditRowHash, auditTip, type AuditRow, type AuditTip } from './audit.ts'
import { audit, auditHeads } from './tables.ts'

export const auditHeadSchema = z.object({
  kind: z.enum(['head', 'removed']),
  /** Of the last entry that it stands for. */
  entryNo: z.number().int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.number().int(),
  site: z.string().max(253),
  keyId: z.string().max(64),
  signature: z.base64().max(200),
})
export type AuditHead = z.output<typeof auditHeadSchema>

export type AuditHeadFault =
  /** The log ends before what was signed. */
  | { readonly type: 'AuditCut'; readonly no: number; readonly headNo: number; readonly at: number }
  /** The log's hashes fit each other and not what was signed: it was altered after one entry, up to another, and hashed anew. */
  | { readonly type: 'AuditRewritten'; readonly afterNo: number; readonly no: number; readonly at: number }
  /** Nobody who holds the box's key has signed this. */
  | { readonly type: 'AuditHeadForged'; readonly no: number; readonly at: number }
  | { readonly type: 'AuditBroken'; readonly no: number }

const headText = ({ kind, entryNo, hash, at, site }: Omit<AuditHead, 'signature' | 'keyId'>): string =>
  JSON.stringify(['lango-audit/1', kind, entryNo, hash, at, site])

export const signHead = (
  signer: Signer,
  kind: AuditHead['kind'],
  tip: AuditTip,
  { at, site }: { readonly at: number; readonly site: string },
): AuditHead => {
  const head = { kind, entryNo: tip.no, hash: tip.hash, at, site }
  return { ...head, keyId: signer.keyId, signature: signer.sign(headText(head)) }
}

/** Whether this key has signed exactly this. */
export const isSigned = (head: AuditHead, verifier: Verifier): boolean =>
  head.keyId === verifier.keyId && verifier.fits(headText(head), head.signature)

export const lastHead = (raw: RawDatabase): AuditHead | undefined =>
  raw
    .prepare<[], AuditHead>(`${selectSql(auditHeads)} WHERE kind = 'head' ORDER BY entry_no DESC, no DESC LIMIT 1`)
    .get()

/** Holds a signed head against the one row that it is about. Costs next to nothing, and sees nothing before that row. */
export const checkHead = (
  raw: RawDatabase,
  head: AuditHead,
  verifier: Verifier | undefined,
): Result<AuditTip, AuditHeadFault> => {
  const { entryNo, at } = head
  if (verifier && !isSigned(head, verifier)) return err({ type: 'AuditHeadForged', no: entryNo, at })
  const tip = auditTip(raw)
  if (tip.no < entryNo) return err({ type: 'AuditCut', no: tip.no, headNo: entryNo, at })
  // Signed before the first entry: no row is its own, and every log goes on from there.
  if (entryNo === AUDIT_GENESIS.no && head.hash === AUDIT_GENESIS.hash) return ok(tip)
  const row = raw.prepare<[number], AuditRow>(`${selectSql(audit)} WHERE no = ?`).get(entryNo)
  // What is too old to be kept is told by the record of its removal.
  if (row === undefined)
    return tip.no === entryNo || isRemoved(raw, entryNo) ? ok(tip) : err({ type: 'AuditBroken', no: entryNo })
  if (row.hash !== auditRowHash(row)) return err({ type: 'AuditBroken', no: entryNo })
  return row.hash === head.hash ? ok(tip) : err({ type: 'AuditRewritten', afterNo: 0, no: entryNo, at })
}

const isRemoved = (raw: RawDatabase, entryNo: number): boolean =>
  raw.prepare("SELECT 1 FROM audit_heads WHERE kind = 'removed' AND entry_no >= ?").get(entryNo) !== undefined
