/** Keeps live sessions as they should be: what overstays is ordered to end, orders are carried out and checked. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import type { Fault, Log, Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { system } from '@lango/kernel/verbs'
import { accessChanged, deviceFreed, openPolicy } from '@lango/modules/access'
import { atSpeed, isShaped, type Calendar, type Policy } from '@lango/modules/access/rules'
import { ORDERS_AT_ONCE_MAX, finishOrders, orderSessions, sessionOrdered } from '@lango/modules/sessions'
import type { NamedChanges, NasControl, NasSession } from '@lango/modules/sessions/port'
import { isVendor, policyAttributes } from './aaa/vendors.ts'
import { DUE_LOOK_MS, EXTENDED, FULL_LOOK_MS, createEnforcement, type EnforcementDeps } from './enforcement.ts'
import { createGrouped } from './grouped.ts'
import { createRenewalWatch } from './renewal-watch.ts'
import { createReconciler, type Order, type SessionChange } from './reconciler.ts'
import type { Site } from './site.ts'
import { createLongerTime } from './session-time.ts'
import { createStandings, type Standings } from './standings.ts'
import { byTypedName } from './typed-names.ts'

const reconcilerActor = system('reconciler')
/** Orders that are given and carried out at about the same time are committed together. */
const GATHER_MS = 10
const grouping = {
  itemsMax: ORDERS_AT_ONCE_MAX,
  withinMs: GATHER_MS,
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export type SessionControlDeps = {
  readonly site: Site
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly control: NasControl
  readonly calendar: Calendar
  readonly log: Log
  readonly endSession: (no: number) => void
  readonly forgetQuota: (grantNo: number) => void
}

export type SessionControl = {
  /** A grant has reached a limit: look at its sessions now. */
  readonly look: (grantNo: number) => void
  readonly stop: () => Promise<void>
}

export const startSessionControl = ({
  site,
  reader,
  control,
  calendar,
  log,
  endSession,
  forgetQuota,
}: SessionControlDeps): SessionControl => {
  const { clock, events } = site
  const { orders, finished } = orderBooks(site, log, (order) => {
    // While a change was on its way its reason may have passed, and an order that waits is not given twice.
    if (order.kind === 'change') enforcement.lookAtSession(order.sessionNo)
  })
  const standings = createStandings(reader, calendar, clock)
  const [overshoot, renewals] = [overshootFrom(reader, standings), createRenewalWatch(site, reader, standings)]
  const enforcement = createEnforcement({
    reader,
    clock,
    calendar,
    standings,
    log,
    order: renewals.unlessRenewed(orderIn(orders)),
  })
  const reconciler = createReconciler({
    reader,
    control: byTypedName(control, reader, site.vault),
    clock,
    log,
    endSession,
    changesFor: changesFrom(reader, standings),
    finish(order, state, steps, changed) {
      const over = order.reason === 'quota-used' ? { overOctets: overshoot(order) } : {}
      finished.add({ order, outcome: { orderId: order.id, state, steps: [...steps], ...changed, ...over } })
    },
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  })

  const wake = once(() => {
    // What is carried out must not be read as waiting.
    finished.flush()
    reconciler.wake()
  })
  const watched = (looking: Promise<void>): void =>
    void looking.catch((error: unknown) => log.error('looking at the sessions failed', { error }))
  const due = setInterval(() => {
    watched(enforcement.lookAtDue())
    wake()
  }, DUE_LOOK_MS)
  const lookAtAll = (): void => watched(enforcement.lookAtAll())
  const everything = setInterval(lookAtAll, FULL_LOOK_MS)
  // What ended or changed while the box was down.
  lookAtAll()
  const deaf = [
    events.on(accessChanged, ({ grantNo }) => {
      forgetQuota(grantNo)
      enforcement.look(grantNo)
    }),
    events.on(deviceFreed, ({ grantNo, device }) => enforcement.endDevice(grantNo, device)),
    events.on(sessionOrdered, wake),
  ]
  wake()

  return {
    look: renewals.before(enforcement.look),
    async stop() {
      clearInterval(due)
      clearInterval(everything)
      for (const stopHearing of deaf) stopHearing()
      orders.flush()
      await reconciler.stop()
      finished.flush()
    },
  }
}

const orderIn =
  (orders: ReturnType<typeof orderBooks>['orders']): EnforcementDeps['order'] =>
  ({ no, acctSessionId }, kind, reason) =>
    orders.add({ sessionNo: no, acctSessionId, kind, reason })

/** Runs a little later, once for all who ask meanwhile: many orders may be given at once, and one look serves them all. */
const once = (run: () => void): (() => void) => {
  let isComing = false
  return () => {
    if (isComing) return
    isComing = true
    setImmediate(() => {
      isComing = false
      run()
    })
  }
}

type Finished = { readonly order: Order; readonly outcome: z.input<typeof finishOrders.input>['outcomes'][number] }

/** Where orders and what became of them are written, in groups. */
const orderBooks = (site: Site, log: Log, afterwards: (order: Order) => void) => {
  const told = (result: Result<unknown, Fault>, what: string): void => {
    if (!result.ok) log.error('session orders could not be written', { what, fault: result.error })
  }
  const options = () => ({ id: site.ids.next('cmd'), actor: reconcilerActor })
  return {
    orders: createGrouped<z.input<typeof orderSessions.input>['orders'][number]>(
      (group) => told(site.dispatcher.dispatch(orderSessions, { orders: [...group] }, options()), 'orders'),
      grouping,
    ),
    finished: createGrouped<Finished>((group) => {
      const outcomes = group.map(({ outcome }) => outcome)
      told(site.dispatcher.dispatch(finishOrders, { outcomes }, options()), 'outcomes')
      for (const { order } of group) afterwards(order)
    }, grouping),
  }
}

/** What a session should have now, in the words of its router's vendor. */
const changesFrom = (
  reader: RawDatabase,
  standings: Standings,
): ((session: NasSession, reason: string) => SessionChange) => {
  const read = reader.prepare<[number], { grantNo: number; vendor: string }>(
    'SELECT l.grant_no grantNo, r.vendor FROM live_sessions l JOIN routers r ON r.no = l.router_no WHERE l.no = ?',
  )
  const longer = createLongerTime(reader)
  return ({ no }, reason) => {
    const row = read.get(no)
    const found = row && standings(row.grantNo)
    if (!found) return { changes: {}, brings: { downKbps: openPolicy.downKbps, upKbps: openPolicy.upKbps } }
    const timeoutSec = longer(no, found.standing)
    const time: NamedChanges = timeoutSec === undefined ? {} : { 'Session-Timeout': timeoutSec }
    const lasts = timeoutSec === undefined ? {} : { timeoutSec }
    // Nothing else, which a NAS might refuse all of it for.
    if (reason === EXTENDED) return { changes: time, brings: lasts }
    const policy = found.standing.kind === 'open' ? found.standing.policy : found.policy
    const vendor = isVendor(row.vendor) ? row.vendor : 'generic'
    const asked = isShaped(found.policy) ? unboundAloud(policy) : policy
    const { downKbps, upKbps } = policy
    const changes = { ...(policyAttributes(vendor, asked, 'coa') as NamedChanges), ...time }
    return { changes, brings: { downKbps, upKbps, ...lasts } }
  }
}

/** As fast as an attribute of 32 bits can say. */
const FASTEST_KBPS = 4_294_967

/** In a change "no limit" has to be said: leaving the speed out leaves the slow one that the session has. */
const unboundAloud = (policy: Policy): Policy => {
  if (policy.downKbps > 0 && policy.upKbps > 0) return policy
  return atSpeed(policy, { downKbps: policy.downKbps || FASTEST_KBPS, upKbps: policy.upKbps || FASTEST_KBPS })
}

/** Octets that a grant has used beyond its quota by the time that its session is cut. */
const overshootFrom = (reader: RawDatabase, standings: Standings): ((order: Order) => number | undefined) => {
  const grantNo = reader
    .prepare<[number, string], number>(
      `SELECT grant_no FROM live_sessions WHERE no = ?
       UNION ALL SELECT * FROM (SELECT h.grant_no FROM session_orders o JOIN session_history h
         ON h.acct_session_id = o.acct_session_id WHERE o.id = ? ORDER BY h.no DESC LIMIT 1) LIMIT 1`,
    )
    .pluck()
  return ({ id, sessionNo }) => {
    const no = grantNo.get(sessionNo, id)
    return no === undefined ? undefined : standings(no)?.allowance?.octets?.over
  }
}
