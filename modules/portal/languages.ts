/** Languages that a site adds to its portal: each a file of words, kept as it came. What it is worth the portal says. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { defineQuery } from '@lango/kernel/db'
import { defineCommand } from '@lango/kernel/verbs'
import { portalLanguages } from './tables.ts'

/** BCP 47: a language, and perhaps a script or a country. */
export const LANGUAGE_TAG = /^[a-z]{2,3}(?:-(?:[A-Z]{2}|[A-Z][a-z]{3}))?$/
export const LANGUAGE_CHARACTERS_MAX = 262_144
const LANGUAGES_MAX = 12

const tagSchema = z.string().regex(LANGUAGE_TAG, 'A language is called as in fr, am or pt-MZ.')

export const setLanguage = defineCommand({
  name: 'portal.setLanguage',
  summary: 'Adds a language to the captive portal, or puts other words in the place of its own: a JSON file of words.',
  permission: 'settings.write',
  input: z.object({
    tag: tagSchema,
    text: z.string().min(2).max(LANGUAGE_CHARACTERS_MAX, 'The file is far too large for the words of the portal.'),
  }),
  audit: ({ tag, text }) => ({ tag, characters: text.length }),
  handle(ctx, { tag, text }) {
    const { site } = portalLanguages
    const known = ctx.db.select({ id: site.id }).from(site).all()
    if (known.every(({ id }) => id !== tag) && known.length >= LANGUAGES_MAX)
      return err({ type: 'LanguagesFull', max: LANGUAGES_MAX } as const)
    const row = { id: tag, text, changedAt: ctx.now, changedBy: ctx.actor.id }
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    return ok()
  },
})

export const removeLanguage = defineCommand({
  name: 'portal.removeLanguage',
  summary: 'Takes a language that was added off the captive portal.',
  permission: 'settings.write',
  input: z.object({ tag: tagSchema }),
  handle(ctx, { tag }) {
    const gone = ctx.db.delete(portalLanguages.site).where(eq(portalLanguages.site.id, tag)).run()
    return gone.changes === 0 ? err({ type: 'LanguageUnknown', tag } as const) : ok()
  },
})

export const listLanguages = defineQuery({
  name: 'portal.languages',
  summary: 'Lists the languages that were added to the captive portal, each with its file of words.',
  permission: 'settings.read',
  input: z.object({}),
  tables: { portalLanguages },
  examples: [{}],
  select: ({ db, portalLanguages: languages, byKey }) =>
    db
      .select({ tag: languages.id, text: languages.text, changedAt: languages.changedAt })
      .from(languages)
      .orderBy(...byKey(languages)),
  shape: (rows) => rows,
})

export type LanguageFiles = {
  /** Another word whenever there are others. */
  stamp(): string
  all(): readonly { readonly tag: string; readonly text: string }[]
}

/** For the portal itself, which looks again and again. */
export const createLanguageFiles = (raw: RawDatabase): LanguageFiles => {
  const stamps = raw.prepare<[], [string, number]>('SELECT id, changed_at FROM portal_languages ORDER BY id').raw()
  const texts = raw.prepare<[], { tag: string; text: string }>('SELECT id tag, text FROM portal_languages ORDER BY id')
  return { stamp: () => JSON.stringify(stamps.all()), all: () => texts.all() }
}
