import { defineModule } from '@lango/kernel/verbs'
import {
  addRouterPackage,
  cancelRollout,
  pauseRollout,
  removeRouterPackage,
  resumeRollout,
  startRollout,
} from './commands.ts'
import { listRolloutDevices, listRollouts, listRouterPackages, listRouterSoftware } from './queries.ts'
import { recordRollout, recordRolloutDevice, recordRouterSoftware } from './record.ts'
import { rolloutDevices, rollouts as rolloutsTable, routerPackages, routerSoftware } from './tables.ts'

export {
  addRouterPackage,
  cancelRollout,
  pauseRollout,
  removeRouterPackage,
  resumeRollout,
  rolloutChanged,
  startRollout,
} from './commands.ts'
export {
  busyHoursOf,
  mayBegin,
  mustHalt,
  OVER,
  tallyOf,
  UNDER_WAY,
  type DeviceState,
  type Reason,
  type Stay,
} from './progress.ts'
export { reasonWords, stateWords, whyText } from './reason-words.ts'
export type { Unfit } from './rules.ts'
export { readPackageName, versionIn } from './versions.ts'
export { listRolloutDevices, listRollouts, listRouterPackages, listRouterSoftware } from './queries.ts'
export { recordRollout, recordRolloutDevice, recordRouterSoftware } from './record.ts'

export const rollouts = defineModule({
  name: 'rollouts',
  tables: [routerPackages, routerSoftware, rolloutsTable, rolloutDevices],
  commands: [
    startRollout,
    pauseRollout,
    resumeRollout,
    cancelRollout,
    addRouterPackage,
    removeRouterPackage,
    recordRolloutDevice,
    recordRollout,
    recordRouterSoftware,
  ],
  queries: [listRollouts, listRolloutDevices, listRouterSoftware, listRouterPackages],
})
