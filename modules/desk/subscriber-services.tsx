/** All that is the same customer's: seen together, added to, suspended at once, and moved where it was put to the wrong one. */
import {
  Button,
  counted,
  DeedButton,
  Facts,
  Field,
  fill,
  formatPhone,
  LinkButton,
  Panel,
  PanelBody,
  Status,
  Table,
  UserText,
  visible,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import type { Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { listSubscribers, moveService, resumeCustomer, type showCustomer, suspendCustomer } from '../services/index.ts'
import { subscriberHref } from './links.ts'
import { onlineNow, SubscriberStatus, subscriberColumns } from './pages-subscribers.tsx'
import { servicesWordsOf } from './words-services.ts'
import { wordsOf } from './words.ts'

export type Customer = NonNullable<ResultOf<typeof showCustomer>>
type Service = Customer['services'][number]
type Props = { desk: Desk; customer: Customer; login: string }

/** On the first tab; the others are on their own. */
const OTHERS_SHOWN_MAX = 8
const FOUND_MAX = 8
const FOUND_ROWS_MAX = 200

export const servicesHref = (login: string): string => `${subscriberHref(login)}?tab=services`

export const CustomerFacts = ({ desk, customer }: { desk: Desk; customer: Customer }) => {
  const words = wordsOf(desk)
  return (
    <Facts
      facts={[
        [words.name, <UserText key="name" text={customer.name} />],
        [words.phone, customer.phone === null ? '' : formatPhone(customer.phone)],
        [words.email, <UserText key="email" text={customer.email ?? ''} />],
        [
          servicesWordsOf(desk).others,
          <Logins key="services" services={customer.services.slice(0, OTHERS_SHOWN_MAX)} />,
        ],
      ]}
    />
  )
}

const Logins = ({ services }: { services: readonly Service[] }) => (
  <>
    {services.map(({ login }) => (
      <a key={login} href={subscriberHref(login)}>
        <UserText text={login} />
      </a>
    ))}
  </>
)

/** Nothing where there is no other. */
export const OthersPanel = async ({ desk, customer, login: own }: Props) => {
  const words = wordsOf(desk)
  const others = customer.services.filter(({ login }) => login !== own)
  if (others.length === 0) return null
  const shown = others.slice(0, OTHERS_SHOWN_MAX)
  const online = await onlineNow(desk, shown)
  const all = fill(servicesWordsOf(desk).allServices, { n: desk.locale.whole.format(customer.services.length) })
  return (
    <Panel title={servicesWordsOf(desk).others} note={<a href={servicesHref(own)}>{all}</a>} id="others">
      <ul class="lines">
        {shown.map(({ login, plan, status, expiresAt, grantNo }) => (
          <li key={login} class="line-row">
            <span class="pair">
              <a href={subscriberHref(login)}>
                <UserText text={login} />
              </a>
              <span class="muted">
                <UserText text={plan} />
              </span>
            </span>
            {online.has(grantNo) ? (
              <Status meaning="info">{words.online}</Status>
            ) : (
              <SubscriberStatus desk={desk} status={status} expiresAt={expiresAt} />
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

export const ServicesTab = async ({ desk, customer, login }: Props) => {
  const words = servicesWordsOf(desk)
  const online = await onlineNow(desk, customer.services)
  // They are all of one: the name would stand in each line.
  const rows = customer.services.map((service) => ({ ...service, name: service.login, phone: customer.phone }))
  const title = fill(words.servicesOf, { name: customer.name })
  const columns = subscriberColumns(desk, online)
    .filter(({ id }) => id !== 'phone')
    .map((column) => (column.id === 'login' ? { ...column, head: wordsOf(desk).login } : column))
  const mayChange = desk.may('subscribers.write')
  return (
    <>
      <Panel title={title} note={counted(words.howMany, rows.length, desk.locale)}>
        <Table name="services" caption={title} columns={columns} rows={rows} rowKey={({ login }) => login} />
        {mayChange ? (
          <PanelBody>
            <p>
              <LinkButton href={`/subscribers/new?customer=${customer.id}`} kind="main">
                {words.addService}
              </LinkButton>
            </p>
            <AllAtOnce desk={desk} customer={customer} online={online} />
          </PanelBody>
        ) : null}
      </Panel>
      {mayChange ? await MovePanel({ desk, customer, login }) : null}
    </>
  )
}

const loginsText = (services: readonly Service[]): string => services.map(({ login }) => visible(login)).join(', ')

/** Says of each way what it would do to whom; one service has its own button. */
const AllAtOnce = ({
  desk,
  customer,
  online,
}: {
  desk: Desk
  customer: Customer
  online: ReadonlyMap<number, number>
}) => {
  const words = servicesWordsOf(desk)
  const active = customer.services.filter(({ status }) => status === 'active')
  const suspended = customer.services.filter(({ status }) => status === 'suspended')
  const open = active.filter(({ grantNo }) => online.has(grantNo)).length
  const suspendWord = counted(words.suspendAll, active.length, desk.locale)
  const resumeWord = counted(words.resumeAll, suspended.length, desk.locale)
  return (
    <>
      {active.length < 2 ? null : (
        <details class="more">
          <summary>{suspendWord}</summary>
          <div class="stack">
            <p>
              {fill(words.suspendAllBody, { logins: loginsText(active) })}{' '}
              {open === 0 ? '' : counted(words.online, open, desk.locale)}
            </p>
            <DeedButton desk={desk} deed="suspendAll" kind="danger">
              {suspendWord}
            </DeedButton>
          </div>
        </details>
      )}
      {suspended.length < 2 ? null : (
        <details class="more">
          <summary>{resumeWord}</summary>
          <div class="stack">
            <p>{fill(words.resumeAllBody, { logins: loginsText(suspended) })}</p>
            <DeedButton desk={desk} deed="resumeAll" kind="main">
              {resumeWord}
            </DeedButton>
          </div>
        </details>
      )}
    </>
  )
}

type Candidate = { readonly id: string; readonly name: string; readonly phone: string | null; readonly logins: string }

/** Other customers by anything that they or their services are found by. */
const candidatesFor = async (desk: Desk, q: string, own: string): Promise<readonly Candidate[]> => {
  const rows = q === '' ? [] : await desk.ask(listSubscribers, { search: q, limit: FOUND_ROWS_MAX })
  const living = rows.filter(({ customerId, status }) => customerId !== own && status !== 'ended')
  return [...Map.groupBy(living, ({ customerId }) => customerId)].slice(0, FOUND_MAX).map(([id, [first, ...rest]]) => ({
    id,
    name: first!.name,
    phone: first!.phone,
    logins: [first!, ...rest.slice(0, 2)].map(({ login }) => login).join(', '),
  }))
}

const MovePanel = async ({ desk, customer, login }: Props) => {
  const words = servicesWordsOf(desk)
  const q = (desk.search.get('to') ?? '').trim().slice(0, 100)
  const found = await candidatesFor(desk, q, customer.id)
  const isLast = customer.services.length === 1
  return (
    <Panel title={words.moveTitle} id="move">
      <PanelBody>
        <p class="muted">{words.moveBody}</p>
        {isLast ? <p>{fill(words.moveLast, { name: customer.name })}</p> : null}
        <form class="form form-inline" method="get" action={`${subscriberHref(login)}#move`} role="search">
          <input type="hidden" name="tab" value="services" />
          <Field
            locale={desk.locale}
            label={words.findCustomer}
            placeholder={words.findCustomerBy}
            name="to"
            type="search"
            value={q}
            bare
          />
          <Button>{wordsOf(desk).find}</Button>
        </form>
        {q !== '' && found.length === 0 ? <p>{words.noneSuch}</p> : null}
      </PanelBody>
      {found.length === 0 ? null : (
        <ul class="lines">
          {found.map(({ id, name, phone, logins }) => (
            <li key={id} class="line-row">
              <span>
                <UserText text={name} />{' '}
                <span class="muted">
                  {phone === null ? '' : `${formatPhone(phone)} `}
                  <UserText text={logins} />
                </span>
              </span>
              <DeedButton desk={desk} deed="move" fields={{ customer: id }}>
                {words.moveHere}
              </DeedButton>
            </li>
          ))}
        </ul>
      )}
      {isLast ? null : (
        <PanelBody>
          <p class="muted">{words.aloneBody}</p>
          <DeedButton desk={desk} deed="alone">
            {words.alone}
          </DeedButton>
        </PanelBody>
      )}
    </Panel>
  )
}

const deed = (said: string, tell: (desk: DoingDesk, login: string) => Promise<Result<unknown>>) => ({
  permission: 'subscribers.write',
  async run(desk: DoingDesk): Promise<Done> {
    const login = desk.param('login')
    const done = await tell(desk, login)
    return done.ok ? { go: `${servicesHref(login)}&said=${said}` } : { fault: done.error }
  },
})

export const servicesDeeds = {
  move: deed('moved', (desk, login) => desk.tell(moveService, { login, customer: desk.fields.get('customer') })),
  alone: deed('moved', (desk, login) => desk.tell(moveService, { login })),
  suspendAll: deed('allSuspended', (desk, customer) => desk.tell(suspendCustomer, { customer })),
  resumeAll: deed('allResumed', (desk, customer) => desk.tell(resumeCustomer, { customer })),
}

export const servicesSaid = (desk: Desk): Readonly<Record<string, string>> => {
  const words = servicesWordsOf(desk)
  return { moved: words.saidMoved, allSuspended: words.saidAllSuspended, allResumed: words.saidAllResumed }
}
