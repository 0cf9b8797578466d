import { defineModule } from '@lango/kernel/verbs'
import { backUpNow, clearBackupSchedule, recordBackupRun, resealBackupSecrets, setBackupSchedule } from './commands.ts'
import { listBackupRuns, showBackupSchedule } from './queries.ts'
import { backupRuns, backupSchedules } from './tables.ts'

export { backUpNow, clearBackupSchedule, resealBackupSecrets, setBackupSchedule } from './commands.ts'
export { createBackupJob, type BackupJobDeps, type Schedule, type ScheduleSecrets } from './job.ts'
export { listBackupRuns, showBackupSchedule } from './queries.ts'
export { newRecoveryKey, readPlace, scheduleSecretPurpose } from './rules.ts'

export const backups = defineModule({
  name: 'backups',
  tables: [backupSchedules, backupRuns],
  commands: [setBackupSchedule, clearBackupSchedule, backUpNow, recordBackupRun, resealBackupSecrets],
  queries: [showBackupSchedule, listBackupRuns],
})
