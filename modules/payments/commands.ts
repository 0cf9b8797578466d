import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { callbackUrl, err, ok } from '@lango/kernel'
import { defineCommand, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { credentialPurpose, normaliseDevice } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { phoneSchema } from '../customers/index.ts'
import { planForSale, putPurchase } from './wish.ts'
import { promptToken } from './callback-tokens.ts'
import { askJob, promptJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { failures } from './port.ts'
import { dearerThan, priceFor } from './price.ts'
import { promptRefused } from './prompts.ts'
import { nextOf, type Told } from './rules.ts'
import { give, purchaseAt, settle, settleByPrompt, takeBack, type Purchase } from './settle.ts'
import { purchases } from './tables.ts'

/** Asks somebody to pay for a plan on their phone. */
export const requestPurchase = defineCommand({
  name: 'purchases.request',
  summary: 'Asks somebody to pay for a plan on their phone; what they bought is given when the money is there.',
  output: z.object({
    id: z.string(),
    number: z.number().int(),
    reference: z.string(),
    /** What is asked for; 0 where nothing is, and it is given at once. */
    amountMinor: z.number().int(),
  }),
  permission: 'payments.request',
  input: z.object({
    plan: z.string(),
    phone: phoneSchema,
    /** Of an offer. */
    code: z.string().max(64).optional(),
    /** The price that they have seen, in minor units: where it is more by now nobody is asked. */
    shownMinor: z.number().int().min(0).optional(),
    /** Of theirs, where it is known. */
    device: z.string().max(64).optional(),
  }),
  audit: (input, { value }) => personalIn((value as { id: string } | undefined)?.id, input),
  handle(ctx, { plan: name, phone, code, shownMinor, device: told = '' }) {
    const plan = planForSale(ctx, name)
    if (!plan.ok) return plan
    const device = told === '' ? undefined : normaliseDevice(told)
    const price = priceFor(ctx, plan.value, { phone, device, code })
    if (!price.ok) return price
    const { amountMinor } = price.value
    const dearer = dearerThan(shownMinor, price.value, plan.value)
    if (dearer) return err(dearer)
    const refused = promptRefused(ctx, phone)
    if (refused) return err(refused)
    const purchase = putPurchase(ctx, plan.value, { ...price.value, phone, device })
    const { id, number, reference } = purchase
    // Nobody is asked for nothing.
    if (amountMinor === 0) settle(ctx, purchase, false)
    else ctx.enqueue(promptJob, { purchaseId: id })
    return ok({ id, number, reference, amountMinor })
  },
})

const internal = { permission: 'system', isInternal: true } as const

/**
 * Before the provider is asked to prompt. Said once: whoever comes here again, after a crash, does not know whether it
 * was asked, and must not ask a second time.
 */
export const beginPrompt = defineCommand({
  ...internal,
  name: 'purchases.beginPrompt',
  // Where it may be told how the prompt ended is for the provider alone.
  valueIsSecret: true,
  input: z.object({ purchaseId: z.string() }),
  handle(ctx, { purchaseId }) {
    const purchase = purchaseAt(ctx, purchaseId)
    if (purchase?.state !== 'requested') return ok({ mayPrompt: false, isWaitedFor: false, tellAt: undefined })
    if (purchase.promptedAt !== null) return ok({ mayPrompt: false, isWaitedFor: true, tellAt: undefined })
    ctx.db.update(purchases.site).set({ promptedAt: ctx.now }).where(eq(purchases.site.id, purchaseId)).run()
    return ok({ mayPrompt: true, isWaitedFor: true, tellAt: tellAt(ctx, purchase) })
  },
})

/** Where the provider may tell how this prompt ended; undefined where nobody reaches the box. */
const tellAt = (ctx: CommandContext, purchase: Purchase): string | undefined => {
  const { callbackUrl: base, shortcode } = mpesaConfig(ctx)
  return base === '' ? undefined : callbackUrl(base, promptToken(ctx.vault, { ...purchase, shortcode }))
}

const told = z.discriminatedUnion('type', [
  z.object({ type: z.literal('taken'), ref: z.string().min(1).max(128) }),
  z.object({ type: z.literal('unheard') }),
  z.object({ type: z.literal('silent') }),
  z.object({ type: z.literal('refused'), failure: z.enum(failures) }),
  z.object({ type: z.literal('open') }),
  z.object({ type: z.literal('paid') }),
  z.object({ type: z.literal('failed'), failure: z.enum(failures), mayStillBePaid: z.boolean() }),
])

/** What the provider said of a purchase's prompt. */
export const promptTold = defineCommand({
  ...internal,
  name: 'purchases.told',
  input: z.object({ purchaseId: z.string(), told }),
  handle(ctx, { purchaseId, told }) {
    const purchase = purchaseAt(ctx, purchaseId)
    if (!purchase) return err({ type: 'PurchaseUnknown', purchase: purchaseId })
    goOn(ctx, purchase, told)
    return ok({ purchaseId })
  },
})

/**
 * Whoever pays says that they have: the provider is asked sooner than it would have been. However often they say so it
 * is asked at most once a second, and nothing is believed.
 */
export const askSoon = defineCommand({
  ...internal,
  name: 'purchases.askSoon',
  isRoutine: true,
  input: z.object({ purchaseId: z.string() }),
  handle(ctx, { purchaseId }) {
    const purchase = purchaseAt(ctx, purchaseId)
    if (!purchase) return err({ type: 'PurchaseUnknown', purchase: purchaseId })
    const isOpen = purchase.state === 'accepted' || (purchase.state === 'failed' && purchase.mayStillBePaid)
    if (isOpen) ctx.enqueue(askJob, { purchaseId }, { runAt: ctx.now + ASK_SOON_MS, key: purchaseId })
    return ok({ purchaseId })
  },
})

const goOn = (ctx: CommandContext, purchase: Purchase, heard: Told): void => {
  const { id } = purchase
  const next = nextOf(purchase, heard, ctx.now)
  const set = (values: Partial<Purchase>): void => {
    ctx.db.update(purchases.site).set(values).where(eq(purchases.site.id, id)).run()
  }
  // Whoever says that it is paid, and whoever is asked about it, do not say the same: somebody has to hear of it.
  if (heard.type === 'failed' && purchase.claimedAt !== null && purchase.confirmedAt === null) {
    set({ deniedAt: purchase.deniedAt ?? ctx.now })
    if (purchase.aheadAt !== null) takeBack(ctx, purchase)
  }
  const ask = (afterMs: number): void => ctx.enqueue(askJob, { purchaseId: id }, { runAt: ctx.now + afterMs, key: id })
  switch (next.type) {
    case 'accept':
      set({ state: 'accepted', acceptedAt: ctx.now, providerRef: next.ref ?? null })
      return ask(ASK_FIRST_MS)
    case 'prompt-again':
      set({ promptedAt: null, unheard: purchase.unheard + 1 })
      return ctx.enqueue(promptJob, { purchaseId: id }, { runAt: ctx.now + next.afterMs })
    case 'ask-again':
      return ask(next.afterMs)
    case 'fail':
      set({ state: 'failed', failedAt: ctx.now, failure: next.failure, mayStillBePaid: next.mayStillBePaid })
      return next.askAfterMs === undefined ? undefined : ask(next.askAfterMs)
    case 'confirm':
      return settleByPrompt(ctx, purchase)
    default:
      return undefined
  }
}

const ASK_SOON_MS = 1000
/** Nobody has typed a PIN sooner. */
const ASK_FIRST_MS = 3000

/** Gives what was paid for and could not be given yet. */
export const givePaid = defineCommand({
  ...internal,
  name: 'purchases.give',
  input: z.object({ purchaseId: z.string() }),
  handle(ctx, { purchaseId }) {
    const purchase = purchaseAt(ctx, purchaseId)
    if (purchase?.state === 'confirmed') give(ctx, purchase)
    return ok({ purchaseId })
  },
})

/** Tells the code of what was bought, to whoever stands at the desk: the audit log says who has read it. */
export const revealPurchase = defineCommand({
  name: 'purchases.reveal',
  summary: 'Tells the code that logs in for a purchase; the audit log keeps who has read it.',
  output: z.object({ number: z.number().int(), code: z.string() }),
  permission: 'vouchers.reveal',
  valueIsSecret: true,
  input: z.object({ number: z.number().int() }),
  handle(ctx, { number }) {
    const purchase = ctx.db.select().from(purchases.site).where(eq(purchases.site.number, number)).get()
    if (!purchase) return err({ type: 'PurchaseUnknown', purchase: String(number) })
    const grant = ctx.db.select().from(grants.site).where(eq(grants.site.serviceId, purchase.id)).get()
    if (!grant?.credential) return err({ type: 'PurchaseNotGranted', number })
    const opened = ctx.vault.open(grant.credential, credentialPurpose(grant.id))
    return opened.ok ? ok({ number, code: opened.value.reveal() }) : opened
  },
})
