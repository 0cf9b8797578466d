/** What only a running box can do: the actions of the desk and the command line. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { ok } from '@lango/kernel'
import { createPersonalReader, type Actor } from '@lango/kernel/verbs'
import type { Reach } from '@lango/modules/network'
import type { Aaa } from './aaa/threads.ts'
import { createActions, type Action } from './actions.ts'
import { createDeskAudit } from './audit/desk-export.ts'
import type { BoxOptions } from './box-options.ts'
import type { CertificateService } from './certificate-service.ts'
import type { BoxCounts } from './doctor/check.ts'
import type { Ground } from './ground.ts'
import { boxNetwork } from './network/box.ts'
import { createPortalEntry } from './portal-entry.ts'
import { rotateKeys } from './rotate-keys.ts'
import { pushRouter } from './router-control/push.ts'
import type { RouterControlService } from './router-control/service.ts'
import { runOwnWhole, runWhole } from './run-named.ts'
import { portalPorts, type Served } from './served.ts'
import { consoleActions } from './setup/console-facts.ts'
import { shelfAddress } from './shelf/index.ts'
import type { PairService } from './standby/pair-service.ts'
import { createListExport } from './transfer/desk-export.ts'
import type { Transfers } from './transfer/desk-transfers.ts'
import type { Watch } from './watch.ts'

/** Who holds the box's own socket: the file's mode says who may. */
export const console: Actor = { kind: 'console', id: 'socket' }

const countedSinceStart = [
  'dropped',
  'radsecUnknown',
  'radsecHandshakes',
  'radsecDropped',
  'decisionsLost',
  'statusRequests',
] as const satisfies readonly (keyof BoxCounts)[]

export const boxActions = (
  { image, listen, webListen }: BoxOptions,
  { folder, site, staffDoor, reader, queries }: Ground,
  aaa: Aaa,
  parts: {
    readonly watch: Watch
    readonly transfers: Transfers
    readonly controlled: RouterControlService
    readonly certified: CertificateService
    readonly reach: () => Reach
    readonly pair: PairService
  },
  served: Served,
): Action => {
  const { clock } = site
  const { ports, state } = aaa
  const { watch, transfers, controlled, certified, reach, pair } = parts
  const { desk } = served
  const startedAt = clock.now()
  const command = (name: string, input: unknown, actor: Actor) => runWhole(site, name, input, { actor })
  const own = (name: string, input: unknown, actor: Actor) => runOwnWhole(site, name, input, { actor })
  return createActions({
    reader,
    queries,
    command,
    status: () => ({
      pid: process.pid,
      listen,
      webListen,
      ports: { ...ports, ...portalPorts(served.portal()), web: desk()?.port },
      startedAt,
      now: clock.now(),
      clockSure: clock.sure(),
      ...watch.serving(),
      controlled: controlled.statuses(),
      counts: Object.fromEntries(countedSinceStart.map((name) => [name, state.read(name)])),
      pair: pair.status(),
    }),
    newWebAddress: () => desk()?.newAddress() ?? '',
    sleep,
    ...watch.selfKnowledge,
    // The other threads meet the new key in the file by themselves: a vault reads it again for a key it does not know.
    others: {
      ...createDeskAudit({
        site,
        ask: queries.sealed,
        plain: createPersonalReader(reader, site.vault),
        hostName: hostname(),
      }),
      'box.attention': () => ok(watch.attention()),
      'box.reach': () => ok(reach()),
      'portal.entry': createPortalEntry(site.database.raw, reach),
      'shelf.address': () => shelfAddress(desk()!.at(), reach().addresses),
      'routers.controlled': () => ok(controlled.statuses()),
      'routers.push': pushRouter(reader, controlled.push),
      'transfer.show': (input, by) => transfers.show(input, by),
      'transfer.load': (_, by) => transfers.load(by),
      'transfer.drop': (_, by) => transfers.drop(by),
      'transfer.give': createListExport({ may: site.may, ask: queries.ask, command: own }),
      ...certified.actions,
      ...boxNetwork(image, site, { command, own }),
      ...consoleActions({ site, staffDoor, state, desk }),
      ...pair.actions,
      'keys.rotate': () => rotateKeys(site, folder, console, () => Promise.resolve()),
    },
  })
}
