import { defineTable } from '@lango/kernel/db'

/** What is set at the desk, by key; what is not there has its default. */
export const settings = defineTable(
  'settings',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({ id: c.id(), value: c.json<unknown>(), changedAt: c.instant(), changedBy: c.text() }),
)
