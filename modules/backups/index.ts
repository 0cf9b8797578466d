import { defineModule } from '@lango/kernel/verbs'
import { clearBackupSchedule, recordBackupRun, resealBackupSecrets, setBackupSchedule } from './commands.ts'
import { listBackupRuns, showBackupSchedule } from './queries.ts'
import { backupRuns, backupSchedules } from './tables.ts'

export { clearBackupSchedule, resealBackupSecrets, setBackupSchedule } from './commands.ts'
export { createBackupJob, type BackupJobDeps, type Schedule, type ScheduleSecrets } from './job.ts'
export { listBackupRuns, showBackupSchedule } from './queries.ts'
export { readPlace, scheduleSecretPurpose } from './rules.ts'

export const backups = defineModule({
  name: 'backups',
  tables: [backupSchedules, backupRuns],
  commands: [setBackupSchedule, clearBackupSchedule, recordBackupRun, resealBackupSecrets],
  queries: [showBackupSchedule, listBackupRuns],
})
