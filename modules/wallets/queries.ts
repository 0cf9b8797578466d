import { and, eq, lt, ne, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, sumOf, type Reader } from '@lango/kernel/db'
import { readReference } from '../ledger/index.ts'
import { ledgerAccounts, ledgerEntries, ledgerPostings } from '../ledger/tables.ts'
import { walletStatuses } from './rules.ts'
import { walletMoves, wallets } from './tables.ts'

const ROWS_MAX = 200
/** No wallet has it. */
const NO_NUMBER = -1

type Tables = {
  readonly wallets: typeof wallets
  readonly ledgerAccounts: typeof ledgerAccounts
}

/** The account that a wallet's money is in. */
export const walletAccountIn = ({ wallets, ledgerAccounts: accounts, beside }: Reader<Tables>) =>
  sql`${accounts.kind} = 'liability' and ${accounts.code} = 'wallet:' || ${wallets.id} and ${accounts.currency} = ${wallets.currency} and ${beside(accounts, wallets)}`

/** What somebody has of it: its number, its phone, or its reference. */
const isMeant = ({ wallets }: Pick<Reader<Tables>, 'wallets'>, q: string, phone: string | undefined) => {
  const typed = q.trim()
  return or(
    eq(wallets.number, /^\d{1,9}$/.test(typed) ? Number(typed) : NO_NUMBER),
    eq(wallets.reference, readReference(typed)),
    phone === undefined ? undefined : eq(wallets.phone, phone),
  )
}

