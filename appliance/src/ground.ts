/** What everything in a box stands on: its folder, the site in it, its certificates, and who reads them. */
import { hostname } from 'node:os'
import { orThrow, type Fault, type Log, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { withPlainAudit } from './audit/plain.ts'
import { putInPlace } from './backup/index.ts'
import type { StartOptions } from './box-options.ts'
import { lockFolder, makeFolder, type DataFolder } from './data-folder.ts'
import { startQueries, type QueryService } from './query-service.ts'
import { createQueryRunner } from './run-named.ts'
import { openSite, type Site } from './site.ts'
import { createStaffDoor, type StaffDoor } from './staff-door.ts'
import { assemble, type Stage } from './stages.ts'
import { loadTls, type BoxNames, type BoxTls } from './tls/index.ts'

export const namesOf = (webNames: readonly string[]): BoxNames => ({ hostName: hostname(), webNames })

export type Ground = {
  readonly folder: DataFolder
  readonly site: Site
  /** One for desk and routers: passwords are computed one at a time, and failures count at both. */
  readonly staffDoor: StaffDoor
  readonly tls: BoxTls
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  /** `sealed` answers of the audit log as it was hashed, without what is told of people. */
  readonly queries: QueryService & { readonly sealed: QueryService['ask'] }
}

/** The folder, held for this process; the site in it, its certificate, and who reads it. */
export const openGround = ({
  dir,
  webNames,
  demo,
  log,
  onFatal,
}: StartOptions): Promise<Result<Ground & Stage, Fault>> =>
  assemble(async (keep) => {
    const folder = orThrow(makeFolder(dir))
    keep({ stop: orThrow(lockFolder(folder)).release })
    becomeRestored(folder, log)
    const site = orThrow(openSite(folder, log))
    keep({ stop: site.close })
    if (!site.clock.sure())
      log.warn('the clock is not trusted yet: nothing expires and no dated service is sold until it is')
    const { clock, random } = site
    const tls = orThrow(await loadTls(folder, { now: clock.now, random, ...namesOf(webNames), sure: clock.sure() }))
    const runner = orThrow(createQueryRunner(folder))
    keep({ stop: runner.close })
    const asked = keep(startQueries(folder, (error) => onFatal('the query thread died', error)))
    const reader = runner.sessions.raw
    const queries = { ...asked, ask: withPlainAudit(asked.ask, reader, site.vault), sealed: asked.ask }
    return { folder, site, staffDoor: createStaffDoor(site, { demo }), tls, reader, queries }
  })

/** A restore that was decided on is finished first, whatever stopped it. */
const becomeRestored = (folder: DataFolder, log: Log): void => {
  const placed = orThrow(putInPlace(folder, Date.now()))
  if (placed.is === 'placed') log.info('this is the restored box', { movedTo: placed.movedTo })
  if (placed.is === 'owned') log.warn('nothing was restored: the box has got an owner meanwhile')
}
