/** What the provider of payments posts, from the web into the site. */
import type { Log } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { createCallbackGate, hearCallback } from '@lango/modules/payments'
import { paymentCallbacks } from './drivers.ts'
import type { Site } from './site.ts'
import { createCallbacks } from './web/index.ts'

type Parts = Pick<Site, 'database' | 'vault' | 'dispatcher' | 'ids'>

/** For the web of the desk, and for any other that is reached from outside: mounted at `/callbacks`. */
export const callbacksOf = ({ database, vault, dispatcher, ids }: Parts, log: Log) =>
  createCallbacks({
    gate: createCallbackGate(database.raw, vault),
    reader: paymentCallbacks,
    async write(arrived) {
      const by = { id: ids.next('cmd'), actor: system('callbacks'), syncsLater: true }
      const heard = dispatcher.dispatch(hearCallback, arrived, by)
      return heard.ok ? dispatcher.synced() : heard
    },
    synced: () => dispatcher.synced(),
    log,
  })
