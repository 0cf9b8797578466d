import {
  DeedButton,
  definePage,
  Facts,
  formatDuration,
  formatQuota,
  formatSpeed,
  LinkButton,
  nothingKnown,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Tabs,
  UserText,
  type Desk,
  type Done,
  type DoingDesk,
  type Fact,
} from '@lango/kernel/ui'
import type { Fault } from '@lango/kernel'
import { addPlan, setPlan, setPlanStatus } from './commands.ts'
import { planState, wordsOf } from './pages-list.tsx'
import { PlanForm } from './plan-form.tsx'
import { readPlanForm } from './plan-reading.ts'
import {
  clockWords,
  dataText,
  devicesText,
  periodWord,
  selfWords,
  priceText,
  tierText,
  timeText,
  validityText,
  windowText,
  type Plan,
} from './plan-text.ts'
import { listPlans } from './queries.ts'

const planOf = async (desk: Desk, id: string | null): Promise<Plan | undefined> =>
  (await desk.ask(listPlans, {})).find((plan) => plan.id === id)

/** A name that is taken is said beside it. */
const refusedBy = (desk: Desk, fault: Fault): Done =>
  fault.type === 'PlanNameTaken' ? { problems: { name: wordsOf(desk).nameTaken } } : { fault }

export const newPlanPage = definePage({
  path: '/plans/new',
  permission: 'plans.write',
  async show(desk) {
    const words = wordsOf(desk)
    const like = await planOf(desk, desk.search.get('like'))
    return {
      title: words.newPlan,
      content: (
        <>
          <PageHead title={words.newPlan} />
          <Panel title={words.plan}>
            <PanelBody>
              <p class="muted">{words.what}</p>
              <PlanForm
                desk={desk}
                deed="add"
                plan={like && { ...like, name: '' }}
                currency={like?.currency ?? desk.currency}
                back="/plans"
              />
            </PanelBody>
          </Panel>
        </>
      ),
    }
  },
  deeds: {
    add: {
      permission: 'plans.write',
      async run(desk) {
        const like = await planOf(desk, desk.search.get('like'))
        const read = readPlanForm(desk.fields, {
          currency: like?.currency ?? desk.currency,
          words: wordsOf(desk),
          ...(like && { policy: like.policy }),
        })
        if ('problems' in read) return read
        const added = await desk.tell(addPlan, read.input)
        return added.ok ? { go: `/plans/${added.value.id}?said=added` } : refusedBy(desk, added.error)
      },
    },
  },
})

const lines = (texts: readonly string[]) => (
  <>
    {texts.map((text) => (
      <div key={text}>{text}</div>
    ))}
  </>
)

/** What the router is told, of which most plans say nothing. */
const routerFacts = ({ policy }: Plan, desk: Desk): readonly Fact[] => {
  const words = wordsOf(desk)
  const lasting = (sec: number): string => (sec === 0 ? '' : formatDuration(sec * 1000, desk.locale))
  const expired = {
    reject: words.expiredReject,
    pool: `${words.expiredPool}: ${policy.onExpiry.kind === 'pool' ? policy.onExpiry.pool : ''}`,
    redirect: `${words.expiredRedirect}: ${policy.onExpiry.kind === 'redirect' ? policy.onExpiry.url : ''}`,
  }
  const facts: readonly (readonly [string, string])[] = [
    [words.burst, policy.burst ? formatSpeed(policy.burst, words.noLimit) : ''],
    [words.priority, String(policy.priority ?? '')],
    [words.sessionTime, lasting(policy.sessionTimeoutSec)],
    [words.idleTime, lasting(policy.idleTimeoutSec)],
    [words.pool, policy.pool ?? ''],
    [words.ipv6Pool, policy.ipv6Pool ?? ''],
    [words.delegatedPool, policy.delegatedIpv6Pool ?? ''],
    [words.vlan, String(policy.vlan ?? '')],
    [words.group, policy.group ?? ''],
    [words.addressList, policy.addressList ?? ''],
    [words.redirectUrl, policy.redirectUrl ?? ''],
  ]
  return [
    ...facts
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, <UserText key={name} text={value} />] as const),
    [words.interim, lasting(policy.interimSec)],
    [words.expired, <UserText key="expired" text={expired[policy.onExpiry.kind]} />],
  ]
}

const PlanFacts = ({ desk, plan }: { desk: Desk; plan: Plan }) => {
  const words = wordsOf(desk)
  const reader = { words, locale: desk.locale }
  const { policy, selfRegistration } = plan
  const { clock, quotaPeriod, rolloverOctets, fairUse, windows } = policy
  const sold: readonly Fact[] = [
    [words.price, priceText(plan, words)],
    [words.speed, formatSpeed(policy, words.noLimit)],
    [words.validity, validityText(plan, reader)],
    [words.devices, devicesText(policy, words)],
    [words.data, dataText(plan, reader)],
    [words.time, timeText(plan, reader)],
    [words.kind, words[plan.kind]],
    ...(selfRegistration === 'off' ? [] : [[words.selfRegistration, words[selfWords[selfRegistration]]] as const]),
    ...(clock === undefined ? [] : [[words.clock, words[clockWords[clock]]] as const]),
    ...(quotaPeriod === undefined ? [] : [[words.period, words[periodWord(quotaPeriod)]] as const]),
    ...(rolloverOctets === undefined ? [] : [[words.rollover, formatQuota(rolloverOctets)] as const]),
    ...(fairUse === undefined ? [] : [[words.fairUse, lines(fairUse.map((tier) => tierText(tier, words)))] as const]),
    ...(windows === undefined ? [] : [[words.windows, lines(windows.map((one) => windowText(one, words)))] as const]),
  ]
  return (
    <>
      <Panel title={words.terms}>
        <PanelBody>
          <Facts facts={sold} />
        </PanelBody>
      </Panel>
      <Panel title={words.network}>
        <PanelBody>
          <Facts facts={routerFacts(plan, desk)} />
        </PanelBody>
      </Panel>
    </>
  )
}

