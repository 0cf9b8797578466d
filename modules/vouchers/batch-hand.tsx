import {
  Button,
  counted,
  EmptyState,
  Facts,
  Field,
  fill,
  Form,
  FormReader,
  formatNumber,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  Table,
  UserText,
  valuesFor,
  type Column,
  type Desk,
  type Done,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { agentCalled } from './agents.ts'
import { handVouchers } from './handing.ts'
import { wordsOf } from './desk-parts.tsx'
import { movable, type batchHolders, type DeskBatch } from './overview.ts'
import { readRange } from './printing.ts'
import { statesShown } from './rules.ts'

const HOLDER_LENGTH_MAX = 64
type Holder = ResultOf<typeof batchHolders>[number]

const holderColumns = (desk: Desk, batch: DeskBatch, of: readonly Holder[]): readonly Column<Holder>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'holder',
      head: words.holder,
      width: 'xl',
      card: 'title',
      value: ({ holder }) => holder ?? '',
      render: ({ holder }) => (
        <a href={`/vouchers/${batch.number}?q=${encodeURIComponent(holder ?? '')}`}>
          <UserText text={holder ?? ''} />
        </a>
      ),
    },
    ...statesShown(...of)
      .filter((state) => state !== 'made')
      .map((state): Column<Holder> => ({
        id: state,
        head: words[state],
        width: 's',
        figures: true,
        value: (row) => formatNumber(row[state], desk.locale),
      })),
  ]
}

/** Of the holders, the first so many by name. */
const HOLDERS_SHOWN_MAX = 200

type HandProps = { desk: Desk; batch: DeskBatch; of: readonly Holder[] }

export const HandTab = ({ desk, batch, of }: HandProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'hand')
  const holders = of.filter(({ holder }) => holder !== null).slice(0, HOLDERS_SHOWN_MAX)
  return (
    <>
      <Panel title={words.hand}>
        <PanelBody>
          <RefusedNote desk={desk} deed="hand" />
          <p class="muted">{words.handNote}</p>
          <Form action={desk.here} deed="hand" once={desk.once()}>
            <Select
              label={words.handWhat}
              name="state"
              value={form.value('state', 'given')}
              options={[
                { value: 'given', label: words.toGive },
                { value: 'sold', label: words.toSell },
              ]}
            />
            <Field
              locale={desk.locale}
              name="from"
              label={words.from}
              value={form.value('from')}
              inputMode="numeric"
              required
              {...form.error('from')}
            />
            <Field
              locale={desk.locale}
              name="to"
              label={words.to}
              value={form.value('to')}
              inputMode="numeric"
              required
              {...form.error('to')}
            />
            <Field
              locale={desk.locale}
              name="holder"
              label={words.handHolder}
              value={form.value('holder')}
              help={words.handHolderHelp}
              required
              {...form.error('holder')}
            />
            <Button kind="main">{words.handCheck}</Button>
          </Form>
        </PanelBody>
      </Panel>
      <Panel title={words.holders}>
        {holders.length === 0 ? (
          <EmptyState title={words.noHolders}>
            <p>{words.noHoldersBody}</p>
          </EmptyState>
        ) : (
          <Table
            name="holders"
            caption={words.holders}
            columns={holderColumns(desk, batch, holders)}
            rows={holders}
            rowKey={({ holder }) => holder ?? ''}
          />
        )}
      </Panel>
    </>
  )
}

type Move = {
  readonly from: number
  readonly to: number
  readonly state: 'given' | 'sold'
  readonly holder: string
}

const readMove = (desk: DoingDesk, batch: DeskBatch): Move | { readonly problems: FormReader['problems'] } => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const given = { wanted: batch.wanted, words, locale: desk.locale }
  for (const name of ['from', 'to']) form.needed(name, fill(words.numberUnreadable, { n: batch.wanted }))
  const range = readRange(form, given)
  const holder = form.needed('holder', words.holderMissing)
  if (holder.length > HOLDER_LENGTH_MAX) form.refuse('holder', words.holderLong)
  const state = form.choice('state', ['given', 'sold'])
  return form.isGood ? { ...range, holder, state } : { problems: form.problems }
}

type Checked = { readonly count: number; readonly agent: ResultOf<typeof agentCalled> }

const moveShown = (desk: DoingDesk, batch: DeskBatch, move: Move, { count, agent }: Checked): Shown => {
  const words = wordsOf(desk)
  const asked = move.to - move.from + 1
  const forms = move.state === 'given' ? words.giveThem : words.sellThem
  const holder = agent ? fill(words.handAgent, agent) : move.holder
  return {
    title: words.handTitle,
    content: (
      <>
        <PageHead title={words.handTitle} />
        <Panel title={fill(words.batchTitle, { n: batch.number })}>
          <PanelBody>
            <Facts
              facts={[
                [words.from, formatNumber(move.from, desk.locale)],
                [words.to, formatNumber(move.to, desk.locale)],
                [words.holder, <UserText key="holder" text={holder} />],
                [words.handMoves, formatNumber(count, desk.locale)],
                [words.handPassed, formatNumber(asked - count, desk.locale)],
              ]}
            />
            <div class="button-row">
              <Form action={desk.here} deed="hand" once={desk.once()} inline>
                {Object.entries({ ...move, sure: 'yes' }).map(([name, value]) => (
                  <input key={name} type="hidden" name={name} value={String(value)} />
                ))}
                <Button kind="main">{fill(counted(forms, count, desk.locale), { holder: move.holder })}</Button>
              </Form>
              <LinkButton href={`/vouchers/${batch.number}?tab=hand`}>{words.changeIt}</LinkButton>
            </div>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

/** First what it would do, then, of that page, the deed itself: what is sold stays sold. */
export const hand = async (desk: DoingDesk, batch: DeskBatch): Promise<Done> => {
  const move = readMove(desk, batch)
  if ('problems' in move) return move
  if (!desk.fields.has('sure')) {
    const { movable: count } = await desk.ask(movable, { batch: batch.number, from: move.from, to: move.to })
    if (count === 0) return { problems: { from: wordsOf(desk).handNone } }
    const agent = await desk.ask(agentCalled, { holder: move.holder })
    return { show: moveShown(desk, batch, move, { count, agent }) }
  }
  const moved = await desk.tell(handVouchers, { batch: batch.number, ...move })
  return moved.ok ? { go: `/vouchers/${batch.number}?tab=hand&said=${move.state}` } : { fault: moved.error }
}
