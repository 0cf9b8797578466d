/** One subscriber, all round: who they are, whether they get in and why, what they used, how to help them. */
import {
  Ago,
  Bars,
  Button,
  counted,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  Field,
  fill,
  Form,
  formatAgo,
  formatBytes,
  formatDuration,
  formatExact,
  formatMac,
  formatPhone,
  formatSpeed,
  nothingHere,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  Table,
  Tabs,
  UNKNOWN,
  UserText,
  valuesFor,
  withSearch,
  type Column,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import { durationText, parseSpeed } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { listPlans } from '../plans/index.ts'
import { changeSubscribers, resumeSubscriber, setSpeed, suspendSubscriber } from '../services/index.ts'
import { usageByHour } from '../sessions/index.ts'
import { disconnectTo, isCarriedOut, Orders, sessionColumns, type LiveSession } from './pages-sessions.tsx'
import { kindWord, SubscriberFields, SubscriberStatus } from './pages-subscribers.tsx'
import { deskSessions, deskSubscriber, grantHistory, ordersOf } from './queries.ts'
import { whyChain, type WhyStep } from './why.ts'
import { subscriberHref } from './links.ts'
import { wordsOf } from './words.ts'

type Subscriber = NonNullable<ResultOf<typeof deskSubscriber>>
type Hour = ResultOf<typeof usageByHour>[number]
type Past = ResultOf<typeof grantHistory>[number]

/** What the box tells of a login. */
export type SeenDecision = {
  readonly no: number
  readonly at: number
  readonly outcome: 'accept' | 'reject' | 'challenge'
  readonly reason: string
  readonly sentence: string
  readonly remedy: string
  readonly method: string
  readonly device: string
}

const DAY_MS = 86_400_000
const USAGE_DAYS = 30
const PAGE_ROWS = 50
const tabs = ['overview', 'history', 'decisions', 'edit'] as const
type TabName = (typeof tabs)[number]

const tabOf = (desk: Desk): TabName => {
  if (desk.refused?.deed === 'save') return 'edit'
  return tabs.find((each) => each === desk.search.get('tab')) ?? 'overview'
}

const decisionsOf = async (desk: Desk, login: string, limit: number): Promise<readonly SeenDecision[]> => {
  const found = await desk.box<readonly SeenDecision[]>('decisions.search', { login, limit })
  return found.ok ? found.value : []
}

/** Usage by the site's days, oldest first, days without any too. */
const byDay = (hours: readonly Hour[], desk: Desk) => {
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: desk.locale.timeZone })
  const days = new Map(
    Array.from({ length: USAGE_DAYS }, (_, at) => [
      day.format(desk.now - (USAGE_DAYS - 1 - at) * DAY_MS),
      { down: 0, up: 0 },
    ]),
  )
  for (const { hourAt, inputOctets, outputOctets } of hours) {
    const one = days.get(day.format(hourAt))
    if (!one) continue
    one.down += outputOctets
    one.up += inputOctets
  }
  return [...days].map(([date, used]) => ({ date, ...used }))
}

const UsagePanel = ({ desk, hours }: { desk: Desk; hours: readonly Hour[] }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const days = byDay(hours, desk)
  const used = days.filter(({ down, up }) => down + up > 0)
  const columns: readonly Column<(typeof days)[number]>[] = [
    { id: 'day', head: words.day, width: 'l', card: 'title', digits: true, value: ({ date }) => date },
    { id: 'down', head: words.down, width: 'm', figures: true, value: ({ down }) => formatBytes(down, locale) },
    { id: 'up', head: words.up, width: 'm', figures: true, value: ({ up }) => formatBytes(up, locale) },
    {
      id: 'total',
      head: words.total,
      width: 'm',
      figures: true,
      value: ({ down, up }) => formatBytes(down + up, locale),
    },
  ]
  const total = used.reduce((sum, { down, up }) => sum + down + up, 0)
  return (
    <Panel title={words.usage} note={formatBytes(total, locale)}>
      <PanelBody>
        {used.length === 0 ? (
          <p class="muted">{words.usageNone}</p>
        ) : (
          <>
            <Bars
              title={words.usage}
              bars={days.map(({ date, down, up }) => ({
                label: `${date}: ${words.down} ${formatBytes(down, locale)}, ${words.up} ${formatBytes(up, locale)}`,
                parts: [down, up],
              }))}
              classes={['down', 'up']}
            />
            <p class="legend">
              <span class="down">■</span> {words.down} <span class="up">■</span> {words.up}
            </p>
            <details class="more">
              <summary>{words.day}</summary>
              <Table
                name="usage"
                caption={words.usage}
                columns={columns}
                rows={used.toReversed()}
                rowKey={({ date }) => date}
              />
            </details>
          </>
        )}
      </PanelBody>
    </Panel>
  )
}

