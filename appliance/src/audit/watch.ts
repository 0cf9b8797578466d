/** The box puts its name to its audit log every hour, and walks all of it once a day. */
import { extname } from 'node:path'
import { verifierOf, type Fault, type Log, type Result } from '@lango/kernel'
import { checkHead, pruneAudit, signAudit, system, type AuditHead } from '@lango/kernel/verbs'
import type { DataFolder } from '../data-folder.ts'
import { auditFault, type Check } from '../doctor/audit.ts'
import { answerOf } from '../one-shot-thread.ts'
import type { Site } from '../site.ts'
import { readHead, writeHead } from './head-file.ts'
import type { AuditWalk } from './verify-folder.ts'

const SIGN_EVERY_MS = 3_600_000
const WALK_EVERY_MS = 86_400_000
/** After a start others have more to do. */
const FIRST_WALK_AFTER_MS = 900_000

export type AuditWatchDeps = {
  readonly site: Pick<Site, 'dispatcher' | 'ids' | 'clock' | 'folder' | 'vault' | 'database'>
  readonly hostName: string
  readonly every: (ms: number, run: () => void) => () => void
  readonly walk: (folder: DataFolder) => Promise<AuditWalk>
  readonly log: Log
}

export type AuditWatch = {
  /** What was found wrong at the last looks; nothing where all is well. */
  readonly checks: () => readonly Check[]
  readonly stop: () => void
}

export const startAuditWatch = ({ site, hostName, every, walk, log }: AuditWatchDeps): AuditWatch => {
  const { dispatcher, ids, clock, folder, vault, database } = site
  let signing: Fault | undefined
  let walking: Fault | undefined
  let walkedAtMs = clock.monotonicMs() - WALK_EVERY_MS + FIRST_WALK_AFTER_MS
  let isWalking = false
  let wasWhole = false

  /** The head beside the database must fit before another takes its place: site.db may have been put back. */
  const signed = (): Result<{ readonly head: AuditHead; readonly isNew: boolean }, Fault> => {
    const signer = vault.signer()
    const beside = readHead(folder)
    if (beside && beside.keyId === signer?.keyId) {
      const checked = checkHead(database.raw, beside, verifierOf(signer.publicPem))
      if (!checked.ok) return checked
    }
    return dispatcher.dispatch(signAudit, { site: hostName }, { id: ids.next('cmd'), actor: system('audit') })
  }

  const sign = (): void => {
    const outcome = signed()
    signing = outcome.ok ? undefined : outcome.error
    if (!outcome.ok) log.error('the audit log is not signed', { fault: outcome.error })
    else if (outcome.value.isNew) writeHead(folder, outcome.value.head)
  }

  /** A part of what is too old, once all of the log was found whole. */
  const prune = (): void => {
    if (!wasWhole || signing) return
    const pruned = dispatcher.dispatch(pruneAudit, { site: hostName }, { id: ids.next('cmd'), actor: system('audit') })
    if (!pruned.ok) log.error('old entries of the audit log are not removed', { fault: pruned.error })
    else if (pruned.value.removed > 0) log.info('old entries of the audit log are removed', pruned.value)
  }

  const look = (): void => {
    prune()
    if (isWalking || clock.monotonicMs() - walkedAtMs < WALK_EVERY_MS) return
    walkedAtMs = clock.monotonicMs()
    isWalking = true
    walk(folder)
      .then((walked) => {
        walking = walked.ok ? undefined : walked.error
        wasWhole = walked.ok
        if (!walked.ok) log.error('the audit log is not whole', { fault: walked.error })
      })
      .catch((error: unknown) => log.error('the audit log could not be walked', { error }))
      .finally(() => (isWalking = false))
  }

  sign()
  const stops = [every(SIGN_EVERY_MS, sign), every(FIRST_WALK_AFTER_MS, look)]
  return {
    checks: () => [signing, walking].flatMap((fault) => (fault ? [auditFault(fault)] : [])).slice(0, 1),
    stop: () => stops.forEach((stop) => stop()),
  }
}

/** In a thread of its own, which ends with it. */
export const walkInThread = (folder: DataFolder): Promise<AuditWalk> =>
  answerOf(new URL(`./audit-thread${extname(import.meta.url)}`, import.meta.url), 'audit', folder)
