/** Is the box in order? Looks at everything itself, with the box running or not, and writes nothing. */
import { err, ok, type Fault, type Random, type Result } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import { checkPair } from '../standby/check.ts'
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
import { checkHardware } from './hardware.ts'
import { checkBox, checkClock, checkDisk, checkFolder, checkInodes, checkReceiveBuffer, checkWal } from './machine.ts'
import { checkPayments } from './payments.ts'
import { checkControls } from './router-control.ts'
import { checkScheduledBackup } from './scheduled-backup.ts'
import { checkOffer } from './updates.ts'
import { checkBackup, checkCertificates, checkKeys } from './secrets.ts'
import { checkReach } from './reach.ts'
import { checkServing } from './serving.ts'
import { checkShelves } from './shelves.ts'
import { checkSynced } from './time-service.ts'
import { checkRollouts } from './rollouts.ts'
import { checkUpdate } from './update.ts'

export type { BoxStatus, Check } from './check.ts'

export type Examination = {
  readonly folder: DataFolder
  /** Undefined when no box runs. */
  readonly status: BoxStatus | undefined
  readonly now: number
  readonly full: boolean
  readonly random: Random
  /** Where /proc and /sys stand: what another machine has told, in a test. */
  readonly root?: string
}

type Strangers = Parameters<typeof checkStrangers>[0]

export const examine = ({
  folder,
  status,
  now: wallNow,
  full,
  random,
  root = '/',
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
      ...checkSynced(root),
      checkDisk(folder),
      ...checkInodes(folder),
      ...checkHardware(root, folder),
      checkDatabase('site.db', site, full),
      checkDatabase('sessions.db', sessions, full),
      full
        ? walkAudit(folder, random)
        : checkAudit(folder, site.raw, { random, now, runningMs: status && now - status.startedAt }),
      checkWal(folder),
      checkKeys(folder, site.raw, random),
      ...checkCertificates(folder, now),
      checkReceiveBuffer(root),
      ...checkServing(status),
      ...checkCounts(status),
      ...checkRouters(sessions.raw, now),
      ...checkPayments(site.raw, now),
      ...checkControls(site.raw, status?.controlled ?? [], now),
      ...checkRollouts(site.raw),
      checkStrangers(strangers.value as Strangers, now),
      checkLockouts(sessions.raw, now),
      checkJobs(site.raw),
      checkWebhooks(site.raw),
      checkMessages(site.raw, now),
      ...(status?.pair ? checkPair(status.pair, now) : []),
      checkBackup(folder, now),
      ...checkScheduledBackup(site.raw, now),
      ...checkShelves(site.raw, now),
      checkUpdate(root),
      ...checkOffer(site.raw),
    ])
  } finally {
    queries.close()
  }
}

/** The same, and whether the box and the way out answer: that takes packets, and a moment. */
export const examineAll = async (examination: Examination): Promise<Result<readonly Check[], Fault>> => {
  const examined = examine(examination)
  if (!examined.ok) return examined
  const { root = '/', folder, status } = examination
  return ok([...examined.value, ...(await checkReach({ root, folder, status }))])
}
