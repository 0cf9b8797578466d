import { defineModule } from '@lango/kernel/verbs'
import { handVouchers, makeVouchers, openBatch, revealVouchers, revokeVouchers, showVoucher } from './commands.ts'
import { listBatches, listVouchers } from './queries.ts'
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
export { listBatches, listVouchers } from './queries.ts'
export { CODES_PER_VOUCHER_GOOD, voucherState } from './rules.ts'

export const vouchers = defineModule({
  name: 'vouchers',
  tables: [voucherBatches, vouchersTable],
  commands: [openBatch, makeVouchers, revealVouchers, showVoucher, revokeVouchers, handVouchers],
  queries: [listVouchers, listBatches],
})
