import { defineModule } from '@lango/kernel/verbs'
import { forgetPhone } from './forget.ts'
import { customersOfPhone } from './queries.ts'
import { customers as customersTable } from './tables.ts'

export { forgetPhone } from './forget.ts'
export { phoneSchema, phoneSpellings, readPhone } from './phone.ts'
export { customersOfPhone } from './queries.ts'

export const customers = defineModule({
  name: 'customers',
  tables: [customersTable],
  commands: [forgetPhone],
  queries: [customersOfPhone],
})
