import { expect, test } from 'vitest'
import { z } from 'zod'
import { err, ok } from '../base/index.ts'
import { memorySite } from '../testing/index.ts'
import { addShelf, shop } from '../testing/shop.fixture.ts'
import { system } from './actor.ts'
import { verifyAudit } from './audit-verify.ts'
import { defineCommand } from './command.ts'

const keepBooks = defineCommand({
  name: 'books.keep',
  summary: 'Of the test.',
  permission: 'x',
  isRoutine: true,
  input: z.object({ page: z.number() }),
  handle: (_ctx, { page }) => (page > 0 ? ok() : err({ type: 'NoSuchPage' })),
})

const withRows = () => {
  const site = memorySite([shop])
  for (let i = 0; i < 5; i++) site.must(addShelf, { name: `s${i}` })
  // The log's own guard against updates is not what is tested here.
  site.database.raw.exec('DROP TRIGGER log_audit_update')
  return site.database.raw
}

test('an untouched log verifies, and its head moves with each entry', () => {
  const site = memorySite([shop])
  const heads = [0, 1, 2].map(() => {
    const head = verifyAudit(site.database.raw)
    site.must(addShelf, { name: 'x' })
    return head.ok ? head.value.hash : 'broken'
  })
  expect(new Set(heads).size).toBe(3)
})

test.each([
  ['a changed record', "UPDATE audit SET record = '{}' WHERE no = 3", 3],
  ['another actor', "UPDATE audit SET actor_id = 'someone' WHERE no = 2", 2],
  ['a row taken out', 'DELETE FROM audit WHERE no = 3', 4],
  ['the first row taken out', 'DELETE FROM audit WHERE no = 1', 2],
  [
    'two rows exchanged',
    'UPDATE audit SET no = CASE no WHEN 4 THEN -4 ELSE no END; UPDATE audit SET no = 4 WHERE no = 5; UPDATE audit SET no = 5 WHERE no = -4',
    4,
  ],
])('%s shows', (_, sql, no) => {
  const raw = withRows()
  raw.exec('DROP TRIGGER IF EXISTS log_audit_rekey')
  raw.exec(sql)
  expect(verifyAudit(raw)).toEqual({ ok: false, error: { type: 'AuditBroken', no } })
})

test('the database itself refuses to change an entry', () => {
  const site = memorySite([shop])
  site.must(addShelf, { name: 'x' })
  expect(() => site.database.raw.exec("UPDATE audit SET actor_id = 'x'")).toThrow('append only')
})

test('book-keeping is in the log when it fails, and when anybody but the box did it', () => {
  const { dispatch, database } = memorySite([shop])
  const staff = { kind: 'staff', id: 'stf_1' } as const
  for (const actor of [system('job'), staff]) for (const page of [1, 0]) dispatch(keepBooks, { page }, { actor })
  expect(database.raw.prepare('SELECT actor_kind who, outcome FROM audit ORDER BY no').all()).toEqual([
    { who: 'system', outcome: 'refused' },
    { who: 'staff', outcome: 'done' },
    { who: 'staff', outcome: 'refused' },
  ])
})
