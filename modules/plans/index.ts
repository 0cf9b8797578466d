import { defineModule } from '@lango/kernel/verbs'
import { addPlan } from './commands.ts'
import { listPlans } from './queries.ts'
import { plans as plansTable } from './tables.ts'

export { addPlan } from './commands.ts'
export { listPlans } from './queries.ts'

export const plans = defineModule({ name: 'plans', tables: [plansTable], commands: [addPlan], queries: [listPlans] })
