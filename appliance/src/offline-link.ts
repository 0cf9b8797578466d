/** A link straight into the data folder of a box that is down. */
import { existsSync, statSync } from 'node:fs'
import { createLog, err, ok, type Fault, type Log, type Result } from '@lango/kernel'
import { searchDecisions } from './aaa/decision-search.ts'
import { withPlainAudit } from './audit/plain.ts'
import { dataFolder, lockFolder, type DataFolder, type FolderFault } from './data-folder.ts'
import type { ActionName, Link } from './link.ts'
import { createQueryRunner, runOwn, runWhole, type QueryRunner } from './run-named.ts'
import { rotateKeys } from './rotate-keys.ts'
import { openSite, type Site } from './site.ts'
import { readPair } from './standby/pair-state.ts'
import type { StandbyFault } from './standby/standby-box.ts'

export type OfflineFault =
  | { readonly type: 'FolderMissing'; readonly dir: string }
  /** Files made as this user could not be read by the box. */
  | { readonly type: 'FolderOfAnother'; readonly dir: string; readonly uid: number }
  /** Only a running box can do it. */
  | { readonly type: 'BoxDown'; readonly dir: string; readonly action: string }

export type OfflineOptions = {
  readonly dir: string
  readonly osUser: string
  readonly uid: number
  readonly logLine: (line: string) => void
}

/** Takes the folder's lock first: until the link is closed neither a box nor another command writes there. */
export const openOffline = ({ dir, osUser, uid, logLine }: OfflineOptions): Result<Link, Fault> => {
  const folder = dataFolder(dir)
  const pair = readPair(folder)
  if (pair?.role === 'standby')
    return err({ type: 'BoxIsStandby', primary: pair.peer.name } satisfies StandbyFault as Fault)
  if (!existsSync(folder.siteFile)) return err({ type: 'FolderMissing', dir } satisfies OfflineFault as Fault)
  const owner = statSync(dir).uid
  if (owner !== uid) return err({ type: 'FolderOfAnother', dir, uid: owner } satisfies OfflineFault as Fault)
  const lock: Result<{ readonly release: () => void }, FolderFault> = lockFolder(folder)
  if (!lock.ok) return lock
  const opened = open(folder, createLog({ level: 'warn', sink: { write: logLine } }))
  if (!opened.ok) {
    lock.value.release()
    return opened
  }
  const { site, queries } = opened.value
  const actor = { kind: 'console', id: osUser } as const
  return ok({
    running: false,
    command: (name, input) => runWhole(site, name, input, { actor }),
    query: withPlainAudit((name, input) => Promise.resolve(queries.run(name, input)), queries.site.raw, site.vault),
    action: async (name, input) => {
      if (name === 'keys.rotate') return rotateKeys(site, folder, actor, () => Promise.resolve())
      if (name === 'audit.exported') return runOwn(site, name, input, { actor })
      return act(dir, queries, name, input)
    },
    close() {
      queries.close()
      site.close()
      lock.value.release()
      return Promise.resolve()
    },
  })
}

const open = (folder: DataFolder, log: Log): Result<{ site: Site; queries: QueryRunner }, Fault> => {
  const site = openSite(folder, log)
  if (!site.ok) return site
  const queries = createQueryRunner(folder)
  if (!queries.ok) {
    site.value.close()
    return queries
  }
  return ok({ site: site.value, queries: queries.value })
}

/** What can be told without a box; the rest needs one. */
const act = (dir: string, queries: QueryRunner, action: ActionName, input: unknown): Result<unknown, Fault> => {
  if (action === 'decisions.search')
    return ok(searchDecisions(queries.sessions.raw, input as Parameters<typeof searchDecisions>[1]))
  return err({ type: 'BoxDown', dir, action } satisfies OfflineFault as Fault)
}
