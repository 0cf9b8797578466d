/** What the desk's pages of payments have in common. */
import {
  fill,
  formatPhone,
  formatPrice,
  LinkButton,
  Status,
  Tabs,
  UserText,
  type Desk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { listPayments, settledByHand } from './queries.ts'
import type { PurchaseState } from './rules.ts'
import { paymentWords, type PaymentWords } from './words.ts'
import { reasonWords } from './words-reasons.ts'

export type Payment = ResultOf<typeof listPayments>['payments'][number]
/** With who said what it was for. */
export type SaidPayment = ResultOf<typeof settledByHand>[number]

export const wordsOf = ({ locale }: Pick<Desk, 'locale'>): PaymentWords => paymentWords[locale.lang]
export const reasonsOf = ({ locale }: Pick<Desk, 'locale'>) => reasonWords[locale.lang]

export const UNMATCHED_HREF = '/payments/unmatched'
export const purchaseHref = (number: number): string => `/payments/purchases/${number}`
export const receiptHref = (receipt: string): string => `/payments/receipts/${encodeURIComponent(receipt)}`

type Amount = { readonly amountMinor: number; readonly currency: string }
export const amountText = ({ amountMinor, currency }: Amount): string => formatPrice(amountMinor, currency)

const stateMeanings = {
  requested: 'info',
  accepted: 'info',
  confirmed: 'attention',
  granted: 'good',
  failed: 'stopped',
  refunded: 'plain',
} as const satisfies Record<PurchaseState, Meaning>

export const StateMark = ({ desk, state }: { desk: Pick<Desk, 'locale'>; state: PurchaseState }) => (
  <Status meaning={stateMeanings[state]}>{wordsOf(desk)[state]}</Status>
)

const paymentStates = {
  matched: ['good', 'matched'],
  unmatched: ['attention', 'unmatchedOne'],
  resolved: ['good', 'resolved'],
  refunding: ['info', 'refunding'],
  refunded: ['plain', 'refunded'],
} as const satisfies Record<Payment['state'], readonly [Meaning, keyof PaymentWords]>

export const PaymentMark = ({ desk, state }: { desk: Pick<Desk, 'locale'>; state: Payment['state'] }) => {
  const [meaning, word] = paymentStates[state]
  return <Status meaning={meaning}>{wordsOf(desk)[word]}</Status>
}

/** To where M-Pesa is set up, for whoever may do that. */
export const ToMpesa = ({ desk }: { desk: Desk }) =>
  desk.may('settings.write') ? (
    <p>
      <LinkButton href="/settings/mpesa">{wordsOf(desk).toMpesa}</LinkButton>
    </p>
  ) : null

/** A number, which leads to what else it has bought. */
export const PhoneLink = ({ phone }: { phone: string }) => (
  <a href={`/payments?${new URLSearchParams({ q: phone }).toString()}`}>{formatPhone(phone)}</a>
)

export const ReceiptLink = ({ receipt }: { receipt: string }) => (
  <a href={receiptHref(receipt)}>
    <UserText text={receipt} />
  </a>
)

const HASH = /^[\da-f]{64}$/i

/** The phone of whoever paid as far as the provider tells it: in clear, masked, or hidden behind a hash. */
export const payerPhone = ({ phone, phoneHint }: Pick<Payment, 'phone' | 'phoneHint'>, words: PaymentWords): string => {
  if (phone !== null) return formatPhone(phone)
  return phoneHint !== null && HASH.test(phoneHint) ? words.phoneHidden : (phoneHint ?? '')
}

/** Who said what money was for: by name where it is known; the box's console has none. */
export const resolverText = ({ resolver, resolvedBy }: SaidPayment, words: PaymentWords): string =>
  resolver ?? (resolvedBy === 'web' || resolvedBy === 'socket' ? words.console : (resolvedBy ?? ''))

type TabName = 'purchases' | 'unmatched' | 'settled'

export const PaymentTabs = ({ desk, current, waiting }: { desk: Desk; current: TabName; waiting: number }) => {
  const words = wordsOf(desk)
  const unmatched = waiting === 0 ? words.unmatched : fill(words.unmatchedN, { n: waiting })
  return (
    <Tabs
      label={words.payments}
      tabs={[
        { href: '/payments', label: words.purchases, current: current === 'purchases' },
        { href: UNMATCHED_HREF, label: unmatched, current: current === 'unmatched' },
        { href: `${UNMATCHED_HREF}?tab=settled`, label: words.settled, current: current === 'settled' },
      ]}
    />
  )
}
