import { z } from 'zod'
import { channels } from './rules.ts'

/** Sends what is due on one channel. How is said where senders are at hand (`delivery.ts`). */
export const deliverJob = { name: 'messages.deliver', input: z.object({ channel: z.enum(channels) }) } as const
