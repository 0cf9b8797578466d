import { defineTable } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { accountKinds } from '../ledger/index.ts'
import type { MpesaSettings, Registration } from './mpesa-rules.ts'
import { callbackOutcomes } from './callback-rules.ts'
import type { Failure } from './port.ts'
import { renewalStates, type RenewalStop } from './renewal-rules.ts'
import { refundStates, type RefundClaim } from './refund-rules.ts'
import { payoutStates, type PaidOutClaim } from './payout-rules.ts'
import { questionKinds, questionStates, type Answer } from './question-rules.ts'
import { payers, paymentStates, purchaseStates, purposes, type Doubt } from './rules.ts'

/**
 * Somebody wants a plan, or money in a wallet, and pays for it: one row from the wish to the first session. Each step is
 * stamped, and what it is worth stands in the ledger.
 */
export const purchases = defineTable(
  'purchases',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What people call it. */
    number: c.int(),
    /** What the phone shows it is for, and what finds it when money comes in. */
    reference: c.text(),
    state: c.oneOf(purchaseStates),
    purpose: c.oneOf(purposes, { before: 'plan' }),
    /** Null for money that goes into a wallet. */
    planId: c.optRef('plans'),
    paidBy: c.oneOf(payers, { before: 'mpesa' }),
    /** Where the money goes, or where it comes from. */
    walletId: c.optRef('wallets'),
    /** The purchase whose grant this one makes last longer; null for one that brings a grant of its own. */
    renewsId: c.optRef('purchases'),
    /** What is paid, fixed when it is asked for. */
    amountMinor: c.minor(),
    currency: c.text(),
    /** So much less than the plan's price. */
    discountMinor: c.minor({ before: 0 }),
    /** What took it off. */
    offerId: c.optRef('offers'),
    /** Whose friend they are: the code that they have typed. */
    referralId: c.optRef('referral_codes'),
    /** E.164: who is asked to pay, or whose it is. */
    phone: c.text(),
    /** At which it was asked for, as the router tells it through the browser; null where nobody does. */
    device: c.optText(),
    requestedAt: c.instant(),
    /** Set before the provider is asked: after a crash nobody knows whether it was, and it is not asked again. */
    promptedAt: c.optInstant(),
    /** How often it could not be asked at all. */
    unheard: c.int(),
    /** The provider took it: a prompt is on the phone. */
    acceptedAt: c.optInstant(),
    /** What the provider calls the prompt. */
    providerRef: c.optText(),
    /** The money is there. */
    confirmedAt: c.optInstant(),
    /** What it bought is theirs. */
    grantedAt: c.optInstant(),
    failedAt: c.optInstant(),
    failure: c.optText<Failure>(),
    /** It failed as far as anybody was told, and the money may come all the same. */
    mayStillBePaid: c.flag(),
    /** A callback said that it is paid: a claim, and the provider is asked. */
    claimedAt: c.optInstant(),
    /** What it brings was given on the claim alone: until it is confirmed, or taken back. */
    aheadAt: c.optInstant(),
    /** The provider, asked after the claim, said otherwise, or nothing in time: what was given ahead is taken back. */
    deniedAt: c.optInstant(),
    /** The first session on it is counted: when it began, as the router says. */
    onlineAt: c.optInstant(),
    /** Of its grant, once more: the first login, and the end. */
    firstUsedAt: c.optInstant(),
    expiresAt: c.optInstant(),
  }),
  {
    repeats: { of: grants, by: 'serviceId', columns: ['firstUsedAt', 'expiresAt'] },
    unique: { byNumber: ['number'], byReference: ['reference'], byProviderRef: ['providerRef'] },
    indexes: {
      byPhone: ['phone', 'requestedAt'],
      byState: ['state', 'requestedAt'],
      byPlan: ['planId'],
      byWallet: ['walletId', 'requestedAt'],
      byRenewed: ['renewsId'],
      byOffer: ['offerId', 'phone'],
      byDenied: ['deniedAt'],
      // Who is not online yet with what they were given lately.
      byOnline: ['onlineAt', 'grantedAt'],
      byAhead: ['aheadAt'],
    },
  },
)

/** What is paid for anew from a wallet, by itself, before it ends or once it is used up: by the purchase whose grant it is. */
export const renewals = defineTable(
  'renewals',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    /** The purchase's own. */
    id: c.id(),
    walletId: c.ref('wallets'),
    planId: c.ref('plans'),
    /** What it cost when it was switched on: it is renewed for no more. */
    priceMinor: c.minor(),
    currency: c.text(),
    state: c.oneOf(renewalStates),
    /** Why it has stopped. */
    why: c.optText<RenewalStop>(),
    changedAt: c.instant(),
    changedBy: c.text(),
    /** It is over or used up, and waits for money since. */
    dueAt: c.optInstant(),
  }),
  { indexes: { byWallet: ['walletId'], byState: ['state', 'dueAt'] } },
)

