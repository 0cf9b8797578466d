/** Faults about purchases and payments, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const paymentFaultWords: Readonly<Record<string, FaultWords>> = {
  BalanceUnready: {
    en: 'M-Pesa cannot be asked: that takes the initiator, and an address at which Safaricom reaches this box.',
    sw: 'M-Pesa haiwezi kuulizwa: inahitajika initiator, na anwani ambayo Safaricom hukifikia kisanduku hiki.',
  },
  CallbackPlain: {
    en: '{callbackUrl} is plain http: that is for a simulator on this machine alone. Write an address that begins with https://.',
    sw: '{callbackUrl} ni http tupu: hiyo ni ya kiigizo kwenye mashine hii pekee. Andika anwani inayoanza na https://.',
  },
  CallbackUrlMissing: {
    en: 'Save an address first at which Safaricom reaches this box.',
    sw: 'Hifadhi kwanza anwani ambayo Safaricom hukifikia kisanduku hiki.',
  },
  InitiatorUnready: {
    en: 'Money cannot go back by M-Pesa yet: the initiator is not set up in the settings.',
    sw: 'Pesa haziwezi kurudishwa kwa M-Pesa bado: initiator hajawekwa kwenye mipangilio.',
  },
  MpesaUnready: {
    en: 'M-Pesa is not set up yet.',
    sw: 'M-Pesa haijawekwa bado.',
  },
  OfferNotHeld: {
    en: 'Offer {offer} took nothing off {plan} when this was paid, has no use left, or this phone has used it as often as it may.',
    sw: 'Ofa {offer} haikupunguza bei ya {plan} hii ilipolipwa, haina matumizi yaliyobaki, au simu hii imeitumia mara zote inazoruhusiwa.',
  },
  CommissionShort: {
    en: 'This seller is owed less than that.',
    sw: 'Muuzaji huyu anadaiwa chini ya kiasi hicho.',
  },
  PayeeUnknown: {
    en: '{receipt} goes back to the phone that it came from, and nobody knows which that is, or it is another.',
    sw: '{receipt} hurudi kwenye simu iliyolipa, na hakuna anayejua ni ipi, au ni nyingine.',
  },
  PayoutCents: { en: 'M-Pesa pays out whole shillings.', sw: 'M-Pesa hulipa shilingi nzima.' },
  PayoutDayFull: {
    en: 'That is more than may still be paid out within 24 hours.',
    sw: 'Hiyo ni zaidi ya kiasi kinachoweza bado kulipwa ndani ya saa 24.',
  },
  PayoutHigh: {
    en: 'That is more than may be paid out at once.',
    sw: 'Hiyo ni zaidi ya kiasi kinachoweza kulipwa kwa mara moja.',
  },
  PayoutOwn: {
    en: 'Payout {number} has to be released by somebody else than whoever asked for it.',
    sw: 'Malipo {number} lazima yaidhinishwe na mtu mwingine asiye aliyeyaomba.',
  },
  PayoutSettled: {
    en: 'That can no longer be said of payout {number}.',
    sw: 'Hilo haliwezi tena kusemwa kuhusu malipo {number}.',
  },
  PayoutUnknown: { en: 'There is no payout {number}.', sw: 'Hakuna malipo {number}.' },
  PayoutsOff: {
    en: 'Nothing is paid out from here yet: how much may be is set in the settings of M-Pesa.',
    sw: 'Hakuna kinacholipwa kutoka hapa bado: kiasi kinachoruhusiwa huwekwa kwenye mipangilio ya M-Pesa.',
  },
  PayoutsWaiting: {
    en: '{max} payouts wait to be released: release or turn down some first.',
    sw: 'Malipo {max} yanasubiri kuidhinishwa: idhinisha au kataa baadhi kwanza.',
  },
  PaymentSettled: {
    en: 'Somebody has said already what {receipt} was for.',
    sw: 'Tayari kuna aliyesema {receipt} ilikuwa ya nini.',
  },
  PaymentUnknown: {
    en: 'No payment has the receipt {receipt}. It may not have been read from the provider yet.',
    sw: 'Hakuna malipo yenye risiti {receipt}. Huenda bado hayajasomwa kutoka kwa mtoa huduma.',
  },
  PlanNotForSale: {
    en: '{plan} is no plan that people buy by themselves: it has to be of kind hotspot, with a price, and not for a fixed time.',
    sw: '{plan} si kifurushi ambacho watu hujinunulia: lazima kiwe cha aina hotspot, chenye bei, na kisiwe cha muda maalumu.',
  },
  PriceChanged: {
    en: 'The price of {plan} has changed meanwhile. Look at it once more, and ask again.',
    sw: 'Bei ya {plan} imebadilika kwa sasa. Iangalie tena, kisha uombe upya.',
  },
  PromptOpen: {
    en: 'This phone is being asked to pay for purchase {number} already. Wait until that is paid or refused: a minute and a half at most.',
    sw: 'Simu hii tayari inaombwa kulipia ununuzi {number}. Subiri hadi ulipwe au ukataliwe: dakika moja na nusu kwa upeo.',
  },
  PromptsMany: {
    en: 'This phone was asked {max} times within an hour and has not paid. Wait an hour, or take the money otherwise.',
    sw: 'Simu hii imeombwa mara {max} ndani ya saa moja na haijalipa. Subiri saa moja, au pokea pesa kwa njia nyingine.',
  },
  PurchaseNotGranted: {
    en: 'Purchase {number} is not given yet: there is no code of it.',
    sw: 'Ununuzi {number} bado haujatolewa: hauna msimbo.',
  },
  AmountUnfit: {
    en: 'M-Pesa moves whole {currency} only.',
    sw: 'M-Pesa hutuma {currency} kamili pekee.',
  },
  PurchaseNotRenewable: {
    en: 'Purchase {number} cannot be renewed by itself: it was not bought from a wallet, never ends, or is sold no more.',
    sw: 'Ununuzi {number} hauwezi kujirudia: haukununuliwa kwa pochi, hauna mwisho, au hauuzwi tena.',
  },
  PurchasePaid: {
    en: 'Purchase {number} is paid for already.',
    sw: 'Ununuzi {number} tayari umelipiwa.',
  },
  RefundEarly: {
    en: 'M-Pesa is being asked to pay {receipt} back this moment. Look again in a minute.',
    sw: 'M-Pesa inaombwa kurudisha {receipt} sasa hivi. Angalia tena baada ya dakika moja.',
  },
  RefundOpen: {
    en: '{receipt} is on its way back already.',
    sw: '{receipt} tayari inarudishwa.',
  },
  RefundUnknown: {
    en: 'Nothing is on its way back of receipt {receipt}.',
    sw: 'Hakuna kinachorudishwa cha risiti {receipt}.',
  },
  PurchaseUnknown: { en: 'There is no purchase {purchase}.', sw: 'Hakuna ununuzi {purchase}.' },
}
