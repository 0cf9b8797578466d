/** Whether the audit log is what was written. */
import type { Fault, Random } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { checkHead, lastHead } from '@lango/kernel/verbs'
import { headsBeside, ownVerifier, verifyFolder } from '../audit/verify-folder.ts'
import { ago } from '../cli/format.ts'
import type { DataFolder } from '../data-folder.ts'
import { fine, found, type Check } from './check.ts'

export type { Check } from './check.ts'

const NAME = 'audit'
/** A running box signs every hour. */
const UNSIGNED_MS = 3 * 3_600_000

export const auditFault = (fault: Fault): Check => found(NAME, 'attention', { type: 'audit-broken', fault })

/** Every entry and every signature. */
export const walkAudit = (folder: DataFolder, random: Random): Check => {
  const walked = verifyFolder(folder, random)
  if (!walked.ok) return auditFault(walked.error)
  const { no, firstNo, signedNo } = walked.value
  const entries = firstNo === 0 ? 0 : no - firstNo + 1
  return fine(NAME, `The audit log is whole: ${entries} entries, signed up to ${signedNo}.`)
}

/** The last head alone. `runningMs`: how long a box has been running that should have signed; undefined when none runs. */
export const checkAudit = (
  folder: DataFolder,
  site: RawDatabase,
  { random, now, runningMs }: { readonly random: Random; readonly now: number; readonly runningMs: number | undefined },
): Check => {
  const key = ownVerifier(folder, random)
  if (!key.ok) return auditFault(key.error)
  const last = lastHead(site)
  const ours = last?.keyId === key.value?.keyId ? last : undefined
  const heads = [...headsBeside(folder, key.value), ...(ours ? [ours] : [])]
  const fault = heads.map((head) => checkHead(site, head, key.value)).find((checked) => !checked.ok)
  if (fault?.ok === false) return auditFault(fault.error)
  const shouldSign = runningMs !== undefined && runningMs > UNSIGNED_MS
  if (shouldSign && waitsForSignature(site, ours?.entryNo ?? 0, now)) return unsigned
  if (!ours) return fine(NAME, 'The audit log is not signed yet.')
  return fine(NAME, `The audit log fits its last signature, from ${ago(ours.at, now)}.`)
}

const unsigned = found(NAME, 'attention', { type: 'audit-unsigned' })

const waitsForSignature = (site: RawDatabase, signedNo: number, now: number): boolean =>
  site.prepare('SELECT 1 FROM audit WHERE no > ? AND at < ? LIMIT 1').get(signedNo, now - UNSIGNED_MS) !== undefined
