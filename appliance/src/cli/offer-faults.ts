/** The sentences about offers, and about codes that do nothing. */
import type { FaultOf } from '@lango/kernel/verbs'
import type { addOffer, setOffer, setOfferStatus } from '@lango/modules/offers'
import type { CodeFault } from '@lango/modules/payments'

export type OfferFault = FaultOf<typeof addOffer | typeof setOffer | typeof setOfferStatus> | CodeFault

type Own = 'OfferCodeTaken' | 'OfferCodeUnfit' | 'OfferEndless' | 'OffersMany' | 'OfferTimesUnfit' | 'OfferUnknown'
type Sentences = { readonly [T in Own]: (fault: Extract<OfferFault, { type: T }>) => string }

const whys: Readonly<Record<CodeFault['why'], (code: string) => string>> = {
  unknown: (code) => `No offer has the code ${code}. See: lango offer list`,
  early: (code) => `${code} does not hold yet.`,
  closed: (code) => `${code} does not hold at this hour.`,
  over: (code) => `${code} holds no more: its last day is over.`,
  'used-up': (code) => `${code} was used as often as it may be.`,
  stopped: (code) => `${code} was stopped.`,
  'used-by-phone': (code) => `${code} was used with this phone as often as it may be.`,
  own: (code) => `${code} is this phone’s own code, or its device’s: it is for friends.`,
  'not-new': (code) => `${code} is for whoever buys for the first time, and this phone has bought before.`,
  'other-plans': (code) => `${code} is for other plans.`,
}

export const offerSentences: Sentences = {
  OfferCodeTaken: ({ code }) => `Another offer has the code ${code}. Choose another. See: lango offer list`,
  OfferCodeUnfit: ({ code, why }) => whys[why](code),
  OfferEndless: () => 'What is free without end is taken without end: say how often, with --uses.',
  OffersMany: ({ max }) => `${max} offers hold at a time at most. Stop one first: lango offer stop`,
  OfferTimesUnfit: () => 'An offer ends after it begins.',
  OfferUnknown: ({ number }) => `There is no offer ${number}. See: lango offer list`,
}
