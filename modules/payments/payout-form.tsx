/** Asking for a payout: the form, and what becomes of it. */
import {
  Button,
  Field,
  fill,
  Form,
  FormReader,
  LinkButton,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  type Deed,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import { err, parseMoney, type Result } from '@lango/kernel'
import { readPhone } from '../customers/index.ts'
import { amountText } from './desk-parts.tsx'
import { CURRENCY } from './mpesa-rules.ts'
import { requestPayout } from './payout-commands.ts'
import { payoutHref, PAYOUTS_HREF, wordsOfPayouts } from './payout-parts.tsx'
import { payoutLimits, type PayoutSettings } from './payout-rules.ts'

const MINOR = 100
const kinds = ['compensation', 'expense', 'wallet', 'commission'] as const

type Seller = { readonly id: string; readonly name: string }
type Props = { desk: Desk; settings: PayoutSettings; sellers: readonly Seller[] }

const Fields = ({ desk, sellers }: { desk: Desk; sellers: readonly Seller[] }) => {
  const words = wordsOfPayouts(desk)
  const form = valuesFor(desk, 'payout')
  const typed = { locale: desk.locale, autoComplete: 'off', required: true } as const
  return (
    <Form action={PAYOUTS_HREF} deed="payout" once={desk.once()}>
      <Field
        {...typed}
        label={words.phone}
        name="phone"
        type="tel"
        inputMode="tel"
        value={form.value('phone')}
        {...form.error('phone')}
      />
      <Field
        {...typed}
        label={words.amount}
        name="amount"
        inputMode="numeric"
        value={form.value('amount')}
        {...form.error('amount')}
      />
      <Select
        label={words.kind}
        name="kind"
        value={form.value('kind', 'compensation')}
        options={kinds.map((value) => ({ value, label: words[value] }))}
      />
      <Select
        label={words.seller}
        name="seller"
        value={form.value('seller')}
        help={words.sellerHelp}
        options={[{ value: '', label: words.nobody }, ...sellers.map(({ id, name }) => ({ value: id, label: name }))]}
        {...form.error('seller')}
      />
      <Field
        {...typed}
        label={words.why}
        name="why"
        value={form.value('why')}
        help={words.whyHelp}
        {...form.error('why')}
      />
      <Button kind="main">{words.send}</Button>
    </Form>
  )
}

export const PayoutForm = ({ desk, settings, sellers }: Props) => {
  const words = wordsOfPayouts(desk)
  const { payoutUpTo, payoutDayUpTo, payoutAloneUpTo } = settings
  const shillings = (count: number): string => amountText({ amountMinor: count * MINOR, currency: CURRENCY })
  const isOff = payoutUpTo === 0 || payoutDayUpTo === 0
  const note = { alone: shillings(payoutAloneUpTo), max: shillings(payoutUpTo), day: shillings(payoutDayUpTo) }
  return (
    <Panel title={words.ask} {...(isOff ? {} : { note: fill(words.askNote, note) })}>
      <PanelBody>
        <RefusedNote desk={desk} deed="payout" />
        {isOff ? <p>{words.off}</p> : <Fields desk={desk} sellers={sellers} />}
        {isOff && desk.may('settings.write') ? (
          <p>
            <LinkButton href="/settings/mpesa/paying-out">{words.toSettings}</LinkButton>
          </p>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const readAmount = (typed: string): Result<number, { readonly type: 'AmountUnreadable' }> => {
  const amount = parseMoney(typed, CURRENCY)
  const isWhole = amount.ok && amount.value.minor > 0 && amount.value.minor % MINOR === 0
  return isWhole ? { ok: true, value: amount.value.minor } : err({ type: 'AmountUnreadable' })
}

/** A reason as it was typed; undefined where it will not do, with why beside it. */
export const reasonIn = (form: FormReader, desk: DoingDesk): string => {
  const words = wordsOfPayouts(desk)
  return form.text('why') === undefined
    ? form.needed('why', words.whyMissing)
    : (form.read(
        'why',
        (typed) => (typed.length > payoutLimits.reasonMax ? err({ type: 'ReasonLong' }) : { ok: true, value: typed }),
        fill(words.whyLong, { n: payoutLimits.reasonMax }),
      ) ?? '')
}

const request = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOfPayouts(desk)
  const form = new FormReader(desk.fields)
  form.needed('phone', words.phoneMissing)
  form.needed('amount', words.amountMissing)
  const phone = form.read('phone', (typed) => readPhone(typed, desk.currency), words.phoneUnreadable)
  const amountMinor = form.read('amount', readAmount, words.amountUnreadable)
  const kind = kinds.find((one) => one === desk.fields.get('kind')) ?? 'compensation'
  const who = kind === 'commission' ? form.needed('seller', words.sellerMissing) : ''
  const reason = reasonIn(form, desk)
  if (!form.isGood || phone === undefined || amountMinor === undefined) return { problems: form.problems }
  const sum = { phone, amountMinor }
  const wish = kind === 'commission' ? ({ as: kind, who, ...sum } as const) : ({ as: kind, ...sum } as const)
  const done = await desk.tell(requestPayout, { for: wish, reason })
  if (!done.ok) return { fault: done.error }
  return { go: `${payoutHref(done.value.number)}?said=${done.value.state}` }
}

export const payoutDeed: Deed = { permission: 'payouts.request', run: request }
