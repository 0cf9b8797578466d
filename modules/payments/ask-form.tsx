/** Asking somebody to pay on their phone: the form, and what becomes of it. */
import {
  Button,
  EmptyState,
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
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { FaultOf } from '@lango/kernel/verbs'
import { requestPurchase } from './commands.ts'
import { amountText, purchaseHref, wordsOf } from './desk-parts.tsx'
import { readPhone } from '../customers/index.ts'
import type { plansForSale } from './queries.ts'

export type SoldPlan = ResultOf<typeof plansForSale>[number]

/** A plan by its name, with its price. */
export const planOptions = (plans: readonly SoldPlan[]) =>
  plans.map(({ name, priceMinor, currency }) => ({
    value: name,
    label: `${name}, ${amountText({ amountMinor: priceMinor, currency })}`,
  }))

const NoPlans = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <EmptyState title={words.noPlans}>
      <p>{words.noPlansBody}</p>
      {desk.may('plans.read') ? (
        <p>
          <LinkButton href="/plans">{words.toPlans}</LinkButton>
        </p>
      ) : null}
    </EmptyState>
  )
}

/** What it begins with may stand in the address: whoever did not pay is asked again. */
export const AskForm = ({ desk, plans }: { desk: Desk; plans: readonly SoldPlan[] }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'request')
  const asked = (name: string): string => form.value(name, desk.search.get(name) ?? '')
  return (
    <Panel title={words.ask} note={words.askNote}>
      {plans.length === 0 ? (
        <NoPlans desk={desk} />
      ) : (
        <PanelBody>
          <RefusedNote desk={desk} deed="request" />
          <Form action="/payments" deed="request" once={desk.once()} inline>
            <Select
              label={words.plan}
              name="plan"
              value={asked('plan')}
              options={planOptions(plans)}
              {...form.error('plan')}
            />
            <Field
              locale={desk.locale}
              label={words.phone}
              name="phone"
              type="tel"
              inputMode="tel"
              autoComplete="off"
              placeholder={words.placeholder}
              value={asked('phone')}
              required
              {...form.error('phone')}
            />
            <Field
              locale={desk.locale}
              label={words.offerCode}
              name="code"
              autoComplete="off"
              value={asked('code')}
              {...form.error('code')}
            />
            <Button kind="main">{words.ask}</Button>
          </Form>
        </PanelBody>
      )}
    </Panel>
  )
}

const refusedFor = (desk: DoingDesk, fault: FaultOf<typeof requestPurchase>): Done => {
  const words = wordsOf(desk)
  switch (fault.type) {
    case 'PromptOpen':
      return { problems: { phone: fill(words.promptOpen, { n: fault.number }) } }
    case 'OfferCodeUnfit':
      return { problems: { code: words[`code.${fault.why}`] } }
    case 'PlanUnknown':
    case 'PlanNotForSale':
      return { problems: { plan: words.planGone } }
    default:
      return { fault }
  }
}

const request = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const plan = form.needed('plan', words.planMissing)
  form.needed('phone', words.phoneMissing)
  const phone = form.read('phone', (typed) => readPhone(typed, desk.currency), words.phoneUnreadable)
  if (!form.isGood || phone === undefined) return { problems: form.problems }
  const code = form.text('code')
  const done = await desk.tell(requestPurchase, { plan, phone, ...(code !== undefined && { code }) })
  if (done.ok) return { go: purchaseHref(done.value.number) }
  return refusedFor(desk, done.error as FaultOf<typeof requestPurchase>)
}

export const askDeed: Deed = { permission: 'payments.request', run: request }
