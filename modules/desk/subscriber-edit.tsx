/** What can be changed of a subscriber: of the customer once for all of their services, of the service by itself. */
import {
  Button,
  counted,
  Form,
  Panel,
  PanelBody,
  RefusedNote,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listPlans } from '../plans/index.ts'
import { changeCustomer, changeSubscribers, type showSubscriber } from '../services/index.ts'
import { subscriberHref } from './links.ts'
import { CustomerFields, ServiceFields } from './subscriber-form.tsx'
import { servicesWordsOf } from './words-services.ts'
import { wordsOf } from './words.ts'

type Subscriber = NonNullable<ResultOf<typeof showSubscriber>>

const cellsOf = ({ plan, grant }: Subscriber) => ({
  plan: plan.name,
  ip: grant.framedIp ?? '',
  mac: grant.macLogin ?? grant.devices[0] ?? '',
  vlan: grant.vlan === null ? '' : String(grant.vlan),
  serial: grant.serial ?? '',
})

/** The deeds of this tab show it again when they are refused. */
export const isEditRefused = ({ refused }: Pick<Desk, 'refused'>): boolean =>
  refused?.deed === 'save' || refused?.deed === 'customer'

export const EditTab = async ({
  desk,
  subscriber,
  services,
}: {
  desk: Desk
  subscriber: Subscriber
  /** How many the customer has. */
  services: number
}) => {
  const words = wordsOf(desk)
  const { customer, login } = subscriber
  const { language, name, phone, email } = customer
  const action = `${subscriberHref(login)}?tab=edit`
  const note = services > 1 ? counted(servicesWordsOf(desk).holdsForAll, services, desk.locale) : undefined
  return (
    <>
      <Panel title={servicesWordsOf(desk).customer} note={note}>
        <PanelBody>
          <RefusedNote desk={desk} deed="customer" />
          <Form action={action} deed="customer" once={desk.once()}>
            <CustomerFields
              desk={desk}
              deed="customer"
              known={{ name, phone: phone ?? '', email: email ?? '', language }}
            />
            <Button kind="main">{words.save}</Button>
          </Form>
        </PanelBody>
      </Panel>
      <Panel title={servicesWordsOf(desk).service}>
        <PanelBody>
          <RefusedNote desk={desk} deed="save" />
          <Form action={action} deed="save" once={desk.once()}>
            <ServiceFields desk={desk} deed="save" plans={await desk.ask(listPlans, {})} known={cellsOf(subscriber)} />
            <p class="muted">{words.changePlan}</p>
            <Button kind="main">{words.save}</Button>
          </Form>
        </PanelBody>
      </Panel>
    </>
  )
}

export const saveDeed = {
  permission: 'subscribers.write',
  async run(desk: DoingDesk): Promise<Done> {
    const { fields } = desk
    const login = desk.param('login')
    const cells = Object.fromEntries(
      ['plan', 'ip', 'mac', 'vlan', 'serial'].map((name) => [name, fields.get(name).trim()]),
    )
    const password = fields.get('password')
    const row = { ...cells, login, ...(password === '' ? {} : { password }) }
    const changed = await desk.tell(changeSubscribers, { rows: [row] })
    if (!changed.ok) return { fault: changed.error }
    const [refused] = changed.value.refused
    return refused ? { fault: refused.fault } : { go: `${subscriberHref(login)}?said=saved` }
  },
}

export const customerDeed = {
  permission: 'subscribers.write',
  async run(desk: DoingDesk): Promise<Done> {
    const { fields } = desk
    const login = desk.param('login')
    const changed = await desk.tell(changeCustomer, {
      customer: login,
      name: fields.get('name').trim(),
      phone: fields.get('phone').trim(),
      email: fields.get('email').trim(),
      language: fields.get('language') === 'sw' ? 'sw' : 'en',
    })
    return changed.ok ? { go: `${subscriberHref(login)}?said=saved` } : { fault: changed.error }
  },
}