/** Money that came in, once for each receipt of the provider's, whoever told of it and however often. */
export const payments = defineTable(
  'payments',
  { home: 'site', flow: 'latest', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    /** The provider's own number of it. */
    receipt: c.text(),
    shortcode: c.text(),
    amountMinor: c.minor(),
    currency: c.text(),
    paidAt: c.instant(),
    /** What the customer typed as the account; '' where there is none. */
    account: c.text(),
    /** E.164, where it is told in clear. */
    phone: c.optText(),
    phoneHint: c.optText(),
    /** Phones that had been asked to pay and whose it can be. */
    phones: c.json<string[]>(),
    /** Of whoever paid. */
    name: c.optText(),
    heardAt: c.instant(),
    /** `unmatched`: nobody has had anything for it yet; `matched`, `resolved`: it paid for a purchase, found or told by hand. */
    state: c.oneOf(paymentStates),
    purchaseId: c.optRef('purchases'),
    /** Why it was not matched. */
    doubt: c.optText<Doubt>(),
    resolvedAt: c.optInstant(),
    resolvedBy: c.optText(),
    note: c.optText(),
  }),
  {
    unique: { byReceipt: ['receipt'] },
    indexes: { byState: ['state', 'heardAt'], byPurchase: ['purchaseId'], byTime: ['heardAt'] },
  },
)

/** Money on its way back by the provider, whole: one row for each time that somebody has asked for it. */
export const refunds = defineTable(
  'refunds',
  { home: 'site', flow: 'latest', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    /** In the addresses where the provider tells of it. */
    number: c.int(),
    paymentId: c.ref('payments'),
    /** What it had paid for, and is ended. */
    purchaseId: c.optRef('purchases'),
    state: c.oneOf(refundStates),
    amountMinor: c.minor(),
    currency: c.text(),
    note: c.optText(),
    askedAt: c.instant(),
    askedBy: c.text(),
    /** Set before the provider is asked: after a crash nobody knows whether it was, and it is not asked again. */
    begunAt: c.optInstant(),
    /** How often it could not be asked at all. */
    unheard: c.int(),
    /** The provider took it. */
    sentAt: c.optInstant(),
    /** What the provider calls it. */
    providerRef: c.optText(),
    /** Somebody has to look at the provider's own list since. */
    unknownAt: c.optInstant(),
    /** What was posted of it before it was known what the provider calls it. */
    claims: c.json<RefundClaim[]>(),
    /** By what the provider can be asked about it, where it told that. */
    originatorRef: c.optText(),
    /** When it said, asked about it later, another end than it had here, and which. */
    disputedAt: c.optInstant(),
    disputedAs: c.optText<'done' | 'failed'>(),
    endedAt: c.optInstant(),
    failure: c.optText<Failure>(),
    /** Who of the staff said how it ended; null where the provider did. */
    saidBy: c.optText(),
  }),
  {
    unique: { byNumber: ['number'] },
    indexes: { byPayment: ['paymentId', 'askedAt'], byPurchase: ['purchaseId'], byState: ['state', 'askedAt'] },
  },
)

/** Money on its way out to a phone: one row for each time that somebody has asked for it. */
export const payouts = defineTable(
  'payouts',
  { home: 'site', flow: 'latest', onDelete: 'keep', key: 'id' },
  (c) => ({
    /** What the provider is asked under, each time. */
    id: c.id(),
    /** What people call it, and in the addresses where the provider tells of it. */
    number: c.int(),
    state: c.oneOf(payoutStates),
    /** E.164. */
    phone: c.text(),
    amountMinor: c.minor(),
    currency: c.text(),
    reason: c.text(),
    /** The account of the ledger that it was taken from, and goes back to when it does not leave. */
    fromKind: c.oneOf(accountKinds),
    fromCode: c.text(),
    /** That is paid back by it. */
    paymentId: c.optRef('payments'),
    requestedAt: c.instant(),
    requestedBy: c.text(),
    /** By a second person, or at once where one is enough. */
    releasedAt: c.optInstant(),
    releasedBy: c.optText(),
    /** Set before the provider is asked, and taken away once it has said something. */
    begunAt: c.optInstant(),
    tries: c.int(),
    /** A try of it may have been heard. */
    mayBeHeard: c.flag(),
    /** The provider took it. */
    sentAt: c.optInstant(),
    /** What the provider calls it; not told of one that it had heard of before. */
    providerRef: c.optText(),
    unknownAt: c.optInstant(),
    /** What was posted of it that could not be held against what the provider calls it. */
    claims: c.json<PaidOutClaim[]>(),
    /** When the provider said, asked about it later, another end than it had here, and which. */
    disputedAt: c.optInstant(),
    disputedAs: c.optText<'done' | 'failed'>(),
    endedAt: c.optInstant(),
    failure: c.optText<Failure>(),
    /** Who of the staff said how it ended; null where the provider did. */
    saidBy: c.optText(),
    /** The provider's own number of it. */
    receipt: c.optText(),
    /** Of whoever has it, as the provider says. */
    payeeName: c.optText(),
    /** What the provider took for it, where it was told. */
    feeMinor: c.optMinor(),
  }),
  {
    unique: { byNumber: ['number'] },
    indexes: {
      byState: ['state', 'requestedAt'],
      byRelease: ['releasedAt'],
      byPayment: ['paymentId'],
      byTime: ['requestedAt'],
    },
  },
)

