import {
  definePage,
  EmptyState,
  formatExact,
  formatPhone,
  LinkButton,
  PageHead,
  SearchForm,
  Select,
  Status,
  Table,
  UNKNOWN,
  UserText,
  withSearch,
  type Column,
  type Desk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listPlans } from '../plans/index.ts'
import { listSubscribers } from '../services/index.ts'
import { onlineOf } from './queries.ts'
import { subscriberHref } from './links.ts'
import { wordsOf, type DeskWords } from './words.ts'

type Subscriber = Omit<ResultOf<typeof listSubscribers>[number], 'customerId'>
type Status = 'active' | 'suspended' | 'ended' | 'expired'

const PAGE_ROWS = 50

export const kindWord = (kind: string, words: DeskWords): string => {
  const names: Readonly<Record<string, string>> = {
    pppoe: words.kindPppoe,
    static: words.kindStatic,
    hotspot: words.kindHotspot,
    '802.1x': words.kind8021x,
    mac: words.kindMac,
  }
  return names[kind] ?? kind
}

const statusMeaning = {
  active: 'good',
  suspended: 'stopped',
  ended: 'plain',
  expired: 'attention',
} as const satisfies Record<Status, Meaning>

/** What a subscriber's access is, at a glance. */
export const SubscriberStatus = ({
  desk,
  status,
  expiresAt,
}: {
  desk: Desk
  status: string
  expiresAt: number | null
}) => {
  const words = wordsOf(desk)
  const isExpired = status === 'active' && expiresAt !== null && expiresAt <= desk.now
  const shown = (isExpired ? 'expired' : status) as Status
  return <Status meaning={statusMeaning[shown]}>{words[shown]}</Status>
}

export const subscriberColumns = (desk: Desk, online: ReadonlyMap<number, number>): readonly Column<Subscriber>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'login',
      head: words.subscriber,
      width: 'xl',
      card: 'title',
      value: ({ login }) => login,
      render: ({ login, name }) => (
        <span class="pair">
          <a href={subscriberHref(login)}>
            <UserText text={login} />
          </a>
          {name === login ? null : (
            <span class="muted">
              <UserText text={name} />
            </span>
          )}
        </span>
      ),
    },
    {
      id: 'status',
      head: words.status,
      width: 'm',
      card: 'side',
      value: ({ status }) => status,
      render: ({ status, expiresAt }) => <SubscriberStatus desk={desk} status={status} expiresAt={expiresAt} />,
    },
    {
      id: 'online',
      head: words.online,
      width: 'm',
      value: ({ grantNo }) => String(online.get(grantNo) ?? 0),
      render: ({ grantNo }) =>
        online.has(grantNo) ? (
          <Status meaning="info">{words.online}</Status>
        ) : (
          <span class="muted">{words.offline}</span>
        ),
    },
    {
      id: 'plan',
      head: words.plan,
      width: 'l',
      value: ({ plan }) => plan,
      render: ({ plan }) => <UserText text={plan} />,
    },
    {
      id: 'phone',
      head: words.phone,
      width: 'l',
      digits: true,
      value: ({ phone }) => (phone === null ? UNKNOWN : formatPhone(phone)),
    },
    {
      id: 'until',
      head: words.validUntil,
      width: 'l',
      secondary: true,
      value: ({ expiresAt }) => (expiresAt === null ? words.noEnd : formatExact(expiresAt, desk.locale)),
    },
  ]
}

const STATUSES = ['active', 'suspended', 'ended', 'expired'] as const

const filtersOf = (desk: Desk) => {
  const { search } = desk
  const status = STATUSES.find((each) => each === search.get('status'))
  return {
    q: search.get('q')?.trim() ?? '',
    status,
    planId: search.get('plan') ?? '',
    after: search.get('after') ?? '',
  }
}

const Filters = ({ desk, plans }: { desk: Desk; plans: ResultOf<typeof listPlans> }) => {
  const words = wordsOf(desk)
  const { q, status, planId } = filtersOf(desk)
  return (
    <SearchForm
      desk={desk}
      action="/subscribers"
      q={q}
      words={{ search: words.search, placeholder: words.findSubscribers, find: words.find }}
    >
      <Select
        label={words.status}
        name="status"
        value={status ?? ''}
        options={[{ value: '', label: words.any }, ...STATUSES.map((value) => ({ value, label: words[value] }))]}
      />
      <Select
        label={words.plan}
        name="plan"
        value={planId}
        options={[{ value: '', label: words.any }, ...plans.map(({ id, name }) => ({ value: id, label: name }))]}
      />
    </SearchForm>
  )
}

/** The online sessions of these grants, by grant; nothing where the reader may not see sessions. */
export const onlineNow = async (
  desk: Desk,
  rows: readonly { grantNo: number }[],
): Promise<ReadonlyMap<number, number>> => {
  if (!desk.may('sessions.read') || rows.length === 0) return new Map()
  const online = await desk.ask(onlineOf, { grantNos: rows.map(({ grantNo }) => grantNo) })
  return new Map(online.map(({ grantNo, sessions }) => [grantNo, sessions]))
}

const NoSubscribers = ({ desk, isFiltered }: { desk: Desk; isFiltered: boolean }) => {
  const words = wordsOf(desk)
  return (
    <EmptyState title={isFiltered ? words.noneFound : words.noSubscribers}>
      <p>{isFiltered ? words.noneFoundBody : words.noSubscribersBody}</p>
      <p>
        {isFiltered ? <a href="/subscribers">{words.showAll}</a> : <a href="/subscribers/new">{words.addSubscriber}</a>}
      </p>
    </EmptyState>
  )
}

export const subscribersPage = definePage({
  path: '/subscribers',
  permission: 'subscribers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const { q, status, planId, after } = filtersOf(desk)
    const plans = desk.may('plans.read') ? await desk.ask(listPlans, {}) : []
    const rows = await desk.ask(listSubscribers, {
      search: q,
      after,
      limit: PAGE_ROWS,
      ...(status === undefined ? {} : status === 'expired' ? { expiredAt: desk.now } : { status }),
      ...(planId === '' ? {} : { planId }),
    })
    const online = await onlineNow(desk, rows)
    const isFiltered = q !== '' || status !== undefined || planId !== '' || after !== ''
    return {
      title: words.subscribers,
      content: (
        <>
          <PageHead title={words.subscribers}>
            <LinkButton href="/registrations">{words.registrations}</LinkButton>
            {desk.may('subscribers.write') ? (
              <LinkButton href="/subscribers/new" kind="main">
                {words.addSubscriber}
              </LinkButton>
            ) : null}
          </PageHead>
          <Filters desk={desk} plans={plans} />
          <section class="panel">
            {rows.length === 0 ? (
              <NoSubscribers desk={desk} isFiltered={isFiltered} />
            ) : (
              <Table
                name="subscribers"
                caption={words.subscribers}
                columns={subscriberColumns(desk, online)}
                rows={rows}
                rowKey={({ login }) => login}
              />
            )}
          </section>
          <p class="pager">
            {after === '' ? null : <a href={withSearch(desk, { after: '' })}>{words.first}</a>}
            {rows.length === PAGE_ROWS ? (
              <a href={withSearch(desk, { after: rows.at(-1)!.login })}>{words.next}</a>
            ) : null}
          </p>
        </>
      ),
    }
  },
})
