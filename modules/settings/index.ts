import { defineModule } from '@lango/kernel/verbs'
import { changeSettings } from './commands.ts'
import { showSettings } from './queries.ts'
import { settings as settingsTable } from './tables.ts'

export { changeSettings, createSettings } from './commands.ts'
export { showSettings } from './queries.ts'
export { defaultSettings, type Settings } from './rules.ts'

export const settings = defineModule({
  name: 'settings',
  tables: [settingsTable],
  commands: [changeSettings],
  queries: [showSettings],
})
