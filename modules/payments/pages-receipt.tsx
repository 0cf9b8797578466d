/** One payment by its receipt: what is known of it, and for one that waits what it was for. */
import {
  definePage,
  Facts,
  fill,
  formatExact,
  nothingKnown,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  UserText,
  visible,
  type Desk,
  type Fact,
} from '@lango/kernel/ui'
import {
  amountText,
  PaymentMark,
  payerPhone,
  PhoneLink,
  purchaseHref,
  receiptHref,
  reasonsOf,
  resolverText,
  UNMATCHED_HREF,
  wordsOf,
  type SaidPayment,
} from './desk-parts.tsx'
import { offersThen } from './offers-then.ts'
import { PayoutOffer, payOutDeed } from './payout-offer.tsx'
import { payoutHref, PayoutMark, wordsOfPayouts, type PayoutRow } from './payout-parts.tsx'
import { listPayouts } from './payout-queries.ts'
import { plansForSale, showPayment } from './queries.ts'
import { isBeingAsked, refundDeeds, RefundHistory, RefundOffer, refundSaid } from './refund-panel.tsx'
import { listRefunds } from './refund-queries.ts'
import { ResolveForms, resolveDeed } from './resolve-forms.tsx'

const RECEIPT_MAX = 64
const LOOK_AGAIN_SEC = 3

const Doubt = ({ desk, payment: { state, doubt, purchase } }: { desk: Desk; payment: SaidPayment }) => {
  const reasons = reasonsOf(desk)
  if (state !== 'unmatched' || doubt === null) return null
  return (
    <Notice meaning="attention" title={fill(reasons[`doubtWhy.${doubt}`], { n: purchase ?? '' })}>
      <p>{reasons[`doubtDo.${doubt}`]}</p>
    </Notice>
  )
}

const PurchaseLink = ({ desk, number }: { desk: Desk; number: number }) => (
  <a href={purchaseHref(number)}>{fill(wordsOf(desk).purchaseTitle, { n: number })}</a>
)

const PaymentFacts = ({ desk, payment }: { desk: Desk; payment: SaidPayment }) => {
  const words = wordsOf(desk)
  const { state, phone, phones, name, account, purchase, resolvedAt, note } = payment
  const text = (key: string, value: string | null) => <UserText key={key} text={value ?? ''} />
  const others = phones.filter((one) => one !== phone)
  const mayBeOf: Fact = [words.mayBeOf, <Phones key="phones" phones={others} />]
  const settled: readonly Fact[] = [
    [words.settledAt, resolvedAt === null ? '' : formatExact(resolvedAt, desk.locale)],
    [words.by, text('by', resolverText(payment, words))],
    [words.note, text('note', note)],
  ]
  return (
    <Panel title={words.facts}>
      <PanelBody>
        <Facts
          facts={[
            [words.amount, amountText(payment)],
            [words.paidAt, formatExact(payment.paidAt, desk.locale)],
            [words.account, text('account', account)],
            [
              words.phone,
              phone === null ? text('phone', payerPhone(payment, words)) : <PhoneLink key="phone" phone={phone} />,
            ],
            ...(others.length === 0 ? [] : [mayBeOf]),
            [words.name, text('name', name)],
            [
              state === 'unmatched' ? words.names : words.isFor,
              purchase === null ? '' : <PurchaseLink key="for" desk={desk} number={purchase} />,
            ],
            [words.shortcode, text('shortcode', payment.shortcode)],
            [words.heardAt, formatExact(payment.heardAt, desk.locale)],
            ...(resolvedAt === null ? [] : settled),
          ]}
        />
      </PanelBody>
    </Panel>
  )
}

const PHONES_SHOWN = 5

const Phones = ({ phones }: { phones: readonly string[] }) => (
  <>
    {phones.slice(0, PHONES_SHOWN).map((phone, at) => (
      <span key={phone}>
        {at === 0 ? '' : ', '}
        <PhoneLink phone={phone} />
      </span>
    ))}
    {phones.length > PHONES_SHOWN ? ', …' : ''}
  </>
)

const PayoutLinks = ({ desk, payouts }: { desk: Desk; payouts: readonly PayoutRow[] }) => (
  <>
    {payouts.map(({ number, state }) => (
      <p key={number}>
        <a href={payoutHref(number)}>{fill(wordsOfPayouts(desk).one, { n: number })}</a>{' '}
        <PayoutMark desk={desk} state={state} />
      </p>
    ))}
  </>
)

export const receiptPage = definePage({
  path: '/payments/receipts/:receipt',
  permission: 'payments.read',
  async show(desk) {
    const words = wordsOf(desk)
    const receipt = desk.param('receipt')
    const payment = receipt.length > RECEIPT_MAX ? undefined : await desk.ask(showPayment, { receipt })
    const back = { href: UNMATCHED_HREF, label: words.toWaiting }
    if (!payment) return nothingKnown(words.noPayment, words.noPaymentBody, back)
    const title = fill(words.receiptTitle, { receipt: visible(receipt) })
    const isWaiting = payment.state === 'unmatched'
    const toSay =
      isWaiting && desk.may('payments.resolve')
        ? {
            plans: await desk.ask(plansForSale, {}),
            offered: await desk.ask(offersThen, { receipt, at: desk.now }),
          }
        : undefined
    const said = {
      purchase: words.saidPurchase,
      plan: words.saidPlan,
      offer: words.saidPlan,
      wallet: words.saidWallet,
      refund: words.saidRefund,
    }
    const refunds = await desk.ask(listRefunds, { receipt })
    const { payouts } = await desk.ask(listPayouts, { receipt })
    const isBought = payment.state === 'matched' || payment.state === 'resolved'
    return {
      title,
      ...(isBeingAsked(refunds) ? { refreshSec: LOOK_AGAIN_SEC } : {}),
      content: (
        <>
          <PageHead title={title} beside={<PaymentMark desk={desk} state={payment.state} />} />
          <Said desk={desk} words={{ ...refundSaid(desk), ...(isWaiting ? {} : said) }}>
            <a href={back.href}>{back.label}</a>
          </Said>
          {isWaiting ? null : <RefusedNote desk={desk} deed="resolve" />}
          <Doubt desk={desk} payment={payment} />
          <PaymentFacts desk={desk} payment={payment} />
          <RefundHistory desk={desk} refunds={refunds} />
          {toSay ? <ResolveForms desk={desk} payment={payment} {...toSay} /> : null}
          <PayoutLinks desk={desk} payouts={payouts} />
          {isWaiting || isBought ? (
            <RefundOffer desk={desk} payment={payment} ends={isBought ? (payment.purchase ?? undefined) : undefined} />
          ) : null}
          <PayoutOffer desk={desk} payment={payment} />
        </>
      ),
    }
  },
  deeds: { resolve: resolveDeed, payOut: payOutDeed, ...refundDeeds((desk) => receiptHref(desk.param('receipt'))) },
})
