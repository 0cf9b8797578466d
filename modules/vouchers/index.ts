import { defineModule } from '@lango/kernel/verbs'
import { handVouchers, makeVouchers, openBatch, revealVouchers, revokeVouchers, showVoucher } from './commands.ts'
import { importVouchers, revealCodes } from './import.ts'
import { listBatches, listVouchers } from './queries.ts'
import { voucherRows } from './rows.ts'
import { voucherBatches, vouchers as vouchersTable } from './tables.ts'

export {
  handVouchers,
  makeVouchers,
  openBatch,
  revealVouchers,
  revokeVouchers,
  showVoucher,
  VOUCHER_CHUNK_ROWS,
} from './commands.ts'
export { givenVoucherCells } from './given.ts'
export { importVouchers, revealCodes, type VoucherImportFault } from './import.ts'
export { listBatches, listVouchers } from './queries.ts'
export {
  VOUCHER_ROWS_MAX,
  batchColumns,
  voucherCells,
  voucherColumns,
  voucherRow,
  voucherRows,
  type VoucherCells,
  type VoucherSheetRow,
} from './rows.ts'
export { CODES_PER_VOUCHER_GOOD, voucherState } from './rules.ts'

export const vouchers = defineModule({
  name: 'vouchers',
  tables: [voucherBatches, vouchersTable],
  commands: [
    openBatch,
    makeVouchers,
    revealVouchers,
    revealCodes,
    importVouchers,
    showVoucher,
    revokeVouchers,
    handVouchers,
  ],
  queries: [listVouchers, listBatches, voucherRows],
})