/** The causes of "is let in" or "is refused", from what was sold to what was last seen; each says what to do about it. */
const WhyPanel = ({ desk, steps }: { desk: Desk; steps: readonly WhyStep[] }) => {
  const words = wordsOf(desk)
  const isOpen = steps.every(({ isOpen }) => isOpen)
  return (
    <Panel title={words.whyTitle} id="why">
      <PanelBody>
        <p>
          <Status meaning={isOpen ? 'good' : 'stopped'}>{isOpen ? words.whyOnline : words.whyOffline}</Status>
        </p>
        <ol class="chain">
          {steps.map(({ id, sentence, isOpen, href, remedy }) => (
            <li key={id} class={isOpen ? 'chain-open' : 'chain-shut'}>
              {href === undefined ? sentence : <a href={href}>{sentence}</a>}
              {remedy === undefined ? null : <span class="muted"> {remedy}</span>}
            </li>
          ))}
        </ol>
      </PanelBody>
    </Panel>
  )
}

const speedOf = ({ downKbps, upKbps }: { downKbps: number; upKbps: number }, desk: Desk): string =>
  formatSpeed({ downKbps, upKbps }, wordsOf(desk).noLimit)

const SpeedPanel = ({ desk, subscriber }: { desk: Desk; subscriber: Subscriber }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'speed')
  const { policy, plan } = subscriber
  const isOwn = policy.downKbps !== plan.policy.downKbps || policy.upKbps !== plan.policy.upKbps
  return (
    <Panel
      title={words.speed}
      note={isOwn ? fill(words.speedOwn, { speed: speedOf(plan.policy, desk) }) : speedOf(policy, desk)}
    >
      <PanelBody>
        <Form action={desk.here} deed="speed" once={desk.once()} inline>
          <Field
            locale={desk.locale}
            label={words.speed}
            name="speed"
            value={form.value('speed', isOwn ? `${policy.downKbps}k/${policy.upKbps}k` : '')}
            placeholder="10M/5M"
            help={words.speedHelp}
            required
            {...form.error('speed')}
          />
          <Button>{words.setSpeed}</Button>
        </Form>
        {isOwn ? (
          <DeedButton desk={desk} deed="planSpeed">
            {words.planSpeed}
          </DeedButton>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const factsOf = (desk: Desk, subscriber: Subscriber) => {
  const words = wordsOf(desk)
  const { customer, plan, grant } = subscriber
  const until = (): string => {
    if (grant.expiresAt !== null) return formatExact(grant.expiresAt, desk.locale)
    return grant.validitySec === null
      ? words.noEnd
      : fill(words.fromFirstUse, { duration: durationText(grant.validitySec) })
  }
  return [
    [words.name, <UserText key="name" text={customer.name} />],
    [
      words.phone,
      customer.phone === null ? (
        ''
      ) : (
        <a key="phone" href={`tel:${customer.phone.replaceAll(/[^+\d]/g, '')}`}>
          {formatPhone(customer.phone)}
        </a>
      ),
    ],
    [words.email, <UserText key="email" text={customer.email ?? ''} />],
    [
      words.plan,
      <a key="plan" href={`/plans/${plan.id}`}>
        <UserText text={plan.name} />
      </a>,
    ],
    [words.kind, kindWord(subscriber.kind, words)],
    [words.validUntil, until()],
    [words.speed, speedOf(subscriber.policy, desk)],
    [words.ip, <UserText key="ip" text={grant.framedIp ?? ''} />],
    [words.mac, grant.macLogin === null ? grant.devices.map(formatMac).join(', ') : formatMac(grant.macLogin)],
    [words.since, formatExact(subscriber.createdAt, desk.locale)],
  ] as const
}

const historyColumns = (desk: Desk): readonly Column<Past>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  return [
    {
      id: 'ended',
      head: words.endedAt,
      width: 'l',
      card: 'title',
      value: ({ endedAt }) => formatExact(endedAt, locale),
    },
    {
      id: 'long',
      head: words.onlineFor,
      width: 'm',
      figures: true,
      value: ({ startedAt, endedAt }) => formatDuration(endedAt - startedAt, locale),
    },
    {
      id: 'down',
      head: words.down,
      width: 's',
      figures: true,
      value: ({ outputOctets }) => formatBytes(outputOctets, locale),
    },
    {
      id: 'up',
      head: words.up,
      width: 's',
      figures: true,
      value: ({ inputOctets }) => formatBytes(inputOctets, locale),
    },
    { id: 'ip', head: words.address, width: 'm', digits: true, value: ({ ip }) => ip || UNKNOWN },
    {
      id: 'device',
      head: words.device,
      width: 'l',
      digits: true,
      secondary: true,
      value: ({ device }) => formatMac(device) || UNKNOWN,
    },
    {
      id: 'router',
      head: words.router,
      width: 'm',
      value: ({ router }) => router ?? UNKNOWN,
      render: ({ router }) => <UserText text={router ?? ''} />,
    },
    {
      id: 'cause',
      head: words.cause,
      width: 'm',
      secondary: true,
      value: ({ terminateCause }) => terminateCause || UNKNOWN,
    },
  ]
}

const HistoryTab = async ({ desk, grantNo }: { desk: Desk; grantNo: number }) => {
  const words = wordsOf(desk)
  const before = Number(desk.search.get('before') ?? Number.NaN)
  const rows = await desk.ask(grantHistory, {
    grantNo,
    limit: PAGE_ROWS,
    ...(Number.isSafeInteger(before) ? { before } : {}),
  })
  return (
    <>
      <section class="panel">
        {rows.length === 0 ? (
          <EmptyState title={words.noHistory}>
            <p>{words.noHistoryBody}</p>
          </EmptyState>
        ) : (
          <Table
            name="history"
            caption={words.history}
            columns={historyColumns(desk)}
            rows={rows}
            rowKey={({ no }) => String(no)}
          />
        )}
      </section>
      <p class="pager">
        {Number.isSafeInteger(before) ? <a href={withSearch(desk, { before: '' })}>{words.newest}</a> : null}
        {rows.length === PAGE_ROWS ? (
          <a href={withSearch(desk, { before: String(rows.at(-1)!.no) })}>{words.older}</a>
        ) : null}
      </p>
    </>
  )
}

const outcomeMeaning = { accept: 'good', reject: 'stopped', challenge: 'info' } as const

const DecisionsTab = async ({ desk, login }: { desk: Desk; login: string }) => {
  const words = wordsOf(desk)
  const rows = await decisionsOf(desk, login, PAGE_ROWS)
  const outcomeWord = { accept: words.accepted, reject: words.rejected, challenge: words.challenged }
  const columns: readonly Column<SeenDecision>[] = [
    {
      id: 'at',
      head: words.when,
      width: 'm',
      value: ({ at }) => String(at),
      render: ({ at }) => <Ago at={at} now={desk.now} locale={desk.locale} />,
    },
    {
      id: 'outcome',
      head: words.outcome,
      width: 'm',
      card: 'title',
      value: ({ outcome }) => outcome,
      render: ({ outcome }) => <Status meaning={outcomeMeaning[outcome]}>{outcomeWord[outcome]}</Status>,
    },
    {
      id: 'reason',
      head: words.reason,
      width: 'xl',
      card: 'wide',
      value: ({ sentence, remedy }) => `${sentence} ${remedy}`,
    },
    { id: 'method', head: words.method, width: 'm', secondary: true, value: ({ method }) => method },
    { id: 'device', head: words.device, width: 'l', digits: true, value: ({ device }) => formatMac(device) || UNKNOWN },
  ]
  return (
    <section class="panel">
      {rows.length === 0 ? (
        <EmptyState title={words.noDecisions}>
          <p>{words.noDecisionsBody}</p>
        </EmptyState>
      ) : (
        <Table
          name="decisions"
          caption={words.decisions}
          columns={columns}
          rows={rows}
          rowKey={({ no }) => String(no)}
        />
      )}
    </section>
  )
}

const EditTab = async ({ desk, subscriber }: { desk: Desk; subscriber: Subscriber }) => {
  const words = wordsOf(desk)
  const { customer, plan, grant } = subscriber
  const known = {
    name: customer.name,
    phone: customer.phone ?? '',
    email: customer.email ?? '',
    plan: plan.name,
    ip: grant.framedIp ?? '',
    mac: grant.macLogin ?? grant.devices[0] ?? '',
    vlan: grant.vlan === null ? '' : String(grant.vlan),
  }
  return (
    <Panel title={words.edit}>
      <PanelBody>
        <RefusedNote desk={desk} deed="save" />
        <Form action={`${subscriberHref(subscriber.login)}?tab=edit`} deed="save" once={desk.once()}>
          <SubscriberFields desk={desk} deed="save" plans={await desk.ask(listPlans, {})} known={known} />
          <p class="muted">{words.changePlan}</p>
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const LivePanel = ({ desk, sessions }: { desk: Desk; sessions: readonly LiveSession[] }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.sessions} note={counted(words.openNow, sessions.length, desk.locale)}>
      {sessions.length === 0 ? (
        <PanelBody>
          <p class="muted">{words.offline}</p>
        </PanelBody>
      ) : (
        <Table
          name="live"
          caption={words.sessions}
          columns={sessionColumns(desk, { withOwner: false, withDeeds: true })}
          rows={sessions}
          rowKey={({ no }) => String(no)}
        />
      )}
    </Panel>
  )
}

const OverviewTab = async ({ desk, subscriber }: { desk: Desk; subscriber: Subscriber }) => {
  const { grant, login } = subscriber
  const maySee = desk.may('sessions.read')
  const sessions = maySee ? (await desk.ask(deskSessions, { grantNo: grant.no })).rows : []
  const hours = maySee
    ? await desk.ask(usageByHour, {
        grantNo: grant.no,
        fromAt: desk.now - USAGE_DAYS * DAY_MS,
        toAt: desk.now + DAY_MS,
      })
    : []
  const [last] = maySee ? await decisionsOf(desk, login, 1) : []
  const [session] = sessions
  const orders = session ? await desk.ask(ordersOf, { sessionNo: session.no, limit: 5 }) : []
  const lastTold = last && { ...last, ago: formatAgo(last.at, desk.now, desk.locale) }
  const steps = whyChain({
    subscriber,
    usedOctets: totalOf(hours),
    openSessions: sessions.length,
    last: lastTold,
    desk,
  })
  return (
    <>
      <Facts facts={factsOf(desk, subscriber)} />
      <div class="panels">
        <WhyPanel desk={desk} steps={steps} />
        {desk.may('subscribers.write') ? <SpeedPanel desk={desk} subscriber={subscriber} /> : null}
      </div>
      {maySee ? <LivePanel desk={desk} sessions={sessions} /> : null}
      <Orders desk={desk} orders={orders} />
      {maySee ? <UsagePanel desk={desk} hours={hours} /> : null}
    </>
  )
}

const totalOf = (hours: readonly Hour[]): number =>
  hours.reduce((sum, { inputOctets, outputOctets }) => sum + inputOctets + outputOctets, 0)

const tabContent = (desk: Desk, subscriber: Subscriber, tab: TabName) => {
  if (tab === 'history') return HistoryTab({ desk, grantNo: subscriber.grant.no })
  if (tab === 'decisions') return DecisionsTab({ desk, login: subscriber.login })
  if (tab === 'edit') return EditTab({ desk, subscriber })
  return OverviewTab({ desk, subscriber })
}

const mayOpen = (desk: Desk, tab: TabName): boolean => {
  if (tab === 'overview') return true
  return desk.may(tab === 'edit' ? 'subscribers.write' : 'sessions.read')
}

export const subscriberPage = definePage({
  path: '/subscribers/:login',
  permission: 'subscribers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const subscriber = await desk.ask(deskSubscriber, { login: desk.param('login') })
    if (!subscriber)
      return nothingHere(
        words.nobody,
        <EmptyState title={words.nobody}>
          <p>{words.nobodyBody}</p>
        </EmptyState>,
      )
    const asked = tabOf(desk)
    const tab = mayOpen(desk, asked) ? asked : 'overview'
    const href = subscriberHref(subscriber.login)
    return {
      title: subscriber.login,
      content: (
        <>
          <PageHead
            title={<UserText text={subscriber.login} />}
            beside={<SubscriberStatus desk={desk} status={subscriber.status} expiresAt={subscriber.grant.expiresAt} />}
          >
            {desk.may('subscribers.write') ? <StatusButton desk={desk} status={subscriber.status} /> : null}
          </PageHead>
          <Answer desk={desk} />
          {desk.refused?.deed === 'save' ? null : <RefusedNote desk={desk} />}
          <Tabs
            label={subscriber.login}
            tabs={tabs
              .filter((each) => mayOpen(desk, each))
              .map((each) => ({
                href: each === 'overview' ? href : `${href}?tab=${each}`,
                label: words[each],
                current: each === tab,
              }))}
          />
          {await tabContent(desk, subscriber, tab)}
        </>
      ),
    }
  },
  deeds: {
    disconnect: disconnectTo((desk) => subscriberHref(desk.param('login'))),
    suspend: statusDeed('suspend'),
    resume: statusDeed('resume'),
    speed: {
      permission: 'subscribers.write',
      async run(desk) {
        const speed = parseSpeed(desk.fields.get('speed'))
        if (!speed.ok) return { problems: { speed: wordsOf(desk).speedFault } }
        return giveSpeed(desk, speed.value)
      },
    },
    planSpeed: { permission: 'subscribers.write', run: (desk) => giveSpeed(desk, undefined) },
    save: {
      permission: 'subscribers.write',
      async run(desk) {
        const { fields } = desk
        const login = desk.param('login')
        const cells = Object.fromEntries(
          ['name', 'phone', 'email', 'plan', 'ip', 'mac', 'vlan'].map((name) => [name, fields.get(name).trim()]),
        )
        const password = fields.get('password')
        const row = { ...cells, login, ...(password === '' ? {} : { password }) }
        const changed = await desk.tell(changeSubscribers, { rows: [row] })
        if (!changed.ok) return { fault: changed.error }
        const [refused] = changed.value.refused
        return refused ? { fault: refused.fault } : { go: `${subscriberHref(login)}?said=saved` }
      },
    },
  },
})

const StatusButton = ({ desk, status }: { desk: Desk; status: string }) => {
  const words = wordsOf(desk)
  if (status === 'ended') return null
  return status === 'active' ? (
    <DeedButton desk={desk} deed="suspend" kind="danger">
      {words.suspend}
    </DeedButton>
  ) : (
    <DeedButton desk={desk} deed="resume" kind="main">
      {words.resume}
    </DeedButton>
  )
}

/** What was just done; what can be undone offers it. */
const Answer = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const said = desk.search.get('said')
  return (
    <Said
      desk={desk}
      words={{
        added: words.saidAdded,
        saved: words.saidSaved,
        suspended: words.saidSuspended,
        resumed: words.saidResumed,
        ended: words.saidEnded,
        ending: words.saidEnding,
        changed: words.saidChanged,
        changing: words.saidChanging,
        set: words.saidSet,
      }}
    >
      {said === 'suspended' && desk.may('subscribers.write') ? (
        <DeedButton desk={desk} deed="resume">
          {words.undo}
        </DeedButton>
      ) : undefined}
    </Said>
  )
}

