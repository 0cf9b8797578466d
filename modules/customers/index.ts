import { defineModule } from '@lango/kernel/verbs'
import { customers as customersTable } from './tables.ts'

export { phoneSchema, readPhone } from './phone.ts'

export const customers = defineModule({ name: 'customers', tables: [customersTable] })
