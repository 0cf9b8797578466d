import { defineModule } from '@lango/kernel/verbs'
import { addBypasses, removeBypass, setBypass } from './commands.ts'
import { listBypasses } from './queries.ts'
import { bypasses } from './tables.ts'

export { addBypasses, DEVICES_MAX, removeBypass, setBypass } from './commands.ts'
export { listBypasses } from './queries.ts'

export const bypass = defineModule({
  name: 'bypass',
  tables: [bypasses],
  commands: [addBypasses, setBypass, removeBypass],
  queries: [listBypasses],
})
