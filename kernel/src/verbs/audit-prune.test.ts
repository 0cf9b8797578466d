import { expect, test } from 'vitest'
import { verifierOf } from '../base/index.ts'
import { memorySite } from '../testing/index.ts'
import { addShelf, shop } from '../testing/shop.fixture.ts'
import { AUDIT_KEPT_MS, pruneAudit, signAudit } from './audit-commands.ts'
import { verifyAudit } from './audit-verify.ts'
import { audit } from './tables.ts'

const YEAR_MS = 365 * 86_400_000

/** An entry each half year. */
const yearsOf = (halfYears: number) => {
  const site = memorySite([shop])
  for (let n = 0; n < halfYears; n++) {
    site.must(addShelf, { name: `shelf ${n}` })
    site.must(signAudit, { site: 'pop' })
    site.clock.advance(YEAR_MS / 2)
  }
  const verifier = verifierOf(site.vault.signer()!.publicPem)!
  return { ...site, verify: () => verifyAudit(site.database.raw, { verifier }) }
}

test('what is older than seven years goes, and the chain goes on from the last that went', () => {
  const { must, verify, clock, database } = yearsOf(18)
  const before = clock.now() - AUDIT_KEPT_MS
  const old = database.raw.prepare('SELECT count(*) FROM audit WHERE at < ?').pluck().get(before) as number
  expect(must(pruneAudit, { site: 'pop' })).toEqual({ removed: old })
  expect(old).toBeGreaterThan(2)
  expect(verify()).toMatchObject({ ok: true, value: { firstNo: old + 1, no: 18, signedNo: 18 } })
  expect(must(pruneAudit, { site: 'pop' })).toEqual({ removed: 0 })
  must(addShelf, { name: 'after' })
  must(signAudit, { site: 'pop' })
  expect(verify()).toMatchObject({ ok: true, value: { firstNo: old + 1, no: 19 } })
})

test('taking away more than was signed for shows', () => {
  const { must, verify, database } = yearsOf(18)
  const { removed } = must(pruneAudit, { site: 'pop' })
  database.raw.prepare('DELETE FROM audit WHERE no = ?').run(removed + 1)
  expect(verify()).toEqual({ ok: false, error: { type: 'AuditBroken', no: removed + 2 } })
})

test('an unsure clock removes nothing, nor one that has leapt ahead', () => {
  const unsure = yearsOf(18)
  unsure.clock.setSure(false)
  expect(unsure.must(pruneAudit, { site: 'pop' })).toEqual({ removed: 0 })
  const leapt = yearsOf(4)
  leapt.clock.advance(20 * YEAR_MS)
  leapt.must(addShelf, { name: 'in the future' })
  expect(leapt.must(pruneAudit, { site: 'pop' })).toEqual({ removed: 0 })
  expect(leapt.count(audit)).toBe(5)
})

test('old entries that were altered stay: they are evidence', () => {
  const { dispatch, database, count } = yearsOf(18)
  database.raw.exec("DROP TRIGGER log_audit_update; UPDATE audit SET actor_id = 'x' WHERE no = 2")
  expect(dispatch(pruneAudit, { site: 'pop' })).toMatchObject({ error: { type: 'AuditBroken', no: 2 } })
  expect(count(audit)).toBe(19)
})
