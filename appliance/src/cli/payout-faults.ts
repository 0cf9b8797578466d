/** The sentences about money that goes out to phones. */
import { formatMoney, money } from '@lango/kernel'
import type { FaultOf } from '@lango/kernel/verbs'
import type { releasePayout, requestPayout, sayPayout, turnDownPayout } from '@lango/modules/payments'

export type PayoutFault = FaultOf<
  typeof releasePayout | typeof requestPayout | typeof sayPayout | typeof turnDownPayout
>
type Own =
  | 'CommissionShort'
  | 'PayeeUnknown'
  | 'PayoutCents'
  | 'PayoutDayFull'
  | 'PayoutHigh'
  | 'PayoutOwn'
  | 'PayoutSettled'
  | 'PayoutUnknown'
  | 'PayoutsOff'
  | 'PayoutsWaiting'
type Sentences = { readonly [T in Own]: (fault: Extract<PayoutFault, { type: T }>) => string }

const kes = (minor: number): string => formatMoney(money(minor, 'KES'))

export const payoutSentences: Sentences = {
  CommissionShort: ({ owedMinor, currency }) =>
    `This seller is owed ${formatMoney(money(owedMinor, currency))}: no more of it can be paid out.`,
  PayeeUnknown: ({ receipt, phones }) =>
    phones.length === 0
      ? `Nobody knows by which phone ${receipt} was paid. Look at Safaricom’s portal, and pay it back by hand: lango payment resolve ${receipt} --refund`
      : `${receipt} goes back to the phone that it came from: ${phones.join(' or ')}. Say which: --phone`,
  PayoutCents: () => 'M-Pesa pays out whole shillings.',
  PayoutDayFull: ({ leftMinor }) =>
    `Within 24 hours ${kes(leftMinor)} more may be paid out: mpesa.payoutDayUpTo says how much it is in all.`,
  PayoutHigh: ({ maxMinor }) => `At once ${kes(maxMinor)} may be paid out: mpesa.payoutUpTo.`,
  PayoutOwn: ({ number }) => `Payout ${number} has to be released by somebody else than whoever asked for it.`,
  PayoutSettled: ({ number }) => `That can no longer be said of payout ${number}: lango payout show ${number}`,
  PayoutUnknown: ({ number }) => `There is no payout ${number}.`,
  PayoutsOff: () =>
    'Nothing is paid out from here yet: lango setting set mpesa.payoutUpTo 1000, and mpesa.payoutDayUpTo 10000',
  PayoutsWaiting: ({ max }) => `${max} payouts wait to be released: release or turn down some first.`,
}
