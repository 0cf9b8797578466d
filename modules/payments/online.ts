/** Who bought is online: the router counts what goes over the first session on it. */
import { and, eq, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { purchases } from './tables.ts'

/** In one command. */
export const ONLINE_ROWS_MAX = 200

/** Said once of each, by whoever sees the sessions. */
export const purchasesOnline = defineCommand({
  name: 'purchases.online',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    online: z
      .array(z.object({ purchaseId: z.string(), at: z.number().int() }))
      .min(1)
      .max(ONLINE_ROWS_MAX),
  }),
  handle(ctx, { online }) {
    const { site } = purchases
    for (const { purchaseId, at } of online)
      ctx.db
        .update(site)
        .set({ onlineAt: at })
        .where(and(eq(site.id, purchaseId), isNull(site.onlineAt)))
        .run()
    return ok()
  },
})
