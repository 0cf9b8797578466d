/** What the desk does with wallets. */
import { asc, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { err, formatMoney, money, ok } from '@lango/kernel'
import { defineCommand, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { drawCode } from '../access/index.ts'
import { phoneSchema } from '../customers/index.ts'
import { creditWallet, walletAt, walletBalance, walletNumbered, type Wallet } from './books.ts'
import { codeOf, codeText, openWallet, tellPhone } from './open.ts'
import { WALLET_CODE, walletCodePurpose, walletLimits, walletStatuses } from './rules.ts'
import { wallets } from './tables.ts'

/** Wallets looked at by one command: its transaction stays short. */
const RESEAL_ROWS = 500

const number = z.number().int().min(1)

/** That somebody holds. */
const heldWallet = (ctx: CommandContext, wallet: number) => {
  const found = walletNumbered(ctx, wallet)
  const isHeld = found !== undefined && found.status !== 'erased'
  return isHeld ? ok(found) : err({ type: 'WalletUnknown' as const, wallet: String(wallet) })
}

/** Whose values are told is whoever holds the wallet. */
export const ofWallet = (input: unknown, { value }: { readonly value: unknown }): unknown =>
  personalIn((value as { id?: string } | undefined)?.id, input)

/** Money was taken at the desk. It is the first for this phone, or goes to what is there. */
export const topUpCash = defineCommand({
  name: 'wallets.topUpCash',
  summary: 'Puts money that was taken in cash into the wallet of a phone, which is opened where there is none.',
  output: z.object({
    id: z.string(),
    wallet: z.number().int(),
    reference: z.string(),
    isNew: z.boolean(),
    receipt: z.number().int(),
    balanceMinor: z.number().int(),
  }),
  permission: 'wallets.topUp',
  input: z.object({ phone: phoneSchema, amountMinor: z.number().int().min(1).max(walletLimits.amountMax) }),
  audit: ofWallet,
  handle(ctx, { phone, amountMinor }) {
    const { wallet, isNew } = openWallet(ctx, phone)
    const amount = money(amountMinor, wallet.currency)
    const receipt = creditWallet(ctx, wallet, {
      amount,
      // Whoever took it holds it, as with vouchers that they sell.
      other: { kind: 'asset', code: `cash:${ctx.actor.id}` },
      kind: 'received',
      cause: `wallet-cash:${ctx.id}`,
      move: { kind: 'cash' },
    })
    const { id, number: no, reference } = wallet
    const balanceMinor = walletBalance(ctx, wallet)
    tellPhone(ctx, wallet, cashText(ctx, wallet, { amountMinor, balanceMinor, isNew }))
    ctx.changed({ balanceMinor: balanceMinor - amountMinor }, { balanceMinor })
    return ok({ id, wallet: no, reference, isNew, receipt, balanceMinor })
  },
})

type Told = { readonly amountMinor: number; readonly balanceMinor: number; readonly isNew: boolean }
const cashText = (ctx: CommandContext, wallet: Wallet, { amountMinor, balanceMinor, isNew }: Told): string => {
  const [amount, balance] = [amountMinor, balanceMinor].map((minor) => formatMoney(money(minor, wallet.currency)))
  return `Umepokea / received ${amount}. Salio / balance: ${balance}.${isNew ? codeText(ctx, wallet) : ''}`
}

/** Nothing goes out of it until it is opened again; money still comes in. */
export const blockWallet = defineCommand({
  name: 'wallets.block',
  summary: 'Blocks a wallet, so that nothing is paid from it and nobody opens it, or lets it go on.',
  output: z.object({ id: z.string(), wallet: z.number().int(), status: z.enum(walletStatuses) }),
  permission: 'wallets.write',
  input: z.object({ wallet: number, blocked: z.boolean() }),
  handle(ctx, { wallet: no, blocked }) {
    const found = heldWallet(ctx, no)
    if (!found.ok) return found
    const { id, status: before } = found.value
    const status = blocked ? ('blocked' as const) : ('active' as const)
    ctx.db.update(wallets.site).set({ status }).where(eq(wallets.site.id, id)).run()
    ctx.changed({ status: before }, { status })
    return ok({ id, wallet: no, status })
  },
})

/** To whoever stands at the desk and holds the phone: the audit log says who has read it. */
export const revealWallet = defineCommand({
  name: 'wallets.reveal',
  summary: 'Tells the code that opens a wallet; the audit log keeps who has read it.',
  output: z.object({ wallet: z.number().int(), code: z.string() }),
  permission: 'wallets.reveal',
  valueIsSecret: true,
  input: z.object({ wallet: number }),
  handle(ctx, { wallet: no }) {
    const found = heldWallet(ctx, no)
    if (!found.ok) return found
    const code = codeOf(ctx, found.value)
    return code === undefined ? err({ type: 'WalletCodeUnreadable', wallet: no }) : ok({ wallet: no, code })
  },
})

/** Somebody else knows the code, or its key is lost: whatever it has opened is shut. */
export const renewWalletCode = defineCommand({
  name: 'wallets.renewCode',
  summary: 'Gives a wallet a new code; the one before opens nothing any more, and where it was open it is shut.',
  output: z.object({ wallet: z.number().int(), code: z.string() }),
  permission: 'wallets.write',
  valueIsSecret: true,
  input: z.object({ wallet: number }),
  handle(ctx, { wallet: no }) {
    const found = heldWallet(ctx, no)
    if (!found.ok) return found
    const { id, codeNo } = found.value
    const drawn = drawCode(WALLET_CODE, ctx.random.below)
    const code = ctx.vault.seal(drawn, walletCodePurpose(id))
    ctx.db
      .update(wallets.site)
      .set({ code, codeNo: codeNo + 1, misses: 0, missesSince: null })
      .where(eq(wallets.site.id, id))
      .run()
    const renewed = walletAt(ctx, id)!
    tellPhone(ctx, renewed, codeText(ctx, renewed).trim())
    return ok({ wallet: no, code: drawn })
  },
})

/** Seals codes under the newest key, a chunk of wallets at a time; what cannot be opened is counted and kept. */
export const resealWallets = defineCommand({
  name: 'wallets.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({ afterNo: z.number().int() }),
  handle(ctx, { afterNo }) {
    const { site } = wallets
    const rows = ctx.db
      .select({ id: site.id, no: site.number, code: site.code })
      .from(site)
      .where(gt(site.number, afterNo))
      .orderBy(asc(site.number))
      .limit(RESEAL_ROWS)
      .all()
    const count = { resealed: 0, unreadable: 0 }
    for (const { id, code } of rows) {
      if (ctx.vault.isCurrent(code)) continue
      const box = ctx.vault.reseal(code, walletCodePurpose(id))
      if (box.ok) ctx.db.update(site).set({ code: box.value }).where(eq(site.id, id)).run()
      count[box.ok ? 'resealed' : 'unreadable'] += 1
    }
    return ok({ ...count, lastNo: rows.length === RESEAL_ROWS ? rows.at(-1)?.no : undefined })
  },
})
