/** That somebody took a list of the box with them. */
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'

export const listExported = defineCommand({
  name: 'lists.exported',
  permission: 'plans.read',
  isInternal: true,
  input: z.object({ list: z.enum(['subscribers', 'plans', 'vouchers']), rows: z.number().int().min(0) }),
  handle: () => ok(),
})
