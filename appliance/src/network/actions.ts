/** The ports of the box, seen and changed from the desk. Root does it; a change that nobody confirms is taken back. */
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { inputInvalid, type Actor } from '@lango/kernel/verbs'
import type { RawDatabase } from '@lango/kernel/db'
import {
  COA_PORT_DEFAULT,
  type BoxNetwork,
  type NetworkFault,
  type NetworkPlan,
  type NetworkPort,
  type NetworkStatus,
} from '@lango/modules/network'
import { z } from 'zod'
import { faultsOf, isFeasible, NAS_ADDRESS, NAS_COA_PORT, networkPlanSchema, STARRED } from './drivers.ts'

export type NetworkActionFault =
  | { readonly type: 'NotAppliance' }
  | { readonly type: 'NetworkSilent' }
  | { readonly type: 'NetworkPlanFaulty'; readonly faults: readonly NetworkFault[] }
  | { readonly type: 'NetworkTrialOver' }

/** What the desk is shown. */
export type ShownNetwork = {
  readonly isAppliance: boolean
  /** Undefined where the root service has told nothing. */
  readonly status?: NetworkStatus
  /** Of a trial: how long until it is taken back. */
  readonly leftSec?: number
  /** Ports as they are at this moment. */
  readonly ports: readonly NetworkPort[]
}

export type NetworkActionDeps = {
  /** Undefined where this is no appliance image. */
  readonly network: BoxNetwork | undefined
  readonly readPorts: (plan: NetworkPlan | null) => readonly NetworkPort[]
  readonly uptimeSec: () => number
  readonly newId: () => string
  readonly newSecret: () => string
  readonly routers: Pick<RawDatabase, 'prepare'>
  readonly command: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
  readonly own: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
}

/** The box's own NAS, each by the address that it asks from. */
const nasOf = (plan: NetworkPlan) => [
  ...(plan.networks.some(({ use }) => use === 'lan')
    ? [{ name: 'gateway', address: '127.0.0.1', vendor: 'chillispot', coaPort: COA_PORT_DEFAULT }]
    : []),
  ...(plan.networks.some(({ use }) => use === 'pppoe')
    ? [{ name: 'pppoe', address: NAS_ADDRESS, vendor: 'generic', coaPort: NAS_COA_PORT }]
    : []),
]

/** Passwords that were not shown are those of before, under the same network's name. */
const withPasswords = (plan: NetworkPlan, before: NetworkPlan | undefined): NetworkPlan => ({
  ...plan,
  networks: plan.networks.map((one) => {
    if (one.use !== 'uplink' || one.ipv4.kind !== 'pppoe' || one.ipv4.password !== STARRED) return one
    const { userName } = one.ipv4
    const known = before?.networks.find(
      (old) => old.use === 'uplink' && old.ipv4.kind === 'pppoe' && old.ipv4.userName === userName,
    )
    return known?.use === 'uplink' ? { ...one, ipv4: known.ipv4 } : one
  }),
})

/** Makes the box's own NAS routers of the box, all by one secret, which the plan then has. */
const createNas = ({ routers, command, newSecret }: NetworkActionDeps) => {
  const routerAt = routers.prepare<[string], { name: string }>('SELECT name FROM routers WHERE address = ?')

  /** The secret of the box's own NAS: that of a router that is there, for all of them. */
  const secretFor = async (plan: NetworkPlan, by: Actor): Promise<Result<string, Fault>> => {
    const known = nasOf(plan).flatMap(({ address }) => routerAt.get(address) ?? [])
    if (known.length === 0) return ok(newSecret())
    const revealed = await command('routers.reveal', { name: known[0]!.name }, by)
    return revealed.ok ? ok((revealed.value as { secret: string }).secret) : revealed
  }

  return async (plan: NetworkPlan, by: Actor): Promise<Result<NetworkPlan, Fault>> => {
    if (nasOf(plan).length === 0) return ok(plan)
    const secret = await secretFor(plan, by)
    if (!secret.ok) return secret
    for (const nas of nasOf(plan)) {
      const known = routerAt.get(nas.address)
      const { address: _, name, ...settings } = nas
      const done = known
        ? await command('routers.set', { ...settings, name: known.name, secret: secret.value }, by)
        : await command('routers.add', { ...nas, name, secret: secret.value }, by)
      if (!done.ok) return done
    }
    return ok({ ...plan, nasSecret: secret.value })
  }
}

const planInput = z.object({ plan: z.unknown() })
const idInput = z.object({ id: z.string() })

export const networkActions = (deps: NetworkActionDeps) => {
  const { network, readPorts, uptimeSec, own } = deps

  const show = (): ShownNetwork => {
    const status = network?.status()
    const left =
      status?.state === 'trial' && status.revertsAtUptimeSec !== undefined
        ? status.revertsAtUptimeSec - uptimeSec()
        : undefined
    return {
      isAppliance: network !== undefined,
      ...(status ? { status } : {}),
      ...(left === undefined ? {} : { leftSec: Math.max(0, Math.ceil(left)) }),
      ports: readPorts(status?.plan ?? null),
    }
  }

  /** The plan as it would be carried out, and what is wrong with it. */
  const read = (input: unknown): Result<{ plan: NetworkPlan; faults: readonly NetworkFault[] }, Fault> => {
    if (network === undefined) return err({ type: 'NotAppliance' })
    const parsed = networkPlanSchema.safeParse(planInput.safeParse(input).data?.plan)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const plan = withPasswords(parsed.data, network.wished())
    return ok({ plan, faults: faultsOf(plan, readPorts(null)) })
  }

  const withNas = createNas(deps)
  const changed = (step: 'tried' | 'kept', { role, networks }: NetworkPlan, by: Actor) =>
    own('network.changed', { step, role, networks: networks.map(({ name, use }) => `${name} ${use}`).join(', ') }, by)

  return {
    'network.show': () => ok(show()),
    'network.check': (input: unknown) => read(input),
    'network.try': async (input: unknown, by: Actor): Promise<Result<{ id: string }, Fault>> => {
      const asked = read(input)
      if (!asked.ok) return asked
      if (!isFeasible(asked.value.faults))
        return err({ type: 'NetworkPlanFaulty', faults: asked.value.faults } as Fault)
      const plan = await withNas(asked.value.plan, by)
      if (!plan.ok) return plan
      const noted = await changed('tried', plan.value, by)
      if (!noted.ok) return noted
      const id = deps.newId()
      network!.wish(id, plan.value)
      return ok({ id })
    },
    'network.keep': async (input: unknown, by: Actor): Promise<Result<undefined, Fault>> => {
      if (network === undefined) return err({ type: 'NotAppliance' })
      const status = network.status()
      if (status === undefined) return err({ type: 'NetworkSilent' })
      const id = idInput.safeParse(input).data?.id ?? status.wishId
      if (status.state !== 'trial' || status.plan === null || id === null || id !== status.wishId)
        return err({ type: 'NetworkTrialOver' })
      const noted = await changed('kept', status.plan, by)
      if (!noted.ok) return noted
      network.confirm(id)
      return ok(undefined)
    },
  }
}
