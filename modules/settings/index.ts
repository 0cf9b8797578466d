import { defineModule } from '@lango/kernel/verbs'
import { acmeChanged, certificateChanged } from './certificates.ts'
import { changeSettings, setRetention } from './commands.ts'
import { listExported } from './lists.ts'
import { showSettings } from './queries.ts'
import { settings as settingsTable } from './tables.ts'

export { certificateChanged } from './certificates.ts'
export { changeSettings, createSettings, setRetention } from './commands.ts'
export { showSettings } from './queries.ts'
export {
  DECISION_DAYS_MAX,
  DECISION_DAYS_MIN,
  defaultSettings,
  PAY_LATER_AFTER_MAX,
  REFERRAL_FRIEND_BP_MAX,
  SESSION_DAYS_DEFAULT,
  SESSION_DAYS_MAX,
  SESSION_DAYS_MIN,
  settingsSchema,
  WALLET_AMOUNT_MAX,
  walletAmountsOf,
  type Retention,
  type Settings,
} from './rules.ts'

export const settings = defineModule({
  name: 'settings',
  tables: [settingsTable],
  commands: [changeSettings, setRetention, certificateChanged, acmeChanged, listExported],
  queries: [showSettings],
})
