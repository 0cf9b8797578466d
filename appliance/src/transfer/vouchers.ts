/** Vouchers as a sheet. A voucher is known by its batch and number; it is never changed by an import. */
import { err, type Fault, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { inputInvalid, ValueOf } from '@lango/kernel/verbs'
import type { listPlans } from '@lango/modules/plans'
import type { importVouchers, revealCodes, voucherRows } from '@lango/modules/vouchers'
import type * as module from '@lango/modules/vouchers'
import type { Cells } from './rows.ts'
import {
  REVEALED_AT_ONCE,
  filled,
  type Judged,
  type Looked,
  type OpenSheet,
  type Sheet,
  type TransferBox,
} from './sheet.ts'

type Vouchers = typeof module & { readonly inputInvalid: typeof inputInvalid }
type Page = ResultOf<typeof voucherRows>

export const vouchersSheet = async (): Promise<Sheet> => {
  const verbs = await import('@lango/kernel/verbs')
  const vouchers: Vouchers = { ...(await import('@lango/modules/vouchers')), inputInvalid: verbs.inputInvalid }
  return {
    noun: 'vouchers',
    columns: vouchers.voucherColumns,
    needed: ['batch', 'serial', 'code', 'plan', 'codeLength', 'numeric', 'wanted'],
    secret: 'code',
    key: ['batch', 'serial'],
    chunkRows: vouchers.VOUCHER_CHUNK_ROWS,
    async open(box, { withSecrets, plansToCome }) {
      const plans = await box.query<ResultOf<typeof listPlans>>('plans.list', {})
      if (!plans.ok) return plans
      const known = new Set([...plans.value.map(({ name }) => name), ...(plansToCome?.keys() ?? [])])
      const open: OpenSheet = {
        judge: ({ line, cells }) => judge(vouchers, known, line, cells),
        look: (rows) => look(box, vouchers, rows),
        add: (rows) => box.command<ValueOf<typeof importVouchers>>('vouchers.import', { rows: rows.map(filled) }),
        change: (rows) => Promise.resolve({ ok: true, value: { refused: rows.map(unchangeable) } }),
        pages: () => pages(box, vouchers, withSecrets),
        taken: ({ cells }) => codeTaken(cells),
      }
      return { ok: true, value: open }
    },
  }
}

const codeTaken = (cells: Cells): Fault =>
  ({ type: 'CodeTaken', batch: Number(cells['batch']), serial: Number(cells['serial']) }) as Fault

const unchangeable = (cells: Cells, row: number) => ({ row, fault: codeTaken(cells) })

const judge = (
  { givenVoucherCells, inputInvalid, voucherRow }: Vouchers,
  plans: ReadonlySet<string>,
  line: number,
  cells: Cells,
): Result<Judged, Fault> => {
  const parsed = voucherRow.safeParse(filled(cells))
  if (!parsed.success) return err(inputInvalid(parsed.error))
  const { batch, serial, plan } = parsed.data
  if (!plans.has(plan)) return err({ type: 'PlanUnknown', plan })
  const code = cells['code'] ?? ''
  if (code === '') return err({ type: 'CodeMissing' })
  const name = `${batch}/${serial}`
  const given = { ...givenVoucherCells(parsed.data, cells), code } as Cells
  const claims = [
    { what: 'number', name },
    { what: 'code', name: code },
  ]
  return { ok: true, value: { line, name, cells, given, claims } }
}

/** What the box has of these numbers: a file has them in order, so that few pages are asked for. */
const look = async (
  box: TransferBox,
  { VOUCHER_ROWS_MAX, voucherCells }: Vouchers,
  rows: readonly Judged[],
): Promise<Result<readonly Looked[], Fault>> => {
  const wanted = rows.map(({ given }) => ({ batch: Number(given['batch']), serial: Number(given['serial']) }))
  const found = new Map<string, Cells>()
  for (const { batch, serial } of wanted) {
    if (found.has(`${batch}/${serial}`)) continue
    const page = await box.query<Page>('vouchers.rows', {
      afterBatch: batch,
      afterSerial: serial - 1,
      limit: VOUCHER_ROWS_MAX,
    })
    if (!page.ok) return page
    const isThere = page.value.some((row) => row.batch === batch && row.serial === serial)
    if (!isThere) continue
    for (const row of page.value) found.set(`${row.batch}/${row.serial}`, { ...voucherCells(row), tail: row.tail })
  }
  const lookAt = ({ name, given }: Judged): Looked => {
    const seen = found.get(name)
    // The box tells of a code its end alone.
    const isSameCode = seen !== undefined && given['code']!.replaceAll('-', '').endsWith(seen['tail']!)
    return { current: seen && { ...seen, code: isSameCode ? given['code']! : seen['tail']! } }
  }
  return { ok: true, value: rows.map(lookAt) }
}

async function* pages(
  box: TransferBox,
  { VOUCHER_ROWS_MAX, voucherCells }: Vouchers,
  withSecrets: boolean,
): AsyncGenerator<Result<readonly Cells[], Fault>> {
  for (let [afterBatch, afterSerial] = [0, 0]; ;) {
    const page = await box.query<Page>('vouchers.rows', { afterBatch, afterSerial, limit: VOUCHER_ROWS_MAX })
    if (!page.ok) {
      yield page
      return
    }
    const codes = withSecrets ? await codesOf(box, page.value) : { ok: true as const, value: new Map<string, string>() }
    if (!codes.ok) {
      yield codes
      return
    }
    if (page.value.length > 0)
      yield {
        ok: true,
        value: page.value.map((row) => ({
          ...voucherCells(row),
          code: codes.value.get(`${row.batch}/${row.serial}`) ?? '',
        })),
      }
    if (page.value.length < VOUCHER_ROWS_MAX) return
    const last = page.value.at(-1)!
    ;[afterBatch, afterSerial] = [last.batch, last.serial]
  }
}

const codesOf = async (box: TransferBox, page: Page): Promise<Result<ReadonlyMap<string, string>, Fault>> => {
  const codes = new Map<string, string>()
  for (const [batch, all] of Map.groupBy(page, (row) => row.batch))
    for (let at = 0; at < all.length; at += REVEALED_AT_ONCE) {
      const rows = all.slice(at, at + REVEALED_AT_ONCE)
      const range = { batch, from: rows[0]!.serial, to: rows.at(-1)!.serial }
      const told = await box.command<ValueOf<typeof revealCodes>>('vouchers.revealCodes', range)
      if (!told.ok) return told
      for (const { serial, code } of told.value.codes) codes.set(`${batch}/${serial}`, code)
    }
  return { ok: true, value: codes }
}
