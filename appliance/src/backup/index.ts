export { backUp, type BackedUp, type BackupFault } from './backup.ts'
export { LAST_BACKUP_FILE, lastBackupSchema, type Manifest } from './parts.ts'
export { restore, type Restored, type RestoreFault } from './restore.ts'
export { newRecoveryKey } from './seal.ts'
