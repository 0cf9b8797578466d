/** What the pages of those who sell have in common: the days that are asked for, and sums. */
import { Button, Field, formatPrice, UNKNOWN, type Desk } from '@lango/kernel/ui'
import { daysOf, type DayPeriod } from './period.ts'
import { agentWords, type AgentWords } from './words-agents.ts'

export const agentWordsOf = (desk: Pick<Desk, 'locale'>): AgentWords => agentWords[desk.locale.lang]

type AskedDays = { readonly period: DayPeriod; readonly fault: 'from' | 'to' | undefined }

/** What the address says; this month where it says nothing. */
export const askedDays = (desk: Desk): AskedDays =>
  daysOf(
    { from: desk.search.get('from') ?? '', to: desk.search.get('to') ?? '' },
    { now: desk.now, timeZone: desk.locale.timeZone },
  )

export const DaysForm = ({ desk, asked: { period, fault } }: { desk: Desk; asked: AskedDays }) => {
  const words = agentWordsOf(desk)
  const field = (name: 'from' | 'to') => ({
    locale: desk.locale,
    name,
    type: 'date' as const,
    value: period[name],
    bare: true,
    ...(fault === name ? { error: name === 'from' ? words.fromWrong : words.toWrong } : {}),
  })
  return (
    <form class="filters" method="get" action={desk.here.split('?')[0]}>
      <Field {...field('from')} label={words.from} />
      <Field {...field('to')} label={words.to} />
      <Button>{words.show}</Button>
    </form>
  )
}

type Amount = { readonly currency: string }

/** Sums of several currencies stand beside each other: they do not mix. */
export const amountsText = <A extends Amount>(sums: readonly A[], minorOf: (sum: A) => number): string =>
  sums.length === 0 ? UNKNOWN : sums.map((sum) => formatPrice(minorOf(sum), sum.currency)).join(' + ')
