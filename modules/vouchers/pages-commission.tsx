/** Who sold how much, what they earned by it, and what they still have. */
import { csvLine, formatMoney } from '@lango/kernel'
import {
  Button,
  definePage,
  EmptyState,
  fill,
  formatNumber,
  formatPrice,
  LinkButton,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  StatStrip,
  Table,
  UserText,
  type Column,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { agentWordsOf, amountsText, askedDays, DaysForm } from './agent-parts.tsx'
import { commissionReport, SELLERS_MAX, type Balance, type SellerLine } from './agents.ts'
import type { DayPeriod } from './period.ts'

type Report = ResultOf<typeof commissionReport>
/** A seller, and what they sold in one currency; nothing where they sold none. */
type Row = Pick<SellerLine, 'holder' | 'agentId' | 'name'> & {
  readonly stock: number | undefined
  readonly sums: Balance | undefined
}

/** What somebody has in stock stands once, beside their first currency. */
const rowsOf = ({ sellers }: Report): readonly Row[] =>
  sellers.flatMap(({ stock, sales, ...who }): readonly Row[] =>
    sales.length === 0
      ? [{ ...who, stock, sums: undefined }]
      : sales.map((sums, index) => ({ ...who, sums, stock: index === 0 ? stock : undefined })),
  )

const nameCell = ({ holder, agentId, name }: Row, desk: Desk) => {
  const text = <UserText text={holder} />
  return (
    <span class="pair">
      {agentId !== null && desk.may('people.read') ? <a href={`/staff/${agentId}`}>{text}</a> : text}
      {name === null ? null : (
        <span class="muted">
          <UserText text={name} />
        </span>
      )}
    </span>
  )
}

const columns = (desk: Desk): readonly Column<Row>[] => {
  const words = agentWordsOf(desk)
  const { locale, currency } = desk
  const amount = (id: string, head: string, minorOf: (sums: Balance) => number): Column<Row> => ({
    id,
    head,
    width: 'm',
    figures: true,
    value: ({ sums }) => formatPrice(sums === undefined ? 0 : minorOf(sums), sums?.currency ?? currency),
  })
  return [
    {
      id: 'seller',
      head: words.seller,
      width: 'xl',
      card: 'title',
      value: ({ holder }) => holder,
      render: (row) => nameCell(row, desk),
    },
    {
      id: 'sold',
      head: words.sold,
      width: 's',
      figures: true,
      value: ({ sums }) => formatNumber(sums?.sold ?? 0, locale),
    },
    amount('sales', words.salesValue, ({ salesMinor }) => salesMinor),
    amount('earned', words.earned, ({ earnedMinor }) => earnedMinor),
    amount('reversed', words.reversed, ({ reversedMinor }) => reversedMinor),
    amount('net', words.net, ({ netMinor }) => netMinor),
    {
      id: 'stock',
      head: words.stock,
      width: 's',
      figures: true,
      value: ({ stock }) => (stock === undefined ? '' : formatNumber(stock, locale)),
    },
  ]
}

const Totals = ({ desk, report: { totals, stock } }: { desk: Desk; report: Report }) => {
  const words = agentWordsOf(desk)
  const sold = totals.reduce((sum, each) => sum + each.sold, 0)
  return (
    <StatStrip
      label={words.total}
      stats={[
        { id: 'sold', label: words.sold, value: formatNumber(sold, desk.locale) },
        { id: 'sales', label: words.salesValue, value: amountsText(totals, ({ salesMinor }) => salesMinor) },
        { id: 'earned', label: words.earned, value: amountsText(totals, ({ earnedMinor }) => earnedMinor) },
        { id: 'reversed', label: words.reversed, value: amountsText(totals, ({ reversedMinor }) => reversedMinor) },
        { id: 'net', label: words.net, value: amountsText(totals, ({ netMinor }) => netMinor) },
        { id: 'stock', label: words.stock, value: formatNumber(stock, desk.locale) },
      ]}
    />
  )
}

const Sellers = ({ desk, report }: { desk: Desk; report: Report }) => {
  const words = agentWordsOf(desk)
  return (
    <Panel title={words.commissionTitle}>
      <Table
        name="sellers"
        caption={words.commissionTitle}
        columns={columns(desk)}
        rows={rowsOf(report)}
        rowKey={({ holder, agentId, sums }) => `${agentId ?? ''} ${holder} ${sums?.currency ?? ''}`}
      />
      <PanelBody>
        <p class="muted">{words.reversedNote}</p>
        {/* A file is answered and the page stays as it is: each time it is sent anew. */}
        <form method="post" action={desk.here}>
          <input type="hidden" name="do" value="csv" />
          <Button>{words.download}</Button>
        </form>
      </PanelBody>
    </Panel>
  )
}

const reportOf = (desk: Desk, { fromAt, toAt }: DayPeriod): Promise<Report> =>
  desk.ask(commissionReport, { fromAt, toAt, now: desk.now })

const CSV_HEAD = [
  'seller',
  'name',
  'currency',
  'sold',
  'sales',
  'commission',
  'reversed',
  'reversed_sales',
  'reversed_commission',
  'net_commission',
  'in_stock',
]

/** `1500.00`: an amount as a spreadsheet reckons with it. */
const plainAmount = (minor: number, currency: string): string =>
  formatMoney({ minor, currency })
    .slice(currency.length + 1)
    .replaceAll(',', '')

const csvCells = ({ holder, name, sums, stock }: Row): readonly string[] => {
  const amounts = ({ currency, ...each }: Balance): readonly string[] => [
    currency,
    String(each.sold),
    plainAmount(each.salesMinor, currency),
    plainAmount(each.earnedMinor, currency),
    String(each.reversed),
    plainAmount(each.reversedSalesMinor, currency),
    plainAmount(each.reversedMinor, currency),
    plainAmount(each.netMinor, currency),
  ]
  const none = ['', '0', '0', '0', '0', '0', '0', '0']
  return [holder, name ?? '', ...(sums === undefined ? none : amounts(sums)), String(stock ?? '')]
}

const csv = async (desk: DoingDesk): Promise<Done> => {
  const { period } = askedDays(desk)
  const report = await reportOf(desk, period)
  const body = [CSV_HEAD, ...rowsOf(report).map(csvCells)].map(csvLine).join('')
  return { file: { name: `commission-${period.from}-${period.to}.csv`, type: 'text/csv; charset=utf-8', body } }
}

export const commissionPage = definePage({
  path: '/vouchers/commission',
  permission: 'vouchers.read',
  async show(desk) {
    const words = agentWordsOf(desk)
    const days = askedDays(desk)
    const report = await reportOf(desk, days.period)
    return {
      title: words.commissionTitle,
      content: (
        <>
          <PageHead title={words.commissionTitle}>
            <LinkButton href="/vouchers">{words.back}</LinkButton>
          </PageHead>
          <RefusedNote desk={desk} />
          <DaysForm desk={desk} asked={days} />
          {report.isCut ? <Notice meaning="info" title={fill(words.cut, { n: SELLERS_MAX })} /> : null}
          {report.sellers.length === 0 ? (
            <section class="panel">
              <EmptyState title={words.noSellers}>
                <p>{words.noSellersBody}</p>
              </EmptyState>
            </section>
          ) : (
            <>
              <Totals desk={desk} report={report} />
              <Sellers desk={desk} report={report} />
            </>
          )}
        </>
      ),
    }
  },
  deeds: { csv: { permission: 'vouchers.read', run: csv } },
})
