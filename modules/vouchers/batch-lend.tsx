/** Vouchers of a batch that another box may accept for a while. */
import {
  Button,
  Field,
  fill,
  Form,
  FormReader,
  formatNumber,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { wordsOf } from './desk-parts.tsx'
import { lendVouchers } from './lending.ts'
import { LOAN_VOUCHERS_MAX } from './loan-files.ts'
import { listBoxes } from './loan-queries.ts'
import type { DeskBatch } from './overview.ts'
import { readRange } from './printing.ts'
import { loanWords } from './words-loans.ts'

const DAY_SEC = 86_400
const DAYS_MAX = 366
const DAYS_DEFAULT = '30'

export const LendTab = async ({ desk }: { desk: Desk }) => {
  const words = loanWords[desk.locale.lang]
  const form = valuesFor(desk, 'lend')
  const boxes = (await desk.ask(listBoxes, {})).filter(({ endedAt }) => endedAt === null)
  const whole = (name: string, label: string, otherwise: string, help?: string) => (
    <Field
      locale={desk.locale}
      name={name}
      label={label}
      value={form.value(name, otherwise)}
      inputMode="numeric"
      {...(help === undefined ? {} : { help })}
      {...form.error(name)}
    />
  )
  return (
    <Panel title={words.lendTitle}>
      <PanelBody>
        <RefusedNote desk={desk} deed="lend" />
        <p class="muted">{words.lendNote}</p>
        {boxes.length === 0 ? (
          <p>
            {words.fewBoxes} <a href="/vouchers/loans">{words.trust}</a>
          </p>
        ) : (
          <Form action={desk.here} deed="lend" once={desk.once()}>
            <Select
              label={words.box}
              name="box"
              value={form.value('box')}
              options={boxes.map(({ fingerprint, name }) => ({ value: fingerprint, label: name }))}
              {...form.error('box')}
            />
            {whole('from', words.from, '1')}
            {whole('to', words.to, '', fill(words.toHelp, { n: formatNumber(LOAN_VOUCHERS_MAX, desk.locale) }))}
            {whole('days', words.days, DAYS_DEFAULT)}
            <Button kind="main">{words.lendThem}</Button>
          </Form>
        )}
      </PanelBody>
    </Panel>
  )
}

export const lend = async (desk: DoingDesk, batch: DeskBatch): Promise<Done> => {
  const words = loanWords[desk.locale.lang]
  const form = new FormReader(desk.fields)
  const range = readRange(form, { wanted: batch.wanted, words: wordsOf(desk), locale: desk.locale })
  if (range.to - range.from >= LOAN_VOUCHERS_MAX)
    form.refuse('to', fill(words.toHelp, { n: formatNumber(LOAN_VOUCHERS_MAX, desk.locale) }))
  const days = form.whole('days', [1, DAYS_MAX], words.daysWrong)
  if (days === undefined) form.refuse('days', words.daysWrong)
  const box = form.text('box')
  if (box === undefined) form.refuse('box', words.boxMissing)
  if (!form.isGood || days === undefined || box === undefined) return { problems: form.problems }
  const done = await desk.tell(lendVouchers, { batch: batch.number, ...range, box, forSec: days * DAY_SEC })
  return done.ok ? { go: '/vouchers/loans?said=lent' } : { fault: done.error }
}
