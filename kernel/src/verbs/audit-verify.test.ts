import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifierOf, signerOf, type Result } from '../base/index.ts'
import { insertSql, selectSql } from '../db/index.ts'
import { memorySite, seededRandom } from '../testing/index.ts'
import { addShelf, shop } from '../testing/shop.fixture.ts'
import { auditRowHash, auditTip, type AuditRow } from './audit.ts'
import { signAudit } from './audit-commands.ts'
import { checkHead, lastHead, signHead, type AuditHead } from './audit-head.ts'
import { verifyAudit } from './audit-verify.ts'
import { audit, auditHeads } from './tables.ts'

/** Six rows signed in two steps, and two after them. */
const signedSite = () => {
  const site = memorySite([shop])
  const { raw } = site.database
  const add = (count: number) => {
    for (let i = 0; i < count; i++) site.must(addShelf, { name: `shelf ${i}` })
  }
  add(3)
  site.must(signAudit, { site: 'pop' })
  add(3)
  const head = site.must(signAudit, { site: 'pop' }).head
  add(2)
  const signer = site.vault.signer()!
  const verifier = verifierOf(signer.publicPem)!
  const rows = raw.prepare<[], AuditRow>(`${selectSql(audit)} ORDER BY no`).all()
  const put = raw.prepare(insertSql(audit))
  /** Whoever can write the file: the log's own triggers hold nobody who deletes and inserts. */
  const write = (all: readonly AuditRow[]) => {
    raw.exec('DELETE FROM audit')
    for (const row of all) put.run(row)
  }
  const putHead = raw.prepare(insertSql(auditHeads, { without: ['no'] }))
  const signed = (forged: AuditHead) => void putHead.run(forged)
  return {
    ...site,
    raw,
    rows,
    write,
    signed,
    head,
    signer,
    verifier,
    verify: (witnesses: readonly AuditHead[] = []) => verifyAudit(raw, { verifier, witnesses }),
  }
}

/** As somebody would who knows how the log is made, and lacks the key. */
const rehashed = (rows: readonly AuditRow[]): AuditRow[] => {
  let previous = { no: 0, hash: '0'.repeat(64) }
  return rows.map((row) => {
    const next = { ...row, no: previous.no + 1, previousHash: previous.hash }
    previous = { no: next.no, hash: auditRowHash(next) }
    return { ...next, hash: previous.hash }
  })
}

const faultOf = (result: Result<unknown, { type: string }>) => (result.ok ? undefined : result.error)

test('an untouched log is whole, and signed up to its last head', () => {
  const { verify } = signedSite()
  expect(verify()).toMatchObject({ ok: true, value: { firstNo: 1, no: 8, heads: 2, signedNo: 6 } })
})

test('what has not grown is not signed again, and signing leaves no row', () => {
  const { must, count } = memorySite([shop])
  must(addShelf, { name: 'x' })
  const first = must(signAudit, { site: 'pop' })
  expect(must(signAudit, { site: 'pop' })).toEqual({
    head: expect.objectContaining(first.head) as unknown,
    isNew: false,
  })
  expect([count(audit), count(auditHeads)]).toEqual([1, 1])
})

test('a log that was signed while it was empty goes on from there', () => {
  const { must, database } = memorySite([shop])
  const { head } = must(signAudit, { site: 'pop' })
  expect(head.entryNo).toBe(0)
  must(addShelf, { name: 'x' })
  expect(checkHead(database.raw, head, undefined)).toMatchObject({ ok: true, value: { no: 1 } })
  expect(must(signAudit, { site: 'pop' })).toMatchObject({ head: { entryNo: 1 }, isNew: true })
})

test('a cut tail is told with where it was cut, also by a head that was kept elsewhere', () => {
  const { rows, write, verify, raw, head, verifier } = signedSite()
  write(rows.slice(0, 4))
  expect(faultOf(verify())).toMatchObject({ type: 'AuditCut', no: 4, headNo: 6 })
  expect(faultOf(checkHead(raw, head, verifier))).toMatchObject({ type: 'AuditCut', no: 4, headNo: 6 })
  raw.exec('DELETE FROM audit_heads WHERE entry_no > 4')
  expect(verify().ok).toBe(true)
  expect(faultOf(verify([head]))).toMatchObject({ type: 'AuditCut', no: 4, headNo: 6 })
})

test('a removed, an inserted and a swapped record are told by the first row that does not fit', () => {
  const { rows, write, verify } = signedSite()
  const [, , third, fourth] = rows as [AuditRow, AuditRow, AuditRow, AuditRow]
  write(rows.filter(({ no }) => no !== 3))
  expect(faultOf(verify())).toEqual({ type: 'AuditBroken', no: 4 })
  write(rows.filter(({ no }) => no > 2))
  expect(faultOf(verify())).toEqual({ type: 'AuditBroken', no: 3 })
  write([
    ...rows.slice(0, 3),
    { ...fourth, commandId: 'put in' },
    ...rows.slice(3).map((row) => ({ ...row, no: row.no + 1 })),
  ])
  expect(faultOf(verify())).toEqual({ type: 'AuditBroken', no: 4 })
  write(
    rows.map((row) =>
      row.no === 3 ? { ...row, record: fourth.record } : row.no === 4 ? { ...row, record: third.record } : row,
    ),
  )
  expect(faultOf(verify())).toEqual({ type: 'AuditBroken', no: 3 })
})

