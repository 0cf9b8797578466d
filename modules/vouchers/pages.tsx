/** The desk's pages of vouchers: batches, a new one, one voucher, one batch; an agent's own, and what agents sold. */
import type { DeskPage } from '@lango/kernel/ui'
import { batchPage } from './pages-batch.tsx'
import { vouchersPage } from './pages-batches.tsx'
import { commissionPage } from './pages-commission.tsx'
import { newBatchPage } from './pages-new.tsx'
import { loansPage } from './pages-loans.tsx'
import { voucherPage } from './pages-one.tsx'
import { ownSalesPage, stockPage } from './pages-stock.tsx'

// The batch's address takes any number, so it comes last.
export const vouchersPages: readonly DeskPage[] = [
  stockPage,
  ownSalesPage,
  vouchersPage,
  newBatchPage,
  commissionPage,
  loansPage,
  voucherPage,
  batchPage,
]
