import { z } from 'zod'
import { defineQuery } from '@lango/kernel/db'
import { defaultSettings, type Settings } from './rules.ts'
import { settings } from './tables.ts'

export const showSettings = defineQuery({
  name: 'settings.show',
  summary: 'Shows the settings of the box, with the defaults of those that were never set.',
  permission: 'settings.read',
  input: z.object({}),
  tables: { settings },
  select: ({ db, settings, byKey }) =>
    db
      .select()
      .from(settings)
      .orderBy(...byKey(settings)),
  shape: (rows): Settings => ({
    ...defaultSettings,
    ...Object.fromEntries(rows.map(({ id, value }) => [id, value])),
  }),
})
