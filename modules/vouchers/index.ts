import { defineModule } from '@lango/kernel/verbs'
import { agentCalled, commissionReport, ownCommission, ownSales, ownStock } from './agents.ts'
import { borrowVouchers, giveBack } from './borrowing.ts'
import { makeVouchers, openBatch, revealVouchers, revokeVouchers, showVoucher } from './commands.ts'
import { handVouchers } from './handing.ts'
import { importVouchers, revealCodes } from './import.ts'
import { lendVouchers, takeBack, writeLoanFile, writeOffLoan } from './lending.ts'
import { distrustBox, showBoxKey, trustBox } from './loan-peers.ts'
import { listBoxes, listLoans } from './loan-queries.ts'
import { extendVoucher, oneVoucher, revealVoucher, revokeRest, revokeVoucher, setVoucherSpeed } from './one.ts'
import { batchCounts, batchHolders, countVouchers, deskBatches, deskVouchers, movable, voucherAt } from './overview.ts'
import { listBatches, listVouchers } from './queries.ts'
import { voucherRows } from './rows.ts'
import { sellVoucher, showSoldVoucher } from './selling.ts'
import {
  voucherBatches,
  voucherLoans,
  voucherMoves,
  voucherPeers,
  voucherSales,
  vouchers as vouchersTable,
} from './tables.ts'

export { commissionReport, ownCommission, ownSales, ownStock, type Balance, type SellerLine } from './agents.ts'
export { borrowVouchers, giveBack } from './borrowing.ts'
export { makeVouchers, openBatch, revealVouchers, revokeVouchers, showVoucher } from './commands.ts'
export type { PortalEntry } from './entry.ts'
export { givenVoucherCells } from './given.ts'
export { handVouchers } from './handing.ts'
export { VOUCHER_CHUNK_ROWS, importVouchers, revealCodes, type VoucherImportFault } from './import.ts'
export { LOAN_GRACE_MS, lendVouchers, takeBack, writeLoanFile, writeOffLoan } from './lending.ts'
export { readBoxKey } from './loan-files.ts'
export { distrustBox, showBoxKey, trustBox } from './loan-peers.ts'
export { listBoxes, listLoans } from './loan-queries.ts'
export { extendVoucher, oneVoucher, revealVoucher, revokeRest, revokeVoucher, setVoucherSpeed } from './one.ts'
export { batchCounts, deskBatches, deskVouchers } from './overview.ts'
export { daysOf } from './period.ts'
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
export { sellVoucher, showSoldVoucher } from './selling.ts'

export const vouchers = defineModule({
  name: 'vouchers',
  tables: [voucherPeers, voucherLoans, voucherBatches, vouchersTable, voucherMoves, voucherSales],
  commands: [
    openBatch,
    makeVouchers,
    revealVouchers,
    revealCodes,
    importVouchers,
    showVoucher,
    revokeVouchers,
    handVouchers,
    extendVoucher,
    setVoucherSpeed,
    revokeVoucher,
    revokeRest,
    revealVoucher,
    sellVoucher,
    showSoldVoucher,
    showBoxKey,
    trustBox,
    distrustBox,
    lendVouchers,
    writeLoanFile,
    takeBack,
    writeOffLoan,
    borrowVouchers,
    giveBack,
  ],
  queries: [
    listVouchers,
    listBatches,
    voucherRows,
    deskBatches,
    batchCounts,
    deskVouchers,
    countVouchers,
    batchHolders,
    movable,
    voucherAt,
    oneVoucher,
    ownStock,
    ownSales,
    ownCommission,
    agentCalled,
    commissionReport,
    listLoans,
    listBoxes,
  ],
})
