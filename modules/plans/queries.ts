import { z } from 'zod'
import { ascending, defineQuery } from '@lango/kernel/db'
import { plans } from './tables.ts'

export const listPlans = defineQuery({
  name: 'plans.list',
  summary: 'Lists all plans, withdrawn ones included, with their policy and price.',
  permission: 'plans.read',
  input: z.object({}),
  tables: { plans },
  select: ({ db, plans, byKey }) =>
    db
      .select()
      .from(plans)
      .orderBy(ascending(plans.name), ...byKey(plans)),
  shape: (rows) => rows,
})
