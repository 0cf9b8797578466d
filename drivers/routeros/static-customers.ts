/**
 * Customers with an address of their own and no login: a queue holds their speed, an entry of ARP binds the address to
 * their device, and the list `lango-active` tells the router's firewall who may pass. For the binding to count the
 * interface is set to `arp=reply-only`, and for the list a rule drops whoever is not in it; both are the operator's.
 */
import { isIPv4 } from 'node:net'
import { ok, type Result } from '@lango/kernel'
import type { RouterosClient } from './client.ts'
import type { RouterosFault } from './fault.ts'
import type { DesiredRow, TableSpec } from './plan.ts'
import { reconcile, type ReconcileOutcome } from './reconcile.ts'
import type { CallOptions } from './request.ts'

/** What a module that keeps such customers says of each: the shape of its port. */
export type StaticCustomer = {
  /** Of the service, for ever. */
  readonly key: string
  /** IPv4. */
  readonly address: string
  /** Of the device, `AA:BB:CC:DD:EE:FF`; empty when any may use the address. */
  readonly macAddress: string
  /** Of the router, where the customer is. */
  readonly interface: string
  /** 0 for no limit. */
  readonly downKbps: number
  readonly upKbps: number
  readonly burst?: {
    readonly downKbps: number
    readonly upKbps: number
    readonly thresholdDownKbps: number
    readonly thresholdUpKbps: number
    readonly timeSec: number
  }
  /** Paid and not suspended. Whoever is not keeps the address and the queue, and may not pass. */
  readonly isActive: boolean
}

export const ACTIVE_LIST = 'lango-active'

const area = 'static'
const QUEUES: TableSpec = { menu: '/queue/simple', area, identity: ['name'], place: 'first' }
const BINDINGS: TableSpec = { menu: '/ip/arp', area, identity: ['address', 'interface'] }
const MEMBERS: TableSpec = { menu: '/ip/firewall/address-list', area, identity: ['list', 'address'] }

export type DesiredTable = { readonly spec: TableSpec; readonly rows: readonly DesiredRow[] }

export type StaticPlan = {
  /** In the order in which they are written: speed and binding before the way is free. */
  readonly tables: readonly DesiredTable[]
  /** Keys of those whose address or device is none; they have no rows. */
  readonly unreadable: readonly string[]
}

const MAC = /^(?:[\dA-F]{2}:){5}[\dA-F]{2}$/i

/** The rows of all such customers of one router. Pure. */
export const desiredStatic = (customers: readonly StaticCustomer[]): StaticPlan => {
  const isReadable = ({ address, macAddress }: StaticCustomer): boolean =>
    isIPv4(address) && (macAddress === '' || MAC.test(macAddress))
  // In one order, whatever theirs, so that the queues of a router are not moved about.
  const readable = customers.filter(isReadable).toSorted((one, other) => (one.key < other.key ? -1 : 1))
  return {
    tables: [
      { spec: QUEUES, rows: readable.map(queueOf) },
      { spec: BINDINGS, rows: readable.filter(({ macAddress }) => macAddress !== '').map(bindingOf) },
      { spec: MEMBERS, rows: readable.filter(({ isActive }) => isActive).map(memberOf) },
    ],
    unreadable: customers.filter((customer) => !isReadable(customer)).map(({ key }) => key),
  }
}

/** What the customer sends comes first: a queue is seen from its target. */
const upAndDown = (upKbps: number, downKbps: number): string => `${upKbps * 1000}/${downKbps * 1000}`

const queueOf = ({ key, address, upKbps, downKbps, burst }: StaticCustomer): DesiredRow => ({
  key,
  values: {
    name: `static-${key}`,
    target: `${address}/32`,
    'max-limit': upAndDown(upKbps, downKbps),
    // None is written too, or that of a former plan would stay.
    'burst-limit': burst ? upAndDown(burst.upKbps, burst.downKbps) : '0/0',
    'burst-threshold': burst ? upAndDown(burst.thresholdUpKbps, burst.thresholdDownKbps) : '0/0',
    'burst-time': burst ? `${burst.timeSec}s/${burst.timeSec}s` : '0s/0s',
    disabled: 'no',
  },
})

const bindingOf = ({ key, address, macAddress, interface: name }: StaticCustomer): DesiredRow => ({
  key,
  values: { address, 'mac-address': macAddress.toUpperCase(), interface: name, disabled: 'no' },
})

const memberOf = ({ key, address }: StaticCustomer): DesiredRow => ({
  key,
  values: { list: ACTIVE_LIST, address, disabled: 'no' },
})

export type StaticOutcome = {
  readonly tables: readonly { readonly menu: string; readonly outcome: ReconcileOutcome }[]
  readonly unreadable: readonly string[]
}

/** Makes a router hold all of them and no others. */
export const enforceStatic = async (
  client: RouterosClient,
  customers: readonly StaticCustomer[],
  call: CallOptions = {},
): Promise<Result<StaticOutcome, RouterosFault>> => {
  const { tables, unreadable } = desiredStatic(customers)
  const outcomes: { menu: string; outcome: ReconcileOutcome }[] = []
  for (const { spec, rows } of tables) {
    const outcome = await reconcile(client, spec, rows, call)
    if (!outcome.ok) return outcome
    outcomes.push({ menu: spec.menu, outcome: outcome.value })
  }
  return ok({ tables: outcomes, unreadable })
}
