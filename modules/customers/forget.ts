/** A phone number is forgotten. */
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { phoneSchema } from './phone.ts'

/**
 * Whoever keeps something under a phone number does away with it by following this, in the same transaction: rows of
 * money stay, and lead to nobody.
 */
export const forgetPhone = defineCommand({
  name: 'customers.forgetPhone',
  permission: 'system',
  isInternal: true,
  input: z.object({ phone: phoneSchema }),
  audit: () => ({}),
  handle: () => ok(),
})
