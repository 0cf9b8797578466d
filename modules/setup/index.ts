import { defineModule } from '@lango/kernel/verbs'
import { applySetup } from './apply.ts'
import { setupProgress } from './queries.ts'
import { setupFiles } from './tables.ts'

export { applySetup, setupFileSchema, SETUP_FILE_VERSION, type AppliedSetup, type EntryFault } from './apply.ts'
export { packOf, packs, type Bundle, type Pack } from './packs.ts'
export { setupProgress } from './queries.ts'
export { isUnderWay, nextStep, setupSteps, stepHref, stepsDone, type Progress, type SetupStep } from './rules.ts'

/** The first steps of a box; its pages are the desk's. */
export const setup = defineModule({
  name: 'setup',
  tables: [setupFiles],
  commands: [applySetup],
  queries: [setupProgress],
})
