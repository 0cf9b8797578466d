/** Commands and queries by name: what the socket, the offline command line and the query thread have in common. */
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { databaseFault, openDatabase, runSite, type Database, type DatabaseFault } from '@lango/kernel/db'
import { dispatchWhole, inputInvalid, type Actor } from '@lango/kernel/verbs'
import type { DataFolder } from './data-folder.ts'
import { commandsByName, everyCommandByName, queriesByName, type Site } from './site.ts'

export type NameFault =
  | { readonly type: 'CommandUnknown'; readonly name: string }
  | { readonly type: 'QueryUnknown'; readonly name: string }

/** Who asks, from which address where that is known, and under which id; a fresh one where none is given. */
export type Asker = { readonly actor: Actor; readonly origin?: string | undefined; readonly id?: string | undefined }

type SiteToRun = Pick<Site, 'dispatcher' | 'ids'>
type Commands = typeof commandsByName

/** For code of the box that names the command itself: what it puts on record has happened. At once, in one transaction. */
export const runOwn = (
  site: SiteToRun,
  name: string,
  input: unknown,
  { actor, origin, id = site.ids.next('cmd') }: Asker,
): Result<unknown, Fault> => {
  const command = everyCommandByName.get(name)
  if (!command) return err({ type: 'CommandUnknown', name })
  if (command.parts !== undefined) throw new Error(`${name} is done in parts: runOwnWhole`)
  return site.dispatcher.dispatch(command, input, { id, actor, origin })
}

/** To its end: what is done in parts leaves the control thread to others between two of them. */
const runWholeFrom =
  (commands: Commands) =>
  async (
    site: SiteToRun,
    name: string,
    input: unknown,
    { actor, origin, id = site.ids.next('cmd') }: Asker,
  ): Promise<Result<unknown, Fault>> => {
    const command = commands.get(name)
    if (!command) return err({ type: 'CommandUnknown', name })
    return dispatchWhole(site.dispatcher, command, input, { id, actor, origin })
  }

/** As `runOwn`, whatever command it is. */
export const runOwnWhole = runWholeFrom(everyCommandByName)
/** For whoever names a command: programs, the socket, the command line. The box's own are unknown to them. */
export const runWhole = runWholeFrom(commandsByName)

/** Read-only connections: `site` to site.db; `sessions` to sessions.db with site.db attached, for joins across them. */
export type QueryDatabases = { readonly site: Database; readonly sessions: Database }

/** Runs a query on the file that its tables live in. */
export const runQuery = ({ site, sessions }: QueryDatabases, name: string, input: unknown): Result<unknown, Fault> => {
  const query = queriesByName.get(name)
  if (!query) return err({ type: 'QueryUnknown', name })
  const parsed = query.input.safeParse(input)
  if (!parsed.success) return err(inputInvalid(parsed.error))
  const homes = Object.values(query.tables as Record<string, { home: string }>).map((table) => table.home)
  const database = homes.includes('sessions') ? sessions : site
  try {
    return ok(runSite(query, database, parsed.data) as unknown)
  } catch (error) {
    const fault = databaseFault(error, database.file)
    if (fault === undefined) throw error
    return err(fault)
  }
}

export type QueryRunner = QueryDatabases & {
  readonly run: (name: string, input: unknown) => Result<unknown, Fault>
  readonly close: () => void
}

/** Opens both files of a folder for reading; they exist and are migrated. One runner a thread. */
export const createQueryRunner = (
  folder: Pick<DataFolder, 'siteFile' | 'sessionsFile'>,
): Result<QueryRunner, DatabaseFault> => {
  const site = openDatabase({ file: folder.siteFile, readonly: true })
  if (!site.ok) return site
  const sessions = openDatabase({ file: folder.sessionsFile, readonly: true, attach: { site: folder.siteFile } })
  if (!sessions.ok) {
    site.value.close()
    return sessions
  }
  const databases = { site: site.value, sessions: sessions.value }
  return ok({
    ...databases,
    run: (name, input) => runQuery(databases, name, input),
    close() {
      databases.sessions.close()
      databases.site.close()
    },
  })
}
