import {
  agoColumn,
  Button,
  definePage,
  EmptyState,
  Field,
  fill,
  Form,
  formatNumber,
  LinkButton,
  PageHead,
  RefusedNote,
  Said,
  Select,
  Table,
  UserText,
  valuesFor,
  withSearch,
  type Column,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { readCode } from '../access/index.ts'
import { listPlans } from '../plans/index.ts'
import { agentWordsOf } from './agent-parts.tsx'
import { showVoucher } from './commands.ts'
import { patternText, wordsOf } from './desk-parts.tsx'
import { batchCounts, deskBatches, NO_VOUCHERS, voucherAt, type DeskBatch, type VoucherCounts } from './overview.ts'
import { statesShown } from './rules.ts'
import { loanWords } from './words-loans.ts'

type Row = DeskBatch & { readonly counts: VoucherCounts }

const PAGE_ROWS = 25

const columns = (desk: Desk, rows: readonly Row[]): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  return [
    {
      id: 'batch',
      head: words.batch,
      width: 'xs',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={`/vouchers/${number}`}>{fill(words.batchTitle, { n: number })}</a>,
    },
    {
      id: 'plan',
      head: words.plan,
      width: 'xl',
      card: 'wide',
      value: ({ plan }) => plan,
      render: ({ plan, note }) => (
        <span class="pair">
          <UserText text={plan} />
          {note === null ? null : (
            <span class="muted">
              <UserText text={note} />
            </span>
          )}
        </span>
      ),
    },
    { id: 'codes', head: words.codes, width: 'l', digits: true, secondary: true, value: patternText },
    {
      id: 'wanted',
      head: words.count,
      width: 's',
      figures: true,
      card: 'side',
      value: ({ wanted }) => formatNumber(wanted, locale),
    },
    ...statesShown(...rows.map(({ counts }) => counts)).map((state): Column<Row> => ({
      id: state,
      head: words[state],
      width: 's',
      figures: true,
      value: ({ counts }) => formatNumber(counts[state], locale),
      render: ({ number, counts }) =>
        counts[state] === 0 ? (
          '0'
        ) : (
          <a href={`/vouchers/${number}?state=${state}`}>{formatNumber(counts[state], locale)}</a>
        ),
    })),
    agoColumn(desk, ({ createdAt }) => createdAt, {
      id: 'when',
      head: words.madeWhen,
      width: 'm',
      card: 'none',
    }),
  ]
}

const FindForm = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'find')
  return (
    <>
      <RefusedNote desk={desk} deed="find" />
      <Form action="/vouchers" deed="find" once={desk.once()} inline>
        <Field
          locale={desk.locale}
          label={words.findLabel}
          name="code"
          value={form.value('code')}
          placeholder={words.findHelp}
          autoComplete="off"
          required
          {...form.error('code')}
        />
        <Button>{words.find}</Button>
      </Form>
    </>
  )
}

const Filter = ({ desk, names, plan }: { desk: Desk; names: readonly string[]; plan: string }) => {
  const words = wordsOf(desk)
  return (
    <form class="filters" method="get" action="/vouchers">
      <Select
        label={words.plan}
        name="plan"
        value={plan}
        options={[{ value: '', label: words.anyPlan }, ...names.map((name) => ({ value: name, label: name }))]}
      />
      <Button>{words.filter}</Button>
    </form>
  )
}

const NoBatches = ({ desk, plan }: { desk: Desk; plan: string }) => {
  const words = wordsOf(desk)
  return (
    <section class="panel">
      <EmptyState title={plan === '' ? words.noBatches : words.noneOfPlan}>
        <p>{words.what}</p>
        {desk.may('vouchers.write') ? (
          <p>
            <LinkButton
              kind="main"
              href={plan === '' ? '/vouchers/new' : `/vouchers/new?plan=${encodeURIComponent(plan)}`}
            >
              {plan === '' ? words.makeFirst : words.make}
            </LinkButton>
          </p>
        ) : null}
      </EmptyState>
    </section>
  )
}

