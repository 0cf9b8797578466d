/** Plans that come from a file. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { addPlan } from './commands.ts'
import { planFault } from './rules.ts'
import { clearedPlanColumns, planCells, planColumns, planValues, readPlanRow, type PlanCells } from './sheet.ts'
import { plans } from './tables.ts'

/** Rows of one command. */
export const PLAN_CHUNK_ROWS = 50
const CELL_LENGTH_MAX = 4096

const cells = z.partialRecord(z.enum(planColumns), z.string().max(CELL_LENGTH_MAX))
const rows = z.object({ rows: z.array(cells).min(1).max(PLAN_CHUNK_ROWS) })

type Refusal = { readonly row: number; readonly fault: Fault }

const forEachRow = (given: readonly PlanCells[], put: (row: PlanCells) => Result<unknown, Fault>) => {
  const refused: Refusal[] = []
  given.forEach((row, index) => {
    const done = put(row)
    if (!done.ok) refused.push({ row: index, fault: done.error })
  })
  return { done: given.length - refused.length, refused }
}

const planNamed = (ctx: CommandContext, name: string) =>
  ctx.db.select().from(plans.site).where(eq(plans.site.name, name)).get()

/** Adds many; a row that cannot be added is told of and does not stop the others. */
export const importPlans = defineCommand({
  name: 'plans.import',
  summary:
    'Adds many plans from rows of text cells; a row that cannot be added is told of and does not stop the others.',
  output: z.object({ added: z.number().int() }),
  permission: 'plans.write',
  input: rows,
  handle(ctx, input) {
    const { done, refused } = forEachRow(input.rows, (row) => {
      const read = readPlanRow(row)
      if (!read.ok) return read
      const { status, validFrom, ...plan } = read.value
      const added = ctx.call(addPlan, plan)
      if (!added.ok) return added
      ctx.db
        .update(plans.site)
        .set({ status, ...(validFrom && { validFrom }) })
        .where(eq(plans.site.id, added.value.id))
        .run()
      return added
    })
    return ok({ added: done, refused })
  },
})

/** Changes the cells that are given. What was sold keeps what it was sold with; what is sold from now on has the new. */
export const changePlans = defineCommand({
  name: 'plans.change',
  summary: 'Changes cells of many plans by name; what was sold keeps the terms it was sold with.',
  output: z.object({ changed: z.number().int() }),
  permission: 'plans.write',
  input: rows,
  handle(ctx, input) {
    const { done, refused } = forEachRow(input.rows, (row) => {
      const plan = planNamed(ctx, row['name'] ?? '')
      if (!plan) return err({ type: 'PlanUnknown', plan: row['name'] ?? '' })
      const given = Object.entries(row).filter(([column, cell]) => cell !== '' || clearedPlanColumns.has(column))
      const read = readPlanRow({ ...planCells(plan), ...Object.fromEntries(given) })
      if (!read.ok) return read
      const values = planValues(read.value)
      const why = planFault(values)
      if (why !== undefined) return err({ type: 'PlanUnfit', why })
      ctx.db.update(plans.site).set(values).where(eq(plans.site.id, plan.id)).run()
      return ok()
    })
    return ok({ changed: done, refused })
  },
})
