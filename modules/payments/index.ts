import { defineModule } from '@lango/kernel/verbs'
import { askSoon, beginPrompt, givePaid, promptTold, requestPurchase, revealPurchase } from './commands.ts'
import { payableAtGate, purchaseAtGate, purchasesOfPhone, receiptAtGate, receiptOfGrant } from './gate.ts'
import { listCallbacks } from './callback-queries.ts'
import { endAhead, hearCallback, hearConfirmation } from './hear-callback.ts'
import { listRefunds } from './refund-queries.ts'
import { hearResult } from './hear-result.ts'
import { beginRefund, refundPayment, refundTold, sayRefund } from './refund.ts'
import { hearPayout } from './hear-payout.ts'
import { beginPayout, payoutTold } from './payout.ts'
import { releasePayout, requestPayout, sayPayout, turnDownPayout } from './payout-commands.ts'
import { listPayouts, payoutsAsked } from './payout-queries.ts'
import { hearAnswer } from './hear-answer.ts'
import { showBalance } from './question-queries.ts'
import { askBalance, askStatus, beginQuestion, questionTold } from './questions.ts'
import {
  endStandingOrder,
  requestStandingOrder,
  beginStandingOrder,
  standingOrderTold,
  watchStandingOrders,
} from './standing-orders.ts'
import { hearStandingOrder } from './standing-heard.ts'
import { listStandingOrders, standingOrdersAtGate } from './standing-queries.ts'
import { standingOrders } from './standing-table.ts'
import { findPurchases } from './find.ts'
import { followers, forgetCommands, forgetJob } from './forget.ts'
import { hearPayments, resolvePayment } from './hear.ts'
import { discountsGiven, listOffers, purchasesOfOffer } from './offer-queries.ts'
import { offersThen } from './offers-then.ts'
import { offersOpen } from './offer-uses.ts'
import { listReferrals, referralAtGate } from './referral-queries.ts'
import { resealPayments, setMpesa, showMpesa } from './mpesa.ts'
import { purchasesOnline } from './online.ts'
import { buyFromWallet, requestTopUp } from './wallet-commands.ts'
import { renewalJob, renewDue, renewUsedUp, setOwnRenewal, setRenewal } from './renewals.ts'
import { renewalOf, renewalsOfWallet, walletBought, walletOfGrant } from './renewal-queries.ts'
import { listAhead } from './ahead.ts'
import { purchasePace } from './pace.ts'
import { callbackAddresses, callbacksRegistered, registerCallbacks } from './register-callbacks.ts'
import {
  askedPhones,
  listPayments,
  listPurchases,
  plansForSale,
  promptOf,
  pulledUntil,
  settledByHand,
  showPayment,
  showPurchase,
} from './queries.ts'
import {
  paymentAccounts,
  paymentInbox,
  paymentMarks,
  paymentQuestions,
  payouts,
  payments as paymentsTable,
  purchases,
  renewals,
  refunds,
} from './tables.ts'

