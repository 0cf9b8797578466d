import { z } from 'zod'
import { verifierOf } from '../base/signing.ts'
import { err, ok } from '../base/result.ts'
import { insertSql } from '../db/sql.ts'
import { auditTip } from './audit.ts'
import { checkHead, lastHead, signHead } from './audit-head.ts'
import { defineCommand } from './command.ts'
import { auditHeads } from './tables.ts'

/** Puts the box's name to how far the log has come. A log that no longer fits the last head is not signed over. */
export const signAudit = defineCommand({
  name: 'audit.sign',
  permission: 'system',
  isRoutine: true,
  input: z.object({ site: z.string().max(253) }),
  handle(ctx, { site }) {
    const signer = ctx.vault.signer()
    if (!signer) return err({ type: 'SigningKeyMissing' })
    const last = lastHead(ctx.raw)
    // A head under a key that was lost says nothing any more.
    const isOurs = last?.keyId === signer.keyId
    const checked = last && isOurs ? checkHead(ctx.raw, last, verifierOf(signer.publicPem)) : undefined
    if (checked?.ok === false) return checked
    const tip = auditTip(ctx.raw)
    if (last && isOurs && tip.no === last.entryNo) return ok({ head: last, isNew: false })
    const head = signHead(signer, 'head', tip, { at: ctx.now, site })
    ctx.raw.prepare(insertSql(auditHeads, { without: ['no'] })).run(head)
    return ok({ head, isNew: true })
  },
})
