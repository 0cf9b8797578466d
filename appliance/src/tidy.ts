/** What would grow without end: the change log of a box that no cloud fetches from, and the results of old commands. */
import type { Log } from '@lango/kernel'
import { trimChangeLog } from '@lango/kernel/db'
import { pruneCommands } from '@lango/kernel/verbs'
import type { Site } from './site.ts'

const TIDY_EVERY_MS = 60_000
/** A command may be repeated within this time; after it the id would do the work again. */
const COMMANDS_KEPT_MS = 30 * 86_400_000
/** Some 400,000 a day: more than a box is asked for. */
const COMMANDS_FORGOTTEN_AT_ONCE = 300

export const keepTidy = (
  { database, clock }: Pick<Site, 'database' | 'clock'>,
  every: (ms: number, run: () => void) => () => void,
  log: Log,
): (() => void) => {
  let isTrimming = false
  const trim = async (): Promise<void> => {
    const tables = await trimChangeLog(database.raw)
    if (tables.length > 0) log.info('the change log was full: these tables will be sent whole', { tables })
  }
  return every(TIDY_EVERY_MS, () => {
    pruneCommands(database.raw, { before: clock.now() - COMMANDS_KEPT_MS, rowsMax: COMMANDS_FORGOTTEN_AT_ONCE })
    if (isTrimming) return
    isTrimming = true
    trim()
      .catch((error: unknown) => log.error('the change log was not trimmed', { error }))
      .finally(() => (isTrimming = false))
  })
}
