/** Keeps live sessions as they should be: what overstays is ordered to end, orders are carried out and checked. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Log, Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { system } from '@lango/kernel/verbs'
import { accessChanged, type Calendar, type Policy } from '@lango/modules/access'
import { finishOrder, orderSession, sessionOrdered } from '@lango/modules/sessions'
import type { NamedChanges, NasControl, NasSession } from '@lango/modules/sessions/port'
import { isVendor, policyAttributes } from './aaa/vendors.ts'
import { EXPIRY_LOOK_MS, FULL_LOOK_MS, createEnforcement } from './enforcement.ts'
import { createReconciler } from './reconciler.ts'
import type { Site } from './site.ts'

const reconcilerActor = system('reconciler')

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
  const told = (result: Result<unknown, Fault>, what: string): void => {
    if (!result.ok) log.error('a session order could not be written', { what, fault: result.error })
  }
  const options = () => ({ id: site.ids.next('cmd'), actor: reconcilerActor })

  const enforcement = createEnforcement({
    reader,
    clock,
    calendar,
    log,
    order: ({ no, acctSessionId }, reason) =>
      told(
        site.dispatcher.dispatch(orderSession, { sessionNo: no, acctSessionId, kind: 'end', reason }, options()),
        reason,
      ),
  })
  const reconciler = createReconciler({
    reader,
    control,
    clock,
    log,
    endSession,
    changesFor: changesFrom(reader),
    finish: (order, state, steps) =>
      told(site.dispatcher.dispatch(finishOrder, { orderId: order.id, state, steps: [...steps] }, options()), state),
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  })

  const expiries = setInterval(() => {
    enforcement.lookAtDue()
    reconciler.wake()
  }, EXPIRY_LOOK_MS)
  const lookAtAll = (): void => {
    enforcement.lookAtAll().catch((error: unknown) => log.error('looking at all sessions failed', { error }))
  }
  const everything = setInterval(lookAtAll, FULL_LOOK_MS)
  // What ended or changed while the box was down.
  lookAtAll()
  const deaf = [
    events.on(accessChanged, ({ grantNo }) => {
      forgetQuota(grantNo)
      enforcement.look(grantNo)
    }),
    events.on(sessionOrdered, () => reconciler.wake()),
  ]
  reconciler.wake()

  return {
    look: (grantNo) => enforcement.look(grantNo),
    async stop() {
      clearInterval(expiries)
      clearInterval(everything)
      for (const stopHearing of deaf) stopHearing()
      await reconciler.stop()
    },
  }
}

/** A session's present policy in the words of its router's vendor. */
const changesFrom = (reader: RawDatabase): ((session: NasSession) => NamedChanges) => {
  const read = reader.prepare<[number], { policy: string; vendor: string }>(
    `SELECT p.policy, r.vendor FROM live_sessions l JOIN grants g ON g.no = l.grant_no
       JOIN policies p ON p.id = g.policy_id JOIN routers r ON r.no = l.router_no WHERE l.no = ?`,
  )
  return ({ no }) => {
    const row = read.get(no)
    if (!row) return {}
    const vendor = isVendor(row.vendor) ? row.vendor : 'generic'
    return policyAttributes(vendor, JSON.parse(row.policy) as Policy, 'coa') as NamedChanges
  }
}
