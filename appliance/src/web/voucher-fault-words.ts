/** Faults about one voucher and about loans between boxes, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const voucherFaultWords: Readonly<Record<string, FaultWords>> = {
  VoucherUnknown: {
    en: 'No voucher has this code. Compare each character with the paper.',
    sw: 'Hakuna vocha yenye msimbo huu. Linganisha kila herufi na karatasi.',
  },
  VoucherOver: {
    en: 'It is too late for this: the voucher is used, expired or revoked.',
    sw: 'Umechelewa kwa hili: vocha imetumika, imeisha muda au imebatilishwa.',
  },
  StockEmpty: {
    en: 'You have none of this plan left to sell. Ask for more.',
    sw: 'Huna tena vocha za kifurushi hiki za kuuza. Omba upewe zaidi.',
  },
  SaleUnknown: {
    en: 'This is no voucher that you sold yourself, or it is used, expired or revoked.',
    sw: 'Hii si vocha uliyoiuza mwenyewe, au imetumika, imeisha muda au imebatilishwa.',
  },
  VoucherAway: {
    en: 'This voucher is good at another box: what is to be done with it is done there.',
    sw: 'Vocha hii inafaa kwenye kisanduku kingine: la kufanya nayo hufanywa huko.',
  },
  VoucherBorrowed: {
    en: 'Another box has lent this voucher until the end of its loan: it is not good for longer before it is used.',
    sw: 'Vocha hii imekopeshwa na kisanduku kingine hadi mwisho wa mkopo: haiongezwi muda kabla ya kutumika.',
  },
  BatchBorrowed: {
    en: 'Another box has lent these vouchers. More of them are made there.',
    sw: 'Vocha hizi zimekopeshwa na kisanduku kingine. Zaidi hutengenezwa huko.',
  },
  BoxKeyMissing: {
    en: 'The key file has no key that signs. Restart the box: it makes one.',
    sw: 'Faili ya funguo haina ufunguo wa kutia sahihi. Anzisha kisanduku upya: kitautengeneza.',
  },
  KeyFileUnfit: {
    en: 'This is no key file of a box, or it was altered. Download it there once more.',
    sw: 'Hii si faili ya ufunguo wa kisanduku, au imebadilishwa. Ipakue huko tena.',
  },
  BoxIsThis: {
    en: 'This is the key of this box itself.',
    sw: 'Huu ni ufunguo wa kisanduku hiki chenyewe.',
  },
  BoxNameTaken: {
    en: 'Another box is called {name} already. Choose another name.',
    sw: 'Kisanduku kingine tayari kinaitwa {name}. Chagua jina lingine.',
  },
  BoxUnknown: {
    en: 'This box is not trusted here any more.',
    sw: 'Kisanduku hiki hakiaminiwi tena hapa.',
  },
  BoxUntrusted: {
    en: 'It is of the box {fingerprint}, which nobody here has trusted. Ask its owner for its key file.',
    sw: 'Ni ya kisanduku {fingerprint}, ambacho hakuna aliyekiamini hapa. Mwombe mmiliki wake faili ya ufunguo.',
  },
  BatchUnlendable: {
    en: 'Vouchers of this batch cannot be lent: they are another box’s, or their time does not run from the first login.',
    sw: 'Vocha za kundi hili haziwezi kukopeshwa: ni za kisanduku kingine, au muda wake hauanzi unapoingia mara ya kwanza.',
  },
  NothingToLend: {
    en: 'None of these numbers can be lent: they are given out, sold, used, revoked or lent already, or do not exist.',
    sw: 'Hakuna kati ya nambari hizi inayoweza kukopeshwa: zimetolewa, zimeuzwa, zimetumika, zimebatilishwa au zimeshakopeshwa, au hazipo.',
  },
  LoanUnknown: {
    en: 'There is no such loan here. If this box was restored from a backup of before it, revoke its numbers.',
    sw: 'Hakuna mkopo kama huo hapa. Ikiwa kisanduku hiki kilirejeshwa kutoka nakala ya kabla yake, batilisha nambari zake.',
  },
  LoanClosed: {
    en: 'This loan is over. Lend anew what is needed.',
    sw: 'Mkopo huu umekwisha. Kopesha upya kinachohitajika.',
  },
  LoanRunning: {
    en: 'The other box may still be using it. A loan can be written off a week after its end; before, it has to be given back.',
    sw: 'Huenda kisanduku kingine bado kinautumia. Mkopo hufutwa wiki moja baada ya mwisho wake; kabla ya hapo urudishwe.',
  },
  LoanCodesUnreadable: {
    en: 'The codes of this loan cannot be read: their key is missing. Put the key file back from a backup.',
    sw: 'Misimbo ya mkopo huu haisomeki: ufunguo wake haupo. Rudisha faili ya funguo kutoka nakala.',
  },
  LoanFileUnreadable: {
    en: 'This is no such file of a loan, or it was altered on the way. Ask for it once more.',
    sw: 'Hii si faili ya mkopo ya namna hiyo, au ilibadilishwa njiani. Iombe tena.',
  },
  LoanForAnother: {
    en: 'This file is for another box, {to}.',
    sw: 'Faili hii ni ya kisanduku kingine, {to}.',
  },
  LoanChanged: {
    en: 'This loan was taken in before, with another content. Nothing was changed.',
    sw: 'Mkopo huu ulishapokelewa, ukiwa na yaliyomo mengine. Hakuna kilichobadilishwa.',
  },
  LoanOver: {
    en: 'This loan has ended. Ask for a new one.',
    sw: 'Mkopo huu umekwisha. Omba mwingine.',
  },
}
