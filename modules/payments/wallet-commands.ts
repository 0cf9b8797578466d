/** Money into a wallet by M-Pesa, and bundles out of it. */
import { z } from 'zod'
import { currencyDecimals, err, ok, type Result } from '@lango/kernel'
import { defineCommand, personalIn } from '@lango/kernel/verbs'
import { phoneSchema } from '../customers/index.ts'
import { createSettings } from '../settings/index.ts'
import { walletAt, walletLimits, walletOfPhone, type WalletFault } from '../wallets/index.ts'
import { bookFromWallet } from './books.ts'
import { promptRefused, type PromptFault } from './prompts.ts'
import { promptJob } from './jobs-asked-for.ts'
import { settle } from './settle.ts'
import { lentTo, putFromWallet, putTopUp } from './wallet-wish.ts'
import { dearerThan, priceFor, type CodeFault, type PriceFault } from './price.ts'
import { planForSale, type SaleFault } from './wish.ts'

type TopUpFault = PromptFault | { readonly type: 'AmountUnfit'; readonly currency: string }
type Asked = { readonly id: string; readonly number: number; readonly reference: string }

/** Asks somebody to pay into the wallet of their phone. */
export const requestTopUp = defineCommand({
  name: 'purchases.topUpWallet',
  summary: 'Asks somebody to pay money into the wallet of their phone; it is opened where there is none.',
  output: z.object({ id: z.string(), number: z.number().int(), reference: z.string() }),
  permission: 'payments.request',
  input: z.object({ phone: phoneSchema, amountMinor: z.number().int().min(1).max(walletLimits.amountMax) }),
  audit: (input, { value }) => personalIn((value as { id: string } | undefined)?.id, input),
  handle(ctx, { phone, amountMinor }): Result<Asked, TopUpFault> {
    const wallet = walletOfPhone(ctx, phone)
    const currency = wallet?.currency ?? createSettings(ctx.raw)().currency
    // M-Pesa moves whole shillings.
    if (amountMinor % 10 ** currencyDecimals(currency) !== 0) return err({ type: 'AmountUnfit', currency })
    const refused = promptRefused(ctx, phone)
    if (refused) return err(refused)
    const { id, number, reference } = putTopUp(ctx, phone, { amountMinor, currency }, wallet)
    ctx.enqueue(promptJob, { purchaseId: id })
    return ok({ id, number, reference })
  },
})

type SpendFault = SaleFault | WalletFault | CodeFault | PriceFault

/** Buys a bundle from an open wallet: given at once, whether anybody outside is reached or not. */
export const buyFromWallet = defineCommand({
  name: 'purchases.fromWallet',
  permission: 'system',
  isInternal: true,
  input: z.object({
    walletId: z.string(),
    plan: z.string(),
    /** Whose it is, where it is not the holder's own. */
    phone: phoneSchema.optional(),
    /** Of an offer. */
    code: z.string().max(64).optional(),
    /** The price that they have seen, in minor units: where it is more by now nothing is taken. */
    shownMinor: z.number().int().min(0).optional(),
  }),
  audit: (input) => personalIn(input.walletId, input),
  handle(ctx, { walletId, plan: name, phone, code, shownMinor }): Result<{ id: string; number: number }, SpendFault> {
    const wallet = walletAt(ctx, walletId)
    if (!wallet) return err({ type: 'WalletUnknown', wallet: walletId })
    const plan = planForSale(ctx, name)
    if (!plan.ok) return plan
    const isOwn = phone === undefined || phone === wallet.phone
    const floorMinor = isOwn ? lentTo(ctx, wallet) : 0
    const price = priceFor(ctx, plan.value, { phone: phone ?? wallet.phone, device: undefined, code })
    if (!price.ok) return price
    const dearer = dearerThan(shownMinor, price.value, plan.value)
    if (dearer) return err(dearer)
    const bought = { price: price.value, ...(phone !== undefined && { phone }) }
    const purchase = putFromWallet(ctx, wallet, plan.value, bought)
    // What costs nothing moves nothing.
    const isPaid = purchase.amountMinor > 0
    const paid = isPaid ? bookFromWallet(ctx, purchase, wallet, { floorMinor, kind: 'bundle' }) : ok()
    if (!paid.ok) return paid
    settle(ctx, purchase, true)
    return ok({ id: purchase.id, number: purchase.number })
  },
})
