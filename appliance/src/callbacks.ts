/** What the provider of payments posts, from the web into the site. */
import type { Fault, Log, Result } from '@lango/kernel'
import { system, type AnyCommand } from '@lango/kernel/verbs'
import { createCallbackGate, hearCallback, hearConfirmation } from '@lango/modules/payments'
import { paymentCallbacks } from './drivers.ts'
import type { Site } from './site.ts'
import { createCallbacks } from './web/index.ts'

type Parts = Pick<Site, 'database' | 'vault' | 'dispatcher' | 'ids'>

/** For the web of the desk, and for any other that is reached from outside: mounted at `/callbacks`. */
export const callbacksOf = ({ database, vault, dispatcher, ids }: Parts, log: Log) => {
  const written =
    (command: AnyCommand) =>
    async (arrived: unknown): Promise<Result<unknown, Fault>> => {
      const by = { id: ids.next('cmd'), actor: system('callbacks'), syncsLater: true }
      const heard: Result<unknown, Fault> = dispatcher.dispatch(command, arrived, by)
      return heard.ok ? dispatcher.synced() : heard
    }
  return createCallbacks({
    gate: createCallbackGate(database.raw, vault),
    reader: paymentCallbacks,
    prompt: written(hearCallback),
    payment: written(hearConfirmation),
    synced: () => dispatcher.synced(),
    log,
  })
}
