/** Is the box in order? Looks at everything itself, with the box running or not, and writes nothing. */
import { err, ok, type Fault, type Random, type Result } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import { createQueryRunner } from '../run-named.ts'
import { RELEASED_AT } from '../site.ts'
import type { BoxStatus, Check } from './check.ts'
import { checkAudit, walkAudit } from './audit.ts'
import {
  checkDatabase,
  checkJobs,
  checkLockouts,
  checkMessages,
  checkRouters,
  checkStrangers,
  checkWebhooks,
} from './databases.ts'
import { checkCounts } from './counts.ts'
import { checkBox, checkClock, checkDisk, checkFolder, checkReceiveBuffer, checkWal } from './machine.ts'
import { checkPayments } from './payments.ts'
import { checkControls } from './router-control.ts'
import { checkScheduledBackup } from './scheduled-backup.ts'
import { checkBackup, checkCertificates, checkKeys } from './secrets.ts'
import { checkServing } from './serving.ts'

export type { BoxStatus, Check } from './check.ts'

export type Examination = {
  readonly folder: DataFolder
  /** Undefined when no box runs. */
  readonly status: BoxStatus | undefined
  readonly now: number
  readonly full: boolean
  readonly random: Random
}

type Strangers = Parameters<typeof checkStrangers>[0]

export const examine = ({
  folder,
  status,
  now: wallNow,
  full,
  random,
}: Examination): Result<readonly Check[], Fault> => {
  // Times in the databases are the box's, whose clock may be ahead of a machine that woke up in 1970.
  const now = status?.now ?? wallNow
  const opened = createQueryRunner(folder)
  if (!opened.ok) return opened
  const queries = opened.value
  try {
    const { site, sessions } = queries
    const strangers = queries.run('routers.unknown', {})
    if (!strangers.ok) return err(strangers.error)
    return ok([
      checkBox(status, folder.dir, now),
      checkClock(status, wallNow, RELEASED_AT),
      checkFolder(folder),
      checkDisk(folder),
      checkDatabase('site.db', site, full),
      checkDatabase('sessions.db', sessions, full),
      full
        ? walkAudit(folder, random)
        : checkAudit(folder, site.raw, { random, now, runningMs: status && now - status.startedAt }),
      checkWal(folder),
      checkKeys(folder, site.raw, random),
      ...checkCertificates(folder, now),
      checkReceiveBuffer(),
      ...checkServing(status),
      ...checkCounts(status),
      ...checkRouters(sessions.raw, now),
      ...checkPayments(site.raw, now),
      ...checkControls(site.raw, status?.controlled ?? [], now),
      checkStrangers(strangers.value as Strangers, now),
      checkLockouts(sessions.raw, now),
      checkJobs(site.raw),
      checkWebhooks(site.raw),
      checkMessages(site.raw, now),
      checkBackup(folder, now),
      ...checkScheduledBackup(site.raw, now),
    ])
  } finally {
    queries.close()
  }
}
