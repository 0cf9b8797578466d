import { asc, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { passphrasePurpose } from './passphrase.ts'
import { credentialPurpose } from './purpose.ts'
import { grants, passphrases } from './tables.ts'

/** Grants looked at by one command: its transaction stays short. */
export const RESEAL_ROWS = 500

/**
 * Seals passwords and Wi-Fi passphrases under the newest key, a chunk of grants at a time: ask again with `lastNo` until
 * it is undefined. What is sealed under it already stays as it is; what cannot be opened is counted and kept.
 */
export const resealGrants = defineCommand({
  name: 'grants.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({ afterNo: z.number().int() }),
  handle(ctx, { afterNo }) {
    const { site } = grants
    const rows = ctx.db
      .select({ id: site.id, no: site.no, credential: site.credential, passphrase: passphrases.site.passphrase })
      .from(site)
      .leftJoin(passphrases.site, eq(passphrases.site.id, site.id))
      .where(gt(site.no, afterNo))
      .orderBy(asc(site.no))
      .limit(RESEAL_ROWS)
      .all()
    const count = { resealed: 0, unreadable: 0 }
    const anew = (sealed: Buffer | null, purpose: string, put: (box: Buffer) => void): void => {
      if (sealed === null || ctx.vault.isCurrent(sealed)) return
      const box = ctx.vault.reseal(sealed, purpose)
      if (box.ok) put(box.value)
      count[box.ok ? 'resealed' : 'unreadable'] += 1
    }
    for (const { id, credential, passphrase } of rows) {
      anew(credential, credentialPurpose(id), (box) =>
        ctx.db.update(site).set({ credential: box }).where(eq(site.id, id)).run(),
      )
      anew(passphrase, passphrasePurpose(id), (box) =>
        ctx.db.update(passphrases.site).set({ passphrase: box }).where(eq(passphrases.site.id, id)).run(),
      )
    }
    return ok({ ...count, lastNo: rows.length === RESEAL_ROWS ? rows.at(-1)?.no : undefined })
  },
})
