/** Writes entries. A function of a command, never a command: money moves in the transaction of what moved it. */
import { and, asc, eq } from 'drizzle-orm'
import { err, money, ok, type Result } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { accountKey, assertBalanced, netLines, type Account, type EntryKind, type Line } from './rules.ts'
import { ledgerAccounts, ledgerEntries, ledgerPostings } from './tables.ts'

export type LedgerFault =
  /** An entry with this cause says something else. */
  | { readonly type: 'LedgerCauseTaken'; readonly cause: string }
  | { readonly type: 'LedgerEntryUnknown'; readonly entry: string }
  | { readonly type: 'LedgerAlreadyReversed'; readonly entry: string }

export type Posting = {
  readonly kind: EntryKind
  /** What the entry is written for, once. */
  readonly cause: string
  readonly lines: readonly Line[]
}

type Writer = Pick<CommandContext, 'db' | 'ids' | 'now' | 'actor'>

/**
 * Posts an entry and answers its id. The same cause with the same lines is answered with the entry that stands; with
 * others it is refused. Lines out of balance are a mistake in the program, and throw.
 */
export const post = (ctx: Writer, { kind, cause, lines }: Posting): Result<string, LedgerFault> => {
  assertBalanced(lines)
  const standing = entryFor(ctx, cause)
  if (standing !== undefined) {
    const isSame = standing.kind === kind && spelt(linesOf(ctx, standing.id)) === spelt(lines)
    return isSame ? ok(standing.id) : err({ type: 'LedgerCauseTaken', cause })
  }
  return ok(write(ctx, { kind, cause, lines, reverses: null }))
}

/** Takes an entry back by its mirror image, once. */
export const reverse = (ctx: Writer, entry: string, cause: string): Result<string, LedgerFault> => {
  const { site } = ledgerEntries
  const standing = ctx.db.select().from(site).where(eq(site.id, entry)).get()
  if (!standing) return err({ type: 'LedgerEntryUnknown', entry })
  const reversal = ctx.db.select().from(site).where(eq(site.reverses, entry)).get()
  if (reversal) return reversal.cause === cause ? ok(reversal.id) : err({ type: 'LedgerAlreadyReversed', entry })
  if (entryFor(ctx, cause) !== undefined) return err({ type: 'LedgerCauseTaken', cause })
  const lines = linesOf(ctx, entry).map(({ account, amount }) => ({
    account,
    amount: money(-amount.minor, amount.currency),
  }))
  return ok(write(ctx, { kind: 'reversal', cause, lines, reverses: entry }))
}

const entryFor = ({ db }: Writer, cause: string) =>
  db.select().from(ledgerEntries.site).where(eq(ledgerEntries.site.cause, cause)).get()

const linesOf = ({ db }: Writer, entryId: string): readonly Line[] =>
  db
    .select({
      kind: ledgerAccounts.site.kind,
      code: ledgerAccounts.site.code,
      currency: ledgerAccounts.site.currency,
      minor: ledgerPostings.site.minor,
    })
    .from(ledgerPostings.site)
    .innerJoin(ledgerAccounts.site, eq(ledgerPostings.site.accountId, ledgerAccounts.site.id))
    .where(eq(ledgerPostings.site.entryId, entryId))
    .orderBy(asc(ledgerPostings.site.id))
    .all()
    .map(({ kind, code, currency, minor }) => ({ account: { kind, code }, amount: money(minor, currency) }))

const spelt = (lines: readonly Line[]): string =>
  netLines(lines)
    .map(({ account, amount }) => `${accountKey(account, amount.currency)} ${amount.minor}`)
    .toSorted()
    .join('\n')

type Entry = Posting & { readonly reverses: string | null }

const write = (ctx: Writer, { lines, ...entry }: Entry): string => {
  const id = ctx.ids.next('entry')
  ctx.db
    .insert(ledgerEntries.site)
    .values({ id, ...entry, at: ctx.now, by: ctx.actor.id })
    .run()
  for (const { account, amount } of netLines(lines))
    ctx.db
      .insert(ledgerPostings.site)
      .values({
        id: ctx.ids.next('posting'),
        entryId: id,
        accountId: accountId(ctx, account, amount.currency),
        minor: amount.minor,
      })
      .run()
  return id
}

const accountId = (ctx: Writer, { kind, code }: Account, currency: string): string => {
  const { site } = ledgerAccounts
  const standing = ctx.db
    .select({ id: site.id })
    .from(site)
    .where(and(eq(site.kind, kind), eq(site.code, code), eq(site.currency, currency)))
    .get()
  if (standing) return standing.id
  const id = ctx.ids.next('account')
  ctx.db.insert(site).values({ id, kind, code, currency }).run()
  return id
}
