import { defineModule } from '@lango/kernel/verbs'
import { createToken, revokeToken } from './commands.ts'
import { listTokens } from './queries.ts'
import { apiTokens } from './tables.ts'

export { createToken, createTokenGuard, revokeToken } from './commands.ts'
export { listTokens } from './queries.ts'
export { permissions, roleMay, roleNames, type Role } from './rules.ts'

export const people = defineModule({
  name: 'people',
  tables: [apiTokens],
  commands: [createToken, revokeToken],
  queries: [listTokens],
})
