/** Paying money back by the provider: the button with what it does, and what became of it. */
import {
  Button,
  DeedButton,
  Field,
  fill,
  Form,
  FormReader,
  formatExact,
  Notice,
  Panel,
  PanelBody,
  RefusedNote,
  Status,
  UserText,
  valuesFor,
  visible,
  type Deed,
  type Desk,
  type DoingDesk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { amountText, payerPhone, wordsOf, type Payment } from './desk-parts.tsx'
import type { listRefunds } from './refund-queries.ts'
import { refundPayment, sayRefund } from './refund.ts'
import type { RefundState } from './refund-rules.ts'
import { refundWords } from './words-refund.ts'

type Refund = ResultOf<typeof listRefunds>[number]
type Returnable = Pick<Payment, 'receipt' | 'amountMinor' | 'currency' | 'name'> &
  Partial<Pick<Payment, 'phone' | 'phoneHint'>>

const NOTE_MAX = 500
export const refundWordsOf = ({ locale }: Pick<Desk, 'locale'>) => refundWords[locale.lang]

/** What is looked at again by itself: it takes seconds. */
export const isBeingAsked = (refunds: readonly Refund[]): boolean => refunds.some(({ state }) => state === 'asked')

const whoOf = (desk: Desk, { name, phone = null, phoneHint = null }: Returnable): string =>
  [name ?? '', payerPhone({ phone, phoneHint }, wordsOf(desk))].filter(Boolean).join(', ') || refundWordsOf(desk).nobody

type OfferProps = { desk: Desk; payment: Returnable; ends: number | undefined }

/** With who, how much, and what ends by it. */
export const RefundOffer = ({ desk, payment, ends }: OfferProps) => {
  const words = refundWordsOf(desk)
  const form = valuesFor(desk, 'refund')
  if (!desk.may('payments.resolve')) return null
  const said = { amount: amountText(payment), receipt: visible(payment.receipt), who: visible(whoOf(desk, payment)) }
  return (
    <Panel title={words.send}>
      <PanelBody>
        <RefusedNote desk={desk} deed="refund" />
        <p>{fill(words.offer, said)}</p>
        {ends === undefined ? null : <p>{fill(words.ends, { n: ends })}</p>}
        <Form action={desk.here.split('?')[0]!} deed="refund" once={desk.once()}>
          <input type="hidden" name="receipt" value={payment.receipt} />
          <Field
            locale={desk.locale}
            label={words.note}
            name="why"
            value={form.value('why')}
            autoComplete="off"
            {...form.error('why')}
          />
          <Button kind={ends === undefined ? 'plain' : 'danger'}>{words.send}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const meanings = {
  asked: 'info',
  sent: 'info',
  done: 'good',
  failed: 'stopped',
  unknown: 'attention',
} as const satisfies Record<RefundState, Meaning>

const whyOf = (desk: Desk, { failure }: Refund): string => {
  const words = refundWordsOf(desk)
  if (failure === 'configuration' || failure === 'balance' || failure === 'system') return words[`why.${failure}`]
  return words['why.other']
}

const stepsOf = (desk: Desk, refund: Refund): readonly (readonly [string, number | null])[] => {
  const words = refundWordsOf(desk)
  const { console } = wordsOf(desk)
  const ended = refund.state === 'done' ? words.stepDone : words.stepFailed
  const sayer = refund.saidBy === null ? 'M-Pesa' : (refund.sayer ?? console)
  return [
    [fill(words.stepAsked, { who: visible(refund.asker ?? console) }), refund.askedAt],
    [words.stepSent, refund.sentAt],
    [words.stepUnknown, refund.unknownAt],
    [fill(ended, { who: visible(sayer) }), refund.endedAt],
  ]
}

/** What is to be done about one that is not over. */
const Standing = ({ desk, refund }: { desk: Desk; refund: Refund }) => {
  const words = refundWordsOf(desk)
  const { state, receipt, claims } = refund
  if (state === 'done') return null
  if (state === 'failed') return <p>{whyOf(desk, refund)}</p>
  if (state === 'asked') return <p>{words.askedWhat}</p>
  const claim = claims.at(-1)
  return (
    <Notice
      meaning={state === 'unknown' ? 'attention' : 'info'}
      title={state === 'unknown' ? fill(words.unknownWhat, { receipt: visible(receipt) }) : words.sentWhat}
    >
      {claim ? <p>{claim.failure === null ? words.claimedDone : words.claimedFailed}</p> : null}
      {desk.may('payments.resolve') ? (
        <p>
          <DeedButton desk={desk} deed="refundSaid" fields={{ receipt, how: 'done' }}>
            {words.sayDone}
          </DeedButton>{' '}
          <DeedButton desk={desk} deed="refundSaid" fields={{ receipt, how: 'failed' }}>
            {words.sayFailed}
          </DeedButton>
        </p>
      ) : null}
    </Notice>
  )
}

const One = ({ desk, refund }: { desk: Desk; refund: Refund }) => {
  const words = refundWordsOf(desk)
  const { state, purchase, note } = refund
  return (
    <>
      <p>
        <Status meaning={meanings[state]}>{words[state]}</Status> {amountText(refund)}{' '}
        {purchase === null ? null : fill(words.endedPurchase, { n: purchase })} <UserText text={note ?? ''} />
      </p>
      <Standing desk={desk} refund={refund} />
      {refund.disputedAs === null ? null : (
        <Notice meaning="attention" title={words[`disputed.${refund.disputedAs}`]}>
          <p>{words.disputedDo}</p>
        </Notice>
      )}
      <ol class="chain">
        {stepsOf(desk, refund).map(([what, at]) =>
          at === null ? null : (
            <li key={what}>
              {what} <span class="muted">{formatExact(at, desk.locale)}</span>
            </li>
          ),
        )}
      </ol>
    </>
  )
}

export const RefundHistory = ({ desk, refunds }: { desk: Desk; refunds: readonly Refund[] }) =>
  refunds.length === 0 ? null : (
    <Panel title={refundWordsOf(desk).title}>
      <PanelBody>
        <RefusedNote desk={desk} deed="refundSaid" />
        {refunds.map((refund) => (
          <One key={refund.id} desk={desk} refund={refund} />
        ))}
      </PanelBody>
    </Panel>
  )

/** Of a page that is shown again afterwards. */
export const refundDeeds = (hrefOf: (desk: DoingDesk) => string): Readonly<Record<string, Deed>> => ({
  refund: {
    permission: 'payments.resolve',
    async run(desk) {
      const form = new FormReader(desk.fields)
      const note = form.text('why')
      if (note !== undefined && note.length > NOTE_MAX)
        return { problems: { why: fill(wordsOf(desk).noteLong, { n: NOTE_MAX }) } }
      const receipt = desk.fields.get('receipt')
      const done = await desk.tell(refundPayment, { receipt, ...(note === undefined ? {} : { note }) })
      return done.ok ? { go: `${hrefOf(desk)}?said=refunding` } : { fault: done.error }
    },
  },
  refundSaid: {
    permission: 'payments.resolve',
    async run(desk) {
      const isDone = desk.fields.get('how') === 'done'
      const said = await desk.tell(sayRefund, { receipt: desk.fields.get('receipt'), isDone })
      return said.ok ? { go: `${hrefOf(desk)}?said=${isDone ? 'back' : 'notBack'}` } : { fault: said.error }
    },
  },
})

export const refundSaid = (desk: Desk): Readonly<Record<string, string>> => {
  const words = refundWordsOf(desk)
  return { refunding: words.saidRefunding, back: words.saidDone, notBack: words.saidFailed }
}
