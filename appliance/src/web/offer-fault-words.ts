/** Faults about offers, in the words of a page. Why a code does nothing is said beside its field. */
import type { FaultWords } from './fault-words.ts'

export const offerFaultWords: Readonly<Record<string, FaultWords>> = {
  OfferCodeTaken: {
    en: 'Another offer has the code {code}. Choose another.',
    sw: 'Ofa nyingine ina msimbo {code}. Chagua mwingine.',
  },
  OfferCodeUnfit: {
    en: 'The code {code} does nothing for this purchase now.',
    sw: 'Msimbo {code} haufanyi kitu kwa ununuzi huu sasa.',
  },
  OfferEndless: {
    en: 'What is free without end is taken without end: say how often it may be used in all.',
    sw: 'Kisicholipiwa bila kikomo huchukuliwa bila kikomo: sema kinaweza kutumika mara ngapi kwa jumla.',
  },
  OffersMany: {
    en: '{max} offers hold at a time at most. Stop one first.',
    sw: 'Ofa zinazotumika kwa wakati mmoja hazizidi {max}. Simamisha moja kwanza.',
  },
  OfferTimesUnfit: {
    en: 'An offer ends after it begins.',
    sw: 'Ofa huisha baada ya kuanza.',
  },
  OfferUnknown: {
    en: 'There is no offer {number}.',
    sw: 'Hakuna ofa nambari {number}.',
  },
}
