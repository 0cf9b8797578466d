import type { RawDatabase } from '@lango/kernel/db'
import { brandFault, err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { z } from 'zod'
import { defaultSettings, retentionSchema, settingsSchema, type Retention, type Settings } from './rules.ts'
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
    return ok(put(ctx, input))
  },
})

/**
 * How long things are kept. What is then too old is removed for good, a little at a time: to keep anything shorter than
 * before has to be meant.
 */
export const setRetention = defineCommand({
  name: 'settings.retain',
  summary: 'Sets how long sessions that are over and answers to logins are kept; to keep less has to be confirmed.',
  permission: 'settings.write',
  input: retentionSchema.partial().extend({ shorten: z.boolean().default(false) }),
  handle(ctx, { shorten, ...input }) {
    const before = createSettings(ctx.raw)()
    const isShorter = (key: keyof Retention): boolean => (input[key] ?? before[key]) < before[key]
    if (!shorten && (isShorter('sessionDays') || isShorter('decisionDays')))
      return err({ type: 'RetentionShorter', sessionDays: before.sessionDays, decisionDays: before.decisionDays })
    return ok(put(ctx, input))
  },
})

type Given = { readonly [K in keyof Settings]?: Settings[K] | undefined }

const put = (ctx: CommandContext, input: Given): Settings => {
  const before = createSettings(ctx.raw)()
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  for (const [id, value] of Object.entries(given)) {
    const row = { id, value, changedAt: ctx.now, changedBy: ctx.actor.id }
    ctx.db.insert(settings.site).values(row).onConflictDoUpdate({ target: settings.site.id, set: row }).run()
  }
  const after = { ...before, ...given }
  ctx.changed(before, after)
  return after
}
