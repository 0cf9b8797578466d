import { catalogue } from '@lango/kernel/ui'

export const walletSettingsWords = catalogue(
  {
    title: 'Wallets',
    note: 'What people may put in with one press, and whether somebody who has bought here before may get online now and pay later.',
    amounts: 'Amounts with one press',
    amountsHelp: 'Six at most, with commas between them: 50, 100, 200. Empty: everybody types an amount.',
    amountsWrong: 'Write whole numbers from 1 to 999999 with commas between them, six at most: 50, 100, 200.',
    payLaterUpTo: 'Pay later, up to',
    payLaterUpToHelp:
      'So far below nothing a wallet may go for a bundle of its holder’s own; the next money that comes in pays it. 0: nobody pays later.',
    payLaterUpToWrong: 'Write a whole number from 0 to {max}.',
    payLaterAfter: 'Once they have bought so often',
    payLaterAfterHelp:
      'Bundles that this phone was given before. Few is a risk: a new number costs little. 0 lends to anybody who has ever put money in.',
    payLaterAfterWrong: 'Write a whole number from 0 to {max}.',
    save: 'Save',
    saved: 'Saved.',
    isOff: 'Nobody pays later',
    isOn: 'People may pay later',
    owing: '{amount} is owed by holders now.',
    toWallets: 'All wallets',
  },
  {
    title: 'Pochi',
    note: 'Kiasi ambacho watu wanaweza kuweka kwa kubonyeza mara moja, na kama aliyenunua hapa awali anaweza kuingia mtandaoni sasa na kulipa baadaye.',
    amounts: 'Kiasi kwa kubonyeza mara moja',
    amountsHelp: 'Sita kwa upeo, na koma kati yake: 50, 100, 200. Tupu: kila mtu huandika kiasi.',
    amountsWrong: 'Andika namba nzima kuanzia 1 hadi 999999 na koma kati yake, sita kwa upeo: 50, 100, 200.',
    payLaterUpTo: 'Kulipa baadaye, hadi',
    payLaterUpToHelp:
      'Pochi inaweza kushuka chini ya sifuri kiasi hiki kwa kifurushi cha mwenyewe; pesa zitakazoingia hulipa deni. 0: hakuna anayelipa baadaye.',
    payLaterUpToWrong: 'Andika namba nzima kuanzia 0 hadi {max}.',
    payLaterAfter: 'Akishanunua mara hizi',
    payLaterAfterHelp:
      'Vifurushi ambavyo simu hii imepewa awali. Vichache ni hatari: namba mpya hugharimu kidogo. 0 humkopesha yeyote aliyewahi kuweka pesa.',
    payLaterAfterWrong: 'Andika namba nzima kuanzia 0 hadi {max}.',
    save: 'Hifadhi',
    saved: 'Imehifadhiwa.',
    isOff: 'Hakuna anayelipa baadaye',
    isOn: 'Watu wanaweza kulipa baadaye',
    owing: 'Wenye pochi wanadaiwa {amount} sasa.',
    toWallets: 'Pochi zote',
  },
)
