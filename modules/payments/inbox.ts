/** What a provider has posted, written down as it came. Called by commands, in their transaction. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import type { CommandContext } from '@lango/kernel/verbs'
import { callbackLimits, type CallbackOutcome } from './callback-rules.ts'
import { mpesaConfig } from './mpesa.ts'
import { paymentInbox } from './tables.ts'

/** As it came. Whoever calls with it has seen that the address was told to the provider. */
export const arrival = {
  origin: z.string().max(64),
  isKnownSource: z.boolean(),
  body: z.string().max(callbackLimits.bodyOctetsMax),
  digest: z.string().length(64),
}

type Kept = Omit<typeof paymentInbox.site.$inferInsert, 'arrivedAt' | 'no'> & { readonly outcome: CallbackOutcome }

export const keep = (ctx: CommandContext, row: Kept): void => {
  ctx.db
    .insert(paymentInbox.site)
    .values({ ...row, arrivedAt: ctx.now })
    .run()
  forgetOld(ctx)
}

const forgetOld = ({ raw, now }: CommandContext): void => {
  const { keptMs, forgottenAtOnce } = callbackLimits
  raw
    .prepare(
      'DELETE FROM payment_inbox WHERE no IN (SELECT no FROM payment_inbox WHERE arrived_at < ? ORDER BY arrived_at LIMIT ?)',
    )
    .run(now - keptMs, forgottenAtOnce)
}

/** Safaricom's addresses are known by hearsay: they are looked at only where somebody has said so. */
export const mayCount = (ctx: CommandContext, { isKnownSource }: { readonly isKnownSource: boolean }): boolean =>
  isKnownSource || mpesaConfig(ctx).callbackFrom === 'any'

export const isWritten = ({ db }: CommandContext, digest: string): boolean => {
  const { site } = paymentInbox
  return db.select({ no: site.no }).from(site).where(eq(site.digest, digest)).get() !== undefined
}
