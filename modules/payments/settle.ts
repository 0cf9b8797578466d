/** From paid to given: what a purchase brings, in the transaction that says that it is paid. */
import { and, between, eq, isNotNull, ne } from 'drizzle-orm'
import { formatMoney, money, Secret } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import {
  accessChanged,
  createCodeDrawer,
  createGrantWriter,
  credentialPurpose,
  policyRow,
  spellCode,
} from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { putMessage } from '../messages/index.ts'
import { plans } from '../plans/tables.ts'
import { validityAt } from '../services/index.ts'
import { createSettings } from '../settings/index.ts'
import { codeText, openWallet, tellPhone, walletAt } from '../wallets/index.ts'
import { bookGranted, bookMoved, bookPaid, bookTopUp } from './books.ts'
import { grantJob } from './jobs-asked-for.ts'
import { rewardFor } from './referral.ts'
import { paymentLimits } from './rules.ts'
import { payments, purchases } from './tables.ts'

export type Purchase = typeof purchases.site.$inferSelect

/** How long until it is tried again to give what was paid for while nobody trusts the clock. */
const GRANT_AGAIN_MS = 60_000

/** The code that logs in: eight letters, 35 bits, behind a P. */
const CODE_SHAPE = { prefix: 'P', length: 8, numeric: false } as const
/** A code is worth sending for so long. */
const CODE_LIFE_MS = 3_600_000

/** What was paid for, and the code: where SMS are set up; else the desk tells it. */
const sendCode = (
  ctx: CommandContext,
  { id, phone, amountMinor, currency }: Purchase,
  { planName, code }: Sent,
): void => {
  const site = createSettings(ctx.raw)().siteName || 'Wi-Fi'
  putMessage(ctx, {
    channel: 'sms',
    kind: 'purchase',
    about: `purchase:${id}`,
    recipient: phone,
    subject: site,
    text: `${site}: ${planName}, ${amountMinor === 0 ? 'bure / free' : formatMoney(money(amountMinor, currency))}. Msimbo wako / your code: ${spellCode(code, CODE_SHAPE.prefix)}`,
    expiresAt: ctx.now + CODE_LIFE_MS,
  })
}
type Sent = { readonly planName: string; readonly code: string }

const put = (ctx: CommandContext, id: string, values: Partial<Purchase>): void => {
  ctx.db.update(purchases.site).set(values).where(eq(purchases.site.id, id)).run()
}

export const purchaseAt = (ctx: CommandContext, id: string): Purchase | undefined =>
  ctx.db.select().from(purchases.site).where(eq(purchases.site.id, id)).get()

/** It is paid for: gives what it bought, or sees to it that it is given as soon as the clock is trusted. */
export const settle = (ctx: CommandContext, purchase: Purchase, isBooked: boolean): void => {
  // What costs nothing moves nothing in the books.
  if (!isBooked && purchase.amountMinor > 0) bookPaid(ctx, purchase)
  put(ctx, purchase.id, { state: 'confirmed', confirmedAt: ctx.now, mayStillBePaid: false, failure: null })
  give(ctx, purchase)
}

/**
 * Its prompt says that it is paid. The receipt of it may have come before, when several purchases could have been meant:
 * then that is the money, and not further money.
 */
export const settleByPrompt = (ctx: CommandContext, purchase: Purchase): void => {
  const receipts = receiptsOf(ctx, purchase)
  // What was another purchase's is not this one's, though it could not be paid back.
  const payment = receipts.find(({ state, purchaseId }) => state === 'unmatched' && purchaseId === null)
  if (!payment && receipts.some(({ doubt }) => doubt !== 'nothing-fits')) return leaveToReceipt(ctx, purchase)
  if (!payment) return settle(ctx, purchase, false)
  ctx.db
    .update(payments.site)
    .set({ state: 'matched', purchaseId: purchase.id, doubt: null })
    .where(eq(payments.site.id, payment.id))
    .run()
  bookMoved(ctx, payment, purchase.id)
  settle(ctx, purchase, true)
}

/**
 * Several could have been meant, and somebody has said meanwhile what the money was for, or had it sent back: nothing is
 * given for it once more. If other money has come for this one it stands in the provider's list, and is given then.
 */
const leaveToReceipt = (ctx: CommandContext, purchase: Purchase): void => {
  takeBack(ctx, purchase)
  put(ctx, purchase.id, { state: 'failed', failedAt: ctx.now, failure: 'busy', mayStillBePaid: true })
}

