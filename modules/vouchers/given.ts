/** The cells of a row as an export would tell them: what is typed in another spelling is no difference. Pure. */
import type { z } from 'zod'
import { grantValues } from '../services/index.ts'
import { voucherCells, type VoucherCells, type voucherRow } from './rows.ts'

/** Only of the columns that the row has a word on. */
export const givenVoucherCells = (
  row: z.output<typeof voucherRow>,
  cells: Readonly<Record<string, string>>,
): Partial<VoucherCells> => {
  const told = voucherCells({
    ...row,
    ...grantValues({ ...row, status: undefined }),
    topUps: row.topUps ?? null,
    tail: '',
    numeric: row.numeric === 'yes',
    useBefore: row.useBefore ?? null,
    batchBeginsAt: row.batchBeginsAt ?? null,
    batchEndsAt: row.batchEndsAt ?? null,
    createdAt: row.madeAt ?? null,
    createdBy: row.madeBy,
    holder: row.holder ?? null,
    changedAt: row.changedAt ?? null,
    devices: row.devices ?? [],
  })
  return Object.fromEntries(Object.entries(told).filter(([column]) => (cells[column] ?? '') !== ''))
}
