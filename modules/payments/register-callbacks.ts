/** Tells the provider where it may tell of payments that nobody was asked for. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { callbackUrl, err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { shortcodeToken } from './callback-tokens.ts'
import { registerJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { MPESA, type Registration } from './mpesa-rules.ts'
import { paymentAccounts } from './tables.ts'

export const registerCallbacks = defineCommand({
  name: 'payments.registerCallbacks',
  summary: 'Asks M-Pesa to tell this box of each payment that comes in; in production it takes that once.',
  permission: 'settings.write',
  input: z.object({}),
  output: z.object({ state: z.literal('asking') }),
  handle(ctx) {
    const account = ctx.db.select().from(paymentAccounts.site).where(eq(paymentAccounts.site.id, MPESA)).get()
    const missing = account?.missing ?? []
    if (!account || missing.length > 0) return err({ type: 'MpesaUnready', missing })
    if (mpesaConfig(ctx).callbackUrl === '') return err({ type: 'CallbackUrlMissing' })
    put(ctx, { state: 'asking', at: ctx.now })
    ctx.enqueue(registerJob, {}, { key: MPESA })
    return ok({ state: 'asking' as const })
  },
})

const put = (ctx: CommandContext, registration: Registration): void => {
  ctx.db.update(paymentAccounts.site).set({ registration }).where(eq(paymentAccounts.site.id, MPESA)).run()
}

const internal = { permission: 'system', isInternal: true } as const

/** The addresses, for the provider alone. */
export const callbackAddresses = defineCommand({
  ...internal,
  name: 'payments.callbackAddresses',
  valueIsSecret: true,
  input: z.object({}),
  handle(ctx) {
    const { callbackUrl: base, shortcode } = mpesaConfig(ctx)
    const at = (kind: 'confirmation' | 'validation'): string =>
      callbackUrl(base, shortcodeToken(ctx.vault, kind, shortcode))
    return ok({ confirmationUrl: at('confirmation'), validationUrl: at('validation') })
  },
})

/** What the provider said. */
export const callbacksRegistered = defineCommand({
  ...internal,
  name: 'payments.callbacksRegistered',
  input: z.object({ state: z.enum(['registered', 'before', 'refused']), reason: z.string().max(500).optional() }),
  handle(ctx, { state, reason }) {
    put(ctx, { state, at: ctx.now, ...(reason !== undefined && { reason }) })
    return ok({ state })
  },
})
