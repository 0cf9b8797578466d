import { defineModule } from '@lango/kernel/verbs'
import { blockWallet, renewWalletCode, resealWallets, revealWallet, topUpCash } from './commands.ts'
import { canSendCode, enterWallet, sendMoney, sendWalletCode, tellFirstCode, walletAtGate } from './gate.ts'
import { emptyWallet, eraseWallet, followers, forgetWallet } from './leave.ts'
import { listWallets, showWallet, walletTotals } from './queries.ts'
import { walletMoves, wallets as walletsTable } from './tables.ts'

export {
  creditWallet,
  debitWallet,
  maySpend,
  takeByDesk,
  takeFromWallet,
  walletAt,
  walletBalance,
  walletOfAccount,
  type Wallet,
} from './books.ts'
export { blockWallet, renewWalletCode, resealWallets, revealWallet, topUpCash } from './commands.ts'
export { canSendCode, enterWallet, sendMoney, sendWalletCode, tellFirstCode, walletAtGate } from './gate.ts'
export { emptyWallet, eraseWallet, forgetWallet, mayForget } from './leave.ts'
export { codeText, openWallet, tellPhone, walletOfPhone, walletReferred } from './open.ts'
export { listWallets, showWallet, walletAccountIn, walletTotals } from './queries.ts'
export { WALLET_CODE, walletAccount, walletCodePurpose, walletLimits, type WalletFault } from './rules.ts'

export const wallets = defineModule({
  name: 'wallets',
  tables: [walletsTable, walletMoves],
  commands: [
    topUpCash,
    blockWallet,
    revealWallet,
    renewWalletCode,
    resealWallets,
    enterWallet,
    sendWalletCode,
    tellFirstCode,
    sendMoney,
    emptyWallet,
    forgetWallet,
    eraseWallet,
  ],
  queries: [listWallets, walletTotals, showWallet, walletAtGate, canSendCode],
  followers,
})
