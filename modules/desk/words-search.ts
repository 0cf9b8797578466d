import { catalogue } from '@lango/kernel/ui'

/** Of what the search finds beside subscribers, sessions and routers. */
export const searchWords = catalogue(
  {
    purchases: 'Purchases',
    purchase: 'Purchase',
    purchaseTitle: 'Purchase {n}',
    walletTopUp: 'Wallet top-up',
    amount: 'Amount',
    asked: 'Asked',
    receiptFound: 'The payment with receipt {receipt}',
  },
  {
    purchases: 'Manunuzi',
    purchase: 'Ununuzi',
    purchaseTitle: 'Ununuzi {n}',
    walletTopUp: 'Pesa za pochi',
    amount: 'Kiasi',
    asked: 'Aliombwa',
    receiptFound: 'Malipo yenye risiti {receipt}',
  },
)
