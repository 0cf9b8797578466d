import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { routerSecretPurpose, serverSecretPurpose } from './rules.ts'
import { remoteServers, routers } from './tables.ts'

/** Seals the secrets of routers and servers under the newest key; what cannot be opened is counted and kept. */
export const resealSecrets = defineCommand({
  name: 'routers.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  handle(ctx) {
    let resealed = 0
    let unreadable = 0
    const all = [
      { table: routers.site, purposeOf: routerSecretPurpose },
      { table: remoteServers.site, purposeOf: serverSecretPurpose },
    ]
    for (const { table, purposeOf } of all) {
      for (const { id, secret } of ctx.db.select({ id: table.id, secret: table.secret }).from(table).all()) {
        if (ctx.vault.isCurrent(secret)) continue
        const box = ctx.vault.reseal(secret, purposeOf(id))
        if (box.ok) ctx.db.update(table).set({ secret: box.value }).where(eq(table.id, id)).run()
        if (box.ok) resealed += 1
        else unreadable += 1
      }
    }
    return ok({ resealed, unreadable })
  },
})
