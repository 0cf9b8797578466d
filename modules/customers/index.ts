import { defineModule } from '@lango/kernel/verbs'
import { customers as customersTable } from './tables.ts'

export const customers = defineModule({ name: 'customers', tables: [customersTable] })
