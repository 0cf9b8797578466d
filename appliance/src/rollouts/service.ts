/** Rollouts to routers: looked at every few seconds, and at once when somebody changes one. */
import { orThrow, systemTimers, every, type Log } from '@lango/kernel'
import { runSite } from '@lango/kernel/db'
import { system, type AnyCommand } from '@lango/kernel/verbs'
import {
  listRolloutDevices,
  listRollouts,
  listRouterPackages,
  recordRollout,
  recordRolloutDevice,
  recordRouterSoftware,
  rolloutChanged,
} from '@lango/modules/rollouts'
import type { Site } from '../site.ts'
import type { PackageHandOut } from './hand-out.ts'
import { RolloutKeeper, type KeeperDeps } from './keeper.ts'
import { Routers, type RoutersDeps } from './routers.ts'

const LOOK_EVERY_MS = 3000

export type RolloutDeps = Omit<RoutersDeps, 'vault' | 'clock' | 'timers' | 'random'> & {
  readonly site: Pick<Site, 'database' | 'dispatcher' | 'events' | 'ids' | 'vault' | 'clock' | 'random'>
  readonly handOut: PackageHandOut
  readonly log: Log
}

const actor = system('rollouts')

/** What the keeper reads and writes of this box's databases. */
export const keeperOn = ({
  database,
  dispatcher,
  ids,
}: Pick<Site, 'database' | 'dispatcher' | 'ids'>): Pick<
  KeeperDeps,
  'latest' | 'devices' | 'packages' | 'record' | 'end' | 'recordSoftware'
> => {
  const tell = (command: AnyCommand, input: unknown): void =>
    void orThrow(dispatcher.dispatch(command, input, { id: ids.next('cmd'), actor }))
  return {
    latest: () => runSite(listRollouts, database, { limit: 1 })[0],
    devices: (rolloutId) => runSite(listRolloutDevices, database, { rolloutId }),
    packages: () => runSite(listRouterPackages, database, {}),
    record: (id, change) => tell(recordRolloutDevice, { id, ...change }),
    end: (id, state) => tell(recordRollout, { id, state }),
    recordSoftware: (id, { versionText, architecture, board, firmware, freeDiskBytes }) =>
      tell(recordRouterSoftware, {
        id,
        version: versionText,
        architecture,
        board,
        firmware: firmware?.current ?? null,
        firmwareOffered: firmware?.offered ?? null,
        freeDiskBytes,
      }),
  }
}

export const startRollouts = ({ site, handOut, log, ...deps }: RolloutDeps): { stop(): Promise<void> } => {
  const { clock, vault, random } = site
  const routers = new Routers({ ...deps, vault, clock, random, timers: systemTimers() })
  const keeper = new RolloutKeeper({ ...keeperOn(site), clock, log, routers, handOut })
  const stopLooking = every(LOOK_EVERY_MS, () => keeper.look())
  const deaf = site.events.on(rolloutChanged, () => keeper.hurry())
  return {
    async stop() {
      stopLooking()
      deaf()
      await keeper.close()
    },
  }
}
