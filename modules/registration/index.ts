import { defineModule } from '@lango/kernel/verbs'
import { startRegistration } from './commands.ts'
import { confirmRegistration } from './confirm.ts'
import { consentsToSend, countConsents, listConsents, showConsent } from './consent-queries.ts'
import { consentsExported, forgetConsents, withdrawConsent, withdrawOwnConsent } from './consents.ts'
import { countCodes, listRegistrations, registrationOffer } from './queries.ts'
import { consents, consentTexts, registeredContacts, registrations } from './tables.ts'
import { followers, tidyJob, workCommands } from './work.ts'

export { startRegistration, type RegistrationFault } from './commands.ts'
export { confirmRegistration, type Confirmed } from './confirm.ts'
export { offersWords } from './consent-words.ts'
export { listConsents } from './consent-queries.ts'
export { forgetConsents, withdrawConsent, withdrawOwnConsent, type ConsentFault } from './consents.ts'
export { countCodes, listRegistrations, registrationOffer } from './queries.ts'
export { networkOf, readCode, registrationLimits, type Agreed, type Confirmation } from './rules.ts'

export const registration = defineModule({
  name: 'registration',
  tables: [registrations, registeredContacts, consentTexts, consents],
  commands: [
    startRegistration,
    confirmRegistration,
    withdrawOwnConsent,
    withdrawConsent,
    forgetConsents,
    consentsExported,
    ...workCommands,
  ],
  queries: [registrationOffer, listRegistrations, countCodes, listConsents, showConsent, consentsToSend, countConsents],
  jobs: [tidyJob],
  followers,
})
