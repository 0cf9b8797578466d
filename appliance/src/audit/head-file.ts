/** The last signed head of the audit log beside the databases: where site.db alone is put back or cut, it shows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { auditHeadSchema, type AuditHead } from '@lango/kernel/verbs'
import { writeDurably } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'

const HEAD_FILE = 'audit-head.json'

export const writeHead = ({ dir }: DataFolder, head: AuditHead): void =>
  writeDurably(join(dir, HEAD_FILE), `${JSON.stringify(auditHeadSchema.parse(head))}\n`, 0o600)

export const readHead = ({ dir }: DataFolder): AuditHead | undefined => headIn(join(dir, HEAD_FILE))

/** Undefined where the file is absent or holds no head. */
export const headIn = (file: string): AuditHead | undefined => {
  try {
    return auditHeadSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
  } catch {
    return undefined
  }
}
