/** Plans as a sheet. */
import type { Fault } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { changePlans, importPlans, listPlans } from '@lango/modules/plans'
import type * as module from '@lango/modules/plans'
import type { Cells } from './rows.ts'
import { filled, type Judged, type OpenSheet, type Sheet } from './sheet.ts'

type Plans = typeof module

export const plansSheet = async (): Promise<Sheet> => {
  const plans = await import('@lango/modules/plans')
  return {
    noun: 'plans',
    columns: plans.planColumns,
    needed: ['name', 'kind'],
    secret: undefined,
    key: ['name'],
    chunkRows: plans.PLAN_CHUNK_ROWS,
    async open(box) {
      const listed = await box.query<ResultOf<typeof listPlans>>('plans.list', {})
      if (!listed.ok) return listed
      const rows = listed.value.map(plans.planCells) as readonly Cells[]
      const current = new Map(rows.map((cells) => [cells['name']!, cells]))
      const open: OpenSheet = {
        judge: ({ line, cells }) => judge(plans, line, cells),
        look: (judged) =>
          Promise.resolve({ ok: true, value: judged.map(({ name }) => ({ current: current.get(name) })) }),
        add: (added) => box.command<ValueOf<typeof importPlans>>('plans.import', { rows: added.map(filled) }),
        change: (changed) => box.command<ValueOf<typeof changePlans>>('plans.change', { rows: changed }),
        async *pages() {
          yield { ok: true, value: rows }
        },
        taken: ({ name }) => ({ type: 'PlanNameTaken', name }) as Fault,
      }
      return { ok: true, value: open }
    },
  }
}

const judge = (
  { clearedPlanColumns, planCells, planValues, readPlanRow }: Plans,
  line: number,
  cells: Cells,
): ReturnType<OpenSheet['judge']> => {
  const read = readPlanRow(cells)
  if (!read.ok) return read
  const { name } = read.value
  const told = planCells(planValues(read.value)) as Cells
  const given = Object.entries(told).filter(
    ([column]) => cells[column] !== undefined && (cells[column] !== '' || clearedPlanColumns.has(column)),
  )
  const judged: Judged = { line, name, cells, given: Object.fromEntries(given), claims: [{ what: 'plan', name }] }
  return { ok: true, value: judged }
}
