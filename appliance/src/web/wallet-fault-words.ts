/** Faults about wallets, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const walletFaultWords: Readonly<Record<string, FaultWords>> = {
  WalletUnknown: {
    en: 'There is no wallet {wallet}.',
    sw: 'Hakuna pochi {wallet}.',
  },
  WalletBlocked: {
    en: 'Wallet {wallet} is blocked: nothing is paid from it until it is let go on.',
    sw: 'Pochi {wallet} imefungwa: hakuna kinacholipwa nayo hadi ifunguliwe.',
  },
  WalletCodeUnreadable: {
    en: 'The code of wallet {wallet} cannot be read: its key is not in the key file. Give it a new one.',
    sw: 'Msimbo wa pochi {wallet} hausomeki: ufunguo wake haumo kwenye faili ya funguo. Ipe msimbo mpya.',
  },
  WalletCurrency: {
    en: 'Wallet {wallet} is of another currency than {currency}.',
    sw: 'Pochi {wallet} ni ya sarafu nyingine, si {currency}.',
  },
  WalletShort: {
    en: 'There is not enough money in wallet {wallet}.',
    sw: 'Pesa hazitoshi kwenye pochi {wallet}.',
  },
}
