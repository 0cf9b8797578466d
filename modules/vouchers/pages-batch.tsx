import {
  Button,
  definePage,
  EmptyState,
  Facts,
  Field,
  fill,
  formatAgo,
  formatExact,
  formatNumber,
  LinkButton,
  DeedButton,
  nothingKnown,
  Notice,
  PageHead,
  RefusedNote,
  Said,
  Select,
  StatStrip,
  Table,
  Tabs,
  UserText,
  type Column,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { HandTab, hand } from './batch-hand.tsx'
import { LendTab, lend } from './batch-lend.tsx'
import { PrintTab, print } from './batch-print.tsx'
import { RevokeTab, revoke } from './batch-revoke.tsx'
import { patternText, placeText, stateMark, untilText, whoText, wordsOf } from './desk-parts.tsx'
import { isUnderWay, makeLeft } from './making.ts'
import {
  batchCounts,
  batchHolders,
  countVouchers,
  deskBatches,
  deskVouchers,
  NO_VOUCHERS,
  type DeskBatch as Batch,
  type VoucherCounts,
} from './overview.ts'
import { Pager, pageOf } from './pages-batches.tsx'
import { loanWords } from './words-loans.ts'
import { statesShown, voucherState, voucherStates, type VoucherState } from './rules.ts'

type Row = ResultOf<typeof deskVouchers>[number]

const PAGE_ROWS = 50
const NUMBER = /^[1-9]\d{0,8}$/

/** The batch of the address; undefined when there is none. */
const batchOf = async (desk: Desk): Promise<Batch | undefined> => {
  const asked = desk.param('batch')
  return NUMBER.test(asked) ? (await desk.ask(deskBatches, { number: Number(asked) })).rows[0] : undefined
}

type Holders = ResultOf<typeof batchHolders>

/** Each voucher is counted once: where holders are shown, the whole is their sum. */
const countsOf = async (desk: Desk, { number }: Batch): Promise<{ counts: VoucherCounts; holders: Holders }> => {
  if (tabAsked(desk) === 'hand') {
    const holders = await desk.ask(batchHolders, { batch: number, now: desk.now })
    const sum = (state: VoucherState) => holders.reduce((all, each) => all + each[state], 0)
    const counts = Object.fromEntries(voucherStates.map((state) => [state, sum(state)])) as VoucherCounts
    return { counts, holders }
  }
  const [counts = { batch: number, ...NO_VOUCHERS }] = await desk.ask(batchCounts, { batches: [number], now: desk.now })
  const { batch: _, ...byState } = counts
  return { counts: byState, holders: [] }
}

const columns = (desk: Desk, { number }: Batch): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'place',
      head: words.place,
      width: 'm',
      card: 'title',
      digits: true,
      value: ({ serial }) => placeText(number, serial),
      render: ({ id, serial }) => <a href={`/vouchers/code/${id}`}>{placeText(number, serial)}</a>,
    },
    { id: 'tail', head: words.ends, width: 'm', digits: true, value: ({ tail }) => `…${tail}` },
    {
      id: 'state',
      head: words.state,
      width: 'l',
      card: 'side',
      value: ({ state }) => state,
      render: (row) => stateMark(voucherState(row, row, desk.now), words),
    },
    {
      id: 'holder',
      head: words.holder,
      width: 'xl',
      value: ({ holder }) => holder ?? '',
      render: ({ holder }) => (holder === null ? '' : <UserText text={holder} />),
    },
    {
      id: 'used',
      head: words.firstUsed,
      width: 'l',
      value: ({ firstUsedAt }) => (firstUsedAt === null ? '' : formatAgo(firstUsedAt, desk.now, desk.locale)),
    },
    {
      id: 'until',
      head: words.goodUntil,
      width: 'xl',
      value: ({ expiresAt }) => (expiresAt === null ? '' : formatExact(expiresAt, desk.locale)),
    },
  ]
}

const stateAsked = ({ search }: Desk) => voucherStates.find((state) => state === search.get('state'))

const Filters = ({ desk, batch }: { desk: Desk; batch: Batch }) => {
  const words = wordsOf(desk)
  return (
    <form class="filters" method="get" action={`/vouchers/${batch.number}`} role="search">
      <Field
        locale={desk.locale}
        label={words.search}
        name="q"
        type="search"
        bare
        placeholder={words.searchHelp}
        value={desk.search.get('q') ?? ''}
      />
      <Select
        label={words.state}
        name="state"
        value={stateAsked(desk) ?? ''}
        options={[
          { value: '', label: words.anyState },
          ...voucherStates.map((state) => ({ value: state, label: words[state] })),
        ]}
      />
      <Button>{words.filter}</Button>
    </form>
  )
}

