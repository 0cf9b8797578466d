import {
  agoColumn,
  beforeAsked,
  counted,
  definePage,
  EmptyState,
  fill,
  formatDuration,
  formatPhone,
  LinkButton,
  Notice,
  OlderPager,
  PageHead,
  SearchForm,
  Table,
  UNKNOWN,
  UserText,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { AskForm, askDeed } from './ask-form.tsx'
import {
  amountText,
  PaymentTabs,
  PhoneLink,
  purchaseHref,
  reasonsOf,
  StateMark,
  ToMpesa,
  UNMATCHED_HREF,
  wordsOf,
} from './desk-parts.tsx'
import { listAhead } from './ahead.ts'
import { purchasePace } from './pace.ts'
import { AHEAD_HREF } from './pages-ahead.tsx'
import { aheadWords } from './words-ahead.ts'
import { PaceStrip } from './pace-strip.tsx'
import { readPhone } from '../customers/index.ts'
import { listPayments, listPurchases, plansForSale } from './queries.ts'

type Purchase = ResultOf<typeof listPurchases>[number]

const PAGE_ROWS = 50
const TYPED_MAX = 40
const DAY_MS = 86_400_000

const columns = (desk: Desk): readonly Column<Purchase>[] => {
  const words = wordsOf(desk)
  const reasonOf = ({ failure }: Purchase): string => (failure === null ? '' : reasonsOf(desk)[`why.${failure}`])
  return [
    {
      id: 'number',
      head: words.purchase,
      width: 's',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={purchaseHref(number)}>{fill(words.purchaseTitle, { n: number })}</a>,
    },
    {
      id: 'plan',
      head: words.plan,
      width: 'm',
      value: ({ plan }) => plan ?? words.walletTopUp,
      render: ({ plan }) => <UserText text={plan ?? words.walletTopUp} />,
    },
    {
      id: 'phone',
      head: words.phone,
      width: 'l',
      digits: true,
      value: ({ phone }) => formatPhone(phone),
      render: ({ phone }) => <PhoneLink phone={phone} />,
    },
    { id: 'amount', head: words.amount, width: 'm', figures: true, value: amountText },
    {
      id: 'state',
      head: words.state,
      width: 'xl',
      card: 'wide',
      value: (purchase) => `${purchase.state} ${reasonOf(purchase)}`,
      render: (purchase) => (
        <span class="pair">
          <StateMark desk={desk} state={purchase.state} />
          {purchase.failure === null ? null : (
            <span class="muted">
              <UserText text={reasonOf(purchase)} />
            </span>
          )}
        </span>
      ),
    },
    agoColumn(desk, ({ requestedAt }) => requestedAt, { id: 'when', head: words.when, width: 'm' }),
    {
      id: 'took',
      head: words.took,
      width: 's',
      figures: true,
      value: ({ grantedAt, requestedAt }) =>
        grantedAt === null ? UNKNOWN : formatDuration(grantedAt - requestedAt, desk.locale),
    },
  ]
}

const Nothing = ({ desk, phone }: { desk: Desk; phone: string | undefined }) => {
  const words = wordsOf(desk)
  if (desk.search.has('before')) return <EmptyState title={words.noneOlder}>{null}</EmptyState>
  if (phone !== undefined)
    return (
      <EmptyState title={fill(words.noneFound, { phone: formatPhone(phone) })}>
        <p>{words.noneFoundBody}</p>
        <p>
          <LinkButton href="/payments">{words.all}</LinkButton>
        </p>
      </EmptyState>
    )
  return (
    <EmptyState title={words.empty}>
      <p>{words.emptyBody}</p>
      <ToMpesa desk={desk} />
    </EmptyState>
  )
}

const List = async (desk: Desk, phone: string | undefined) => {
  const words = wordsOf(desk)
  const asked = { ...beforeAsked(desk), ...(phone === undefined ? {} : { phone }) }
  const rows = await desk.ask(listPurchases, { ...asked, limit: PAGE_ROWS })
  return (
    <>
      <section class="panel">
        {rows.length === 0 ? (
          <Nothing desk={desk} phone={phone} />
        ) : (
          <Table
            name="purchases"
            caption={words.purchases}
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

const Waiting = ({ desk, waiting }: { desk: Desk; waiting: number }) => {
  const words = wordsOf(desk)
  if (waiting === 0) return null
  return (
    <Notice meaning="attention" title={counted(words.waiting, waiting, desk.locale)}>
      <a href={UNMATCHED_HREF}>{words.toWaiting}</a>
    </Notice>
  )
}

/** Counted apart from what was paid for; nothing where nothing was given so. */
const AheadLine = async ({ desk }: { desk: Desk }) => {
  const { given, takenBack } = await desk.ask(listAhead, { fromAt: desk.now - 7 * DAY_MS, limit: 1 })
  if (given === 0) return null
  return (
    <p>
      <a href={AHEAD_HREF}>{fill(aheadWords[desk.locale.lang].link, { given, takenBack })}</a>
    </p>
  )
}

export const purchasesPage = definePage({
  path: '/payments',
  permission: 'payments.read',
  async show(desk) {
    const words = wordsOf(desk)
    const q = (desk.search.get('q') ?? '').trim().slice(0, TYPED_MAX)
    const phone = q === '' ? undefined : readPhone(q, desk.currency)
    const { unmatched } = await desk.ask(listPayments, { limit: 1 })
    const plans = desk.may('payments.request') ? await desk.ask(plansForSale, {}) : undefined
    return {
      title: words.payments,
      content: (
        <>
          <PageHead title={words.payments} />
          <p class="muted">{words.what}</p>
          <PaymentTabs desk={desk} current="purchases" waiting={unmatched} />
          <PaceStrip pace={await desk.ask(purchasePace, { fromAt: desk.now - DAY_MS })} locale={desk.locale} />
          {await AheadLine({ desk })}
          <Waiting desk={desk} waiting={unmatched} />
          {plans ? <AskForm desk={desk} plans={plans} /> : null}
          <SearchForm desk={desk} action="/payments" q={q} words={words} />
          {phone?.ok === false ? (
            <Notice meaning="attention" title={words.phoneUnreadable} />
          ) : (
            await List(desk, phone?.value)
          )}
        </>
      ),
    }
  },
  deeds: { request: askDeed },
})
