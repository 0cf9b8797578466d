import { defineModule } from '@lango/kernel/verbs'
import { startRegistration } from './commands.ts'
import { confirmRegistration } from './confirm.ts'
import { countCodes, listRegistrations, registrationOffer } from './queries.ts'
import { registeredContacts, registrations } from './tables.ts'
import { followers, tidyJob, workCommands } from './work.ts'

export { startRegistration, type RegistrationFault } from './commands.ts'
export { confirmRegistration, type Confirmed } from './confirm.ts'
export { countCodes, listRegistrations, registrationOffer } from './queries.ts'
export { networkOf, readCode, registrationLimits, type Confirmation } from './rules.ts'

export const registration = defineModule({
  name: 'registration',
  tables: [registrations, registeredContacts],
  commands: [startRegistration, confirmRegistration, ...workCommands],
  queries: [registrationOffer, listRegistrations, countCodes],
  jobs: [tidyJob],
  followers,
})
