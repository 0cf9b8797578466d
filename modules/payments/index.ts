import { defineModule } from '@lango/kernel/verbs'
import { beginPrompt, givePaid, promptTold, requestPurchase, revealPurchase } from './commands.ts'
import { payableAtGate, purchaseAtGate, purchasesOfPhone, receiptAtGate } from './gate.ts'
import { hearPayments, resolvePayment } from './hear.ts'
import { resealPayments, setMpesa, showMpesa } from './mpesa.ts'
import { purchasePace } from './pace.ts'
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
import { paymentAccounts, paymentMarks, payments as paymentsTable, purchases } from './tables.ts'

export { payableAtGate, purchaseAtGate, purchasesOfPhone, receiptAtGate } from './gate.ts'
export { readPhone } from './phone.ts'
export type { Failure } from './port.ts'
export { paymentLimits, type Doubt } from './rules.ts'
export { purchasePace } from './pace.ts'
export { requestPurchase, revealPurchase } from './commands.ts'
export { hearPayments, resolvePayment } from './hear.ts'
export { resealPayments, setMpesa, showMpesa } from './mpesa.ts'
export { missingOf, MPESA, mpesaSecretsPurpose, type MpesaSecrets, type MpesaSettings } from './mpesa-rules.ts'
export { listPayments, listPurchases, plansForSale } from './queries.ts'
export { createPaymentWork, type PaymentWorkDeps } from './work.ts'

export const payments = defineModule({
  name: 'payments',
  tables: [purchases, paymentsTable, paymentMarks, paymentAccounts],
  commands: [
    requestPurchase,
    revealPurchase,
    beginPrompt,
    promptTold,
    givePaid,
    hearPayments,
    resolvePayment,
    setMpesa,
    resealPayments,
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
    showMpesa,
    purchasePace,
    payableAtGate,
    purchaseAtGate,
    purchasesOfPhone,
    receiptAtGate,
  ],
})