/** Links to the pages before and after, in a list of so many. */
export const Pager = ({ desk, page, pages }: { desk: Desk; page: number; pages: number }) => {
  const words = wordsOf(desk)
  if (pages <= 1) return null
  return (
    <p class="pager">
      {page > 1 ? (
        <a href={withSearch(desk, { page: page === 2 ? '' : String(page - 1), said: '' })}>{words.before}</a>
      ) : null}
      <span class="muted">{fill(words.pageOf, { n: page, total: pages })}</span>
      {page < pages ? <a href={withSearch(desk, { page: String(page + 1), said: '' })}>{words.next}</a> : null}
    </p>
  )
}

/** The page of a list that the address asks for, from 1. */
export const pageOf = ({ search }: Pick<Desk, 'search'>): number => {
  const asked = search.get('page') ?? ''
  return /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 1
}

const List = async (desk: Desk) => {
  const words = wordsOf(desk)
  const plan = desk.search.get('plan') ?? ''
  const page = pageOf(desk)
  const asked = { limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS, ...(plan === '' ? {} : { plan }) }
  const { rows, total } = await desk.ask(deskBatches, asked)
  const plans = desk.may('plans.read') ? await desk.ask(listPlans, {}) : []
  const counted = await desk.ask(batchCounts, { batches: rows.map(({ number }) => number), now: desk.now })
  const counts = new Map(counted.map((each) => [each.batch, each]))
  const filled = rows.map((row): Row => ({ ...row, counts: counts.get(row.number) ?? NO_VOUCHERS }))
  const filter = plans.length > 0 && (total > 0 || plan !== '')
  return (
    <>
      {filter ? <Filter desk={desk} names={plans.map(({ name }) => name)} plan={plan} /> : null}
      {rows.length === 0 ? (
        <NoBatches desk={desk} plan={plan} />
      ) : (
        <section class="panel">
          <Table
            name="batches"
            caption={words.batches}
            columns={columns(desk, filled)}
            rows={filled}
            rowKey={({ number }) => String(number)}
          />
        </section>
      )}
      <Pager desk={desk} page={page} pages={Math.ceil(total / PAGE_ROWS)} />
    </>
  )
}

const PLACE = /^(\d{1,9})-(\d{1,9})$/

/** A voucher by its code, which stays out of every address, or by the number printed beside it. */
const find = async (desk: DoingDesk): Promise<Done> => {
  const typed = desk.fields.get('code').trim()
  // The number beside a code, 3-17, is not looked up as one: it would count as a guess.
  const found = readCode(typed) === undefined ? undefined : await desk.tell(showVoucher, { code: typed })
  if (found?.ok === false && found.error.type !== 'VoucherUnknown') return { fault: found.error }
  const [, batch, serial] = PLACE.exec(typed) ?? []
  const asPlace = batch === undefined ? undefined : { batch: Number(batch), serial: Number(serial) }
  const place = found?.ok ? found.value : asPlace
  const id = place && (await desk.ask(voucherAt, { batch: place.batch, serial: place.serial }))
  return id === undefined ? { problems: { code: wordsOf(desk).notFound } } : { go: `/vouchers/code/${id}` }
}

export const vouchersPage = definePage({
  path: '/vouchers',
  permission: 'vouchers.read',
  async show(desk) {
    const words = wordsOf(desk)
    return {
      title: words.vouchers,
      content: (
        <>
          <PageHead title={words.vouchers}>
            <LinkButton href="/vouchers/loans">{loanWords[desk.locale.lang].title}</LinkButton>
            <LinkButton href="/vouchers/commission">{agentWordsOf(desk).commissionTitle}</LinkButton>
            {desk.may('vouchers.write') ? (
              <LinkButton kind="main" href="/vouchers/new">
                {words.make}
              </LinkButton>
            ) : undefined}
          </PageHead>
          <Said desk={desk} words={{ revoked: words.saidRevoked }} />
          <FindForm desk={desk} />
          {await List(desk)}
        </>
      ),
    }
  },
  deeds: { find: { permission: 'vouchers.read', run: find } },
})