const ChangePanel = ({ desk, plan }: { desk: Desk; plan: Plan }) => {
  const words = wordsOf(desk)
  const isOnSale = plan.status === 'active'
  return (
    <>
      <Panel title={words.change}>
        <PanelBody>
          <p class="muted">{words.changeNote}</p>
          <PlanForm desk={desk} deed="save" plan={plan} currency={plan.currency} back={`/plans/${plan.id}`} />
        </PanelBody>
      </Panel>
      <Panel title={isOnSale ? words.withdraw : words.restore}>
        <PanelBody>
          <p>{words.withdrawNote}</p>
          <DeedButton desk={desk} deed={isOnSale ? 'withdraw' : 'restore'} kind={isOnSale ? 'danger' : 'plain'}>
            {isOnSale ? words.withdraw : words.restore}
          </DeedButton>
        </PanelBody>
      </Panel>
    </>
  )
}

const SaidOf = ({ desk, plan }: { desk: Desk; plan: Plan }) => {
  const words = wordsOf(desk)
  const mayUndo = desk.search.get('said') === 'withdrawn' && plan.status === 'withdrawn' && desk.may('plans.write')
  return (
    <Said
      desk={desk}
      words={{
        added: words.saidAdded,
        saved: words.saidSaved,
        withdrawn: words.saidWithdrawn,
        restored: words.saidRestored,
      }}
    >
      {mayUndo ? (
        <DeedButton desk={desk} deed="restore">
          {words.undo}
        </DeedButton>
      ) : undefined}
    </Said>
  )
}

const PlanHead = ({ desk, plan }: { desk: Desk; plan: Plan }) => {
  const words = wordsOf(desk)
  return (
    <PageHead title={<UserText text={plan.name} />} beside={planState(plan, words)}>
      {desk.may('plans.write') ? (
        <LinkButton href={`/plans/new?like=${encodeURIComponent(plan.id)}`}>{words.copy}</LinkButton>
      ) : undefined}
      {desk.may('vouchers.write') && plan.kind === 'hotspot' && plan.status === 'active' ? (
        <LinkButton kind="main" href={`/vouchers/new?plan=${encodeURIComponent(plan.name)}`}>
          {words.vouchers}
        </LinkButton>
      ) : undefined}
    </PageHead>
  )
}

const setStatus = (status: 'active' | 'withdrawn', said: string) => ({
  permission: 'plans.write',
  async run(desk: DoingDesk): Promise<Done> {
    const id = desk.param('id')
    const done = await desk.tell(setPlanStatus, { id, status })
    return done.ok ? { go: `/plans/${id}?said=${said}` } : { fault: done.error }
  },
})

export const planPage = definePage({
  path: '/plans/:id',
  permission: 'plans.read',
  async show(desk) {
    const words = wordsOf(desk)
    const plan = await planOf(desk, desk.param('id'))
    if (!plan) return nothingKnown(words.nothing, words.nothingBody, { href: '/plans', label: words.toPlans })
    const here = `/plans/${plan.id}`
    const mayChange = desk.may('plans.write')
    const isChanging = mayChange && desk.search.get('tab') === 'change'
    return {
      title: plan.name,
      content: (
        <>
          <PlanHead desk={desk} plan={plan} />
          <SaidOf desk={desk} plan={plan} />
          {desk.refused?.deed === 'save' ? null : <RefusedNote desk={desk} />}
          {mayChange ? (
            <Tabs
              label={words.plan}
              tabs={[
                { href: here, label: words.facts, current: !isChanging },
                { href: `${here}?tab=change`, label: words.change, current: isChanging },
              ]}
            />
          ) : null}
          {isChanging ? <ChangePanel desk={desk} plan={plan} /> : <PlanFacts desk={desk} plan={plan} />}
        </>
      ),
    }
  },
  deeds: {
    save: {
      permission: 'plans.write',
      async run(desk) {
        const plan = await planOf(desk, desk.param('id'))
        if (!plan) return { fault: { type: 'PlanUnknown', plan: desk.param('id') } as Fault }
        const given = { currency: plan.currency, words: wordsOf(desk), policy: plan.policy }
        const read = readPlanForm(desk.fields, given)
        if ('problems' in read) return read
        const saved = await desk.tell(setPlan, { id: plan.id, ...read.input })
        return saved.ok ? { go: `/plans/${plan.id}?said=saved` } : refusedBy(desk, saved.error)
      },
    },
    withdraw: setStatus('withdrawn', 'withdrawn'),
    restore: setStatus('active', 'restored'),
  },
})
