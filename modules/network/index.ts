import { defineModule } from '@lango/kernel/verbs'
import {
  addRemoteServer,
  addRouter,
  removeRemoteServer,
  removeRouter,
  revealRouterSecret,
  routerLearned,
  setRouter,
} from './commands.ts'
import { removeControl, revealControl, setControl } from './control-commands.ts'
import { hotspotGone, removeHotspot, setHotspot } from './hotspot-commands.ts'
import { networkChanged } from './box-network.ts'
import { listControls, listHotspots, listRemoteServers, listRouters } from './queries.ts'
import { resealSecrets } from './reseal.ts'
import { remoteServers, routerControls, routerHotspots, routers } from './tables.ts'

export {
  COA_PORT_DEFAULT,
  addRemoteServer,
  addRouter,
  removeRemoteServer,
  removeRouter,
  revealRouterSecret,
  routerLearned,
  setRouter,
} from './commands.ts'
export {
  CONTROL_PORTS,
  CONTROL_USER_DEFAULT,
  controlChanged,
  removeControl,
  revealControl,
  setControl,
} from './control-commands.ts'
export { HOTSPOT_DEFAULTS, hotspotGone, removeHotspot, setHotspot } from './hotspot-commands.ts'
export { listControls, listHotspots, listRemoteServers, listRouters } from './queries.ts'
export { resealSecrets } from './reseal.ts'
export type { ControlFault, ControlStatus, ControlTrouble, HotspotStatus, HotspotTrouble } from './control-status.ts'
export type { ControlWay, StaticNetwork } from './tables.ts'
export {
  SECRET_LENGTH_ADVISED,
  contains,
  controlPasswordPurpose,
  parseAddress,
  parseRange,
  routerSecretPurpose,
  serverSecretPurpose,
  type ClientRange,
} from './rules.ts'

export {
  HOTSPOT_NAME,
  hotspotFiles,
  hotspotSetUp,
  type HotspotInput,
  type SetUpPages,
  type SetUpRows,
} from './hotspot-set-up.ts'
export { isInterfaceName, readNetwork, type Ipv4Network } from './ipv4-network.ts'
export { networkFaultSentence } from './box-network.ts'
export type {
  BoxNetwork,
  NetworkFault,
  NetworkPlan,
  NetworkPort,
  NetworkStatus,
  PlannedAddress,
  PlannedNetwork,
} from './port.ts'
export { boxAddressFor, isLoopback, type Reach, type SecurePortal } from './reach.ts'

export const network = defineModule({
  name: 'network',
  tables: [routers, remoteServers, routerControls, routerHotspots],
  commands: [
    addRouter,
    setRouter,
    revealRouterSecret,
    removeRouter,
    routerLearned,
    setControl,
    revealControl,
    removeControl,
    setHotspot,
    removeHotspot,
    hotspotGone,
    addRemoteServer,
    removeRemoteServer,
    resealSecrets,
    networkChanged,
  ],
  queries: [listRouters, listRemoteServers, listControls, listHotspots],
})
