import { defineModule } from '@lango/kernel/verbs'
import { firstUse } from './commands.ts'
import { resealGrants } from './reseal.ts'
import { freeDevice } from './free-device.ts'
import { handOver } from './hand-over.ts'
import { keepHealthLogin } from './health-command.ts'
import { bindDevice, removePassphrase, setPassphrase, showPassphrase } from './passphrase-commands.ts'
import { grants, passphrases, policies } from './tables.ts'
import { topUp } from './top-up.ts'

export { createCodeDrawer } from './free-code.ts'
export { accessChanged, createGrantWriter, firstUse, policyRow } from './commands.ts'
export { resealGrants } from './reseal.ts'
export * from './code.ts'
export { drawPassphrase, isPassphrase, passphrasePurpose } from './passphrase.ts'
export { bindDevice, removePassphrase, setPassphrase, showPassphrase } from './passphrase-commands.ts'
export { devicePart, isMac, normaliseDevice } from './device.ts'
export { normaliseSerial } from './serial.ts'
export {
  HOTSPOT_IDLE_SEC,
  INTERIM_SEC_DEFAULT,
  expiredPolicy,
  openPolicy,
  serviceKinds,
  type Policy,
  type ServiceKind,
} from './policy.ts'
export { allowanceAt, type Allowance, type TopUp, type Usage } from './allowance.ts'
export { Calendar, type Span } from './calendar.ts'
export { countsFromBegin, quotaTermsOf, standingAt, type GrantTerms } from './standing.ts'
export { deviceFreed, freeDevice } from './free-device.ts'
export { handOver } from './hand-over.ts'
export { keepHealthLogin } from './health-command.ts'
export * from './health.ts'
export { topUp } from './top-up.ts'
export { policySchema, weekTimeSchema } from './policy-schema.ts'
export { credentialPurpose } from './purpose.ts'

export const access = defineModule({
  name: 'access',
  tables: [policies, grants, passphrases],
  commands: [
    firstUse,
    topUp,
    freeDevice,
    handOver,
    bindDevice,
    setPassphrase,
    removePassphrase,
    resealGrants,
    keepHealthLogin,
  ],
  queries: [showPassphrase],
})
