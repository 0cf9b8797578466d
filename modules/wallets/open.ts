/** Wallets come into being with the first money for a phone, and each has a code that opens it. */
import { and, eq, ne } from 'drizzle-orm'
import { Secret } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { drawCode, spellCode } from '../access/index.ts'
import { drawReference, readReference } from '../ledger/index.ts'
import { putMessage } from '../messages/index.ts'
import { createSettings } from '../settings/index.ts'
import { walletAt, type Wallet } from './books.ts'
import { WALLET_CODE, walletCodePurpose, walletLimits } from './rules.ts'
import { wallets } from './tables.ts'

export const walletOfPhone = (ctx: CommandContext, phone: string): Wallet | undefined =>
  ctx.db.select().from(wallets.site).where(eq(wallets.site.phone, phone)).get()

/** By what is typed as the account where money is sent to it. */
export const walletReferred = (ctx: CommandContext, typed: string): Wallet | undefined => {
  const { site } = wallets
  const held = and(eq(site.reference, readReference(typed)), ne(site.status, 'erased'))
  return ctx.db.select().from(site).where(held).get()
}

/** The wallet of a phone, made where there is none; its code goes to the phone where SMS are set up. */
export const openWallet = (
  ctx: CommandContext,
  phone: string,
  openedBy: string | null = null,
): { readonly wallet: Wallet; readonly isNew: boolean } => {
  const standing = walletOfPhone(ctx, phone)
  if (standing) return { wallet: standing, isNew: false }
  const id = ctx.ids.next('wal')
  const taken = ctx.raw.prepare<[string]>('SELECT 1 FROM wallets WHERE reference = ?')
  ctx.db
    .insert(wallets.site)
    .values({
      id,
      number: ctx.counter('wallet'),
      reference: drawReference('W', ctx.random.below, (reference) => taken.get(reference) !== undefined),
      phone,
      currency: createSettings(ctx.raw)().currency,
      code: ctx.vault.seal(new Secret(drawCode(WALLET_CODE, ctx.random.below)), walletCodePurpose(id)),
      codeNo: 1,
      misses: 0,
      status: 'active',
      createdAt: ctx.now,
      openedBy,
    })
    .run()
  return { wallet: walletAt(ctx, id)!, isNew: true }
}

/** As it is typed and shown; undefined where its key is lost. */
export const codeOf = (ctx: CommandContext, { id, code }: Pick<Wallet, 'id' | 'code'>): string | undefined => {
  const opened = ctx.vault.open(code, walletCodePurpose(id))
  return opened.ok ? opened.value.reveal() : undefined
}

/** By SMS, where they are set up and reach this number; else the desk tells it. Whether it will be sent. */
export const tellPhone = (ctx: CommandContext, { id, phone }: Pick<Wallet, 'id' | 'phone'>, text: string): boolean => {
  const site = createSettings(ctx.raw)().siteName || 'Wi-Fi'
  return putMessage(ctx, {
    channel: 'sms',
    kind: 'wallet',
    about: `wallet:${id}`,
    recipient: phone,
    subject: site,
    text: `${site}: ${text}`,
    expiresAt: ctx.now + walletLimits.messageLifeMs,
  }).ok
}

/** Both languages: nobody has said which one this phone reads. */
export const codeText = (ctx: CommandContext, wallet: Wallet): string => {
  const code = codeOf(ctx, wallet)
  return code === undefined ? '' : ` Msimbo wa pochi / wallet code: ${spellCode(code, WALLET_CODE.prefix)}`
}
