import { catalogue } from '@lango/kernel/ui'

/** Of the wallet that a subscriber's phone has. */
export const walletWords = catalogue(
  {
    wallet: 'Wallet',
    walletTitle: 'Wallet {n}',
    walletBlocked: 'Blocked',
    balance: '{amount} is in it.',
    owes: 'They owe {amount}.',
    'renewal.on': '{plan} is renewed from it by itself.',
    'renewal.short': '{plan} is renewed as soon as there is money in it.',
    'renewal.stopped': '{plan} is not renewed any more.',
    purchase: 'Purchase {n}',
    none: 'This phone has no wallet. It is opened with the first money for it.',
    toWallets: 'Take cash for it',
  },
  {
    wallet: 'Pochi',
    walletTitle: 'Pochi {n}',
    walletBlocked: 'Imefungwa',
    balance: 'Ina {amount}.',
    owes: 'Anadaiwa {amount}.',
    'renewal.on': '{plan} hujirudia chenyewe kutoka kwenye pochi.',
    'renewal.short': '{plan} kitajirudia mara pesa zitakapokuwemo.',
    'renewal.stopped': '{plan} hakijirudii tena.',
    purchase: 'Ununuzi {n}',
    none: 'Simu hii haina pochi. Hufunguliwa kwa pesa za kwanza.',
    toWallets: 'Pokea taslimu za pochi',
  },
)
