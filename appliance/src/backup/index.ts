export { backUp, noteBackup, type BackupFault } from './backup.ts'
export { LAST_BACKUP_FILE, lastBackupSchema } from './parts.ts'
export { manifestOf, restore, type RestoreFault } from './restore.ts'
