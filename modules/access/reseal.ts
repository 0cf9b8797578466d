import { asc, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { credentialPurpose } from './purpose.ts'
import { grants } from './tables.ts'

/** Grants looked at by one command: its transaction stays short. */
export const RESEAL_ROWS = 500

/**
 * Seals passwords under the newest key, a chunk of grants at a time: ask again with `lastNo` until it is undefined.
 * What is sealed under it already stays as it is; what cannot be opened is counted and kept.
 */
export const resealGrants = defineCommand({
  name: 'grants.reseal',
  permission: 'system',
  input: z.object({ afterNo: z.number().int() }),
  handle(ctx, { afterNo }) {
    const { site } = grants
    const rows = ctx.db
      .select({ id: site.id, no: site.no, credential: site.credential })
      .from(site)
      .where(gt(site.no, afterNo))
      .orderBy(asc(site.no))
      .limit(RESEAL_ROWS)
      .all()
    let resealed = 0
    let unreadable = 0
    for (const { id, credential } of rows) {
      if (credential === null || ctx.vault.isCurrent(credential)) continue
      const box = ctx.vault.reseal(credential, credentialPurpose(id))
      if (box.ok) ctx.db.update(site).set({ credential: box.value }).where(eq(site.id, id)).run()
      if (box.ok) resealed += 1
      else unreadable += 1
    }
    return ok({ resealed, unreadable, lastNo: rows.length === RESEAL_ROWS ? rows.at(-1)?.no : undefined })
  },
})
