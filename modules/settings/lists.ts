/** That somebody took a list of the box with them. */
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'

export const listExported = defineCommand({
  name: 'lists.exported',
  summary: 'Puts on record that a list was taken out of the box, by whom and which.',
  permission: 'plans.read',
  input: z.object({ list: z.enum(['subscribers', 'plans', 'vouchers']), rows: z.number().int().min(0) }),
  handle: () => ok(),
})
