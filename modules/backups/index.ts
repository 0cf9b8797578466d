import { defineModule } from '@lango/kernel/verbs'
import { backUpNow, clearBackupSchedule, recordBackupRun, resealBackupSecrets, setBackupSchedule } from './commands.ts'
import { listBackupRuns, listShelves, showBackupSchedule } from './queries.ts'
import { endShelf, lendShelf, recordShelf, resizeShelf } from './shelf-commands.ts'
import { backupRuns, backupSchedules, backupShelves } from './tables.ts'

export { backUpNow, clearBackupSchedule, resealBackupSecrets, setBackupSchedule } from './commands.ts'
export { createBackupJob, type BackupJobDeps, type Schedule, type ScheduleSecrets } from './job.ts'
export { listBackupRuns, listShelves, showBackupSchedule } from './queries.ts'
export { newRecoveryKey, readEndpoint, readPlace, scheduleSecretPurpose } from './rules.ts'
export { endShelf, lendShelf, recordShelf, resizeShelf } from './shelf-commands.ts'
export { createShelfJob } from './shelf-job.ts'
export { SHELF_BUCKET, SHELF_FILE, SHELF_SILENT_MS, shelfLimits, shelfLine, shelfSecretPurpose } from './shelf-rules.ts'

export const backups = defineModule({
  name: 'backups',
  tables: [backupSchedules, backupRuns, backupShelves],
  commands: [
    setBackupSchedule,
    clearBackupSchedule,
    backUpNow,
    recordBackupRun,
    resealBackupSecrets,
    lendShelf,
    resizeShelf,
    endShelf,
    recordShelf,
  ],
  queries: [showBackupSchedule, listBackupRuns, listShelves],
})
