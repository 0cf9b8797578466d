import fc from 'fast-check'
import { expect, test } from 'vitest'
import { money, ok, type Result } from '@lango/kernel'
import { defineCommand, defineModule, type CommandContext } from '@lango/kernel/verbs'
import { memorySite } from '@lango/kernel/testing'
import { z } from 'zod'
import {
  checkEntries,
  credit,
  debit,
  ledger,
  ledgerBalances,
  listEntries,
  post,
  reverse,
  type LedgerFault,
  type Line,
} from './index.ts'
import { ledgerEntries, ledgerPostings } from './tables.ts'

const kes = (minor: number) => money(minor, 'KES')
const till = { kind: 'asset', code: 'mpesa:174379' } as const
const unmatched = { kind: 'liability', code: 'unmatched' } as const
const sales = { kind: 'income', code: 'hotspot' } as const

/** A command of the test's own, as any module's posts from within one. */
const site = () => {
  let work: (ctx: CommandContext) => Result<string, LedgerFault>
  const testPost = defineCommand({
    name: 'test.post',
    permission: 'system',
    input: z.object({}),
    handle: (ctx): Result<string, LedgerFault> => work(ctx),
  })
  const made = memorySite([ledger, defineModule({ name: 'test', commands: [testPost] })])
  return {
    ...made,
    run: (next: typeof work) => {
      work = next
      return made.dispatch(testPost, {})
    },
  }
}

const received = (minor: number): Line[] => [debit(till, kes(minor)), credit(unmatched, kes(minor))]

test('money that came in and was for a sale: accounts, their balances, and all of them together', () => {
  const { run, query } = site()
  run((ctx) => post(ctx, { kind: 'received', cause: 'payment:1:received', lines: received(5000) }))
  run((ctx) =>
    post(ctx, {
      kind: 'sold',
      cause: 'payment:1:sold',
      lines: [debit(unmatched, kes(5000)), credit(sales, kes(5000))],
    }),
  )
  expect(query(ledgerBalances, {})).toEqual({
    accounts: [
      { ...till, currency: 'KES', debitMinor: 5000, creditMinor: 0, balanceMinor: 5000 },
      { ...sales, currency: 'KES', debitMinor: 0, creditMinor: 5000, balanceMinor: 5000 },
      { ...unmatched, currency: 'KES', debitMinor: 5000, creditMinor: 5000, balanceMinor: 0 },
    ],
    broken: [],
  })
  expect(query(listEntries, { cause: 'payment:1:s' })).toMatchObject([
    { kind: 'sold', cause: 'payment:1:sold', lines: [{ minor: 5000 }, { minor: -5000 }] },
  ])
  expect(query(checkEntries, {})).toEqual({ entries: 2, broken: 0 })
})

test('a cause is posted once: the same again is the same entry, another amount is refused', () => {
  const { run, count } = site()
  const first = run((ctx) => post(ctx, { kind: 'received', cause: 'a', lines: received(100) }))
  const again = run((ctx) => post(ctx, { kind: 'received', cause: 'a', lines: received(100).toReversed() }))
  expect(again).toEqual(first)
  for (const other of [
    { kind: 'received', cause: 'a', lines: received(101) },
    { kind: 'moved', cause: 'a', lines: received(100) },
  ] as const)
    expect(run((ctx) => post(ctx, other))).toEqual({ ok: false, error: { type: 'LedgerCauseTaken', cause: 'a' } })
  expect([count(ledgerEntries), count(ledgerPostings)]).toEqual([1, 2])
})

