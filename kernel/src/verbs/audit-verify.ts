import { err, ok, type Result } from '../base/result.ts'
import type { Verifier } from '../base/signing.ts'
import { selectSql } from '../db/sql.ts'
import type { RawDatabase } from '../db/sqlite.ts'
import { AUDIT_GENESIS, auditRowHash, type AuditRow, type AuditTip } from './audit.ts'
import { isSigned, type AuditHead, type AuditHeadFault } from './audit-head.ts'
import { audit, auditHeads } from './tables.ts'

export type AuditVerified = AuditTip & {
  /** The first entry that is there; 0 where there is none. */
  readonly firstNo: number
  /** Heads that the log was held against. */
  readonly heads: number
  /** Up to here a signature vouches for the log; 0 where none does. */
  readonly signedNo: number
}

export type VerifyOptions = {
  /** The box's own public key; without it heads are compared, and their signatures are not. */
  readonly verifier?: Verifier | undefined
  /** Heads that were kept elsewhere. */
  readonly witnesses?: readonly AuditHead[]
}

/** Rows read at once: a reader that stays for minutes would keep the write-ahead log from shrinking. */
const CHUNK_ROWS = 2000

/** Walks the whole chain and holds it against what was signed. Takes as long as it takes: never on the control thread. */
export const verifyAudit = (
  raw: RawDatabase,
  { verifier, witnesses = [] }: VerifyOptions = {},
): Result<AuditVerified, AuditHeadFault> => {
  const known = knownHeads(raw, witnesses, verifier)
  if (!known.ok) return known
  const { heads, removed } = known.value
  const rows = chunked(raw)
  const first = rows.next().value
  const base = first === undefined ? (removed.at(-1) ?? AUDIT_GENESIS) : baseOf(first.no, removed)
  if (base === undefined) return err({ type: 'AuditBroken', no: first!.no })
  const walk = new Walk(base, heads)
  for (let row: AuditRow | undefined = first; row !== undefined; row = rows.next().value) {
    const fault = walk.step(row)
    if (fault) return err(fault)
  }
  const fault = walk.end()
  return fault ? err(fault) : ok({ ...walk.tip, ...walk.seen, firstNo: first?.no ?? 0 })
}

function* chunked(raw: RawDatabase): Generator<AuditRow, undefined, undefined> {
  const after = raw.prepare<[number, number], AuditRow>(`${selectSql(audit)} WHERE no > ? ORDER BY no LIMIT ?`)
  for (let no = -1; ;) {
    const rows = after.all(no, CHUNK_ROWS)
    yield* rows
    if (rows.length < CHUNK_ROWS) return undefined
    no = rows.at(-1)!.no
  }
}

/** Goes from row to row, and past the heads that stand on them. */
class Walk {
  tip: AuditTip
  readonly seen = { heads: 0, signedNo: 0 }
  readonly #heads: readonly AuditHead[]
  #next = 0

  constructor(base: AuditTip, heads: readonly AuditHead[]) {
    this.tip = base
    // What was removed by age is vouched for by the record of that.
    this.#heads = heads.filter(({ entryNo }) => entryNo >= base.no)
  }

  step(row: AuditRow): AuditHeadFault | undefined {
    const atTip = this.#pass()
    if (atTip) return atTip
    const fits = row.no === this.tip.no + 1 && row.previousHash === this.tip.hash && row.hash === auditRowHash(row)
    if (!fits) return { type: 'AuditBroken', no: row.no }
    this.tip = { no: row.no, hash: row.hash }
    return undefined
  }

  end(): AuditHeadFault | undefined {
    const atTip = this.#pass()
    if (atTip) return atTip
    const beyond = this.#heads.at(-1)
    if (beyond === undefined || beyond.entryNo <= this.tip.no) return undefined
    return { type: 'AuditCut', no: this.tip.no, headNo: beyond.entryNo, at: beyond.at }
  }

  /** The heads that stand on the last row. */
  #pass(): AuditHeadFault | undefined {
    for (let head = this.#heads[this.#next]; head?.entryNo === this.tip.no; head = this.#heads[++this.#next]) {
      if (head.hash !== this.tip.hash)
        return { type: 'AuditRewritten', afterNo: this.seen.signedNo, no: head.entryNo, at: head.at }
      this.seen.heads += 1
      this.seen.signedNo = head.entryNo
    }
    return undefined
  }
}

type Known = { readonly heads: readonly AuditHead[]; readonly removed: readonly AuditTip[] }

/** Everything that was signed, by entry. Heads from before the first of the present key are of a box whose key was lost. */
const knownHeads = (
  raw: RawDatabase,
  witnesses: readonly AuditHead[],
  verifier: Verifier | undefined,
): Result<Known, AuditHeadFault> => {
  const own = raw.prepare<[], AuditHead>(`${selectSql(auditHeads)} ORDER BY entry_no, no`).all()
  const firstOurs = own.findIndex(({ keyId }) => keyId === verifier?.keyId)
  const ours = verifier === undefined ? own : firstOurs === -1 ? [] : own.slice(firstOurs)
  const all = [...ours, ...witnesses].toSorted((a, b) => a.entryNo - b.entryNo)
  const forged = verifier && all.find((head) => !isSigned(head, verifier))
  if (forged) return err({ type: 'AuditHeadForged', no: forged.entryNo, at: forged.at })
  const removed = all.filter(({ kind }) => kind === 'removed').map(({ entryNo: no, hash }) => ({ no, hash }))
  return ok({ heads: all, removed })
}

/** What the first row that is there must be chained to; undefined where rows before it are gone and nobody signed for that. */
const baseOf = (firstNo: number, removed: readonly AuditTip[]): AuditTip | undefined =>
  firstNo === 1 ? AUDIT_GENESIS : removed.findLast(({ no }) => no === firstNo - 1)
