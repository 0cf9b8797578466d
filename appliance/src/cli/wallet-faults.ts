/** The sentences about wallets. */
import { formatMoney, money } from '@lango/kernel'
import type { FaultOf } from '@lango/kernel/verbs'
import type { endStandingOrder, requestStandingOrder } from '@lango/modules/payments'
import type {
  blockWallet,
  emptyWallet,
  eraseWallet,
  renewWalletCode,
  revealWallet,
  topUpCash,
  WalletFault as Spent,
} from '@lango/modules/wallets'

type Standing = Extract<
  FaultOf<typeof endStandingOrder | typeof requestStandingOrder>,
  { readonly type: `StandingOrder${string}` }
>

export type WalletFault =
  | Spent
  | FaultOf<
      | typeof blockWallet
      | typeof emptyWallet
      | typeof eraseWallet
      | typeof renewWalletCode
      | typeof revealWallet
      | typeof topUpCash
    >
  | Standing

type Sentences = { readonly [T in WalletFault['type']]: (fault: Extract<WalletFault, { type: T }>) => string }

const spans = {
  'start-past': 'The first day is over already: write today or later.',
  'start-far': 'The first day is more than a year away.',
  'end-before': 'The last day is before the first.',
  'end-far': 'The last day is more than five years after the first.',
} as const

export const walletSentences: Sentences = {
  StandingOrderAsked: ({ number }) =>
    `This phone is being asked to agree to standing order ${number}. Wait a minute and a half, then ask again.`,
  StandingOrderDays: ({ why }) => spans[why],
  StandingOrderOver: ({ number }) => `Standing order ${number} is over already: lango wallet orders`,
  StandingOrderSame: ({ number }) =>
    `Standing order ${number} of this wallet is for as much already: money of the one could not be told from that of the other.`,
  StandingOrderUnknown: ({ number }) => `There is no standing order ${number}: lango wallet orders`,
  StandingOrdersForPaybill: () => 'Standing orders take a paybill: a till has no accounts to tell wallets apart by.',
  StandingOrdersMany: ({ max }) =>
    `This wallet has ${max} standing orders that stand or may. End those that were stopped: lango wallet order-stopped`,
  StandingOrdersOff: () =>
    'Standing orders are off. Safaricom signs a contract for them first; then: lango setting set mpesa.standingOrders 2026',
  WalletUnknown: ({ wallet }) => `There is no wallet ${wallet}. See: lango wallet list`,
  WalletBlocked: ({ wallet }) => `Wallet ${wallet} is blocked. Let it go on: lango wallet unblock ${wallet}`,
  WalletCodeUnreadable: ({ wallet }) =>
    `The code of wallet ${wallet} cannot be read: its key is not in the key file. Give it a new one: lango wallet new-code ${wallet}`,
  WalletCurrency: ({ wallet, currency }) => `Wallet ${wallet} is of another currency than ${currency}.`,
  WalletEmpty: ({ wallet }) => `There is nothing in wallet ${wallet}.`,
  WalletOwes: ({ wallet, owedMinor, currency }) =>
    `There is nothing to pay out of wallet ${wallet}: its holder owes ${formatMoney(money(owedMinor, currency))}. Write it off: lango wallet write-off ${wallet} REASON`,
  WalletNotEmpty: ({ wallet, balanceMinor, currency }) =>
    balanceMinor < 0
      ? `The holder of wallet ${wallet} owes ${formatMoney(money(-balanceMinor, currency))}. Take it in first (lango wallet top-up …), or write it off: lango wallet write-off ${wallet} REASON`
      : `There is ${formatMoney(money(balanceMinor, currency))} in wallet ${wallet}. Pay it out first (lango wallet pay-out ${wallet} REASON, or by M-Pesa: lango payout request … --wallet), or write it off: lango wallet write-off ${wallet} REASON`,
  WalletShort: ({ wallet, balanceMinor, wantedMinor, currency }) =>
    `There is ${formatMoney(money(balanceMinor, currency))} in wallet ${wallet}, and it takes ${formatMoney(money(wantedMinor, currency))}.`,
}
