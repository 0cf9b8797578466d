import { and, gte, lt, sql } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, countWhere, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { balanceOf } from './rules.ts'
import { ledgerAccounts, ledgerEntries, ledgerPostings } from './tables.ts'

const ENTRIES_MAX = 200
const TABLES = { ledgerAccounts, ledgerEntries, ledgerPostings }

/**
 * Every account with its balance, and by currency what all postings together come to: nothing, or the books are broken.
 * `until`: as it stood then, epoch ms.
 */
export const ledgerBalances = defineQuery({
  name: 'ledger.balances',
  summary: 'Shows the balance of every account of the ledger, and that all of them together come to nothing.',
  permission: 'ledger.read',
  input: z.object({ until: z.number().int().optional() }),
  tables: TABLES,
  examples: [{}, { until: 2_000_000_000_000 }],
  select: ({ db, ledgerAccounts: accounts, ledgerEntries: entries, ledgerPostings: postings, ref }, { until }) => {
    const sums = {
      minor: sumOf(postings.minor),
      debitMinor: sumOf(sql`case when ${postings.minor} > 0 then ${postings.minor} else 0 end`),
      creditMinor: sumOf(sql`case when ${postings.minor} < 0 then -${postings.minor} else 0 end`),
    }
    const isIn = until === undefined ? undefined : lt(entries.at, until)
    return {
      accounts: db
        .select({ kind: accounts.kind, code: accounts.code, currency: accounts.currency, ...sums })
        .from(postings)
        .innerJoin(accounts, ref(postings.accountId, accounts.id))
        .innerJoin(entries, ref(postings.entryId, entries.id))
        .where(isIn)
        .groupBy(accounts.kind, accounts.code, accounts.currency)
        .orderBy(ascending(accounts.kind), ascending(accounts.code), ascending(accounts.currency)),
      totals: db
        .select({ currency: accounts.currency, minor: sumOf(postings.minor) })
        .from(postings)
        .innerJoin(accounts, ref(postings.accountId, accounts.id))
        .innerJoin(entries, ref(postings.entryId, entries.id))
        .where(isIn)
        .groupBy(accounts.currency)
        .orderBy(ascending(accounts.currency)),
    }
  },
  shape: ({ accounts, totals }) => ({
    accounts: accounts.map(({ minor, ...account }) => ({ ...account, balanceMinor: balanceOf(account.kind, minor) })),
    /** Currencies in which the postings do not come to nothing. */
    broken: totals.filter(({ minor }) => minor !== 0),
  }),
})

/** Entries of a time, or written for one cause (`voucher-sale:vsl_01…`), the latest first, each with its lines. */
export const listEntries = defineQuery({
  name: 'ledger.entries',
  summary: 'Lists entries of the ledger with their lines, the latest first.',
  permission: 'ledger.read',
  input: z.object({
    fromAt: z.number().int().default(0),
    toAt: z.number().int().default(Number.MAX_SAFE_INTEGER),
    /** What the cause begins with. */
    cause: z.string().max(100).optional(),
    /** The last entry of the page before. */
    before: z.string().max(64).optional(),
    limit: z.number().int().min(1).max(ENTRIES_MAX).default(ENTRIES_MAX),
  }),
  tables: TABLES,
  examples: [{}, { fromAt: 1_000, limit: 3 }, { cause: 'a' }, { before: 'z' }],
  select: (read, { fromAt, toAt, cause, before, limit }) => {
    const { db, ledgerAccounts: accounts, ledgerEntries: entries, ledgerPostings: postings, ref, byKey, scoped } = read
    const isIn = and(
      gte(entries.at, fromAt),
      lt(entries.at, toAt),
      cause === undefined ? undefined : and(gte(entries.cause, cause), lt(entries.cause, `${cause}\u{10ffff}`)),
      before === undefined ? undefined : lt(entries.id, before),
    )
    const page = db
      .select({ id: scoped(entries.id) })
      .from(entries)
      .where(isIn)
      .orderBy(descending(entries.id), ...byKey(entries))
      .limit(limit)
    return {
      entries: db
        .select()
        .from(entries)
        .where(isIn)
        // An id is as old as its entry.
        .orderBy(descending(entries.id), ...byKey(entries))
        .limit(limit),
      lines: db
        .select({
          entryId: postings.entryId,
          kind: accounts.kind,
          code: accounts.code,
          currency: accounts.currency,
          minor: postings.minor,
        })
        .from(postings)
        .innerJoin(accounts, ref(postings.accountId, accounts.id))
        .where(sql`(${scoped(postings.entryId)}) in ${page}`)
        .orderBy(...byKey(postings)),
    }
  },
  shape: ({ entries, lines }) => {
    const byEntry = Map.groupBy(lines, ({ entryId }) => entryId)
    return entries.map(({ id, kind, cause, reverses, at, by }) => ({
      id,
      kind,
      cause,
      reverses,
      at,
      by,
      lines: (byEntry.get(id) ?? []).map((line) => ({
        kind: line.kind,
        code: line.code,
        currency: line.currency,
        minor: line.minor,
      })),
    }))
  },
})

/** Entries whose lines do not come to nothing: none, or the books are broken. */
export const checkEntries = defineQuery({
  name: 'ledger.check',
  summary: 'Counts the entries of the ledger, and those that are out of balance: there must be none.',
  permission: 'ledger.read',
  input: z.object({}),
  tables: TABLES,
  select: ({ db, ledgerEntries: entries, ledgerPostings: postings, ledgerAccounts: accounts, scoped, ref }) => {
    const sums = db
      .select({ minor: sumOf(postings.minor).as('minor') })
      .from(postings)
      .innerJoin(accounts, ref(postings.accountId, accounts.id))
      .groupBy(scoped(postings.entryId), accounts.currency)
      .as('sums')
    return {
      entries: db.select({ entries: countRows() }).from(entries),
      broken: db.select({ broken: countWhere(sql`${sums.minor} <> 0`) }).from(sums),
    }
  },
  shape: ({ entries, broken }) => ({ entries: entries[0]?.entries ?? 0, broken: broken[0]?.broken ?? 0 }),
})
