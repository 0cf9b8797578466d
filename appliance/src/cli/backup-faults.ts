/** What is wrong with a backup, a restore, or a shelf for the backups of another box, and what to do. */
import type { FaultOf } from '@lango/kernel/verbs'
import type { backUpNow, endShelf, lendShelf, resizeShelf, setBackupSchedule } from '@lango/modules/backups'
import type { BackupFault } from '../backup/index.ts'
import type { RestoringFault } from '../restore/restoring.ts'
import type { ShelfAddressFault } from '../shelf/index.ts'

export type BackupsFault =
  | FaultOf<typeof backUpNow | typeof setBackupSchedule | typeof lendShelf | typeof resizeShelf | typeof endShelf>
  | BackupFault
  | RestoringFault
  | ShelfAddressFault

/** Those of its own: files, folders and databases are told elsewhere. */
export const backupSentences = {
  BackupDamaged: ({ file, cause }) => `${file} cannot be restored: ${cause}. Use another backup.`,
  BackupTooNew: ({ file, format }) =>
    `${file} was made by a newer release (format ${format}). Restore it with that release or a later one.`,
  PassphraseMissing: ({ file }) =>
    `The keys in ${file} are sealed: give --passphrase-file with the passphrase, or put the recovery key beside it as ${file}.key. With --without-keys all but the passwords is restored.`,
  PassphraseWrong: () =>
    'The passphrase or recovery key is not the one this backup was sealed with. Nothing was restored.',
  SealUnknown: () =>
    'The keys in the backup are sealed in a way this release does not know. Restore it with a newer release.',
  KeysAbsent: ({ file }) =>
    `${file} was made without keys: no password or router secret in it can be read. With --without-keys the rest is restored, and they are set again by hand; if you have keys.json, put it into the folder afterwards.`,
  FolderNotEmpty: ({ dir, found }) =>
    `${dir} is not empty: it holds ${found}. Restore into an empty folder, or move what is there aside with --replace.`,

  RestoreNoRoom: ({ dir }) =>
    `There is not enough room at ${dir} for what is in the backup. Nothing was changed: free some, or use a larger disk.`,
  RestoreElsewhere: () => 'This step is over, or somebody else restores a backup at the desk. See how far it is there.',
  StorageFailed: ({ cause }) => `The storage gives no backup: ${cause}.`,
  StorageEmpty: ({ place }) => `There is no backup in ${place}. Check the bucket and the prefix.`,

  BackupsUnscheduled: () => 'No backups are scheduled. Set where they go: lango backup schedule --every 24h --to PLACE',
  StorageKeyMissing: () => 'Storage needs a key: give --access-key-id and --secret-key-file.',

  ShelfNameTaken: ({ name }) =>
    `A shelf is called ${name} already. Choose another name, or end that one: lango backup shelf remove ${name}`,
  ShelvesTooMany: ({ max }) => `There are ${max} shelves, and a box lends no more. End one: lango backup shelf list`,
  ShelfUnknown: ({ name }) => `No shelf is called ${name}. See: lango backup shelf list`,
  ShelfUnreachable: ({ listen }) =>
    `No other box reaches this one over https: its desk listens on ${listen}. Start the box with --web-listen 0.0.0.0, or an address that the other box reaches.`,
} satisfies { readonly [T in BackupsFault['type']]?: (fault: Extract<BackupsFault, { type: T }>) => string }
