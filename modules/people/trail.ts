/** Reading the audit log stands in the audit log. */
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'

/** Somebody looks at the log. Asked for under one id an hour, so that turning pages is one reading. */
export const auditOpened = defineCommand({
  name: 'audit.opened',
  permission: 'audit.read',
  isInternal: true,
  input: z.object({}),
  handle: () => ok(),
})

const filters = z.object({
  actorId: z.string().max(253).optional(),
  command: z.string().max(100).optional(),
  outcome: z.string().max(20).optional(),
  fromAt: z.number().int().optional(),
  toAt: z.number().int().optional(),
  fromNo: z.number().int().optional(),
})

/** Somebody takes a copy of the log with them. */
export const auditExported = defineCommand({
  name: 'audit.exported',
  permission: 'audit.read',
  isInternal: true,
  input: z.object({
    format: z.enum(['json', 'csv']),
    filters,
    rows: z.number().int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  handle: () => ok(),
})
