/** What providers post, from the web into the site. */
import type { Fault, Log, Result } from '@lango/kernel'
import { system, type AnyCommand } from '@lango/kernel/verbs'
import { createReportGate, hearReport } from '@lango/modules/messages'
import {
  createCallbackGate,
  hearAnswer,
  hearCallback,
  hearConfirmation,
  hearPayout,
  hearResult,
  hearStandingOrder,
} from '@lango/modules/payments'
import { paymentCallbacks } from './drivers.ts'
import { createReportReaders } from './messages/drivers.ts'
import type { Site } from './site.ts'
import { createCallbacks, createPaymentCallbacks, createReportCallbacks } from './web/index.ts'

type Parts = Pick<Site, 'database' | 'vault' | 'dispatcher' | 'ids'>

/** For the web of the desk, and for any other that is reached from outside: mounted at `/callbacks`. */
export const callbacksOf = ({ database: { raw }, vault, dispatcher, ids }: Parts, log: Log) => {
  const written =
    (command: AnyCommand) =>
    async (arrived: unknown): Promise<Result<unknown, Fault>> => {
      const by = { id: ids.next('cmd'), actor: system('callbacks'), syncsLater: true }
      const heard: Result<unknown, Fault> = dispatcher.dispatch(command, arrived, by)
      return heard.ok ? dispatcher.synced() : heard
    }
  const reports = createReportCallbacks({
    gate: createReportGate(raw, vault),
    readerOf: createReportReaders({ reader: raw, vault, log }),
    report: written(hearReport),
    synced: () => dispatcher.synced(),
    log,
  })
  const payments = createPaymentCallbacks({
    gate: createCallbackGate(raw, vault),
    reader: paymentCallbacks,
    prompt: written(hearCallback),
    payment: written(hearConfirmation),
    refund: written(hearResult),
    payout: written(hearPayout),
    answer: written(hearAnswer),
    standingOrder: written(hearStandingOrder),
    synced: () => dispatcher.synced(),
    log,
  })
  return createCallbacks([reports, payments], log)
}