export { payableAtGate, purchaseAtGate, purchasesOfPhone, receiptAtGate, receiptOfGrant } from './gate.ts'
export { readPhone } from '../customers/index.ts'
export { renewalOf, renewalsOfWallet, walletBought, walletOfGrant } from './renewal-queries.ts'
export { renewDue, renewUsedUp, setOwnRenewal, setRenewal } from './renewals.ts'
export { buyFromWallet, requestTopUp } from './wallet-commands.ts'
export type { Failure } from './port.ts'
export { paymentLimits, type Doubt } from './rules.ts'
export { ONLINE_ROWS_MAX, purchasesOnline } from './online.ts'
export { listAhead } from './ahead.ts'
export { purchasePace } from './pace.ts'
export { askSoon, requestPurchase, revealPurchase } from './commands.ts'
export { listCallbacks } from './callback-queries.ts'
export { callbackDigest, createCallbackGate, type CallbackGate, type CallbackSubject } from './callback-gate.ts'
export { callbackLimits } from './callback-rules.ts'
export { hearCallback, hearConfirmation } from './hear-callback.ts'
export { findPurchases } from './find.ts'
export { hearPayments, resolvePayment } from './hear.ts'
export { listOffers, purchasesOfOffer } from './offer-queries.ts'
export { offersThen } from './offers-then.ts'
export { offersOpen } from './offer-uses.ts'
export { listReferrals, referralAtGate } from './referral-queries.ts'
export type { CodeFault } from './price.ts'
export { resealPayments, setMpesa, showMpesa } from './mpesa.ts'
export { accountOf, missingOf, MPESA, mpesaSecretsPurpose, readSecrets, type MpesaSettings } from './mpesa-rules.ts'
export { listPayments, listPurchases, plansForSale } from './queries.ts'
export { refundPayment, sayRefund } from './refund.ts'
export { listRefunds } from './refund-queries.ts'
export { hearResult } from './hear-result.ts'
export { hearPayout } from './hear-payout.ts'
export { putPayout, type PayoutFault, type PayoutWish } from './payout.ts'
export { releasePayout, requestPayout, sayPayout, turnDownPayout } from './payout-commands.ts'
export { listPayouts } from './payout-queries.ts'
export type { PaidOutClaim } from './payout-rules.ts'
export { hearAnswer } from './hear-answer.ts'
export type { Answer } from './question-rules.ts'
export { showBalance } from './question-queries.ts'
export { askBalance } from './questions.ts'
export { registerCallbacks } from './register-callbacks.ts'
export { endStandingOrder, requestStandingOrder } from './standing-orders.ts'
export { hearStandingOrder } from './standing-heard.ts'
export { listStandingOrders, standingOrdersAtGate } from './standing-queries.ts'
export {
  dayOf,
  isDay,
  middayOf,
  standingOrderLimits,
  standingOrderStates,
  stopsAt,
  type OrderClaim,
  type StandingOrderState,
} from './standing-rules.ts'
export { frequencies, type Frequency } from './port.ts'
export { createPaymentWork } from './work.ts'
export type { PaymentWorkDeps } from './work-parts.ts'

export const payments = defineModule({
  name: 'payments',
  tables: [
    purchases,
    renewals,
    paymentsTable,
    paymentMarks,
    paymentAccounts,
    paymentInbox,
    refunds,
    paymentQuestions,
    payouts,
    standingOrders,
  ],
  commands: [
    requestPurchase,
    revealPurchase,
    requestTopUp,
    buyFromWallet,
    setRenewal,
    setOwnRenewal,
    renewDue,
    renewUsedUp,
    beginPrompt,
    promptTold,
    askSoon,
    givePaid,
    purchasesOnline,
    hearPayments,
    hearCallback,
    hearConfirmation,
    endAhead,
    registerCallbacks,
    callbackAddresses,
    callbacksRegistered,
    resolvePayment,
    refundPayment,
    beginRefund,
    refundTold,
    hearResult,
    sayRefund,
    requestPayout,
    releasePayout,
    turnDownPayout,
    sayPayout,
    beginPayout,
    payoutTold,
    hearPayout,
    askStatus,
    askBalance,
    beginQuestion,
    questionTold,
    hearAnswer,
    requestStandingOrder,
    endStandingOrder,
    beginStandingOrder,
    standingOrderTold,
    hearStandingOrder,
    watchStandingOrders,
    setMpesa,
    resealPayments,
    ...forgetCommands,
  ],
  queries: [
    promptOf,
    askedPhones,
    pulledUntil,
    listPurchases,
    showPurchase,
    plansForSale,
    listPayments,
    showPayment,
    settledByHand,
    offersThen,
    listRefunds,
    listCallbacks,
    listPayouts,
    payoutsAsked,
    showBalance,
    listStandingOrders,
    standingOrdersAtGate,
    showMpesa,
    purchasePace,
    renewalOf,
    renewalsOfWallet,
    walletBought,
    walletOfGrant,
    listAhead,
    findPurchases,
    offersOpen,
    listOffers,
    discountsGiven,
    purchasesOfOffer,
    listReferrals,
    referralAtGate,
    payableAtGate,
    purchaseAtGate,
    purchasesOfPhone,
    receiptAtGate,
    receiptOfGrant,
  ],
  jobs: [renewalJob, forgetJob],
  followers,
})
