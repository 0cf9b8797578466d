import { z } from 'zod'

/** Sends what is due at one endpoint. How is said where a sender is at hand (`delivery.ts`). */
export const deliverJob = { name: 'webhooks.deliver', input: z.object({ endpoint: z.string() }) } as const
