/** `/payments/ahead`: what was given before M-Pesa confirmed it, counted apart from what was paid for. */
import {
  agoColumn,
  definePage,
  EmptyState,
  fill,
  formatDuration,
  formatNumber,
  PageHead,
  StatStrip,
  Status,
  Table,
  UserText,
  type Column,
  type Desk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listAhead } from './ahead.ts'
import { amountText, PhoneLink, purchaseHref, wordsOf } from './desk-parts.tsx'
import { aheadWords } from './words-ahead.ts'

type Row = ResultOf<typeof listAhead>['rows'][number]
const WEEK_MS = 7 * 86_400_000
export const AHEAD_HREF = '/payments/ahead'

const meanings = {
  open: 'info',
  confirmed: 'good',
  'taken-back': 'attention',
} as const satisfies Record<Row['state'], Meaning>

const columns = (desk: Desk): readonly Column<Row>[] => {
  const words = aheadWords[desk.locale.lang]
  const all = wordsOf(desk)
  return [
    {
      id: 'number',
      head: all.purchase,
      width: 's',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={purchaseHref(number)}>{fill(all.purchaseTitle, { n: number })}</a>,
    },
    {
      id: 'phone',
      head: all.phone,
      width: 'm',
      value: ({ phone }) => phone,
      render: ({ phone }) => <PhoneLink phone={phone} />,
    },
    {
      id: 'plan',
      head: all.plan,
      width: 'm',
      value: ({ plan }) => plan,
      render: ({ plan }) => <UserText text={plan} />,
    },
    { id: 'amount', head: all.amount, width: 'm', figures: true, value: amountText },
    {
      id: 'state',
      head: all.state,
      width: 'm',
      card: 'side',
      value: ({ state }) => state,
      render: ({ state }) => <Status meaning={meanings[state]}>{words[state]}</Status>,
    },
    {
      id: 'unpaid',
      head: words.unpaid,
      width: 'm',
      figures: true,
      value: ({ unpaidMs }) => (unpaidMs === null ? '' : formatDuration(unpaidMs, desk.locale)),
    },
    agoColumn(desk, ({ aheadAt }) => aheadAt, { id: 'given', head: words.given, width: 'm' }),
  ]
}

export const aheadPage = definePage({
  path: AHEAD_HREF,
  permission: 'payments.read',
  async show(desk) {
    const words = aheadWords[desk.locale.lang]
    const { rows, ...counts } = await desk.ask(listAhead, { fromAt: desk.now - WEEK_MS })
    const stat = (id: 'given' | 'confirmed' | 'takenBack', label: string) => ({
      id,
      label,
      value: formatNumber(counts[id], desk.locale),
    })
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title} />
          <p class="muted">{words.what}</p>
          <StatStrip
            label={words.title}
            stats={[
              stat('given', words.times),
              stat('confirmed', words.confirmedTimes),
              stat('takenBack', words.takenBackTimes),
            ]}
          />
          <section class="panel">
            {rows.length === 0 ? (
              <EmptyState title={words.none}>
                <p>{words.noneBody}</p>
              </EmptyState>
            ) : (
              <Table
                name="ahead"
                caption={words.title}
                columns={columns(desk)}
                rows={rows}
                rowKey={({ number }) => String(number)}
              />
            )}
          </section>
        </>
      ),
    }
  },
})
