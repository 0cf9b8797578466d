import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { migrate, openDatabase } from '@lango/kernel/db'
import { decisionChunks } from '@lango/modules/sessions/tables'
import { DecisionPacker, type Decision } from './decision-log.ts'
import { pageOfDecisions, searchDecisions, type DecisionFilters, type FoundDecision } from './decision-search.ts'
import { outcomes, reasons } from './reasons.ts'

const decision = fc.record({
  at: fc.integer({ min: 0, max: 1000 }),
  outcome: fc.constantFrom(...outcomes),
  reason: fc.constantFrom(...reasons.slice(0, 4)),
  method: fc.constant('pap' as const),
  routerNo: fc.nat(2),
  grantNo: fc.nat(2),
  latencyMicros: fc.nat(1000),
  login: fc.constantFrom('amina', 'Amina', 'baraka', ''),
  device: fc.constantFrom('AA:BB:CC:00:11:22', ''),
  detail: fc.constantFrom('', 'x'),
}) satisfies fc.Arbitrary<Decision>

const wanted = fc.record(
  {
    login: fc.constantFrom('amina', 'baraka', 'nobody'),
    device: fc.constant('AA:BB:CC:00:11:22'),
    routerNo: fc.nat(2),
    outcome: fc.constantFrom(...outcomes),
    reason: fc.constantFrom(...reasons.slice(0, 4)),
    fromAt: fc.integer({ min: 0, max: 1000 }),
    toAt: fc.integer({ min: 0, max: 1000 }),
  },
  { requiredKeys: [] },
)

/** A log of these chunks, the oldest first. Fronts pack in the order of time. */
const logOf = (chunks: readonly (readonly Decision[])[]) => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  const { raw } = database
  orThrow(migrate(database, { version: 1, tables: [decisionChunks], changeLog: false }))
  const insert = raw.prepare(
    'INSERT INTO decision_chunks (from_at, to_at, decisions, rejects, body) VALUES (@fromAt, @toAt, @decisions, @rejects, @body)',
  )
  for (const decisions of chunks) {
    const packer = new DecisionPacker()
    for (const one of decisions.toSorted((a, b) => a.at - b.at)) packer.add(one)
    insert.run(packer.take())
  }
  return raw
}

const isWanted = (one: Decision, { fromAt = 0, toAt = Infinity, ...same }: Partial<DecisionFilters>): boolean =>
  one.at >= fromAt &&
  one.at < toAt &&
  Object.entries(same).every(([name, value]) => one[name as keyof Decision] === value)

/** What was stored, without what the search adds. */
const bare = (rows: readonly FoundDecision[]): Decision[] =>
  rows.map((row) => {
    const { no, sentence, remedy, ...stored } = row
    expect([typeof no, typeof sentence, typeof remedy]).toEqual(['number', 'string', 'string'])
    return stored
  })

const chunks = fc.array(fc.array(decision, { minLength: 1, maxLength: 8 }), { maxLength: 6 })

test('a search finds what matches, all of it and the newest first, and its pages hold the same', () => {
  fc.assert(
    fc.property(chunks, wanted, fc.integer({ min: 1, max: 7 }), (given, filters, limit) => {
      const raw = logOf(given)
      const expected = given
        .flatMap((one) => one.toSorted((a, b) => a.at - b.at))
        .filter((one) => isWanted(one, filters))
        .toReversed()
      // Stable: of one instant the one that was stored last comes first.
      const newest = expected.toSorted((a, b) => b.at - a.at)
      for (const most of [limit, 10_000])
        expect(bare(searchDecisions(raw, { ...filters, limit: most }))).toEqual(newest.slice(0, most))
      const paged: FoundDecision[] = []
      for (let before: number | undefined; ;) {
        const page = pageOfDecisions(raw, { ...filters, limit, ...(before === undefined ? {} : { before }) })
        paged.push(...page.rows)
        if (page.next === null) break
        before = page.next
      }
      expect(bare(paged)).toEqual(expected)
    }),
  )
})

test('a search that takes too long says how far it has come, and goes on from there', () => {
  const [one] = fc.sample(decision, { numRuns: 1, seed: 1 })
  const raw = logOf([[{ ...one!, login: 'amina' }], [{ ...one!, login: 'baraka' }], [{ ...one!, login: 'baraka' }]])
  let clock = 0
  const until = { monotonicMs: () => (clock += 1000), withinMs: 1500 }
  const first = pageOfDecisions(raw, { login: 'amina', limit: 10 }, until)
  expect(first.rows).toEqual([])
  const second = pageOfDecisions(raw, { login: 'amina', limit: 10, before: first.next! }, until)
  expect(second.rows).toMatchObject([{ login: 'amina' }])
})
