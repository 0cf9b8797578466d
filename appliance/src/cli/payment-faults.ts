/** The sentences about what people buy by themselves, and the money that comes in for it. */
import { formatMoney, money } from '@lango/kernel'
import type { FaultOf } from '@lango/kernel/verbs'
import type {
  askBalance,
  refundPayment,
  registerCallbacks,
  requestPurchase,
  requestTopUp,
  setRenewal,
  resolvePayment,
  revealPurchase,
  sayRefund,
  setMpesa,
} from '@lango/modules/payments'

export type PaymentFault = FaultOf<
  | typeof askBalance
  | typeof refundPayment
  | typeof registerCallbacks
  | typeof sayRefund
  | typeof requestPurchase
  | typeof requestTopUp
  | typeof setRenewal
  | typeof resolvePayment
  | typeof revealPurchase
  | typeof setMpesa
>

type Own =
  | 'AmountUnfit'
  | 'PurchaseNotRenewable'
  | 'AmountDiffers'
  | 'BalanceUnready'
  | 'CallbackPlain'
  | 'CallbackUrlMissing'
  | 'InitiatorUnready'
  | 'MpesaUnready'
  | 'OfferNotHeld'
  | 'PaymentSettled'
  | 'PaymentUnknown'
  | 'PlanNotForSale'
  | 'PriceChanged'
  | 'PromptOpen'
  | 'PromptsMany'
  | 'PurchaseNotGranted'
  | 'PurchasePaid'
  | 'PurchaseUnknown'
  | 'RefundEarly'
  | 'RefundOpen'
  | 'RefundUnknown'
type Sentences = { readonly [T in Own]: (fault: Extract<PaymentFault, { type: T }>) => string }

const amount = (minor: number, currency: string): string => formatMoney(money(minor, currency))

export const paymentSentences: Sentences = {
  AmountDiffers: ({ paidMinor, priceMinor, currency }) =>
    `${amount(paidMinor, currency)} was paid, and that costs ${amount(priceMinor, currency)}: only what is worth as much can be given for it. Pay it back, or give what costs that.`,
  AmountUnfit: ({ currency }) => `M-Pesa moves whole ${currency} only.`,
  BalanceUnready: ({ missing }) =>
    `M-Pesa cannot be asked what the shortcode has. Missing still: ${missing.map((one) => `mpesa.${one}`).join(', ')}.`,
  CallbackPlain: ({ callbackUrl }) =>
    `${callbackUrl} is plain http: that is for a simulator on this machine alone. Write an address that begins with https://.`,
  CallbackUrlMissing: () =>
    'M-Pesa is not told where it reaches this box: lango setting set mpesa.callbackUrl https://pop.example.com',
  InitiatorUnready: ({ missing }) =>
    `Money cannot go back by M-Pesa yet. Missing still: ${missing.map((one) => `mpesa.${one}`).join(', ')}.`,
  MpesaUnready: ({ missing }) =>
    missing.length === 0
      ? 'M-Pesa is not set up yet: lango setting set --help says what it takes.'
      : `M-Pesa is not set up yet. Missing still: ${missing.map((one) => `mpesa.${one}`).join(', ')}.`,
  OfferNotHeld: ({ offer, plan }) =>
    `Offer ${offer} took nothing off ${plan} when this was paid, has no use left, or this phone has used it as often as it may.`,
  PaymentSettled: ({ receipt }) => `Somebody has said already what ${receipt} was for.`,
  PaymentUnknown: ({ receipt }) =>
    `No payment has the receipt ${receipt}. It may not have been read from the provider yet.`,
  PlanNotForSale: ({ plan }) =>
    `${plan} is no plan that people buy by themselves: it has to be of kind hotspot, with a price, and not for a fixed time.`,
  PriceChanged: ({ plan, priceMinor, currency }) => `${plan} costs ${amount(priceMinor, currency)} by now.`,
  PromptOpen: ({ number }) =>
    `This phone is being asked to pay for purchase ${number} already. Wait until that is paid or refused; it takes a minute and a half at most.`,
  PromptsMany: ({ max }) =>
    `This phone was asked ${max} times within an hour and has not paid. Wait an hour, or take the money otherwise.`,
  PurchaseNotGranted: ({ number }) => `Purchase ${number} is not given yet: there is no code of it.`,
  PurchaseNotRenewable: ({ number }) =>
    `Purchase ${number} cannot be renewed by itself: it was not bought from a wallet, never ends, or is sold no more.`,
  PurchasePaid: ({ number }) => `Purchase ${number} is paid for already.`,
  PurchaseUnknown: ({ purchase }) => `There is no purchase ${purchase}.`,
  RefundEarly: ({ receipt }) => `M-Pesa is being asked to pay ${receipt} back this moment. Look again in a minute.`,
  RefundOpen: ({ receipt }) => `${receipt} is on its way back already: lango payment refunds says how it stands.`,
  RefundUnknown: ({ receipt }) => `Nothing is on its way back of receipt ${receipt}.`,
}