/** What was asked of the provider about money, whose answer comes by a callback: the latest only are kept. */
export const paymentQuestions = defineTable(
  'payment_questions',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** In the addresses where the provider answers. */
    number: c.int(),
    kind: c.oneOf(questionKinds),
    /** What it is about, where it is about a movement. */
    refundId: c.optRef('refunds'),
    payoutId: c.optRef('payouts'),
    /** It is about the payment that was to go back, and not about the request for that. */
    isByReceipt: c.flag(),
    state: c.oneOf(questionStates),
    askedAt: c.instant(),
    askedBy: c.text(),
    begunAt: c.optInstant(),
    /** What the provider calls it. */
    providerRef: c.optText(),
    /** What came before it was known what the provider calls it. */
    early: c.json<Answer[]>(),
    endedAt: c.optInstant(),
    answer: c.optJson<Answer>(),
  }),
  {
    unique: { byNumber: ['number'] },
    indexes: {
      byRefund: ['refundId'],
      byPayout: ['payoutId'],
      byKind: ['kind', 'state', 'askedAt'],
      byTime: ['askedAt'],
    },
  },
)

/** Up to when the provider's own list was read. */
export const paymentMarks = defineTable(
  'payment_marks',
  { home: 'site', flow: 'never', onDelete: 'keep', key: 'id' },
  (c) => ({ id: c.id(), at: c.instant() }),
)

/** Whose account the money comes to: one provider, or none. */
export const paymentAccounts = defineTable(
  'payment_accounts',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    /** The provider. */
    id: c.id(),
    config: c.json<MpesaSettings>(),
    /** Sealed JSON: `MpesaSecrets`. */
    secrets: c.optSecret(),
    /** What has to be set still, by its name. */
    missing: c.json<string[]>(),
    /** And what further, before money can go back. */
    missingToPayBack: c.json<string[]>({ before: '["initiatorName","certificate","initiatorPassword"]' }),
    changedAt: c.instant(),
    changedBy: c.text(),
    /** What became of telling the provider where it may tell of payments; null where nobody has asked for that. */
    registration: c.optJson<Registration>(),
  }),
)

/**
 * What the provider has posted, as it came, before it is answered. Nothing of it is signed: rows are added and never
 * changed, and what nobody was told an address for has none.
 */
export const paymentInbox = defineTable(
  'payment_inbox',
  { home: 'site', flow: 'never', onDelete: 'erase', key: 'no' },
  (c) => ({
    arrivedAt: c.instant(),
    /** The address that posted it; '' where it is not known. */
    origin: c.text(),
    /** Whether the provider is known to post from there. */
    isKnownSource: c.flag(),
    purchaseId: c.optRef('purchases'),
    refundId: c.optRef('refunds'),
    payoutId: c.optRef('payouts'),
    questionId: c.optRef('payment_questions'),
    standingOrderId: c.optRef('standing_orders'),
    body: c.text(),
    /** Of the address that was called and the body: the same again is the same row. */
    digest: c.text(),
    outcome: c.oneOf(callbackOutcomes),
  }),
  {
    unique: { byDigest: ['digest'] },
    indexes: {
      byPurchase: ['purchaseId'],
      byRefund: ['refundId'],
      byPayout: ['payoutId'],
      byQuestion: ['questionId'],
      byStandingOrder: ['standingOrderId'],
      byTime: ['arrivedAt'],
      byOutcome: ['outcome', 'arrivedAt'],
    },
  },
)
