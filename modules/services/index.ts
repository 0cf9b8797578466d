import { defineModule } from '@lango/kernel/verbs'
import { changeSubscribers, revealPasswords } from './change.ts'
import { addSubscriber, resumeSubscriber, suspendSubscriber } from './commands.ts'
import { eraseCustomer } from './erase.ts'
import { importSubscribers } from './import.ts'
import { listSubscribers, showSubscriber, takenLogins } from './queries.ts'
import { subscriberSheet } from './sheet.ts'
import { setSpeed } from './speed.ts'
import { services as servicesTable } from './tables.ts'

export { carriedSchema, grantValues, validityCells } from './carried.ts'
export { instantCell, instantText, optionalCell, textOf } from './cells.ts'
export { changeSubscribers, revealPasswords } from './change.ts'
export { addSubscriber, resumeSubscriber, suspendSubscriber } from './commands.ts'
export { eraseCustomer } from './erase.ts'
export { fillFoundBy } from './found-by.ts'
export { givenCells } from './given.ts'
export { IMPORT_CHUNK_ROWS, credentialsOfRow, importSubscribers, subscriberRow } from './import.ts'
export { listSubscribers, showSubscriber, takenLogins } from './queries.ts'
export { credentialsOf, subscriberSchema } from './rules.ts'
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
    importSubscribers,
    changeSubscribers,
    revealPasswords,
    suspendSubscriber,
    resumeSubscriber,
    setSpeed,
    eraseCustomer,
  ],
  queries: [listSubscribers, showSubscriber, takenLogins, subscriberSheet],
})
