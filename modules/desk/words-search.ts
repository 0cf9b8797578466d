import { catalogue } from '@lango/kernel/ui'

/** Of what the search finds beside subscribers, sessions and routers. */
export const searchWords = catalogue(
  {
    purchases: 'Purchases',
    purchase: 'Purchase',
    purchaseTitle: 'Purchase {n}',
    walletTopUp: 'Wallet top-up',
    wallets: 'Wallets',
    wallet: 'Wallet',
    walletTitle: 'Wallet {n}',
    reference: 'Reference',
    balance: 'Balance',
    amount: 'Amount',
    asked: 'Asked',
    receiptFound: 'The payment with receipt {receipt}',
  },
  {
    purchases: 'Manunuzi',
    purchase: 'Ununuzi',
    purchaseTitle: 'Ununuzi {n}',
    walletTopUp: 'Pesa za pochi',
    wallets: 'Pochi',
    wallet: 'Pochi',
    walletTitle: 'Pochi {n}',
    reference: 'Rejea',
    balance: 'Salio',
    amount: 'Kiasi',
    asked: 'Aliombwa',
    receiptFound: 'Malipo yenye risiti {receipt}',
  },
)
