/** The sentences about the audit log: what is wrong with it, and from where on. */
import type { AuditHeadFault } from '@lango/kernel/verbs'
import type { ExportFault } from '../audit/verify-export.ts'
import { localTime } from './format.ts'

export type AuditFault =
  | AuditHeadFault
  | Exclude<ExportFault, { type: 'FileUnreadable' }>
  | { readonly type: 'PublicKeyUnfit'; readonly file: string }
  | { readonly type: 'SigningKeyMissing' }
  /** A backup from before there were signed heads, or a file that holds none. */
  | { readonly type: 'AuditHeadAbsent'; readonly file: string }

type Sentences = { readonly [T in AuditFault['type']]: (fault: Extract<AuditFault, { type: T }>) => string }

export const auditSentences: Sentences = {
  AuditBroken: ({ no }) =>
    `The audit log was altered at row ${no}: every row after it is in doubt. Compare with the last backup.`,
  AuditCut: ({ no, headNo, at }) =>
    `The end of the audit log was cut off: it ends at row ${no}, and at ${localTime(at)} the box signed that it reached row ${headNo}. If the database was put back on purpose, remove audit-head.json from the data folder; else a backup has the missing rows.`,
  AuditRewritten: ({ afterNo, no, at }) =>
    `The audit log was altered after row ${afterNo} and at row ${no} at the latest, and its hashes were made anew: it is not what the box signed at ${localTime(at)}. Compare with the last backup.`,
  AuditHeadForged: ({ no, at }) =>
    `The signature over the audit log up to row ${no}, dated ${localTime(at)}, is not of this box’s key: it was forged, or it is another box’s.`,
  AuditExportUnsigned: ({ file }) =>
    `${file} has no signature at its end: it is no export of an audit log, or its end was cut off.`,
  AuditExportForeign: ({ file, keyId }) =>
    `The signature of ${file} is not of the key ${keyId}: it is another box’s, or it was forged. Give that box’s key: --key FILE`,
  AuditExportAltered: ({ file, line }) =>
    `${file} was changed after it was signed${line === undefined ? '' : `: line ${line} is not what its hash says`}. It proves nothing.`,
  PublicKeyUnfit: ({ file }) =>
    `${file} is not there, or holds no public key of a box. Its box tells it: lango audit key`,
  SigningKeyMissing: () =>
    'The key file has no key to sign with yet: the box makes one when it is next started. Start it once.',
  AuditHeadAbsent: ({ file }) => `${file} holds no signed head of an audit log. Use a newer backup.`,
}
