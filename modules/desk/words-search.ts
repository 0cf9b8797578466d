import { catalogue } from '@lango/kernel/ui'

/** Of what the search finds beside subscribers, sessions and routers. */
export const searchWords = catalogue(
  {
    purchases: 'Purchases',
    purchase: 'Purchase',
    purchaseTitle: 'Purchase {n}',
    amount: 'Amount',
    asked: 'Asked',
    receiptFound: 'The payment with receipt {receipt}',
  },
  {
    purchases: 'Manunuzi',
    purchase: 'Ununuzi',
    purchaseTitle: 'Ununuzi {n}',
    amount: 'Kiasi',
    asked: 'Aliombwa',
    receiptFound: 'Malipo yenye risiti {receipt}',
  },
)
