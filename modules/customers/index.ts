import { defineModule } from '@lango/kernel/verbs'
import { forgetPhone } from './forget.ts'
import { customers as customersTable } from './tables.ts'

export { forgetPhone } from './forget.ts'
export { phoneSchema, readPhone } from './phone.ts'

export const customers = defineModule({ name: 'customers', tables: [customersTable], commands: [forgetPhone] })
