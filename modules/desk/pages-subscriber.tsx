/** One subscriber, all round: who they are, whether they get in and why, what they used, how to help them. */
import {
  Button,
  counted,
  DeedButton,
  definePage,
  Facts,
  Field,
  fill,
  Form,
  formatAgo,
  formatExact,
  formatMac,
  formatPhone,
  formatSpeed,
  nothingKnown,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  Table,
  Tabs,
  UserText,
  valuesFor,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import { durationText, parseSpeed } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { resumeSubscriber, setSpeed, showCustomer, showSubscriber, suspendSubscriber } from '../services/index.ts'
import { disconnectTo, isCarriedOut, Orders, sessionColumns, type LiveSession } from './pages-sessions.tsx'
import { kindWord, SubscriberStatus } from './pages-subscribers.tsx'
import { deskSessions, ordersOf } from './queries.ts'
import { allowanceOf, AllowancePanel, DevicesPanel, freeDeviceDeed, topUpDeed } from './subscriber-allowance.tsx'
import { customerDeed, EditTab, isEditRefused, saveDeed } from './subscriber-edit.tsx'
import { HeldPanel } from './subscriber-held.tsx'
import { decisionsOf, DecisionsTab, HistoryTab } from './subscriber-past.tsx'
import { OthersPanel, servicesDeeds, servicesSaid, ServicesTab, type Customer } from './subscriber-services.tsx'
import { usageLately, UsagePanel } from './subscriber-usage.tsx'
import { WalletPanel } from './subscriber-wallet.tsx'
import { passphraseOf, wifiDeeds, WifiPanel, wifiSaid } from './subscriber-wifi.tsx'
import { whyChain, type WhyStep } from './why.ts'
import { subscriberHref } from './links.ts'
import { wordsOf } from './words.ts'

type Subscriber = NonNullable<ResultOf<typeof showSubscriber>>

const tabs = ['overview', 'services', 'history', 'decisions', 'edit'] as const
type TabName = (typeof tabs)[number]
/** For who was erased there is nothing to do. */
const ofTheLiving: ReadonlySet<TabName> = new Set(['services', 'edit'])

const tabOf = (desk: Desk): TabName => {
  if (isEditRefused(desk)) return 'edit'
  return tabs.find((each) => each === desk.search.get('tab')) ?? 'overview'
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

type TabProps = { desk: Desk; subscriber: Subscriber; customer: Customer }

const OverviewTab = async ({ desk, subscriber, customer }: TabProps) => {
  const { grant, login } = subscriber
  const maySee = desk.may('sessions.read')
  const sessions = maySee ? await desk.ask(deskSessions, { grantNo: grant.no }) : []
  const hours = maySee ? await usageLately(desk, grant.no) : []
  const [last] = maySee ? await decisionsOf(desk, login, 1) : []
  const [session] = sessions
  const orders = session ? await desk.ask(ordersOf, { sessionNo: session.no, limit: 5 }) : []
  const lastTold = last && { ...last, ago: formatAgo(last.at, desk.now, desk.locale) }
  const allowance = await allowanceOf(desk, login)
  const passphrase = await passphraseOf(desk, login)
  const steps = whyChain({ subscriber, allowance, openSessions: sessions.length, last: lastTold, desk })
  return (
    <>
      <Facts facts={factsOf(desk, subscriber)} />
      <div class="panels">
        <WhyPanel desk={desk} steps={steps} />
        <div class="stack">
          {await HeldPanel({ desk, subscriber })}
          {await OthersPanel({ desk, customer, login })}
          {await WalletPanel({ desk, phone: subscriber.customer.phone })}
          <AllowancePanel desk={desk} allowance={allowance} />
          {desk.may('subscribers.write') ? <SpeedPanel desk={desk} subscriber={subscriber} /> : null}
          <DevicesPanel desk={desk} devices={grant.devices} />
          <WifiPanel desk={desk} passphrase={passphrase} />
        </div>
      </div>
      {maySee ? <LivePanel desk={desk} sessions={sessions} /> : null}
      <Orders desk={desk} orders={orders} />
      {maySee ? <UsagePanel desk={desk} hours={hours} /> : null}
    </>
  )
}

const tabContent = (props: TabProps, tab: TabName) => {
  const { desk, subscriber, customer } = props
  if (tab === 'services') return ServicesTab({ desk, customer, login: subscriber.login })
  if (tab === 'history') return HistoryTab({ desk, grantNo: subscriber.grant.no })
  if (tab === 'decisions') return DecisionsTab({ desk, login: subscriber.login })
  if (tab === 'edit') return EditTab({ desk, subscriber, services: customer.services.length })
  return OverviewTab(props)
}

const mayOpen = (desk: Desk, tab: TabName): boolean => {
  if (tab === 'overview' || tab === 'services') return true
  return desk.may(tab === 'edit' ? 'subscribers.write' : 'sessions.read')
}

export const subscriberPage = definePage({
  path: '/subscribers/:login',
  permission: 'subscribers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const subscriber = await desk.ask(showSubscriber, { login: desk.param('login') })
    if (!subscriber) return nothingKnown(words.nobody, words.nobodyBody)
    const asked = tabOf(desk)
    const customer = await desk.ask(showCustomer, { customer: subscriber.customer.id })
    const isThere = (each: TabName) => mayOpen(desk, each) && (customer !== undefined || !ofTheLiving.has(each))
    const tab = isThere(asked) ? asked : 'overview'
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
          {isEditRefused(desk) ? null : <RefusedNote desk={desk} />}
          <Tabs
            label={subscriber.login}
            tabs={tabs.filter(isThere).map((each) => ({
              href: each === 'overview' ? href : `${href}?tab=${each}`,
              label: words[each],
              current: each === tab,
            }))}
          />
          {await tabContent({ desk, subscriber, customer: customer ?? { ...subscriber.customer, services: [] } }, tab)}
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
    topUp: topUpDeed,
    freeDevice: freeDeviceDeed,
    ...wifiDeeds,
    planSpeed: { permission: 'subscribers.write', run: (desk) => giveSpeed(desk, undefined) },
    save: saveDeed,
    customer: customerDeed,
    ...servicesDeeds,
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
        topped: words.saidTopped,
        freed: words.saidFreed,
        ...wifiSaid(desk),
        ...servicesSaid(desk),
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
  const rows = await desk.ask(deskSessions, { grantNo: set.value.grantNo })
  if (rows.length === 0) return { go: `${place}?said=set` }
  const changed = await Promise.all(rows.map(({ acctSessionId }) => desk.box('sessions.change', { acctSessionId })))
  const isDone = changed.every((each) => each.ok && isCarriedOut(each.value))
  return { go: `${place}?said=${isDone ? 'changed' : 'changing'}` }
}
