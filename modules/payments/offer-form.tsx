import { money, formatMoney } from '@lango/kernel'
import {
  Button,
  Check,
  Field,
  FieldGroup,
  fill,
  Fold,
  Form,
  LinkButton,
  RefusedNote,
  Select,
  valuesFor,
  visible,
  type Desk,
} from '@lango/kernel/ui'
import { offerLimits } from '../offers/index.ts'
import { discountKinds } from './offer-reading.ts'
import { dayText, offerWordsOf, weekdays, type Offer } from './offer-text.ts'
import type { SoldPlan } from './ask-form.tsx'
import type { OfferWords } from './words-offers.ts'

type Typed = Readonly<Record<string, string>>

const valueText = ({ discount, currency }: Offer): string =>
  discount.kind === 'percent'
    ? String(discount.bp / 100)
    : formatMoney(money(discount.minor, currency)).slice(currency.length + 1)

/** As browsers take it: 2026-11-21T18:30. */
const localText = (at: number | null, timeZone: string): string =>
  at === null
    ? ''
    : Temporal.Instant.fromEpochMilliseconds(at)
        .toZonedDateTimeISO(timeZone)
        .toPlainDateTime()
        .toString({ smallestUnit: 'minute' })

const typedOf = (offer: Offer, timeZone: string): Typed => ({
  name: offer.name,
  code: offer.code ?? '',
  kind: offer.discount.kind,
  value: valueText(offer),
  from: localText(offer.fromAt, timeZone),
  until: localText(offer.untilAt, timeZone),
  usesMax: String(offer.usesMax ?? ''),
  usesPerPhone: String(offer.usesPerPhoneMax ?? ''),
  ...Object.fromEntries(
    offer.windows.flatMap(({ from, to }, at) => [
      [`begins${at}`, from],
      [`ends${at}`, to],
    ]),
  ),
})

type Filling = {
  readonly desk: Desk
  readonly words: OfferWords
  readonly value: (name: string) => string
  readonly chosen: (name: string, otherwise: readonly string[]) => readonly string[]
  readonly error: (name: string) => { error?: string }
  readonly offer: Offer | undefined
}

/** What stands in the fields: what was typed when it was refused, else the offer. */
const fillingOf = (desk: Desk, deed: string, offer: Offer | undefined): Filling => {
  const form = valuesFor(desk, deed)
  const typed: Typed = offer === undefined ? {} : typedOf(offer, desk.locale.timeZone)
  const refused = desk.refused?.deed === deed ? desk.refused.fields : undefined
  return {
    desk,
    words: offerWordsOf(desk),
    value: (name) => form.value(name, typed[name] ?? ''),
    chosen: (name, otherwise) => refused?.all(name) ?? otherwise,
    error: (name) => form.error(name),
    offer,
  }
}

type LineProps = {
  filling: Filling
  name: string
  label: string
  help?: string
  required?: boolean
  type?: 'time' | 'datetime-local'
  inputMode?: 'numeric'
}

const Line = ({ filling, name, ...rest }: LineProps) => (
  <Field locale={filling.desk.locale} name={name} value={filling.value(name)} {...rest} {...filling.error(name)} />
)

const Problem = ({ filling, name }: { filling: Filling; name: string }) => {
  const { error } = filling.error(name)
  return error === undefined ? null : <p class="field-error status status-stopped">{error}</p>
}

const Plans = ({ filling, plans }: { filling: Filling; plans: readonly SoldPlan[] }) => {
  const { words, offer, chosen } = filling
  const ticked = chosen('plans', offer?.plans.map(({ name }) => name) ?? [])
  // One that is withdrawn stays ticked: without it the offer might be for all.
  const gone = offer?.plans.filter(({ id }) => !plans.some((plan) => plan.id === id)) ?? []
  return (
    <fieldset class="checks">
      <legend>
        {words.plans} <span class="muted">({words.plansHelp})</span>
      </legend>
      {[...plans, ...gone].map(({ id, name }) => (
        <Check key={id} label={visible(name)} name="plans" value={name} checked={ticked.includes(name)} />
      ))}
      <Problem filling={filling} name="plans" />
    </fieldset>
  )
}

