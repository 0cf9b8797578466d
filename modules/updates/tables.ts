import { defineTable } from '@lango/kernel/db'
import { modes } from './rules.ts'
import { rings, type Machine, type Release } from './port.ts'

/** What the owner wants of updates: one row, or none. */
export const updateSettings = defineTable(
  'update_settings',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    mode: c.oneOf(modes),
    ring: c.oneOf(rings),
    /** Where the feed is: https, or a folder; '' for none. */
    place: c.text(),
    /** 0: as fast as it goes. */
    rateKbps: c.int(),
    /** Hours of the day at the site; null: the box finds a quiet hour by itself. */
    windowFromHour: c.optInt(),
    windowToHour: c.optInt(),
    pausedUntil: c.optInstant(),
    denied: c.json<readonly string[]>(),
  }),
)

/** How far it has come: one row, or none. */
export const updateProgress = defineTable(
  'update_progress',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    checkedAt: c.optInstant(),
    /** Why the last look failed: a fault, as JSON. */
    fault: c.optText(),
    /** The newest release that fits, and where it was found. */
    offered: c.optJson<Release>(),
    place: c.text(),
    /** Set: it is on the disk, whole. */
    file: c.optText(),
    /** Somebody wants to look now, or to install a version now. */
    checkAsked: c.flag(),
    checkPlace: c.text(),
    installAsked: c.optText(),
    /** What the root service told last, and the quiet hour of the week; null on a machine that is no image. */
    machine: c.optJson<Machine>(),
    /** The highest version that was ever handed to the installer. */
    highest: c.optText(),
  }),
)

export type Progress = Omit<typeof updateProgress.site.$inferSelect, 'id'>

/** Of a box that has looked for nothing yet. */
export const noProgress: Progress = {
  checkedAt: null,
  fault: null,
  offered: null,
  place: '',
  file: null,
  checkAsked: false,
  checkPlace: '',
  installAsked: null,
  machine: null,
  highest: null,
}

/** What became of each. */
export const updateRuns = defineTable(
  'update_runs',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({
    version: c.text(),
    outcome: c.oneOf(['handed-over', 'good', 'rolled-back', 'refused']),
    why: c.text(),
    at: c.instant(),
  }),
)
