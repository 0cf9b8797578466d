/** The sentences about wallets. */
import { formatMoney, money } from '@lango/kernel'
import type { FaultOf } from '@lango/kernel/verbs'
import type {
  blockWallet,
  renewWalletCode,
  revealWallet,
  topUpCash,
  WalletFault as Spent,
} from '@lango/modules/wallets'

export type WalletFault =
  | Spent
  | FaultOf<typeof blockWallet | typeof renewWalletCode | typeof revealWallet | typeof topUpCash>

type Sentences = { readonly [T in WalletFault['type']]: (fault: Extract<WalletFault, { type: T }>) => string }

export const walletSentences: Sentences = {
  WalletUnknown: ({ wallet }) => `There is no wallet ${wallet}. See: lango wallet list`,
  WalletBlocked: ({ wallet }) => `Wallet ${wallet} is blocked. Let it go on: lango wallet unblock ${wallet}`,
  WalletCodeUnreadable: ({ wallet }) =>
    `The code of wallet ${wallet} cannot be read: its key is not in the key file. Give it a new one: lango wallet new-code ${wallet}`,
  WalletCurrency: ({ wallet, currency }) => `Wallet ${wallet} is of another currency than ${currency}.`,
  WalletShort: ({ wallet, balanceMinor, wantedMinor, currency }) =>
    `There is ${formatMoney(money(balanceMinor, currency))} in wallet ${wallet}, and it takes ${formatMoney(money(wantedMinor, currency))}.`,
}
