import type { RawDatabase } from '@lango/kernel/db'
import { brandFault, err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { defaultSettings, settingsSchema, type Settings } from './rules.ts'
import { settings } from './tables.ts'

/** What is set now. */
export const createSettings = (raw: RawDatabase): (() => Settings) => {
  const all = raw.prepare<[], { id: string; value: string }>('SELECT id, value FROM settings')
  return () => {
    const set = Object.fromEntries(all.all().map(({ id, value }) => [id, JSON.parse(value) as unknown]))
    return { ...defaultSettings, ...set }
  }
}

/** Sets what is given; the rest stays. */
export const changeSettings = defineCommand({
  name: 'settings.change',
  summary: 'Changes the given settings of the box and leaves the others as they are.',
  permission: 'settings.write',
  input: settingsSchema.partial(),
  handle(ctx, input) {
    const colour = input.brandColour ?? ''
    const fault = colour === '' ? undefined : brandFault(colour)
    if (fault !== undefined) return err({ type: 'ColourUnfit', colour, contrast: fault })
    const before = createSettings(ctx.raw)()
    for (const [id, value] of Object.entries(input)) {
      const row = { id, value, changedAt: ctx.now, changedBy: ctx.actor.id }
      ctx.db.insert(settings.site).values(row).onConflictDoUpdate({ target: settings.site.id, set: row }).run()
    }
    const after = { ...before, ...input }
    ctx.changed(before, after)
    return ok(after)
  },
})
