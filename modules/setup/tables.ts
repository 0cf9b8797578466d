import { defineTable } from '@lango/kernel/db'

/** Files that a box was set up by: the same one again changes nothing. */
export const setupFiles = defineTable(
  'setup_files',
  { home: 'site', flow: 'never', onDelete: 'keep', key: 'id' },
  // A keyed hash of what stands in it: there are secrets among it.
  (c) => ({ id: c.id(), appliedAt: c.instant() }),
)
