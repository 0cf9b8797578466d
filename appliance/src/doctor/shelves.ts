/** Whether the boxes that keep their backups here still send them. */
import type { RawDatabase } from '@lango/kernel/db'
import { SHELF_SILENT_MS } from '@lango/modules/backups'
import { fine, firstOf, found, HOUR_MS, type Check } from './check.ts'

const NAME = 'shelves'

/** Nothing where nothing is lent. */
export const checkShelves = (site: RawDatabase, now: number): Check[] => {
  const shelves = site
    .prepare<[], { name: string; at: number }>(
      'SELECT name, coalesce(newest_at, created_at) at FROM backup_shelves ORDER BY name',
    )
    .all()
  if (shelves.length === 0) return []
  const silent = shelves.filter(({ at }) => now - at > SHELF_SILENT_MS)
  if (silent.length === 0) return [fine(NAME, 'The boxes whose backups are kept here send them.')]
  const told = silent.map(({ name, at }) => ({ name, silentHours: Math.floor((now - at) / HOUR_MS) }))
  return [found(NAME, 'attention', { type: 'shelves-silent', ...firstOf(told) })]
}
