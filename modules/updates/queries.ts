import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { defaultUpdates } from './rules.ts'
import { noProgress, updateProgress, updateRuns, updateSettings } from './tables.ts'

/** What is set, and how far it has come. */
export const showUpdates = defineQuery({
  name: 'updates.show',
  summary: 'Shows what is set about updates, which release is offered and how far it has come.',
  permission: 'settings.read',
  input: z.object({}),
  tables: { updateSettings, updateProgress },
  select: ({ db, updateSettings, updateProgress, byKey }) => ({
    settings: db
      .select()
      .from(updateSettings)
      .orderBy(...byKey(updateSettings)),
    progress: db
      .select()
      .from(updateProgress)
      .orderBy(...byKey(updateProgress)),
  }),
  shape: ({ settings: [set], progress: [progress] }) => ({
    settings: set ?? defaultUpdates,
    ...(progress ?? noProgress),
  }),
})

/** The latest first. */
export const listUpdateRuns = defineQuery({
  name: 'updates.runs',
  summary: 'Lists what became of updates, the latest first.',
  permission: 'settings.read',
  input: z.object({ limit: z.number().int().min(1).max(100).default(20) }),
  tables: { updateRuns },
  examples: [{}, { limit: 1 }],
  select: ({ db, updateRuns, byKey }, { limit }) =>
    db
      .select()
      .from(updateRuns)
      .orderBy(descending(updateRuns.no), ...byKey(updateRuns))
      .limit(limit),
  shape: (rows) => rows,
})