const countOf = (counts: VoucherCounts, state: VoucherState | undefined): number =>
  state === undefined ? Object.values(counts).reduce((sum, count) => sum + count, 0) : counts[state]

const ListTab = async ({ desk, batch, counts }: { desk: Desk; batch: Batch; counts: VoucherCounts }) => {
  const words = wordsOf(desk)
  const page = pageOf(desk)
  const state = stateAsked(desk)
  const q = (desk.search.get('q') ?? '').trim().slice(0, 100)
  const asked = { batch: batch.number, now: desk.now, q, ...(state && { state }) }
  const offset = (page - 1) * PAGE_ROWS
  // As many as there are and no more, where that is counted above the list: whoever looks for another reads on to the
  // end of the batch.
  const limit = q === '' ? Math.min(PAGE_ROWS, countOf(counts, state) - offset) : PAGE_ROWS
  const rows = limit > 0 ? await desk.ask(deskVouchers, { ...asked, limit, offset }) : []
  const isAll = page === 1 && rows.length < PAGE_ROWS
  const total = q === '' ? countOf(counts, state) : isAll ? rows.length : await desk.ask(countVouchers, asked)
  return (
    <>
      <Filters desk={desk} batch={batch} />
      <section class="panel">
        {rows.length === 0 ? (
          <EmptyState title={words.noneSuch}>
            <p>{words.noneSuchBody}</p>
            <p>
              <a href={`/vouchers/${batch.number}`}>{words.showAll}</a>
            </p>
          </EmptyState>
        ) : (
          <Table
            name="vouchers"
            caption={words.vouchers}
            columns={columns(desk, batch)}
            rows={rows}
            rowKey={({ id }) => id}
          />
        )}
      </section>
      <Pager desk={desk} page={page} pages={Math.ceil(total / PAGE_ROWS)} />
    </>
  )
}

/** How soon the page looks again while vouchers are being made. */
const MADE_LOOK_SEC = 2

const Unfinished = ({ desk, batch, made }: { desk: Desk; batch: Batch; made: number }) => {
  const words = wordsOf(desk)
  const number = (n: number) => formatNumber(n, desk.locale)
  const title = fill(words.unfinished, { made: number(made), wanted: number(batch.wanted) })
  if (isUnderWay(batch))
    return (
      <Notice meaning="info" title={title}>
        <p>{words.beingMade}</p>
      </Notice>
    )
  return (
    <Notice meaning="attention" title={title}>
      <p>{words.unfinishedBody}</p>
      {desk.may('vouchers.write') ? (
        <div>
          <DeedButton desk={desk} deed="more" kind="main">
            {words.goOn}
          </DeedButton>
        </div>
      ) : null}
    </Notice>
  )
}

const BatchFacts = ({ desk, batch, counts }: { desk: Desk; batch: Batch; counts: VoucherCounts }) => {
  const words = wordsOf(desk)
  const ending = { validitySec: null, firstUsedAt: null, expiresAt: batch.useBefore }
  return (
    <>
      <Facts
        facts={[
          [
            words.plan,
            desk.may('plans.read') ? (
              <a key="plan" href={`/plans/${batch.planId}`}>
                <UserText text={batch.plan} />
              </a>
            ) : (
              <UserText key="plan" text={batch.plan} />
            ),
          ],
          [words.codes, <code key="codes">{patternText(batch)}</code>],
          [words.madeWhen, formatExact(batch.createdAt, desk.locale)],
          [words.madeBy, <UserText key="by" text={whoText(batch.createdBy, batch.maker, words)} />],
          [words.useBefore, batch.useBefore === null ? words.anyTime : untilText(ending, words, desk.locale)],
          ...(batch.note === null ? [] : [[words.note, <UserText key="note" text={batch.note} />] as const]),
        ]}
      />
      <StatStrip
        label={words.count}
        stats={statesShown(counts).map((state) => ({
          id: state,
          label: words[state],
          value: <a href={`/vouchers/${batch.number}?state=${state}`}>{formatNumber(counts[state], desk.locale)}</a>,
        }))}
      />
    </>
  )
}

