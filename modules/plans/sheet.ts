/** Plans as rows of a file. The columns are those of `plans.add`, with each member of the policy as one of its own. Pure. */
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { inputInvalid, type DispatchFault } from '@lango/kernel/verbs'
import { policySchema } from '../access/index.ts'
import { addPlan } from './commands.ts'
import { planFault } from './rules.ts'
import { wholePolicy } from './rules.ts'
import type { plans } from './tables.ts'

type Plan = typeof plans.site.$inferSelect
export type PlanCells = Readonly<Record<string, string | undefined>>

/** What a plan has that is not chosen when it is added. */
const statusSchema = {
  status: z.enum(['active', 'withdrawn']).default('active'),
  validFrom: z.enum(['first-use', 'creation']).optional(),
}

const { policy: _, ...ofPlan } = addPlan.input.shape
const ofPolicy: Readonly<Record<string, z.ZodType>> = policySchema.shape
const rowSchema = addPlan.input.extend(statusSchema)
export type PlanRow = z.output<typeof rowSchema>

/** In the order of an export. */
export const planColumns: readonly string[] = [
  ...Object.keys(ofPlan),
  ...Object.keys(statusSchema),
  ...Object.keys(ofPolicy),
]

/** A text stays a text where the column takes it; else it is a number, or JSON. */
const valueOf = (schema: z.ZodType, cell: string): unknown => {
  if (schema.safeParse(cell).success) return cell
  try {
    return JSON.parse(cell) as unknown
  } catch {
    return cell
  }
}

const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

type PlanRowFault =
  | Extract<DispatchFault, { type: 'InputInvalid' }>
  | { readonly type: 'PlanUnfit'; readonly why: string }

/** Reads a row; an empty cell counts as absent. */
export const readPlanRow = (cells: PlanCells): Result<PlanRow, PlanRowFault> => {
  const given = (of: Readonly<Record<string, z.ZodType>>) =>
    Object.fromEntries(
      Object.entries(of)
        .filter(([column]) => (cells[column] ?? '') !== '')
        .map(([column, schema]) => [column, valueOf(schema, cells[column]!)]),
    )
  const parsed = rowSchema.safeParse({ ...given(ofPlan), ...given(statusSchema), policy: given(ofPolicy) })
  if (!parsed.success) return err(inputInvalid(parsed.error))
  const why = planFault(planValues(parsed.data))
  return why === undefined ? ok(parsed.data) : err({ type: 'PlanUnfit', why })
}

export const planCells = (plan: { readonly policy: Plan['policy'] }): PlanCells => {
  const values: Readonly<Record<string, unknown>> = { ...plan.policy, ...plan }
  return Object.fromEntries(planColumns.map((column) => [column, textOf(values[column])]))
}

/** The columns of a row as the table has them: what the row says nothing about is as `plans.add` makes it. */
export const planValues = ({ policy, validFrom, ...row }: PlanRow) => ({
  ...NOTHING,
  ...row,
  policy: wholePolicy(row.kind, policy),
  ...(validFrom && { validFrom }),
})

/** Columns that hold nothing where a row does not fill them. */
const NOTHING: Readonly<Record<string, null>> = Object.fromEntries(
  Object.entries(ofPlan as Readonly<Record<string, z.ZodType>>)
    .filter(([, schema]) => schema instanceof z.ZodOptional)
    .map(([column]) => [column, null]),
)

/** Columns that an empty cell of a change clears. */
export const clearedPlanColumns: ReadonlySet<string> = new Set(
  planColumns.filter(
    (column) => !['name', 'kind', 'status', 'validFrom', 'priceMinor', 'currency', 'selfRegistration'].includes(column),
  ),
)
