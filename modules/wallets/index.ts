import { defineModule } from '@lango/kernel/verbs'
import { wallets as walletsTable } from './tables.ts'

export const wallets = defineModule({ name: 'wallets', tables: [walletsTable] })
