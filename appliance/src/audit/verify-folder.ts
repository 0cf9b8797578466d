/** Walks the audit log of a data folder, with the box running or not: it only reads. */
import { openVault, verifierOf, type KeyFileFault, type Random, type Result, type Verifier } from '@lango/kernel'
import { databaseFault, openDatabase, type DatabaseFault } from '@lango/kernel/db'
import { verifyAudit, type AuditHead, type AuditHeadFault, type AuditVerified } from '@lango/kernel/verbs'
import type { DataFolder } from '../data-folder.ts'
import { readHead } from './head-file.ts'

export type AuditWalk = Result<AuditVerified, AuditHeadFault | DatabaseFault | KeyFileFault>

/** The public half of the key that signs; undefined where no box has been started since there is one. */
export const ownVerifier = (
  { keyFile }: Pick<DataFolder, 'keyFile'>,
  random: Random,
): Result<Verifier | undefined, KeyFileFault> => {
  const vault = openVault({ file: keyFile, create: false, random })
  if (!vault.ok) return vault
  const signer = vault.value.signer()
  return { ok: true, value: signer && verifierOf(signer.publicPem) }
}

/** The heads that stand outside the database. A key that was replaced leaves those of the one before to no use. */
export const headsBeside = (folder: DataFolder, verifier: Verifier | undefined): readonly AuditHead[] => {
  const head = readHead(folder)
  return head !== undefined && head.keyId === verifier?.keyId ? [head] : []
}

export const verifyFolder = (folder: DataFolder, random: Random, witnesses: readonly AuditHead[] = []): AuditWalk => {
  const key = ownVerifier(folder, random)
  if (!key.ok) return key
  const verifier = key.value
  const database = openDatabase({ file: folder.siteFile, readonly: true })
  if (!database.ok) return database
  try {
    return verifyAudit(database.value.raw, {
      verifier,
      witnesses: [...headsBeside(folder, verifier), ...witnesses],
    })
  } catch (error) {
    const fault = databaseFault(error, folder.siteFile)
    if (fault === undefined) throw error
    return { ok: false, error: fault }
  } finally {
    database.value.close()
  }
}
