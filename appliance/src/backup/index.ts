export { backUp, noteBackup, type BackupFault } from './backup.ts'
export { LAST_BACKUP_FILE, lastBackupSchema, type Manifest } from './parts.ts'
export { fetchedDir, forgetUndecided, layReady, putInPlace } from './place.ts'
export {
  checkEmpty,
  FREE_OCTETS_MIN,
  manifestOf,
  restore,
  unpackBackup,
  type Restored,
  type RestoreFault,
} from './restore.ts'
