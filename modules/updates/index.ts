import { defineModule } from '@lango/kernel/verbs'
import {
  checkUpdates,
  denyUpdate,
  installUpdate,
  pauseUpdates,
  recordMachine,
  recordUpdateCheck,
  recordUpdateFile,
  recordUpdateRun,
  resumeUpdates,
  setUpdates,
} from './commands.ts'
import { listUpdateRuns, showUpdates } from './queries.ts'
import { updateProgress, updateRuns, updateSettings } from './tables.ts'

export { checkUpdates, denyUpdate, installUpdate, pauseUpdates, resumeUpdates, setUpdates } from './commands.ts'
export { createUpdateJob } from './job.ts'
export { listUpdateRuns, showUpdates } from './queries.ts'
export { HOURS_A_WEEK, isQuiet, modes, type UpdateSettings } from './rules.ts'
export { rings } from './port.ts'

export const updates = defineModule({
  name: 'updates',
  tables: [updateSettings, updateProgress, updateRuns],
  commands: [
    setUpdates,
    pauseUpdates,
    resumeUpdates,
    denyUpdate,
    checkUpdates,
    installUpdate,
    recordUpdateCheck,
    recordUpdateFile,
    recordUpdateRun,
    recordMachine,
  ],
  queries: [showUpdates, listUpdateRuns],
})
