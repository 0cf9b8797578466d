import { defineModule } from '@lango/kernel/verbs'
import { changeSubscribers, revealPasswords } from './change.ts'
import { addService, addSubscriber, resumeSubscriber, suspendSubscriber } from './commands.ts'
import { changeCustomer, resumeCustomer, suspendCustomer } from './customer-commands.ts'
import { customersNamed, showCustomer } from './customer-queries.ts'
import { eraseCustomer } from './erase.ts'
import { importSubscribers } from './import.ts'
import { moveService } from './move.ts'
import { listSubscribers, showSubscriber, takenLogins } from './queries.ts'
import { subscriberSheet } from './sheet.ts'
import { setSpeed } from './speed.ts'
import { services as servicesTable } from './tables.ts'

export { carriedSchema, grantValues, validityCells } from './carried.ts'
export { instantCell, instantText, optionalCell, textOf } from './cells.ts'
export { changeSubscribers, revealPasswords } from './change.ts'
export { addService, addSubscriber, resumeSubscriber, suspendSubscriber, validityAt } from './commands.ts'
export { changeCustomer, resumeCustomer, suspendCustomer } from './customer-commands.ts'
export { customersNamed, showCustomer } from './customer-queries.ts'
export { eraseCustomer, mergedInto } from './erase.ts'
export { fillFoundBy } from './found-by.ts'
export { givenCells } from './given.ts'
export {
  IMPORT_CHUNK_ROWS,
  credentialsOfRow,
  detailThatDiffers,
  importSubscribers,
  subscriberRow,
  type ImportRowFault,
} from './import.ts'
export { moveService } from './move.ts'
export { CUSTOMER_SERVICES_MAX } from './owner.ts'
export { listSubscribers, showSubscriber, takenLogins } from './queries.ts'
export { credentialsOf, drawPassword, nameFor, subscriberSchema } from './rules.ts'
export { setSpeed } from './speed.ts'
export {
  SHEET_ROWS_MAX,
  clearedByEmpty,
  overlaid,
  subscriberCells,
  subscriberColumns,
  subscriberSheet,
  type SubscriberSheetRow,
} from './sheet.ts'

export const services = defineModule({
  name: 'services',
  tables: [servicesTable],
  commands: [
    addSubscriber,
    addService,
    moveService,
    changeCustomer,
    suspendCustomer,
    resumeCustomer,
    importSubscribers,
    changeSubscribers,
    revealPasswords,
    suspendSubscriber,
    resumeSubscriber,
    setSpeed,
    eraseCustomer,
  ],
  queries: [listSubscribers, showSubscriber, takenLogins, subscriberSheet, showCustomer, customersNamed],
})
