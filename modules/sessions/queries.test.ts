import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { insertSql, migrate, openDatabase, runSite } from '@lango/kernel/db'
import { sessionIds } from './queries.ts'
import { sessions } from './index.ts'
import { liveSessions, sessionHistory } from './tables.ts'

type Table = typeof liveSessions | typeof sessionHistory

/** Sessions by a number that they keep for life, in the two tables as the writer moves them. */
const store = () => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  orThrow(migrate(database, { version: 1, tables: sessions.tables, changeLog: false }))
  const { raw } = database
  const put = (table: Table, row: Record<string, unknown>): number => {
    const blank = Object.entries(table.columns).map(([name, { storage }]) => [name, storage === 'text' ? '' : 0])
    return Number(raw.prepare(insertSql(table)).run({ ...Object.fromEntries(blank), no: null, ...row }).lastInsertRowid)
  }
  const sessionAt = { live: new Map<number, number>(), history: new Map<number, number>() }
  const idOf = new Map<number, string>()
  return {
    database,
    begin(session: number, acctSessionId: string): void {
      idOf.set(session, acctSessionId)
      sessionAt.live.set(put(liveSessions, { no: session, acctSessionId, nas: `nas-${session}` }), session)
    },
    end(session: number): void {
      if (!sessionAt.live.delete(session)) return
      raw.prepare('DELETE FROM live_sessions WHERE no = ?').run(session)
      sessionAt.history.set(put(sessionHistory, { acctSessionId: idOf.get(session)! }), session)
    },
    liveOf: (acctSessionId: string) => [...sessionAt.live.values()].filter((one) => idOf.get(one) === acctSessionId),
    /** Everything listed, with `between` done between two pages. */
    list(limit: number, between: () => void): { session: number; acctSessionId: string }[] {
      const listed: { session: number; acctSessionId: string }[] = []
      for (let after; after !== null;) {
        const input = sessionIds.input.parse({ after, limit })
        const { rows, next } = runSite(sessionIds, database, input)
        expect(rows.length).toBeLessThanOrEqual(limit)
        for (const { of, no, acctSessionId } of rows) listed.push({ session: sessionAt[of].get(no)!, acctSessionId })
        after = next
        if (next) between()
      }
      return listed
    },
  }
}

const id = fc.constantFrom('', 'a', 'ab', 'b', '10', '9', 'ä', '日', '😀', '\uFFFC')
/** So many NASes use one id at a time at most: they fit on a page. */
const SAME_ID_MAX = 3

test('a listing has every session once, whatever ends or begins between its pages', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ id, isOver: fc.boolean() }), { maxLength: 40 }),
      fc.integer({ min: SAME_ID_MAX, max: 8 }),
      fc.array(fc.record({ id, ends: fc.array(fc.nat({ max: 60 }), { maxLength: 8 }) }), { maxLength: 20 }),
      (given, limit, happening) => {
        const all = store()
        let last = 0
        const begin = (acctSessionId: string): number => {
          if (all.liveOf(acctSessionId).length === SAME_ID_MAX) all.end(all.liveOf(acctSessionId)[0]!)
          last += 1
          all.begin(last, acctSessionId)
          return last
        }
        for (const one of given) if (one.isOver) all.end(begin(one.id))
        for (const one of given) if (!one.isOver) begin(one.id)
        const before = Array.from({ length: last }, (_, index) => index + 1)
        const happenings = happening.values()
        const listed = all.list(limit, () => {
          const { value } = happenings.next()
          if (!value) return
          value.ends.forEach((session) => all.end(session))
          begin(value.id)
        })
        const found = listed.map(({ session }) => session)
        expect(new Set(found).size).toBe(found.length)
        expect(before.filter((session) => !found.includes(session))).toEqual([])
        all.database.close()
      },
    ),
    { numRuns: 500 },
  )
})

test('a session that ends just after its page was read is not listed again, and one just before is not missed', () => {
  const all = store()
  for (const [session, acctSessionId] of ['a', 'b', 'c', 'd', 'e'].entries()) all.begin(session + 1, acctSessionId)
  let isFirst = true
  const listed = all.list(2, () => {
    if (isFirst) for (const session of [1, 2, 3, 4]) all.end(session)
    isFirst = false
  })
  expect(listed.map(({ acctSessionId }) => acctSessionId)).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('an id that was used again is listed for each of its sessions', () => {
  const all = store()
  for (let session = 1; session <= 5; session++) {
    all.begin(session, 'again')
    if (session < 5) all.end(session)
  }
  expect(all.list(2, () => {}).map(({ session }) => session)).toEqual([1, 2, 3, 4, 5])
})
