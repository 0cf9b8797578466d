/** The desk's pages of vouchers: batches, a new one, one voucher, one batch. */
import type { DeskPage } from '@lango/kernel/ui'
import { batchPage } from './pages-batch.tsx'
import { vouchersPage } from './pages-batches.tsx'
import { newBatchPage } from './pages-new.tsx'
import { voucherPage } from './pages-one.tsx'

// The batch's address takes any number, so it comes last.
export const vouchersPages: readonly DeskPage[] = [vouchersPage, newBatchPage, voucherPage, batchPage]
