import { defineModule } from '@lango/kernel/verbs'
import { addSubscriber, importSubscribers, resumeSubscriber, suspendSubscriber } from './commands.ts'
import { listSubscribers, showSubscriber, takenLogins } from './queries.ts'
import { services as servicesTable } from './tables.ts'

export { IMPORT_CHUNK_ROWS, addSubscriber, importSubscribers, resumeSubscriber, suspendSubscriber } from './commands.ts'
export { listSubscribers, showSubscriber, takenLogins } from './queries.ts'
export { credentialsOf, subscriberSchema } from './rules.ts'

export const services = defineModule({
  name: 'services',
  tables: [servicesTable],
  commands: [addSubscriber, importSubscribers, suspendSubscriber, resumeSubscriber],
  queries: [listSubscribers, showSubscriber, takenLogins],
})
