/** What only a running box can do, beside the modules' commands and queries. */
import { z } from 'zod'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { inputInvalid, type Actor } from '@lango/kernel/verbs'
import type { RawDatabase } from '@lango/kernel/db'
import { createAccessLog, createDecisionSearch } from './access-log.ts'
import { benchActions, type BenchService } from './bench-self/service.ts'
import type { BoxStatus } from './doctor/check.ts'
import { doctorActions, type Doctor } from './doctor/service.ts'
import type { ActionName } from './link.ts'
import type { QueryService } from './query-service.ts'
import { supportActions, type SupportDeps } from './support/service.ts'

/** By name, for somebody: what they do on the way is done in their name. */
export type Action = (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>

type Doing = (input: unknown, by: Actor) => Promise<Result<unknown, Fault>> | Result<unknown, Fault>

export type ActionDeps = {
  readonly reader: RawDatabase
  readonly queries: QueryService
  readonly command: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
  /** Says what runs, on which ports, since when. */
  readonly status: () => unknown
  readonly newWebAddress: () => string
  readonly sleep: (ms: number) => Promise<unknown>
  readonly doctor?: Doctor
  readonly support?: SupportDeps
  readonly bench?: BenchService
  readonly others: Partial<Record<ActionName, Doing>>
}

/** A person waits this long for an order to be carried out before it is said that it still is. */
const ORDER_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 100

const sessionInput = z.object({ acctSessionId: z.string().min(1).max(253) })

const checked =
  <S extends z.ZodType>(schema: S, run: (input: z.output<S>, by: Actor) => ReturnType<Doing>): Doing =>
  (input, by) => {
    const parsed = schema.safeParse(input)
    return parsed.success ? run(parsed.data, by) : err(inputInvalid(parsed.error))
  }

export const createActions = (deps: ActionDeps): Action => {
  const open = deps.reader.prepare<[string], { no: number; acctSessionId: string }>(
    'SELECT no, acct_session_id acctSessionId FROM live_sessions WHERE acct_session_id = ? AND ended_at IS NULL',
  )
  const orderState = deps.reader.prepare<[string], { state: string; steps: string }>(
    'SELECT state, steps FROM session_orders WHERE id = ?',
  )

  /** Resolves when the order is done or has failed; while it waits longer than a person would, says so. */
  const outcomeOf = async (orderId: string): Promise<{ state: string; steps: unknown }> => {
    for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
      const order = orderState.get(orderId)
      const isOver = order !== undefined && order.state !== 'waiting'
      if (isOver || waitedMs >= ORDER_WITHIN_MS)
        return { state: order?.state ?? 'waiting', steps: JSON.parse(order?.steps ?? '[]') }
      await deps.sleep(LOOK_EVERY_MS)
    }
  }

  const orderFor = (kind: 'end' | 'change'): Doing =>
    checked(sessionInput, async ({ acctSessionId }, by) => {
      const sessions = open.all(acctSessionId)
      if (sessions.length === 0) return err({ type: 'SessionNotOpen', acctSessionId })
      const results = await Promise.all(
        sessions.map(async (session) => {
          const order = { sessionNo: session.no, acctSessionId, kind, reason: 'desk' }
          const ordered = await deps.command('sessions.order', order, by)
          if (!ordered.ok) return { acctSessionId, state: 'failed', steps: [], fault: ordered.error }
          return { acctSessionId, ...(await outcomeOf((ordered.value as { orderId: string }).orderId)) }
        }),
      )
      return ok(results)
    })

  const status = () => deps.status() as BoxStatus
  const actions: Partial<Record<ActionName, Doing>> = {
    'decisions.search': createDecisionSearch(deps.queries.ask),
    'decisions.page': createAccessLog({ ask: deps.queries.ask, command: deps.command }),
    'sessions.disconnect': orderFor('end'),
    'sessions.change': orderFor('change'),
    // For pages of modules that know no sessions.
    'grants.devices': (input) => deps.queries.ask('sessions.devices', input),
    'box.status': () => ok(deps.status()),
    ...(deps.doctor && doctorActions(deps.doctor, status, deps.sleep)),
    ...(deps.bench && benchActions(deps.bench)),
    ...(deps.support && supportActions(deps.support, status)),
    'web.token': () => ok({ address: deps.newWebAddress() }),
    ...deps.others,
  }
  return async (name, input, by) => {
    const action = Object.hasOwn(actions, name) ? actions[name as ActionName] : undefined
    return action ? action(input, by) : err({ type: 'ActionUnknown', name })
  }
}