test('an entry is taken back once, by its mirror image', () => {
  const { run, query } = site()
  const entry = run((ctx) => post(ctx, { kind: 'received', cause: 'a', lines: received(100) }))
  const id = entry.ok ? entry.value : ''
  const back = run((ctx) => reverse(ctx, id, 'a:back'))
  expect(run((ctx) => reverse(ctx, id, 'a:back'))).toEqual(back)
  expect(run((ctx) => reverse(ctx, id, 'b'))).toMatchObject({ error: { type: 'LedgerAlreadyReversed' } })
  expect(run((ctx) => reverse(ctx, 'entry_x', 'c'))).toMatchObject({ error: { type: 'LedgerEntryUnknown' } })
  const other = run((ctx) => post(ctx, { kind: 'received', cause: 'other', lines: received(7) }))
  expect(run((ctx) => reverse(ctx, other.ok ? other.value : '', 'a'))).toMatchObject({
    error: { type: 'LedgerCauseTaken' },
  })
  expect(query(ledgerBalances, {}).accounts.map(({ balanceMinor }) => balanceMinor)).toEqual([7, 7])
})

test.each([
  ['out of balance', [debit(till, kes(2)), credit(sales, kes(1))], 'out of balance by KES 0.01'],
  ['two currencies that only look alike', [debit(till, kes(1)), credit(sales, money(1, 'UGX'))], 'out of balance'],
  ['nothing moved', [debit(till, kes(1)), credit(till, kes(1))], 'moves nothing'],
  ['no line', [], 'moves nothing'],
])('a mistake in the program throws, and nothing is written: %s', (_name, lines, message) => {
  const { run, count, log } = site()
  expect(run((ctx) => post(ctx, { kind: 'received', cause: 'a', lines }))).toMatchObject({ ok: false })
  expect(JSON.stringify(log.lines)).toContain(message)
  expect(count(ledgerEntries)).toBe(0)
})

test('whatever is posted, repeated and taken back, the books come to nothing and equal a plain model', () => {
  const accounts = [till, unmatched, sales, { kind: 'expense', code: 'fees' }] as const
  const event = fc.record({
    what: fc.constantFrom('post', 'post', 'post', 'again', 'reverse'),
    from: fc.nat(3),
    to: fc.nat(3),
    minor: fc.integer({ min: 1, max: 1_000_000 }),
    currency: fc.constantFrom('KES', 'UGX'),
    pick: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      const { run, query, database } = site()
      const model = new Map<string, number>()
      const done: { posting: Parameters<typeof post>[1]; id: string; isBack: boolean }[] = []
      /** What each was answered, and what it should have been. */
      const told: [unknown, unknown][] = []
      const move = (lines: readonly Line[], sign: 1 | -1) => {
        for (const { account, amount } of lines) {
          const key = `${account.code} ${amount.currency}`
          model.set(key, (model.get(key) ?? 0) + sign * amount.minor)
        }
      }
      for (const [index, { what, from, to, minor, currency, pick }] of events.entries()) {
        const chosen = done[pick % Math.max(1, done.length)]
        if (what === 'post' && from !== to) {
          const lines = [debit(accounts[from]!, money(minor, currency)), credit(accounts[to]!, money(minor, currency))]
          const posting = { kind: 'received', cause: `c${index}`, lines } as const
          const posted = run((ctx) => post(ctx, posting))
          told.push([posted.ok, true])
          done.push({ posting, id: posted.ok ? posted.value : '', isBack: false })
          move(lines, 1)
        } else if (what === 'again' && chosen) {
          told.push([run((ctx) => post(ctx, chosen.posting)), ok(chosen.id)])
        } else if (what === 'reverse' && chosen) {
          told.push([run((ctx) => reverse(ctx, chosen.id, `r${index}`)).ok, !chosen.isBack])
          if (!chosen.isBack) move(chosen.posting.lines, -1)
          chosen.isBack = true
        }
      }
      expect(told.map(([answer]) => answer)).toEqual(told.map(([, expected]) => expected))
      const { accounts: shown, broken } = query(ledgerBalances, {})
      expect(broken).toEqual([])
      expect(query(checkEntries, {}).broken).toBe(0)
      const net = new Map(shown.map((one) => [`${one.code} ${one.currency}`, one.debitMinor - one.creditMinor]))
      expect(net).toEqual(model)
      database.close()
    }),
    { numRuns: 30 },
  )
})
