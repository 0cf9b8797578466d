/** Faults about wallets, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const walletFaultWords: Readonly<Record<string, FaultWords>> = {
  StandingOrderAsked: {
    en: 'This phone is being asked to agree to standing order {number}. Wait a minute and a half, then ask again.',
    sw: 'Simu hii inaombwa kukubali agizo la kudumu {number}. Subiri dakika moja na nusu, kisha uombe tena.',
  },
  StandingOrderDays: {
    en: 'It cannot be from that day to that day: the first is today or later, the last not before it, five years later at most.',
    sw: 'Haiwezi kuwa kati ya siku hizo: ya kwanza ni leo au baadaye, ya mwisho si kabla yake, na si zaidi ya miaka mitano baadaye.',
  },
  StandingOrderOver: {
    en: 'Standing order {number} is over already.',
    sw: 'Agizo la kudumu {number} tayari limekwisha.',
  },
  StandingOrderSame: {
    en: 'Standing order {number} of this wallet is for as much already: money of the one could not be told from that of the other.',
    sw: 'Agizo la kudumu {number} la pochi hii tayari ni la kiasi hicho: pesa za moja hazingetofautishwa na za jingine.',
  },
  StandingOrderUnknown: { en: 'There is no standing order {number}.', sw: 'Hakuna agizo la kudumu {number}.' },
  StandingOrdersForPaybill: {
    en: 'Standing orders take a paybill: a till has no accounts to tell wallets apart by.',
    sw: 'Maagizo ya kudumu yanahitaji paybill: till haina akaunti za kutofautisha pochi.',
  },
  StandingOrdersMany: {
    en: 'This wallet has {max} standing orders that stand or may. Say of those that were stopped that they were.',
    sw: 'Pochi hii ina maagizo ya kudumu {max} yanayoendelea au huenda yanaendelea. Sema yale yaliyosimamishwa.',
  },
  StandingOrdersOff: {
    en: 'Standing orders are off: they are switched on in the settings of M-Pesa, once Safaricom has signed for them.',
    sw: 'Maagizo ya kudumu yamezimwa: huwashwa kwenye mipangilio ya M-Pesa, Safaricom ikishasaini mkataba wake.',
  },
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
  WalletEmpty: {
    en: 'There is nothing in wallet {wallet}.',
    sw: 'Pochi {wallet} ni tupu.',
  },
  WalletOwes: {
    en: 'There is nothing to pay out of wallet {wallet}: its holder owes. Write it off.',
    sw: 'Hakuna cha kulipa kutoka pochi {wallet}: mwenye pochi anadaiwa. Futa deni.',
  },
  WalletNotEmpty: {
    en: 'There is money in wallet {wallet}, or its holder owes. Pay it out or write it off first, on the page of the wallet.',
    sw: 'Kuna pesa kwenye pochi {wallet}, au mwenye pochi anadaiwa. Zilipe au zifute kwanza, kwenye ukurasa wa pochi.',
  },
  WalletShort: {
    en: 'There is not enough money in wallet {wallet}.',
    sw: 'Pesa hazitoshi kwenye pochi {wallet}.',
  },
}
