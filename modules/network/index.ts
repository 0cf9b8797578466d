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
import { listRemoteServers, listRouters } from './queries.ts'
import { resealSecrets } from './reseal.ts'
import { remoteServers, routers } from './tables.ts'

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
export { listRemoteServers, listRouters } from './queries.ts'
export { resealSecrets } from './reseal.ts'
export {
  SECRET_LENGTH_ADVISED,
  contains,
  parseAddress,
  parseRange,
  routerSecretPurpose,
  serverSecretPurpose,
  type ClientRange,
} from './rules.ts'

export const network = defineModule({
  name: 'network',
  tables: [routers, remoteServers],
  commands: [
    addRouter,
    setRouter,
    revealRouterSecret,
    removeRouter,
    routerLearned,
    addRemoteServer,
    removeRemoteServer,
    resealSecrets,
  ],
  queries: [listRouters, listRemoteServers],
})
