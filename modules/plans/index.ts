import { defineModule } from '@lango/kernel/verbs'
import { changePlans, importPlans } from './change.ts'
import { addPlan, setPlan, setPlanStatus } from './commands.ts'
import { listPlans } from './queries.ts'
import { plans as plansTable } from './tables.ts'

export { PLAN_CHUNK_ROWS, changePlans, importPlans } from './change.ts'
export { addPlan, setPlan, setPlanStatus } from './commands.ts'
export { saleTimesFault, type SaleTimes, type SelfRegistration } from './rules.ts'
export { listPlans } from './queries.ts'
export { clearedPlanColumns, planCells, planColumns, planValues, readPlanRow, type PlanRow } from './sheet.ts'

export const plans = defineModule({
  name: 'plans',
  tables: [plansTable],
  commands: [addPlan, setPlan, setPlanStatus, importPlans, changePlans],
  queries: [listPlans],
})
