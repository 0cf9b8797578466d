/** The sentences about vouchers: which is meant, what can be done with it, and whose it is to sell. */
import type { FaultOf } from '@lango/kernel/verbs'
import type {
  extendVoucher,
  makeVouchers,
  openBatch,
  revealVoucher,
  revealVouchers,
  sellVoucher,
  showSoldVoucher,
  showVoucher,
  VoucherImportFault,
} from '@lango/modules/vouchers'

export type VoucherFault =
  | FaultOf<
      | typeof extendVoucher
      | typeof makeVouchers
      | typeof openBatch
      | typeof revealVoucher
      | typeof revealVouchers
      | typeof showVoucher
      | typeof sellVoucher
      | typeof showSoldVoucher
    >
  | VoucherImportFault

type Own =
  | 'BatchUnknown'
  | 'VoucherUnknown'
  | 'TooManyLookups'
  | 'VoucherOver'
  | 'StockEmpty'
  | 'SaleUnknown'
  | 'VoucherEndless'
  | 'CodesGuessable'
  | 'CodeUnfit'
  | 'CodeTaken'
  | 'BatchTaken'
  | 'BatchBorrowed'
  | 'VoucherAway'
  | 'VoucherBorrowed'
  | 'CodesUnreadable'
type Sentences = { readonly [T in Own]: (fault: Extract<VoucherFault, { type: T }>) => string }

export const voucherSentences: Sentences = {
  BatchUnknown: ({ batch }) => `There is no batch ${batch}. See: lango voucher batches`,
  VoucherUnknown: () =>
    'No voucher has this code. Compare each character with the paper: there is no 0, O, 1, I or L among the letters.',
  TooManyLookups: () => 'Too many codes that nobody has were looked up. Wait ten minutes, then try again.',
  VoucherOver: () => 'It is too late for this: the voucher is used, expired or revoked.',
  StockEmpty: () => 'None of this plan is left to sell. Ask for more: lango voucher give … --holder LOGIN',
  SaleUnknown: () => 'This is no voucher that you sold yourself, or it is used, expired or revoked.',
  VoucherEndless: () => 'This voucher has no end that could be put off: its time runs from the first login.',
  CodesGuessable: ({ count, guesses }) =>
    `With codes this short one guess in ${Math.max(guesses, 1)} would hit one of ${count} vouchers. Make them longer (--length), or use letters.`,
  CodeUnfit: ({ batch, serial }) =>
    `The code of number ${serial} in batch ${batch} is none that this batch can have: its length, its beginning or its check digit is another.`,
  CodeTaken: ({ batch, serial }) => `Number ${serial} of batch ${batch}, or its code, is here already.`,
  BatchBorrowed: ({ batch }) => `Batch ${batch} was lent by another box. More of it is made there.`,
  VoucherAway: () => 'The voucher is good at another box: what is to be done with it is done there.',
  VoucherBorrowed: () =>
    'The voucher was lent until the end of its loan: before it is used it cannot be good for longer.',
  BatchTaken: ({ batch }) =>
    `Batch ${batch} is another one here: its plan, its codes or the day it was made differ. Import these vouchers onto a box that does not have it.`,
  CodesUnreadable: ({ batch }) =>
    `The codes of batch ${batch} cannot be read: their key is missing. Put the key file back from a backup, or revoke the batch and make another.`,
}
