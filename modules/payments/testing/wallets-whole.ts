import { expect } from 'vitest'
import { sum, type Closed } from './closed.ts'

/** What wallets have lost to top-ups that were paid back, by the wallet: as much as was left there. */
const takenBack = ({ lived }: Closed): ReadonlyMap<string, number> =>
  new Map(
    lived.site.database.raw
      .prepare<[], { code: string; minor: number }>(
        `SELECT a.code, sum(p.minor) minor FROM ledger_postings p
         JOIN ledger_entries e ON e.id = p.entry_id JOIN ledger_accounts a ON a.id = p.account_id
         WHERE e.cause LIKE 'refund:%:asked' AND a.code LIKE 'wallet:%' GROUP BY a.code`,
      )
      .all()
      .map(({ code, minor }) => [code, minor]),
  )

/** In each wallet is what was paid in and what others sent, less what was bought, sent and paid back, and no more. */
export const expectWalletsWhole = (closed: Closed): void => {
  const { lived, purchases, balance } = closed
  const { acts, site, weather } = lived
  const wallets = site.database.raw.prepare<[], { id: string; phone: string }>('SELECT id, phone FROM wallets').all()
  const given = purchases.filter(({ grantedAt }) => grantedAt !== null)
  const topUps = Map.groupBy(
    given.filter(({ purpose }) => purpose === 'wallet'),
    ({ walletId }) => walletId,
  )
  const bought = Map.groupBy(
    given.filter(({ paidBy }) => paidBy === 'wallet'),
    ({ walletId }) => walletId,
  )
  const cash = Map.groupBy(acts.cash, ({ phone }) => phone)
  const came = Map.groupBy(acts.sent, ({ to }) => to)
  const went = Map.groupBy(acts.sent, ({ from }) => from)
  const taken = takenBack(closed)
  for (const { id, phone } of wallets) {
    const into = sum(topUps.get(id) ?? []) + sum(cash.get(phone) ?? []) + sum(came.get(phone) ?? [])
    const outOf = sum(bought.get(id) ?? []) + sum(went.get(phone) ?? []) + (taken.get(`wallet:${id}`) ?? 0)
    expect(balance(`wallet:${id}`)).toBe(into - outOf)
    expect(into - outOf).toBeGreaterThanOrEqual(-weather.lendsUpTo * 100)
  }
  expect(balance('cash:test')).toBe(sum(acts.cash))
  // What went back of top-ups was taken from wallets, and the rest is the operator's loss.
  const back = purchases.filter(({ purpose, state, grantedAt }) => {
    return purpose === 'wallet' && state === 'refunded' && grantedAt !== null
  })
  const tookMinor = [...taken.values()].reduce((all, minor) => all + minor, 0)
  expect(tookMinor + balance('wallet-refunds')).toBe(sum(back))
  // Nothing was bought from a wallet but what somebody bought there, and what renews that.
  const own = new Map(wallets.map(({ id, phone }) => [id, phone]))
  for (const { id, renewsId, walletId, paidBy } of purchases)
    if (paidBy === 'wallet') expect(acts.spent.get(renewsId ?? id)).toBe(own.get(walletId ?? ''))
}
