/** The ports and their form, for the settings and for whoever sets a new box up. */
import {
  Button,
  Facts,
  Field,
  FieldGroup,
  fill,
  Fold,
  Form,
  Panel,
  PanelBody,
  Select,
  Status,
  valuesFor,
  visible,
  type Desk,
} from '@lango/kernel/ui'
import type { NetworkPlan, NetworkPort, NetworkStatus, PlannedNetwork } from '../network/index.ts'
import { addressings, fieldOf, formValues, useOf, uses, type PortField } from './network-form.ts'
import { wordsOf, type NetworkWords } from './words-network.ts'

/** Where the deeds of the form are. */
export const NETWORK_PATH = '/settings/network'

/** As the box tells it (`network.show`). */
export type Told = {
  readonly isAppliance: boolean
  readonly status?: NetworkStatus | null
  readonly leftSec?: number | null
  readonly ports: readonly NetworkPort[]
}

export const told = (desk: Desk) => desk.box<Told>('network.show', {})

type FormProps = { desk: Desk; plan: NetworkPlan | null; ports: readonly NetworkPort[] }

const portName = ({ name, mac }: NetworkPort): string => `${name}, ${mac.toUpperCase()}`

/** Before anything was chosen each port is for everything. */
const useWords = (plan: NetworkPlan | null, used: readonly string[], words: NetworkWords): string =>
  used.map((use) => words[use as (typeof uses)[number]]).join(', ') ||
  (plan === null ? words.asItCame : words.forNothing)

const Cable = ({ port, words }: { port: NetworkPort; words: NetworkWords }) =>
  port.isUp ? (
    <>
      <Status meaning="good">{words.cable}</Status>
      {port.speedMbps === null ? '' : ` ${port.speedMbps} Mbit/s,`}
    </>
  ) : (
    <Status meaning="attention">{words.noCable}</Status>
  )

export const PortsPanel = ({ desk, plan, ports }: FormProps) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.ports}>
      <PanelBody>
        <Facts
          facts={ports.map((port) => [
            portName(port),
            <span key={port.name}>
              <Cable port={port} words={words} /> {useWords(plan, port.uses, words)}
              {port.addresses.map((address) => (
                <>
                  {' '}
                  <code>{address}</code>
                </>
              ))}
            </span>,
          ])}
        />
      </PanelBody>
    </Panel>
  )
}

const inFold = ['address', 'pool', 'gateway', 'dns', 'vlan', 'userName', 'password'] as const
const helped = {
  address: 'addressHelp',
  pool: 'poolHelp',
  gateway: 'gatewayHelp',
  dns: 'dnsHelp',
  vlan: 'vlanHelp',
} as const

type PortProps = { desk: Desk; port: NetworkPort; index: number; known: Readonly<Record<string, string>> }

const PortFields = ({ desk, port, index, known }: PortProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'look')
  const of = (field: PortField) => {
    const name = fieldOf(index, field)
    return { name, value: form.value(name, known[name] ?? ''), ...form.error(name) }
  }
  const kindWords = { dhcp: words.dhcp, static: words.static, pppoe: words.dial }
  const help = (field: (typeof inFold)[number]) =>
    field in helped ? { help: words[helped[field as keyof typeof helped]] } : {}
  return (
    <FieldGroup title={portName(port)}>
      <input type="hidden" name={fieldOf(index, 'port')} value={port.mac} />
      <Select label={words.use} {...of('use')} options={uses.map((use) => ({ value: use, label: words[use] }))} />
      <Select
        label={words.kind}
        {...of('kind')}
        options={addressings.map((kind) => ({ value: kind, label: kindWords[kind] }))}
        help={words.kindHelp}
      />
      <Fold title={words.more} note={words.moreNote} open={inFold.some((field) => of(field).value !== '')}>
        {inFold.map((field) => (
          <Field
            key={field}
            locale={desk.locale}
            label={words[field]}
            type={field === 'password' ? 'password' : 'text'}
            {...(field === 'password' ? { autoComplete: 'off' } : {})}
            {...help(field)}
            {...of(field)}
          />
        ))}
      </Fold>
    </FieldGroup>
  )
}

/** Sends the deed `look` with what `planIn` reads. */
export const NetworkForm = ({ desk, plan, ports }: FormProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'look')
  const known = formValues(plan, ports)
  return (
    <Form action={NETWORK_PATH} deed="look" once={desk.once()}>
      {ports.map((port, index) => (
        <PortFields key={port.mac} desk={desk} port={port} index={index} known={known} />
      ))}
      <Field
        locale={desk.locale}
        label={words.hostName}
        name="hostName"
        value={form.value('hostName', plan?.hostName ?? 'lango')}
        help={words.hostNameHelp}
        required
        {...form.error('hostName')}
      />
      <Button kind="main">{words.look}</Button>
    </Form>
  )
}

const addressLine = (network: PlannedNetwork, words: NetworkWords): string => {
  if (network.use === 'lan' || network.use === 'pppoe') return network.address
  if (network.ipv4.kind === 'dhcp') return words.byDhcp
  return network.ipv4.kind === 'pppoe' ? fill(words.dialled, { name: network.ipv4.userName }) : network.ipv4.address
}

const lineOf = (network: PlannedNetwork, ports: readonly NetworkPort[], words: NetworkWords): string => {
  const members = network.members.map(({ port, vlan }) => {
    const name = ports.find((one) => one.mac === port || one.name === port)?.name ?? port
    return vlan === undefined ? name : `${name} (VLAN ${vlan})`
  })
  const gateway =
    'ipv4' in network && network.ipv4.kind === 'static' && network.ipv4.gateway ? ` → ${network.ipv4.gateway}` : ''
  const pool = 'pool' in network && network.pool ? `, ${network.pool.first}-${network.pool.last}` : ''
  return `${members.join(' + ')}: ${words[useOf(network)]}, ${addressLine(network, words)}${gateway}${pool}`
}

type ChangesProps = { desk: Desk; before: NetworkPlan | null; after: NetworkPlan; ports: readonly NetworkPort[] }

/** What is no longer, and what is new, a line for each network. */
export const Changes = ({ desk, before, after, ports }: ChangesProps) => {
  const words = wordsOf(desk)
  const linesOf = (plan: NetworkPlan | null): readonly string[] =>
    plan ? [...plan.networks.map((one) => lineOf(one, ports, words)), `${words.hostName}: ${plan.hostName}`] : []
  const [old, fresh] = [linesOf(before), linesOf(after)]
  const gone = old.filter((line) => !fresh.includes(line))
  const added = fresh.filter((line) => !old.includes(line))
  if (gone.length + added.length === 0) return <p>{words.sameAll}</p>
  return (
    <ul class="plain-list">
      {gone.map((line) => (
        <li key={line}>
          <s>{visible(line)}</s> <span class="muted">{words.removed}</span>
        </li>
      ))}
      {added.map((line) => (
        <li key={line}>
          {visible(line)} <span class="muted">{words.added}</span>
        </li>
      ))}
    </ul>
  )
}
