/** Saying what money was for that nobody could match: four forms of one deed, and what becomes of them. */
import {
  Button,
  Field,
  fill,
  Form,
  FormReader,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  type Deed,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { FaultOf } from '@lango/kernel/verbs'
import type { ComponentChildren } from 'preact'
import { planOptions, type SoldPlan } from './ask-form.tsx'
import { amountText, receiptHref, wordsOf, type Payment } from './desk-parts.tsx'
import { resolvePayment } from './hear.ts'
import type { offersThen } from './offers-then.ts'
import { readPhone } from '../customers/index.ts'

const NOTE_MAX = 500
const ways = ['purchase', 'offer', 'plan', 'wallet', 'refund'] as const
type WayName = (typeof ways)[number]

/** The page has several forms, and each field of it a name of its own. */
const noteField = (as: WayName): string => `${as}Note`

/** What was typed into the form that was refused; the others begin anew. */
const typedInto = (desk: Desk, as: WayName) =>
  valuesFor(desk.refused?.fields.get('as') === as ? desk : { refused: undefined }, 'resolve')

type OneProps = { desk: Desk; as: WayName; title: string; button: string; children: ComponentChildren }

const One = ({ desk, as, title, button, children }: OneProps) => {
  const words = wordsOf(desk)
  const form = typedInto(desk, as)
  const name = noteField(as)
  const isRefund = as === 'refund'
  return (
    <Panel title={title}>
      <PanelBody>
        {desk.refused?.fields.get('as') === as ? <RefusedNote desk={desk} /> : null}
        <Form action={desk.here.split('?')[0]!} deed="resolve" once={desk.once()}>
          <input type="hidden" name="as" value={as} />
          {children}
          <Field
            locale={desk.locale}
            label={words.note}
            name={name}
            value={form.value(name)}
            required={isRefund}
            {...(isRefund ? { help: words.refundHelp } : {})}
            {...form.error(name)}
          />
          <Button kind={isRefund ? 'plain' : 'main'}>{button}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

type Offered = ResultOf<typeof offersThen>
type FormsProps = { desk: Desk; payment: Payment; plans: readonly SoldPlan[] }

const ForPurchase = ({ desk, payment }: Omit<FormsProps, 'plans'>) => {
  const words = wordsOf(desk)
  const form = typedInto(desk, 'purchase')
  return (
    <One desk={desk} as="purchase" title={words.forPurchase} button={words.giveForPurchase}>
      <Field
        locale={desk.locale}
        label={words.purchaseNumber}
        name="number"
        inputMode="numeric"
        autoComplete="off"
        value={form.value('number')}
        help={fill(words.purchaseNumberHelp, { amount: amountText(payment) })}
        required
        {...form.error('number')}
      />
    </One>
  )
}

const ForPlan = ({ desk, payment, plans }: FormsProps) => {
  const words = wordsOf(desk)
  const form = typedInto(desk, 'plan')
  const worthIt = plans.find(
    ({ priceMinor, currency }) => priceMinor === payment.amountMinor && currency === payment.currency,
  )
  return (
    <One desk={desk} as="plan" title={words.forPlan} button={words.giveForPlan}>
      <Select
        label={words.plan}
        name="plan"
        value={form.value('plan', worthIt?.name)}
        options={planOptions(plans)}
        help={fill(words.forPlanHelp, { amount: amountText(payment) })}
        {...form.error('plan')}
      />
      <PhoneField desk={desk} payment={payment} as="plan" />
    </One>
  )
}

const ForOffer = ({ desk, payment, offered }: Omit<FormsProps, 'plans'> & { offered: Offered }) => {
  const words = wordsOf(desk)
  const form = typedInto(desk, 'offer')
  return (
    <One desk={desk} as="offer" title={words.forOffer} button={words.giveForOffer}>
      <Select
        label={words.forOfferWhich}
        name="offer"
        value={form.value('offer')}
        options={offered.map(({ plan, offer, name, code }) => ({
          value: `${offer} ${plan}`,
          label: fill(code === null ? words.forOfferOption : words.forOfferCode, { plan, name, code: code ?? '' }),
        }))}
        help={fill(words.forOfferHelp, { amount: amountText(payment) })}
        {...form.error('offer')}
      />
      <PhoneField desk={desk} payment={payment} as="offer" />
    </One>
  )
}

const phoneFields = { plan: 'phone', offer: 'offerPhone', wallet: 'walletPhone' } as const
type ForPhone = keyof typeof phoneFields

/** Whose it is: who has paid, where only one can have. */
const PhoneField = ({ desk, payment, as }: Omit<FormsProps, 'plans'> & { as: ForPhone }) => {
  const words = wordsOf(desk)
  const [form, name] = [typedInto(desk, as), phoneFields[as]]
  const [only] = payment.phones.length === 1 ? payment.phones : []
  return (
    <Field
      locale={desk.locale}
      label={words.forPhone}
      name={name}
      type="tel"
      inputMode="tel"
      autoComplete="off"
      placeholder={words.placeholder}
      value={form.value(name, payment.phone ?? only)}
      required
      {...form.error(name)}
    />
  )
}

const ForWallet = ({ desk, payment }: Omit<FormsProps, 'plans'>) => {
  const words = wordsOf(desk)
  return (
    <One desk={desk} as="wallet" title={words.forWallet} button={words.putIntoWallet}>
      <p class="muted">{words.forWalletNote}</p>
      <PhoneField desk={desk} payment={payment} as="wallet" />
    </One>
  )
}

export const ResolveForms = ({ desk, payment, plans, offered }: FormsProps & { offered: Offered }) => {
  const words = wordsOf(desk)
  return (
    <div class="panels">
      {offered.length === 0 ? null : <ForOffer desk={desk} payment={payment} offered={offered} />}
      <ForPurchase desk={desk} payment={payment} />
      {plans.length === 0 ? null : <ForPlan desk={desk} payment={payment} plans={plans} />}
      <ForWallet desk={desk} payment={payment} />
      <One desk={desk} as="refund" title={words.forRefund} button={words.sayRefunded}>
        <p class="muted">{words.forRefundNote}</p>
      </One>
    </div>
  )
}

type Fault = FaultOf<typeof resolvePayment>

const refusedFor = (desk: DoingDesk, as: WayName, fault: Fault): Done => {
  const words = wordsOf(desk)
  switch (fault.type) {
    case 'PurchaseUnknown':
      return { problems: { number: fill(words.purchaseUnknown, { n: fault.purchase }) } }
    case 'PurchasePaid':
      return { problems: { number: fill(words.purchasePaid, { n: fault.number }) } }
    case 'OfferNotHeld':
      return { problems: { offer: words.offerNotHeld } }
    case 'PlanUnknown':
    case 'PlanNotForSale':
      return { problems: { [as]: words.planGone } }
    case 'AmountDiffers': {
      const { currency, paidMinor, priceMinor } = fault
      const [paid, price] = [paidMinor, priceMinor].map((amountMinor) => amountText({ amountMinor, currency }))
      return {
        problems: { [as === 'purchase' ? 'number' : as]: fill(words.amountDiffers, { paid: paid!, price: price! }) },
      }
    }
    default:
      return { fault }
  }
}

const readHow = (desk: DoingDesk, form: FormReader, as: WayName) => {
  const words = wordsOf(desk)
  if (as === 'refund') {
    form.needed(noteField(as), words.noteMissing)
    return { as }
  }
  if (as === 'purchase') {
    form.needed('number', words.purchaseNumberWrong)
    const number = form.whole('number', [1, Number.MAX_SAFE_INTEGER], words.purchaseNumberWrong)
    return number === undefined ? undefined : { as, number }
  }
  const [plan, name] = [as === 'wallet' ? '' : form.needed(as, words.planMissing), phoneFields[as]]
  form.needed(name, words.phoneMissing)
  const phone = form.read(name, (typed) => readPhone(typed, desk.currency), words.phoneUnreadable)
  if (phone === undefined) return undefined
  if (as === 'wallet') return { as, phone }
  if (as === 'plan') return { as, plan, phone }
  // The number of the offer, a blank, and the plan's name, which may have blanks of its own.
  const [, offer, offered] = /^(\d{1,9}) (.+)$/.exec(plan) ?? []
  if (offered === undefined) form.refuse('offer', words.planMissing)
  return { as, plan: offered ?? '', offer: Number(offer), phone }
}

const resolve = async (desk: DoingDesk): Promise<Done> => {
  const form = new FormReader(desk.fields)
  const as = form.choice('as', ways)
  const how = readHow(desk, form, as)
  const note = form.text(noteField(as))
  if (note !== undefined && note.length > NOTE_MAX)
    form.refuse(noteField(as), fill(wordsOf(desk).noteLong, { n: NOTE_MAX }))
  if (!form.isGood || how === undefined) return { problems: form.problems }
  const receipt = desk.param('receipt')
  const done = await desk.tell(resolvePayment, { receipt, how, ...(note === undefined ? {} : { note }) })
  if (done.ok) return { go: `${receiptHref(receipt)}?said=${as}` }
  return refusedFor(desk, as, done.error as Fault)
}

export const resolveDeed: Deed = { permission: 'payments.resolve', run: resolve }
