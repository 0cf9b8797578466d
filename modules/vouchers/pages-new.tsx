import {
  Button,
  counted,
  definePage,
  EmptyState,
  Facts,
  Field,
  fieldsOf,
  fill,
  Form,
  formatDuration,
  formatExact,
  formatNumber,
  formatPrice,
  formatQuota,
  formatSpeed,
  LinkButton,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  UserText,
  withSearch,
  type Desk,
  type Done,
  type DoingDesk,
  type Fact,
  type Meaning,
  type Problems,
} from '@lango/kernel/ui'
import { listPlans } from '../plans/index.ts'
import { readBatchForm, type BatchInput, type Plan } from './batch-reading.ts'
import { openBatch } from './commands.ts'
import { patternText, untilText, wordsOf } from './desk-parts.tsx'
import { makeLeft } from './making.ts'
import { deskBatches } from './overview.ts'
import { CODES_PER_VOUCHER_GOOD } from './rules.ts'
import type { VoucherWords } from './words.ts'

/** Unknown codes that a box looks up at most in a second (the guard of the gate). */
const LOOKUPS_PER_SEC = 10
const YEAR_MS = 365 * 86_400_000

const names = ['plan', 'count', 'alphabet', 'length', 'prefix', 'within', 'beginsAt', 'endsAt', 'note'] as const
type Name = (typeof names)[number]

type BatchFormProps = { desk: Desk; plans: readonly Plan[]; value: (name: Name) => string; problems: Problems }

const BatchForm = ({ desk, plans, value, problems }: BatchFormProps) => {
  const words = wordsOf(desk)
  const errorOf = (name: Name) => (problems[name] === undefined ? {} : { error: problems[name] })
  const line = (name: Name, label: string, help?: string, more: object = {}) => (
    <Field
      locale={desk.locale}
      name={name}
      label={label}
      value={value(name)}
      {...(help === undefined ? {} : { help })}
      {...more}
      {...errorOf(name)}
    />
  )
  const hasFixed = plans.some(({ policy }) => policy.clock === 'fixed')
  return (
    // What is asked for stands in the address: the check can be gone back from, and nothing is lost.
    <form class="form" method="get" action="/vouchers/new">
      <input type="hidden" name="check" value="yes" />
      <Select
        label={words.plan}
        name="plan"
        value={value('plan')}
        options={plans.map(({ name }) => ({ value: name, label: name }))}
        {...errorOf('plan')}
      />
      {line('count', words.howMany, words.howManyHelp, { required: true, inputMode: 'numeric' })}
      <Select
        label={words.alphabet}
        name="alphabet"
        value={value('alphabet')}
        options={[
          { value: 'letters', label: words.letters },
          { value: 'digits', label: words.digits },
        ]}
        help={words.alphabetHelp}
      />
      {line('length', words.length, words.lengthHelp, { inputMode: 'numeric' })}
      {line('prefix', words.prefix, words.prefixHelp)}
      {line('within', words.within, words.withinHelp)}
      {hasFixed ? line('beginsAt', words.beginsAt, words.fixedHelp, { type: 'datetime-local' }) : null}
      {hasFixed ? line('endsAt', words.endsAt, words.fixedHelp, { type: 'datetime-local' }) : null}
      {line('note', words.note, words.noteHelp)}
      <div class="button-row">
        <Button kind="main">{words.preview}</Button>
        <LinkButton href="/vouchers">{wordsOf(desk).toVouchers}</LinkButton>
      </div>
    </form>
  )
}

const NoPlans = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <EmptyState title={words.noPlans}>
      <p>{words.noPlansBody}</p>
      {desk.may('plans.write') ? (
        <p>
          <LinkButton kind="main" href="/plans/new">
            {words.newPlan}
          </LinkButton>
        </p>
      ) : null}
    </EmptyState>
  )
}

/** How long somebody would have to guess: years where it is years. */
const guessingTime = (guesses: number, desk: Desk): string => {
  const ms = (guesses / LOOKUPS_PER_SEC) * 1000
  return ms >= 2 * YEAR_MS
    ? counted(wordsOf(desk).years, Math.floor(ms / YEAR_MS), desk.locale)
    : formatDuration(ms, desk.locale)
}

const SAFE_GUESSES = (YEAR_MS / 1000) * LOOKUPS_PER_SEC

const verdictOn = (guesses: number, words: VoucherWords): { readonly meaning: Meaning; readonly title: string } => {
  if (guesses >= SAFE_GUESSES) return { meaning: 'good', title: words.oddsGood }
  if (guesses >= CODES_PER_VOUCHER_GOOD) return { meaning: 'info', title: words.oddsFair }
  return { meaning: 'attention', title: words.oddsPoor }
}

