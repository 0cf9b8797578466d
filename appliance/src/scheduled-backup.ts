/** Backups that the box makes by itself: the archive in a thread of its own, then off to where it is kept. */
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '@lango/kernel'
import type { AnyJob } from '@lango/kernel/verbs'
import { createBackupJob, type BackupJobDeps } from '@lango/modules/backups'
import { noteBackup } from './backup/index.ts'
import type { BackupMade, BackupOrder } from './backup-thread.ts'
import { faultSentence } from './cli/faults.ts'
import type { DataFolder } from './data-folder.ts'

/** Beside the databases, so that a disk that holds them twice is enough. What a power cut leaves there goes with the next. */
export const SCHEDULED_BACKUP_FOLDER = 'scheduled-backup.part'

export const createScheduledBackup = (
  deps: Pick<BackupJobDeps, 'secrets' | 'storeAt'> & {
    readonly folder: DataFolder
    readonly clock: Clock
    readonly hostName: string
  },
): AnyJob => {
  const { folder, clock, hostName, secrets, storeAt } = deps
  const work = join(folder.dir, SCHEDULED_BACKUP_FOLDER)
  return createBackupJob({
    clock,
    hostName,
    secrets,
    storeAt,
    noted: (done) => noteBackup(folder, done),
    async withBackup(passphrase, name, use) {
      rmSync(work, { recursive: true, force: true })
      mkdirSync(work, { mode: 0o700 })
      try {
        const order = { folder, file: join(work, name), passphrase: passphrase.reveal(), now: clock.now(), hostName }
        const made = await makeInThread(order)
        if (!made.ok) throw new Error(faultSentence(made.error))
        return await use(made.value)
      } finally {
        rmSync(work, { recursive: true, force: true })
      }
    },
  })
}

const makeInThread = async (order: BackupOrder): Promise<BackupMade> => {
  const url = new URL(`./backup-thread${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(url, { name: 'backup', workerData: order })
  // An error in the thread rejects.
  const [made] = (await once(worker, 'message')) as [BackupMade]
  return made
}