const tabNames = ['list', 'print', 'hand', 'lend', 'revoke'] as const
type TabName = (typeof tabNames)[number]
const tabPermissions = {
  list: 'vouchers.read',
  print: 'vouchers.reveal',
  hand: 'vouchers.sell',
  lend: 'vouchers.write',
  revoke: 'vouchers.write',
}

const tabsFor = (desk: Desk): readonly TabName[] => tabNames.filter((name) => desk.may(tabPermissions[name]))

const tabAsked = (desk: Desk): TabName => tabsFor(desk).find((name) => name === desk.search.get('tab')) ?? 'list'

type Counted = Awaited<ReturnType<typeof countsOf>>

const TabContent = ({ desk, batch, counts, holders }: Counted & { desk: Desk; batch: Batch }) => {
  const tab = tabAsked(desk)
  if (tab === 'print') return PrintTab({ desk })
  if (tab === 'hand') return Promise.resolve(<HandTab desk={desk} batch={batch} of={holders} />)
  if (tab === 'lend') return LendTab({ desk })
  if (tab === 'revoke') return Promise.resolve(<RevokeTab desk={desk} batch={batch} counts={counts} />)
  return ListTab({ desk, batch, counts })
}

const noBatch = (desk: Desk) => {
  const words = wordsOf(desk)
  return nothingKnown(words.nothing, words.nothingBody, { href: '/vouchers', label: words.toVouchers })
}

const more = async (desk: DoingDesk): Promise<Done> => {
  const batch = await batchOf(desk)
  if (!batch) return { show: noBatch(desk) }
  const made = await makeLeft(desk, batch)
  if (!made.ok) return { fault: made.error }
  return { go: `/vouchers/${batch.number}${made.value.isDone ? '?said=made' : ''}` }
}

const withBatch =
  (run: (desk: DoingDesk, batch: Batch) => Promise<Done>) =>
  async (desk: DoingDesk): Promise<Done> => {
    const batch = await batchOf(desk)
    return batch ? run(desk, batch) : { show: noBatch(desk) }
  }

export const batchPage = definePage({
  path: '/vouchers/:batch',
  permission: 'vouchers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const batch = await batchOf(desk)
    if (!batch) return noBatch(desk)
    const counted = await countsOf(desk, batch)
    const { counts } = counted
    const made = countOf(counts, undefined)
    const title = fill(words.batchTitle, { n: batch.number })
    const current = tabAsked(desk)
    const href = (name: TabName) => `/vouchers/${batch.number}${name === 'list' ? '' : `?tab=${name}`}`
    return {
      title,
      // On the other tabs somebody may be filling in a form.
      ...(made < batch.wanted && isUnderWay(batch) && current === 'list' ? { refreshSec: MADE_LOOK_SEC } : {}),
      content: (
        <>
          <PageHead title={title}>
            {desk.may('vouchers.write') ? (
              <LinkButton href={`/vouchers/new?plan=${encodeURIComponent(batch.plan)}`}>{words.make}</LinkButton>
            ) : undefined}
          </PageHead>
          <Said
            desk={desk}
            words={{ made: words.saidMade, given: words.saidGiven, sold: words.saidSold, revoked: words.saidRevoked }}
          />
          {desk.refused?.deed === 'more' ? <RefusedNote desk={desk} /> : null}
          {made < batch.wanted && batch.loanId === null ? <Unfinished desk={desk} batch={batch} made={made} /> : null}
          <BatchFacts desk={desk} batch={batch} counts={counts} />
          {tabsFor(desk).length > 1 ? (
            <Tabs
              label={title}
              tabs={tabsFor(desk).map((name) => ({
                href: href(name),
                label: name === 'lend' ? loanWords[desk.locale.lang].lend : words[name],
                current: name === current,
              }))}
            />
          ) : null}
          {await TabContent({ desk, batch, ...counted })}
        </>
      ),
    }
  },
  deeds: {
    more: { permission: 'vouchers.write', run: more },
    print: { permission: 'vouchers.reveal', run: withBatch(print) },
    hand: { permission: 'vouchers.sell', run: withBatch(hand) },
    lend: { permission: 'vouchers.write', run: withBatch(lend) },
    revoke: { permission: 'vouchers.write', run: withBatch(revoke) },
  },
})