test('a log that was hashed anew does not fit what was signed; it is told between which heads', () => {
  const { rows, write, verify, raw, verifier } = signedSite()
  write(rehashed(rows.map((row) => (row.no === 5 ? { ...row, actorId: 'somebody else' } : row))))
  expect(faultOf(verify())).toMatchObject({ type: 'AuditRewritten', afterNo: 3, no: 6 })
  expect(faultOf(checkHead(raw, lastHead(raw)!, verifier))).toMatchObject({ type: 'AuditRewritten', no: 6 })
})

test.each(['with the name of the box’s key', 'with its own name'])(
  'a head signed by another key, %s, is forged',
  (as) => {
    const { rows, write, verify, signed, raw, head, verifier } = signedSite()
    write(rehashed(rows.map((row) => (row.no === 5 ? { ...row, actorId: 'somebody else' } : row))))
    raw.exec('DELETE FROM audit_heads WHERE entry_no = 6')
    const forged = signHead(signerOf(seededRandom(9).bytes(32)), 'head', auditTip(raw), { at: head.at, site: 'pop' })
    signed(as.endsWith('its own name') ? forged : { ...forged, keyId: verifier.keyId })
    expect(faultOf(verify())).toMatchObject({ type: 'AuditHeadForged', no: 8 })
  },
)

test('the box does not put its name to a log that does not fit its last one', () => {
  const { rows, write, dispatch, count } = signedSite()
  write(rehashed(rows.map((row) => (row.no === 6 ? { ...row, actorId: 'somebody else' } : row))))
  expect(faultOf(dispatch(signAudit, { site: 'pop' }))).toMatchObject({ type: 'AuditRewritten' })
  expect(count(auditHeads)).toBe(2)
})

test('heads of a box whose key was lost are passed over, up to the first of the new key', () => {
  const { signed, verify, raw, must } = signedSite()
  raw.exec('DELETE FROM audit_heads')
  signed(signHead(signerOf(seededRandom(9).bytes(32)), 'head', { no: 2, hash: 'f'.repeat(64) }, { at: 1, site: 'old' }))
  must(signAudit, { site: 'pop' })
  expect(verify()).toMatchObject({ ok: true, value: { heads: 1, signedNo: 8 } })
})

test('rows that were removed by age are vouched for by a signature, and by nothing else', () => {
  const { rows, write, signed, verify, signer, must, raw } = signedSite()
  const last = rows[3]!
  write(rows.slice(4))
  expect(faultOf(verify())).toEqual({ type: 'AuditBroken', no: 5 })
  const removed = signHead(signer, 'removed', last, { at: 1, site: 'pop' })
  signed({ ...removed, hash: rows[2]!.hash })
  expect(faultOf(verify())).toMatchObject({ type: 'AuditHeadForged' })
  raw.exec("DELETE FROM audit_heads WHERE kind = 'removed'")
  signed(removed)
  expect(verify()).toMatchObject({ ok: true, value: { firstNo: 5, no: 8 } })
  // After all of it the next row goes on from the last that was there.
  raw.exec('DELETE FROM audit_heads')
  write([])
  signed(signHead(signer, 'removed', rows[7]!, { at: 1, site: 'pop' }))
  must(addShelf, { name: 'after' })
  expect(verify()).toMatchObject({ ok: true, value: { firstNo: 9, no: 9 } })
})

const field = fc.constantFrom(
  'at',
  'actorKind',
  'actorId',
  'command',
  'commandId',
  'outcome',
  'record',
  'origin',
  'previousHash',
  'hash',
)
const edits = fc.record({
  at: fc.integer({ min: 0, max: 5 }),
  to: fc.integer({ min: 0, max: 5 }),
  field,
  value: fc.string(),
  hashesAnew: fc.boolean(),
})
const kinds = fc.constantFrom('change', 'remove', 'double', 'swap', 'cut')

test('no edit of what was signed stays unseen, hashed anew or not', () => {
  const { rows, write, verify } = signedSite()
  fc.assert(
    fc.property(kinds, edits, (kind, { at, to, field: name, value, hashesAnew }) => {
      const edited = applied(kind, rows, { at, to, name, value })
      const text = (all: readonly AuditRow[]) => JSON.stringify(all.slice(0, 6))
      const result = hashesAnew && kind !== 'cut' ? rehashed(edited) : edited
      write(result.map((row, index) => ({ ...row, no: kind === 'remove' && !hashesAnew ? row.no : index + 1 })))
      // Behind the signed part a row too many shows by its own hash, unless that was made anew.
      const fits = hashesAnew || result.length === rows.length
      expect(verify().ok).toBe(fits && text(result) === text(rows))
    }),
    { numRuns: 300, examples: [['double', { at: 5, to: 0, field: 'at', value: '', hashesAnew: false }]] },
  )
})

const applied = (
  kind: 'change' | 'remove' | 'double' | 'swap' | 'cut',
  rows: readonly AuditRow[],
  { at, to, name, value }: { at: number; to: number; name: string; value: string },
): readonly AuditRow[] => {
  const [one, other] = [rows[at]!, rows[to]!]
  // The outcome is a closed set in the table; a time is a number.
  const changed = { ...one, [name]: name === 'at' ? one.at + value.length : value }
  if (kind === 'cut') return rows.slice(0, at)
  if (kind === 'remove') return rows.toSpliced(at, 1)
  if (kind === 'double') return rows.toSpliced(at, 0, changed)
  if (kind === 'swap') return rows.map((row, index) => (index === at ? other : index === to ? one : row))
  return rows.with(at, changed)
}
