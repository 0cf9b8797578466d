import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { controlPasswordPurpose, routerSecretPurpose, serverSecretPurpose } from './rules.ts'
import { remoteServers, routerControls, routers } from './tables.ts'

/** Seals the secrets of routers and servers under the newest key; what cannot be opened is counted and kept. */
export const resealSecrets = defineCommand({
  name: 'routers.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  handle(ctx) {
    let resealed = 0
    let unreadable = 0
    const anew = (secret: Buffer, purpose: string, keep: (sealed: Buffer) => unknown): void => {
      if (ctx.vault.isCurrent(secret)) return
      const box = ctx.vault.reseal(secret, purpose)
      if (box.ok) keep(box.value)
      if (box.ok) resealed += 1
      else unreadable += 1
    }
    const all = [
      { table: routers.site, purposeOf: routerSecretPurpose },
      { table: remoteServers.site, purposeOf: serverSecretPurpose },
    ]
    for (const { table, purposeOf } of all)
      for (const { id, secret } of ctx.db.select({ id: table.id, secret: table.secret }).from(table).all())
        anew(secret, purposeOf(id), (box) => ctx.db.update(table).set({ secret: box }).where(eq(table.id, id)).run())
    const controls = routerControls.site
    for (const { id, password } of ctx.db.select({ id: controls.id, password: controls.password }).from(controls).all())
      anew(password, controlPasswordPurpose(id), (box) =>
        ctx.db.update(controls).set({ password: box }).where(eq(controls.id, id)).run(),
      )
    return ok({ resealed, unreadable })
  },
})