function statusDeed(kind: 'suspend' | 'resume') {
  return {
    permission: 'subscribers.write',
    async run(desk: DoingDesk): Promise<Done> {
      const login = desk.param('login')
      const done = await desk.tell(kind === 'suspend' ? suspendSubscriber : resumeSubscriber, { login })
      return done.ok
        ? { go: `${subscriberHref(login)}?said=${kind}${kind === 'suspend' ? 'ed' : 'd'}` }
        : { fault: done.error }
    },
  }
}

/** Sets the speed, then tells it to the sessions that are open. */
const giveSpeed = async (
  desk: DoingDesk,
  speed: { readonly downKbps: number; readonly upKbps: number } | undefined,
): Promise<Done> => {
  const login = desk.param('login')
  const set = await desk.tell(setSpeed, { login, ...(speed ? { speed } : {}) })
  if (!set.ok) return { fault: set.error }
  const place = subscriberHref(login)
  if (!desk.may('sessions.write')) return { go: `${place}?said=set` }
  const { rows } = await desk.ask(deskSessions, { grantNo: set.value.grantNo })
  if (rows.length === 0) return { go: `${place}?said=set` }
  const changed = await Promise.all(rows.map(({ acctSessionId }) => desk.box('sessions.change', { acctSessionId })))
  const isDone = changed.every((each) => each.ok && isCarriedOut(each.value))
  return { go: `${place}?said=${isDone ? 'changed' : 'changing'}` }
}
