/** A new subscriber, or a further service of a customer. */
import {
  Button,
  definePage,
  EmptyState,
  fill,
  Form,
  nothingKnown,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  type Desk,
  type DoingDesk,
  type Done,
  type Shown,
} from '@lango/kernel/ui'
import { listPlans } from '../plans/index.ts'
import { addService, addSubscriber, drawPassword, showCustomer } from '../services/index.ts'
import { subscriberHref } from './links.ts'
import { CustomerFields, ServiceFields } from './subscriber-form.tsx'
import { CustomerFacts } from './subscriber-services.tsx'
import { drawsFrom, toldOnce } from './told-once.tsx'
import { servicesWordsOf } from './words-services.ts'
import { wordsOf } from './words.ts'

const NoPlans = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <EmptyState title={words.noPlans}>
      <p>{words.noPlansBody}</p>
      <p>
        <a href="/plans/new">{words.makePlan}</a>
      </p>
    </EmptyState>
  )
}

/** The customer that the address names; a new subscriber has none yet. */
const customerAsked = (desk: Desk): string => desk.search.get('customer') ?? ''

export const newSubscriberPage = definePage({
  path: '/subscribers/new',
  permission: 'subscribers.write',
  async show(desk) {
    const words = wordsOf(desk)
    const services = servicesWordsOf(desk)
    const asked = customerAsked(desk)
    const customer = asked === '' ? undefined : await desk.ask(showCustomer, { customer: asked })
    if (asked !== '' && !customer) return nothingKnown(services.noCustomer, services.noCustomerBody)
    const plans = await desk.ask(listPlans, {})
    const isSold = plans.some(({ status }) => status === 'active')
    const title = customer ? fill(services.addServiceFor, { name: customer.name }) : words.addSubscriber
    return {
      title,
      content: (
        <>
          <PageHead title={title} />
          <RefusedNote desk={desk} />
          {customer ? <CustomerFacts desk={desk} customer={customer} /> : null}
          <Panel title={customer ? services.service : words.subscriber}>
            {isSold ? (
              <PanelBody>
                <Form action={desk.here} deed="add" once={desk.once()}>
                  {customer ? null : <CustomerFields desk={desk} deed="add" />}
                  <ServiceFields desk={desk} deed="add" plans={plans} />
                  <Button kind="main">{words.add}</Button>
                </Form>
              </PanelBody>
            ) : (
              <NoPlans desk={desk} />
            )}
          </Panel>
        </>
      ),
    }
  },
  deeds: { add: { permission: 'subscribers.write', run: (desk) => addTyped(desk) } },
})

const addTyped = async (desk: DoingDesk): Promise<Done> => {
  const { fields } = desk
  const typed = fields.get('password')
  const cell = (name: string): string => fields.get(name).trim()
  const login = cell('login')
  const plans = await desk.ask(listPlans, {})
  const kind = plans.find(({ name }) => name === fields.get('plan'))?.kind
  // A device's own address is its credential: one that nobody typed a password for gets none.
  const byDevice =
    (fields.get('mac') !== '' && (kind === 'static' || kind === 'mac')) || (cell('serial') !== '' && kind === 'static')
  const made =
    typed === '' && !byDevice ? drawPassword(drawsFrom('password', fields.get('once') || desk.once())) : undefined
  const service = {
    login,
    plan: fields.get('plan'),
    password: typed === '' ? made : typed,
    ip: cell('ip'),
    mac: cell('mac'),
    vlan: cell('vlan'),
    serial: cell('serial'),
  }
  const customer = customerAsked(desk)
  const details = { name: fields.get('name'), phone: fields.get('phone'), email: fields.get('email') }
  const added = await (customer === ''
    ? desk.tell(addSubscriber, { ...service, ...details })
    : desk.tell(addService, { ...service, customer }))
  if (!added.ok) return { fault: added.error }
  return made === undefined ? { go: `${subscriberHref(login)}?said=added` } : { show: passwordShown(desk, login, made) }
}

const passwordShown = (desk: Desk, login: string, password: string): Shown => {
  const words = wordsOf(desk)
  const title = fill(words.shownPassword, { login })
  const told = { id: 'password', title, head: words.password, value: password, body: words.shownPasswordBody, login }
  return toldOnce(desk, told)
}
