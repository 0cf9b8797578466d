import {
  Button,
  counted,
  definePage,
  EmptyState,
  Field,
  formatSpeed,
  LinkButton,
  PageHead,
  Select,
  Status,
  Table,
  UserText,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import { serviceKinds } from '../access/index.ts'
import { dataText, priceText, validityText, type Plan } from './plan-text.ts'
import { listPlans } from './queries.ts'
import { planWords, type PlanWords } from './words.ts'

export const wordsOf = (desk: Pick<Desk, 'locale'>): PlanWords => planWords[desk.locale.lang]

export const planState = ({ status }: Plan, words: PlanWords) =>
  status === 'active' ? (
    <Status meaning="good">{words.onSale}</Status>
  ) : (
    <Status meaning="plain">{words.withdrawn}</Status>
  )

const columns = (desk: Desk): readonly Column<Plan>[] => {
  const words = wordsOf(desk)
  const reader = { words, locale: desk.locale }
  return [
    {
      id: 'name',
      head: words.name,
      width: 'xl',
      card: 'title',
      value: ({ name }) => name,
      render: ({ id, name }) => (
        <a href={`/plans/${id}`}>
          <UserText text={name} />
        </a>
      ),
    },
    { id: 'kind', head: words.kind, width: 'l', secondary: true, value: ({ kind }) => words[kind] },
    { id: 'speed', head: words.speedShort, width: 'l', value: ({ policy }) => formatSpeed(policy, words.noLimit) },
    { id: 'validity', head: words.validity, width: 'xl', card: 'wide', value: (plan) => validityText(plan, reader) },
    { id: 'data', head: words.data, width: 'l', value: (plan) => dataText(plan, reader) },
    { id: 'price', head: words.price, width: 'l', figures: true, value: (plan) => priceText(plan, words) },
    {
      id: 'status',
      head: words.status,
      width: 'm',
      card: 'side',
      value: ({ status }) => status,
      render: (plan) => planState(plan, words),
    },
  ]
}

const orders = {
  name: (a: Plan, b: Plan) => a.name.localeCompare(b.name),
  price: (a: Plan, b: Plan) => a.priceMinor - b.priceMinor || a.name.localeCompare(b.name),
  speed: (a: Plan, b: Plan) => a.policy.downKbps - b.policy.downKbps || a.name.localeCompare(b.name),
} as const

type Asked = {
  readonly q: string
  readonly kind: string
  readonly status: 'active' | 'withdrawn' | 'all'
  readonly sort: keyof typeof orders
}

const askedOf = ({ search }: Pick<Desk, 'search'>): Asked => {
  const [status, sort] = [search.get('status'), search.get('sort')]
  return {
    q: search.get('q') ?? '',
    kind: serviceKinds.find((kind) => kind === search.get('kind')) ?? '',
    status: status === 'withdrawn' || status === 'all' ? status : 'active',
    sort: sort === 'price' || sort === 'speed' ? sort : 'name',
  }
}

const chosen = (plans: readonly Plan[], { q, kind, status, sort }: Asked): readonly Plan[] =>
  plans
    .filter(
      (plan) =>
        plan.name.toLowerCase().includes(q.trim().toLowerCase()) &&
        (kind === '' || plan.kind === kind) &&
        (status === 'all' || plan.status === status),
    )
    .toSorted(orders[sort])

const Filters = ({ desk, asked }: { desk: Desk; asked: Asked }) => {
  const words = wordsOf(desk)
  return (
    <form class="filters" method="get" action="/plans" role="search">
      <Field locale={desk.locale} label={words.search} name="q" type="search" bare value={asked.q} />
      <Select
        label={words.kind}
        name="kind"
        value={asked.kind}
        options={[
          { value: '', label: words.anyKind },
          ...serviceKinds.map((value) => ({ value, label: words[value] })),
        ]}
      />
      <Select
        label={words.status}
        name="status"
        value={asked.status}
        options={[
          { value: 'active', label: words.onSale },
          { value: 'withdrawn', label: words.withdrawn },
          { value: 'all', label: words.anyStatus },
        ]}
      />
      <Select
        label={words.sort}
        name="sort"
        value={asked.sort}
        options={[
          { value: 'name', label: words.byName },
          { value: 'price', label: words.byPrice },
          { value: 'speed', label: words.bySpeed },
        ]}
      />
      <Button>{words.filter}</Button>
    </form>
  )
}

const NoPlans = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <section class="panel">
      <EmptyState title={words.noPlans}>
        <p>{words.what}</p>
        {desk.may('plans.write') ? (
          <p>
            <LinkButton kind="main" href="/plans/new">
              {words.makeFirst}
            </LinkButton>
          </p>
        ) : null}
      </EmptyState>
    </section>
  )
}

const Found = ({ desk, plans }: { desk: Desk; plans: readonly Plan[] }) => {
  const words = wordsOf(desk)
  const asked = askedOf(desk)
  const rows = chosen(plans, asked)
  return (
    <>
      <Filters desk={desk} asked={asked} />
      <section class="panel">
        {rows.length === 0 ? (
          <EmptyState title={words.noneFound}>
            <p>{words.noneFoundBody}</p>
            <p>
              <a href="/plans?status=all">{words.clear}</a>
            </p>
          </EmptyState>
        ) : (
          <Table name="plans" caption={words.plans} columns={columns(desk)} rows={rows} rowKey={({ id }) => id} />
        )}
      </section>
      <p class="muted">{counted(words.shown, rows.length, desk.locale)}</p>
    </>
  )
}

export const plansPage = definePage({
  path: '/plans',
  permission: 'plans.read',
  async show(desk) {
    const words = wordsOf(desk)
    const plans = await desk.ask(listPlans, {})
    return {
      title: words.plans,
      content: (
        <>
          <PageHead title={words.plans}>
            {desk.may('plans.write') && plans.length > 0 ? (
              <LinkButton kind="main" href="/plans/new">
                {words.newPlan}
              </LinkButton>
            ) : undefined}
          </PageHead>
          {plans.length === 0 ? <NoPlans desk={desk} /> : <Found desk={desk} plans={plans} />}
        </>
      ),
    }
  },
})
