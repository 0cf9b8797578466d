/** Purchases that a wallet has a part in: money for one, and what is bought from one. */
import { and, count, eq } from 'drizzle-orm'
import { currencyDecimals, money } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { createSettings } from '../settings/index.ts'
import type { Wallet } from '../wallets/index.ts'
import type { Price } from './price.ts'
import { purchaseAt, type Purchase } from './settle.ts'
import { purchases } from './tables.ts'
import { freeReference, fullPrice } from './wish.ts'

type Wished = Pick<Purchase, 'purpose' | 'paidBy' | 'planId' | 'amountMinor' | 'currency' | 'phone'> &
  Partial<Pick<Purchase, 'walletId' | 'renewsId' | 'discountMinor' | 'offerId' | 'referralId'>>

const put = (ctx: CommandContext, wished: Wished): Purchase => {
  const id = ctx.ids.next('pur')
  const row = { id, number: ctx.counter('purchase'), reference: freeReference(ctx), discountMinor: 0, ...wished }
  ctx.db
    .insert(purchases.site)
    .values({ ...row, state: 'requested', requestedAt: ctx.now, unheard: 0, mayStillBePaid: false })
    .run()
  return purchaseAt(ctx, id)!
}

/** Money for the wallet of a phone, which may not be there yet: it is opened once somebody has paid. */
export const putTopUp = (
  ctx: CommandContext,
  phone: string,
  { amountMinor, currency }: Pick<Purchase, 'amountMinor' | 'currency'>,
  wallet: Wallet | undefined,
): Purchase =>
  put(ctx, {
    purpose: 'wallet',
    paidBy: 'mpesa',
    planId: null,
    amountMinor,
    currency,
    phone,
    walletId: wallet?.id ?? null,
  })

type Bought = { readonly phone?: string; readonly renewsId?: string; readonly price?: Price }

/** `renewsId`: it makes the grant of that purchase last longer. At the plan's own price, unless another is said. */
export const putFromWallet = (
  ctx: CommandContext,
  { id: walletId, phone: own }: Wallet,
  plan: Parameters<typeof fullPrice>[0],
  { phone = own, renewsId, price = fullPrice(plan) }: Bought = {},
): Purchase => {
  const { id: planId, currency } = plan
  const paid = { purpose: 'plan', paidBy: 'wallet', walletId } as const
  return put(ctx, { ...paid, planId, currency, phone, ...price, renewsId: renewsId ?? null })
}

/** How far below nothing a wallet may go for a bundle of its holder's own: never, unless the operator lends. */
export const lentTo = (ctx: CommandContext, { phone, currency }: Wallet): number => {
  const { payLaterUpTo, payLaterAfter } = createSettings(ctx.raw)()
  if (payLaterUpTo === 0 || timesBought(ctx, phone) < payLaterAfter) return 0
  return money(payLaterUpTo * 10 ** currencyDecimals(currency), currency).minor
}

const timesBought = ({ db }: CommandContext, phone: string): number => {
  const { site } = purchases
  const given = and(eq(site.phone, phone), eq(site.purpose, 'plan'), eq(site.state, 'granted'))
  return db.select({ times: count() }).from(site).where(given).get()!.times
}
