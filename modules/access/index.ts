import { defineModule } from '@lango/kernel/verbs'
import { firstUse } from './commands.ts'
import { grants, policies } from './tables.ts'

export { accessChanged, credentialPurpose, firstUse, policyRow, putGrant } from './commands.ts'
export { isMac, normaliseDevice } from './device.ts'
export { INTERIM_SEC_DEFAULT, expiredPolicy, openPolicy, policySchema, serviceKinds, type Policy, type ServiceKind } from './policy.ts'

export const access = defineModule({ name: 'access', tables: [policies, grants], commands: [firstUse] })