/** Those that are used, and one more. */
const slotsOf = ({ value, chosen, offer }: Filling): readonly number[] => {
  const { windowsMax } = offerLimits
  const all = Array.from({ length: windowsMax }, (_, at) => at)
  const days = (at: number) => chosen(`days${at}`, offer?.windows[at]?.days.map(String) ?? [])
  const used = all.filter((at) => value(`begins${at}`) !== '' || value(`ends${at}`) !== '' || days(at).length > 0)
  return all.slice(0, (used.at(-1) ?? -1) + 2)
}

const Hours = ({ filling, at }: { filling: Filling; at: number }) => {
  const { words, chosen, offer } = filling
  const days = chosen(`days${at}`, offer?.windows[at]?.days.map(String) ?? [])
  return (
    <FieldGroup title={fill(words.hours, { n: at + 1 })}>
      <fieldset class="checks">
        <legend>{words.days}</legend>
        {weekdays.map((day) => (
          <Check
            key={day}
            label={dayText(day, words)}
            name={`days${at}`}
            value={String(day)}
            checked={days.includes(String(day))}
          />
        ))}
        <Problem filling={filling} name={`days${at}`} />
      </fieldset>
      <Line filling={filling} name={`begins${at}`} label={words.begins} type="time" />
      <Line filling={filling} name={`ends${at}`} label={words.ends} help={words.endsHelp} type="time" />
    </FieldGroup>
  )
}

const Times = ({ filling }: { filling: Filling }) => {
  const { words, value, error } = filling
  const slots = slotsOf(filling)
  const names = ['from', 'until', ...slots.flatMap((at) => [`days${at}`, `begins${at}`, `ends${at}`])]
  const isOpen = slots.length > 1 || value('from') !== '' || value('until') !== ''
  return (
    <Fold title={words.dates} note={words.datesNote} open={isOpen || names.some((name) => error(name).error)}>
      <Line filling={filling} name="from" label={words.from} type="datetime-local" />
      <Line filling={filling} name="until" label={words.until} type="datetime-local" />
      {slots.map((at) => (
        <Hours key={at} filling={filling} at={at} />
      ))}
      <p class="muted">{words.clearHelp}</p>
    </Fold>
  )
}

type OfferFormProps = {
  desk: Desk
  deed: 'add' | 'save'
  offer: Offer | undefined
  plans: readonly SoldPlan[]
  back: string
}

export const OfferForm = ({ desk, deed, offer, plans, back }: OfferFormProps) => {
  const filling = fillingOf(desk, deed, offer)
  const { words, value } = filling
  const uses = { inputMode: 'numeric' as const, filling }
  return (
    <>
      <RefusedNote desk={desk} deed={deed} />
      <Form action={desk.here} deed={deed} once={desk.once()}>
        <Line filling={filling} name="name" label={words.name} help={words.nameHelp} required />
        <Line filling={filling} name="code" label={words.code} help={words.codeHelp} />
        <Select
          label={words.kind}
          name="kind"
          value={value('kind') || 'percent'}
          options={discountKinds.map((kind) => ({ value: kind, label: words[kind] }))}
        />
        <Line filling={filling} name="value" label={words.value} help={words.valueHelp} required />
        <Plans filling={filling} plans={plans} />
        <Times filling={filling} />
        <FieldGroup title={words.limits}>
          <Line {...uses} name="usesMax" label={words.usesMax} help={words.usesMaxHelp} />
          <Line {...uses} name="usesPerPhone" label={words.usesPerPhone} help={words.usesPerPhoneHelp} />
        </FieldGroup>
        <div class="button-row">
          <Button kind="main">{deed === 'add' ? words.add : words.save}</Button>
          <LinkButton href={back}>{words.cancel}</LinkButton>
        </div>
      </Form>
    </>
  )
}