const worthText = (plan: Plan, count: number): string => formatPrice(plan.priceMinor * count, plan.currency)

type Checked = { readonly input: BatchInput; readonly plan: Plan; readonly guesses: number }

const checkedFacts = ({ input, plan }: Checked, desk: Desk): readonly Fact[] => {
  const words = wordsOf(desk)
  const { policy } = plan
  const ending = {
    validitySec: plan.validitySec,
    firstUsedAt: null,
    expiresAt: input.endsAt ?? (input.useWithinSec === undefined ? null : desk.now + input.useWithinSec * 1000),
  }
  const shape = { prefix: input.prefix ?? '', codeLength: input.length!, numeric: input.numeric === true }
  return [
    [words.plan, <UserText key="plan" text={plan.name} />],
    [words.count, formatNumber(input.count, desk.locale)],
    [words.looks, <code key="looks">{patternText(shape)}</code>],
    [words.goodUntil, untilText(ending, words, desk.locale)],
    ...(input.beginsAt === undefined ? [] : [[words.beginsAt, formatExact(input.beginsAt, desk.locale)] as const]),
    [words.speed, formatSpeed(policy, words.noLimit)],
    [words.data, plan.quotaOctets === null ? words.noLimit : formatQuota(plan.quotaOctets)],
    [words.devices, policy.deviceLimit === 0 ? words.anyNumber : String(policy.deviceLimit)],
    ...(plan.priceMinor === 0 ? [] : [[words.worth, worthText(plan, input.count)] as const]),
    ...(input.note === undefined ? [] : [[words.note, <UserText key="note" text={input.note} />] as const]),
  ]
}

const CheckPanel = ({ desk, checked }: { desk: Desk; checked: Checked }) => {
  const words = wordsOf(desk)
  const { input, guesses } = checked
  const { meaning, title } = verdictOn(guesses, words)
  const odds = fill(words.oddsText, { guesses: formatNumber(Math.floor(guesses), desk.locale) })
  return (
    <Panel title={words.check}>
      <PanelBody>
        <RefusedNote desk={desk} deed="make" />
        <Facts facts={checkedFacts(checked, desk)} />
        <Notice meaning={meaning} title={title}>
          <p>
            <b>{words.odds}:</b> {odds}. {fill(words.oddsTime, { time: guessingTime(guesses, desk) })}
          </p>
        </Notice>
        <div class="button-row">
          <Form action={desk.here} deed="make" once={desk.once()} inline>
            <Button kind="main">{counted(words.makeThem, input.count, desk.locale)}</Button>
          </Form>
          <LinkButton href={withSearch(desk, { check: '' })}>{words.changeIt}</LinkButton>
        </div>
      </PanelBody>
    </Panel>
  )
}

const givenFor = (desk: Desk, plans: readonly Plan[]) => ({
  plans,
  words: wordsOf(desk),
  timeZone: desk.locale.timeZone,
  now: desk.now,
})

/** Opens the batch and makes what one request can; the batch's page goes on. */
const make = async (desk: DoingDesk): Promise<Done> => {
  const plans = await desk.ask(listPlans, {})
  const read = readBatchForm(fieldsOf(desk.search), givenFor(desk, plans))
  if ('problems' in read) return read
  const opened = await desk.tell(openBatch, read.input)
  if (!opened.ok) return { fault: opened.error }
  const [batch] = (await desk.ask(deskBatches, { number: opened.value.batch })).rows
  const made = await makeLeft(desk, batch!)
  return made.ok ? { go: `/vouchers/${batch!.number}${made.value.isDone ? '?said=made' : ''}` } : { fault: made.error }
}

export const newBatchPage = definePage({
  path: '/vouchers/new',
  permission: 'vouchers.write',
  async show(desk) {
    const words = wordsOf(desk)
    const all = await desk.ask(listPlans, {})
    const plans = all.filter(({ status }) => status === 'active')
    const { search } = desk
    const read = search.get('check') === null ? undefined : readBatchForm(fieldsOf(search), givenFor(desk, plans))
    const content = () => {
      if (plans.length === 0) return <NoPlans desk={desk} />
      if (read && !('problems' in read)) return <CheckPanel desk={desk} checked={read} />
      return (
        <Panel title={words.batch}>
          <PanelBody>
            <p class="muted">{words.what}</p>
            <BatchForm
              desk={desk}
              plans={plans}
              value={(name) => search.get(name) ?? ''}
              problems={read?.problems ?? {}}
            />
          </PanelBody>
        </Panel>
      )
    }
    return {
      title: words.newTitle,
      content: (
        <>
          <PageHead title={words.newTitle} />
          {content()}
        </>
      ),
    }
  },
  deeds: { make: { permission: 'vouchers.write', run: make } },
})
