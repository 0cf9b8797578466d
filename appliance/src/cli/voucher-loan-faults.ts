/** The sentences about loans of vouchers between boxes. */
import type { FaultOf } from '@lango/kernel/verbs'
import type {
  borrowVouchers,
  distrustBox,
  giveBack,
  lendVouchers,
  showBoxKey,
  takeBack,
  trustBox,
  writeLoanFile,
  writeOffLoan,
} from '@lango/modules/vouchers'
import { localTime } from './format.ts'

export type VoucherLoanFault = FaultOf<
  | typeof borrowVouchers
  | typeof distrustBox
  | typeof giveBack
  | typeof lendVouchers
  | typeof showBoxKey
  | typeof takeBack
  | typeof trustBox
  | typeof writeLoanFile
  | typeof writeOffLoan
>

type Own = Exclude<VoucherLoanFault['type'], 'BatchUnknown' | 'ClockUnsure'>
type Sentences = { readonly [T in Own]: (fault: Extract<VoucherLoanFault, { type: T }>) => string }

export const voucherLoanSentences: Sentences = {
  BoxKeyMissing: () => 'The key file has no key that signs. Restart the box: it makes one.',
  KeyFileUnfit: () => 'This is no key file of a box, or it was altered. On the other box: lango voucher key --out FILE',
  BoxIsThis: () => 'This is the key of this box itself.',
  BoxNameTaken: ({ name }) => `Another box is called ${name} already. Give this one another name: --name NAME`,
  BoxUnknown: ({ box }) => `No box that is trusted is called ${box}. See: lango voucher boxes`,
  BoxUntrusted: ({ fingerprint }) =>
    `It is of the box ${fingerprint}, which nobody here has trusted. Ask its owner for its key file, then: lango voucher trust FILE`,
  BatchUnlendable: ({ batch }) =>
    `Vouchers of batch ${batch} cannot be lent: they are another box’s, or their time does not run from the first login.`,
  NothingToLend: ({ batch }) =>
    `None of these numbers of batch ${batch} can be lent: they are given out, sold, used, revoked or lent already, or do not exist.`,
  LoanUnknown: ({ loan }) =>
    `There is no such loan here: ${loan}. If this box was restored from a backup of before it, revoke its numbers.`,
  LoanClosed: ({ loan }) => `Loan ${loan} is over. Lend anew what is needed.`,
  LoanRunning: ({ from }) =>
    `The other box may still be using it. It can be written off from ${localTime(from)} on; before, it has to be given back.`,
  LoanCodesUnreadable: () =>
    'The codes of this loan cannot be read: their key is missing. Put the key file back from a backup.',
  LoanFileUnreadable: () => 'This is no such file of a loan, or it was altered on the way. Ask for it once more.',
  LoanForAnother: ({ to }) => `It is for another box, ${to}. The fingerprint of this one: lango voucher key --out FILE`,
  LoanChanged: ({ loan }) => `Loan ${loan} was taken in before, with another content. Nothing was changed.`,
  LoanOver: ({ at }) => `This loan ended on ${localTime(at)}. Ask for a new one.`,
}