/** Those that name nothing, can be of this phone, and nobody knew what for; the nearest in time first. */
const receiptsOf = (ctx: CommandContext, { phone, amountMinor, currency, requestedAt }: Purchase) => {
  const { site } = payments
  const { fitsWithinMs } = paymentLimits
  return ctx.db
    .select()
    .from(site)
    .where(
      and(
        ne(site.state, 'matched'),
        isNotNull(site.doubt),
        eq(site.account, ''),
        eq(site.amountMinor, amountMinor),
        eq(site.currency, currency),
        between(site.paidAt, requestedAt - fitsWithinMs, requestedAt + fitsWithinMs),
      ),
    )
    .all()
    .filter(({ phones }) => phones.includes(phone))
    .toSorted((one, other) => Math.abs(one.paidAt - requestedAt) - Math.abs(other.paidAt - requestedAt))
}

/** What is paid for, given and booked. */
export const give = (ctx: CommandContext, purchase: Purchase): void => {
  const { id } = purchase
  if (purchase.purpose === 'wallet') return fill(ctx, purchase)
  if (!hand(ctx, purchase))
    return ctx.enqueue(grantJob, { purchaseId: id }, { runAt: ctx.now + GRANT_AGAIN_MS, key: id })
  put(ctx, id, { state: 'granted', grantedAt: ctx.now })
  if (purchase.amountMinor === 0) return
  bookGranted(ctx, purchase)
  const reward = rewardFor(ctx, purchase)
  if (reward) settle(ctx, reward, false)
}

/** Money that was paid for a wallet, put there; the first opens it, and whoever paid is told its code. */
const fill = (ctx: CommandContext, purchase: Purchase): void => {
  const { id, phone, walletId, amountMinor, currency } = purchase
  const meant = walletId === null ? undefined : walletAt(ctx, walletId)
  // Whoever held it is forgotten meanwhile: nobody would find the money there.
  const standing = meant?.status === 'erased' ? undefined : meant
  const { wallet, isNew } = standing ? { wallet: standing, isNew: false } : openWallet(ctx, phone, id)
  bookTopUp(ctx, purchase, wallet)
  put(ctx, id, { state: 'granted', grantedAt: ctx.now, walletId: wallet.id })
  const text = `Umeweka kwenye pochi / paid into your wallet: ${formatMoney(money(amountMinor, currency))}.`
  tellPhone(ctx, wallet, text + (isNew ? codeText(ctx, wallet) : ''))
}

const grantOf = (ctx: CommandContext, { id }: Purchase) =>
  ctx.db.select().from(grants.site).where(eq(grants.site.serviceId, id)).get()

/** The plan as it was paid for, whatever became of it meanwhile; false while nobody trusts the clock. */
export const hand = (ctx: CommandContext, purchase: Purchase): boolean => {
  const standing = grantOf(ctx, purchase)
  if (standing?.status === 'active') return true
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.id, purchase.planId!)).get()!
  const validity = validityAt(ctx, plan)
  if (!validity.ok) return false
  const code = standing ? reopened(ctx, standing, validity.value) : granted(ctx, purchase, plan, validity.value)
  if (code !== undefined) sendCode(ctx, purchase, { planName: plan.name, code })
  return true
}

type Plan = typeof plans.site.$inferSelect
type Validity = Extract<ReturnType<typeof validityAt>, { readonly ok: true }>['value']

/** It was given ahead and taken back, and is paid after all: the code that they have is good again, from now on. */
const reopened = (ctx: CommandContext, grant: typeof grants.site.$inferSelect, validity: Validity) => {
  const { beginsAt = null, expiresAt = null, validitySec = null } = validity
  ctx.db
    .update(grants.site)
    .set({ status: 'active', beginsAt, expiresAt, validitySec, firstUsedAt: null })
    .where(eq(grants.site.id, grant.id))
    .run()
  ctx.emit(accessChanged, { grantNo: grant.no })
  const opened = grant.credential && ctx.vault.open(grant.credential, credentialPurpose(grant.id))
  return opened?.ok === true ? opened.value.reveal() : undefined
}

/** Ends what was given, with the sessions on it. */
export const takeBack = (ctx: CommandContext, purchase: Purchase): void => {
  const grant = grantOf(ctx, purchase)
  if (grant?.status !== 'active') return
  ctx.db.update(grants.site).set({ status: 'ended' }).where(eq(grants.site.id, grant.id)).run()
  ctx.emit(accessChanged, { grantNo: grant.no })
}

const granted = (ctx: CommandContext, { id }: Purchase, plan: Plan, validity: Validity): string => {
  const { code, login } = createCodeDrawer(ctx, CODE_SHAPE)()
  createGrantWriter(ctx)({
    serviceId: id,
    login,
    kind: plan.kind,
    password: new Secret(code),
    policyId: policyRow(ctx, plan.policy),
    ...validity,
    macLogin: undefined,
    devices: [],
    framedIp: undefined,
    framedIpv6Prefix: undefined,
    delegatedIpv6Prefix: undefined,
    vlan: undefined,
    quotaOctets: plan.quotaOctets ?? undefined,
    quotaSec: plan.quotaSec ?? undefined,
  })
  return code
}