/** Wallets with what is in each, the latest first; and what all of them hold and owe. */
export const listWallets = defineQuery({
  name: 'wallets.list',
  summary: 'Lists wallets with what is in each, the latest first, and what all of them hold and owe together.',
  permission: 'wallets.read',
  input: z.object({
    /** A number, or a reference. */
    q: z.string().max(100).optional(),
    /** What is looked for as a phone (E.164), where it can be one. */
    phone: z.string().max(32).optional(),
    status: z.enum(walletStatuses).optional(),
    /** The number of the last one of the page before. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { wallets, ledgerAccounts, ledgerPostings },
  examples: [{}, { q: '1' }, { q: 'a', phone: 'a' }, { status: 'blocked', limit: 3 }, { before: 4, limit: 2 }],
  select: (read, { q, phone, status, before, limit }) => {
    const { db, wallets, ledgerAccounts: accounts, ledgerPostings: postings, ref, byKey, scoped } = read
    const where = and(
      q === undefined ? undefined : isMeant(read, q, phone),
      status === undefined ? ne(wallets.status, 'erased') : eq(wallets.status, status),
      before === undefined ? undefined : lt(wallets.number, before),
    )
    const order = [descending(wallets.number), ...byKey(wallets)]
    const page = db
      .select({ id: scoped(wallets.id) })
      .from(wallets)
      .where(where)
      .orderBy(...order)
      .limit(limit)
    const sums = db
      .select({ code: accounts.code, minor: sumOf(postings.minor) })
      .from(wallets)
      .innerJoin(accounts, walletAccountIn(read))
      .innerJoin(postings, ref(postings.accountId, accounts.id))
    return {
      rows: db
        .select({
          id: wallets.id,
          number: wallets.number,
          reference: wallets.reference,
          phone: wallets.phone,
          currency: wallets.currency,
          status: wallets.status,
          createdAt: wallets.createdAt,
        })
        .from(wallets)
        .where(where)
        .orderBy(...order)
        .limit(limit),
      sums: sums
        .where(sql`(${scoped(wallets.id)}) in ${page}`)
        .groupBy(accounts.code)
        .orderBy(ascending(accounts.code)),
    }
  },
  shape: ({ rows, sums }) => {
    const minorOf = new Map(sums.map(({ code, minor }) => [code, minor]))
    return rows.map((row) => ({ ...row, balanceMinor: -(minorOf.get(`wallet:${row.id}`) ?? 0) + 0 }))
  },
})

/** By currency, what is owed to whoever holds a wallet, and what they owe: the two are never set off. */
export const walletTotals = defineQuery({
  name: 'wallets.totals',
  summary: 'Tells how many wallets there are, what is owed to their holders, and what holders owe, by currency.',
  permission: 'wallets.read',
  input: z.object({}),
  tables: { wallets, ledgerAccounts, ledgerPostings },
  select: (read) => {
    const { db, wallets, ledgerAccounts: accounts, ledgerPostings: postings, ref } = read
    const each = db
      .select({ currency: accounts.currency, code: accounts.code, minor: sumOf(postings.minor).as('minor') })
      .from(wallets)
      .innerJoin(accounts, walletAccountIn(read))
      .innerJoin(postings, ref(postings.accountId, accounts.id))
      .groupBy(accounts.currency, accounts.code)
      .as('each_wallet')
    return {
      sums: db
        .select({
          currency: each.currency,
          owedMinor: sumOf(sql`case when ${each.minor} < 0 then -${each.minor} else 0 end`),
          owingMinor: sumOf(sql`case when ${each.minor} > 0 then ${each.minor} else 0 end`),
        })
        .from(each)
        .groupBy(each.currency)
        .orderBy(ascending(each.currency)),
      counts: db.select({ wallets: countRows() }).from(wallets).where(ne(wallets.status, 'erased')),
    }
  },
  shape: ({ sums, counts }) => ({ wallets: counts[0]?.wallets ?? 0, sums }),
})

/** One wallet with what went in and out, the latest first; undefined when there is none. */
export const showWallet = defineQuery({
  name: 'wallets.show',
  summary: 'Shows one wallet by its number with what went in and out of it, the latest first; null when there is none.',
  permission: 'wallets.read',
  input: z.object({
    number: z.number().int(),
    /** The number of the last movement of the page before. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { wallets, walletMoves, ledgerAccounts, ledgerEntries, ledgerPostings },
  examples: [{ number: 1 }, { number: 2, before: 4, limit: 2 }, { number: 3, limit: 1 }],
  select: (read, { number, before, limit }) => {
    const { db, wallets, walletMoves: moves, ledgerAccounts: accounts, ledgerEntries: entries } = read
    const { ledgerPostings: postings, ref, byKey } = read
    return {
      wallet: db
        .select({
          id: wallets.id,
          number: wallets.number,
          reference: wallets.reference,
          phone: wallets.phone,
          currency: wallets.currency,
          status: wallets.status,
          createdAt: wallets.createdAt,
        })
        .from(wallets)
        .where(eq(wallets.number, number))
        .orderBy(...byKey(wallets)),
      sum: db
        .select({ minor: sumOf(postings.minor) })
        .from(wallets)
        .innerJoin(accounts, walletAccountIn(read))
        .innerJoin(postings, ref(postings.accountId, accounts.id))
        .where(eq(wallets.number, number)),
      moves: db
        .select({
          number: moves.number,
          kind: moves.kind,
          about: moves.about,
          at: moves.at,
          by: entries.by,
          minor: sql<number>`-${postings.minor}`.mapWith(Number),
        })
        .from(moves)
        .innerJoin(wallets, ref(moves.walletId, wallets.id))
        .innerJoin(entries, ref(moves.entryId, entries.id))
        .innerJoin(accounts, walletAccountIn(read))
        .innerJoin(postings, and(ref(postings.entryId, moves.entryId), ref(postings.accountId, accounts.id)))
        .where(and(eq(wallets.number, number), before === undefined ? undefined : lt(moves.number, before)))
        .orderBy(descending(moves.number), ...byKey(moves), ascending(postings.id))
        .limit(limit),
    }
  },
  shape: ({ wallet: [wallet], sum, moves }) => wallet && { ...wallet, balanceMinor: -(sum[0]?.minor ?? 0) + 0, moves },
})
