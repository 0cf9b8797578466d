import { count, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import {
  newShelfKey,
  SHELF_BYTES_DEFAULT,
  SHELF_NAME,
  shelfLimits,
  shelfPlace,
  shelfSecretPurpose,
} from './shelf-rules.ts'
import { backupShelves } from './tables.ts'
import { tendShelf } from './tend-shelf.ts'

const name = z.string().regex(SHELF_NAME, 'A name has 1 to 40 small letters, digits and hyphens.')
const bytesMax = z.number().int().min(shelfLimits.bytesMaxMin).max(shelfLimits.bytesMaxMax)

const shelfOf = (ctx: CommandContext, wanted: string) => {
  const { site } = backupShelves
  return ctx.db.select().from(site).where(eq(site.name, wanted)).get()
}

/** What lies there under this name from before is found again: it was left on purpose. */
export const lendShelf = defineCommand({
  name: 'backups.lendShelf',
  summary: 'Lends a shelf to another box, which keeps its backups here, and tells its key once.',
  output: z.object({
    name: z.string(),
    place: z.string(),
    accessKeyId: z.string(),
    secretKey: z.string(),
    bytesMax: z.number().int(),
  }),
  permission: 'backups.write',
  valueIsSecret: true,
  input: z.object({ name, bytesMax: bytesMax.default(SHELF_BYTES_DEFAULT) }),
  handle(ctx, input) {
    const { site } = backupShelves
    if (shelfOf(ctx, input.name)) return err({ type: 'ShelfNameTaken', name: input.name })
    const { shelvesMax } = shelfLimits
    if (ctx.db.select({ n: count() }).from(site).get()!.n >= shelvesMax)
      return err({ type: 'ShelvesTooMany', max: shelvesMax })
    const id = ctx.ids.next('bsh')
    const { accessKeyId, secretKey } = newShelfKey(ctx.random)
    ctx.db
      .insert(site)
      .values({
        id,
        ...input,
        accessKeyId,
        secret: ctx.vault.seal(secretKey, shelfSecretPurpose(id)),
        bytesUsed: 0,
        kept: 0,
        newestName: null,
        newestAt: null,
        createdAt: ctx.now,
        createdBy: ctx.actor.id,
      })
      .run()
    ctx.changed(null, { ...input, accessKeyId })
    ctx.enqueue(tendShelf, { name: input.name, remove: false })
    return ok({ ...input, place: shelfPlace(input.name), accessKeyId, secretKey })
  },
})

/** One that is full takes nothing more, and the other box removes nothing before it has put something there. */
export const resizeShelf = defineCommand({
  name: 'backups.resizeShelf',
  summary: 'Changes how much a shelf that is lent to another box may hold; nothing that is there goes.',
  output: z.object({ name: z.string(), bytesMax: z.number().int() }),
  permission: 'backups.write',
  input: z.object({ name, bytesMax }),
  handle(ctx, input) {
    const shelf = shelfOf(ctx, input.name)
    if (!shelf) return err({ type: 'ShelfUnknown', name: input.name })
    const { site } = backupShelves
    ctx.db.update(site).set({ bytesMax: input.bytesMax }).where(eq(site.id, shelf.id)).run()
    ctx.changed({ bytesMax: shelf.bytesMax }, { bytesMax: input.bytesMax })
    return ok(input)
  },
})

/**
 * From now on its key opens nothing. What is kept stays in the data folder unless it is to go: it may be all that is
 * left of the other box.
 */
export const endShelf = defineCommand({
  name: 'backups.endShelf',
  summary: 'Ends a shelf: its key opens nothing any more. The backups on it stay on disk unless removeBackups is set.',
  output: z.object({ name: z.string(), kept: z.number().int(), bytesUsed: z.number().int(), removed: z.boolean() }),
  permission: 'backups.write',
  input: z.object({ name, removeBackups: z.boolean().default(false) }),
  handle(ctx, { name: wanted, removeBackups }) {
    const shelf = shelfOf(ctx, wanted)
    if (!shelf) return err({ type: 'ShelfUnknown', name: wanted })
    const { kept, bytesUsed, accessKeyId } = shelf
    ctx.db.delete(backupShelves.site).where(eq(backupShelves.site.id, shelf.id)).run()
    ctx.changed({ name: wanted, bytesMax: shelf.bytesMax, accessKeyId, kept, bytesUsed }, null)
    if (removeBackups) ctx.enqueue(tendShelf, { name: wanted, remove: true })
    return ok({ name: wanted, kept, bytesUsed, removed: removeBackups })
  },
})

/** What lies there now, as it was counted. */
export const recordShelf = defineCommand({
  name: 'backups.recordShelf',
  permission: 'system',
  isInternal: true,
  input: z.object({
    name,
    bytesUsed: z.number().int(),
    kept: z.number().int(),
    newestName: z.string().nullable(),
    newestAt: z.number().int().nullable(),
  }),
  handle(ctx, { name: counted, ...held }) {
    const { site } = backupShelves
    const done = ctx.db.update(site).set(held).where(eq(site.name, counted)).run()
    return done.changes === 0 ? err({ type: 'ShelfUnknown', name: counted }) : ok()
  },
})
