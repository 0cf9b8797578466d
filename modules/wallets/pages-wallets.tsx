/** `/wallets`: every wallet with what is in it, and what all of them come to. */
import {
  agoColumn,
  beforeAsked,
  definePage,
  EmptyState,
  fill,
  formatNumber,
  formatPhone,
  formatPrice,
  LinkButton,
  OlderPager,
  PageHead,
  SearchForm,
  StatStrip,
  Table,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { readPhone } from '../customers/index.ts'
import { balanceText, CashForm, cashDeed, StatusMark, walletHref } from './desk-parts.tsx'
import { listWallets, walletTotals } from './queries.ts'
import { wordsOf } from './words.ts'

type Row = ResultOf<typeof listWallets>[number]

const PAGE_ROWS = 50
const TYPED_MAX = 40

const columns = (desk: Desk): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'wallet',
      head: words.wallet,
      width: 'm',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={walletHref(number)}>{fill(words.walletTitle, { n: number })}</a>,
    },
    { id: 'phone', head: words.phone, width: 'l', digits: true, value: ({ phone }) => formatPhone(phone) },
    { id: 'reference', head: words.reference, width: 'm', digits: true, value: ({ reference }) => reference },
    { id: 'balance', head: words.balance, width: 'm', figures: true, value: balanceText },
    {
      id: 'status',
      head: words.status,
      width: 'm',
      card: 'side',
      value: ({ status }) => words[status],
      render: ({ status }) => <StatusMark desk={desk} status={status} />,
    },
    agoColumn(desk, ({ createdAt }) => createdAt, { id: 'since', head: words.since, width: 'm' }),
  ]
}

const Totals = async (desk: Desk) => {
  const words = wordsOf(desk)
  const { wallets, sums } = await desk.ask(walletTotals, {})
  const [sum = { currency: desk.currency, owedMinor: 0, owingMinor: 0 }] = sums
  if (wallets === 0) return null
  return (
    <StatStrip
      label={words.totals}
      stats={[
        { id: 'count', label: words.count, value: formatNumber(wallets, desk.locale) },
        { id: 'owed', label: words.owed, value: formatPrice(sum.owedMinor, sum.currency) },
        { id: 'owing', label: words.owing, value: formatPrice(sum.owingMinor, sum.currency) },
      ]}
    />
  )
}

const Nothing = ({ desk, q }: { desk: Desk; q: string }) => {
  const words = wordsOf(desk)
  if (q !== '')
    return (
      <EmptyState title={words.noneFound}>
        <p>{words.noneFoundBody}</p>
        <p>
          <LinkButton href="/wallets">{words.all}</LinkButton>
        </p>
      </EmptyState>
    )
  if (desk.search.has('before')) return <EmptyState title={words.noneOlder}>{null}</EmptyState>
  return (
    <EmptyState title={words.empty}>
      <p>{words.emptyBody}</p>
    </EmptyState>
  )
}

const List = async (desk: Desk, q: string) => {
  const words = wordsOf(desk)
  const phone = readPhone(q, desk.currency)
  const asked = { ...beforeAsked(desk), ...(q !== '' && { q }), ...(phone.ok && { phone: phone.value }) }
  const rows = await desk.ask(listWallets, { ...asked, limit: PAGE_ROWS })
  return (
    <>
      <section class="panel">
        {rows.length === 0 ? (
          <Nothing desk={desk} q={q} />
        ) : (
          <Table
            name="wallets"
            caption={words.wallets}
            columns={columns(desk)}
            rows={rows}
            rowKey={({ number }) => String(number)}
          />
        )}
      </section>
      <OlderPager desk={desk} words={words} next={rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.number} />
    </>
  )
}

export const walletsPage = definePage({
  path: '/wallets',
  permission: 'wallets.read',
  async show(desk) {
    const words = wordsOf(desk)
    const q = (desk.search.get('q') ?? '').trim().slice(0, TYPED_MAX)
    return {
      title: words.wallets,
      content: (
        <>
          <PageHead title={words.wallets}>
            {desk.may('settings.write') ? (
              <LinkButton href="/settings/mpesa/wallets">{words.toSettings}</LinkButton>
            ) : null}
          </PageHead>
          <p class="muted">{words.what}</p>
          {await Totals(desk)}
          {desk.may('wallets.topUp') ? <CashForm desk={desk} /> : null}
          <SearchForm desk={desk} action="/wallets" q={q} words={words} />
          {await List(desk, q)}
        </>
      ),
    }
  },
  deeds: { cash: cashDeed },
})
