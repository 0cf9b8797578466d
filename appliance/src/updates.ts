/** How the module of updates reaches the feed, the disk and the slots of this machine. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { err, systemTimers, type Clock } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import {
  downloadBundle,
  downloadedBytes,
  folderSource,
  httpSource,
  keepOnly,
  readFeed,
  slotsOnFiles,
  type Source,
} from '@lango/firmware'
import { HOURS_A_WEEK } from '@lango/modules/updates/rules'
import type { Hindrance, Release, SlotsStatus, UpdatePort } from '@lango/modules/updates/port'
import type { DataFolder } from './data-folder.ts'
import { SCHEDULED_BACKUP_FOLDER } from './scheduled-backup.ts'
import { SCHEMA } from './site.ts'

/** Where an image has its root of trust, and what its root services tell. */
export const IMAGE_TRUST = '/usr/lib/lango/trust/root.json'
const IMAGE_TOLD = '/run/lango-os'

const WEEK_MS = 7 * 86_400_000
const WEEKS_LOOKED_AT = 4
/** Who has been asked to pay on their phone is waited for. */
const SALE_MS = 5 * 60_000

export type ImagePlaces = { readonly wishes: string; readonly told: string; readonly trust: string }

/** Undefined on a machine that is no image: nobody there would install anything. */
export const imagePlaces = (env: Readonly<Record<string, string | undefined>>): ImagePlaces | undefined => {
  const wishes = env['LANGO_OS_DIR']
  if (wishes === undefined || wishes === '') return undefined
  return { wishes, told: env['LANGO_OS_TOLD'] ?? IMAGE_TOLD, trust: env['LANGO_OS_TRUST'] ?? IMAGE_TRUST }
}

/** Where an image shows what is on sticks. */
export const sticksOf = (image: ImagePlaces | undefined): string | undefined => image && join(image.told, 'usb')

export type UpdatePortDeps = {
  readonly places: ImagePlaces
  readonly folder: Pick<DataFolder, 'dir'>
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly clock: Clock
  readonly timeZone: string
}

export const createUpdatePort = ({ places, folder, reader, clock, timeZone }: UpdatePortDeps): UpdatePort => {
  const dir = join(folder.dir, 'updates')
  const slots = slotsOnFiles(places.wishes, places.told)
  const sql = statementsOn(reader)
  const hourOfWeek = (at: number): number => {
    const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
    return (local.dayOfWeek - 1) * 24 + local.hour
  }
  return {
    status: () => slots.status(),
    arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
    data: () => ({ schema: SCHEMA, minReader: sql.minReader.get() ?? 1 }),
    hourOfWeek,
    busyHours() {
      const hours = Array.from({ length: HOURS_A_WEEK }, () => 0)
      for (const { hourAt, sec } of sql.hours.all(clock.now() - WEEKS_LOOKED_AT * WEEK_MS))
        hours[hourOfWeek(hourAt)]! += sec
      return hours
    },
    hindrance(): Hindrance | undefined {
      if (existsSync(join(folder.dir, SCHEDULED_BACKUP_FOLDER))) return 'backup'
      return sql.sale.get(clock.now() - SALE_MS) === undefined ? undefined : 'sale'
    },
    check(place) {
      const trustFile = join(folder.dir, 'update-trust.json')
      // What expires is judged by a clock that somebody vouches for.
      if (!clock.sure()) return Promise.resolve(err({ type: 'ClockUnsure' }))
      return readFeed({ rootFile: places.trust, trustFile }, sourceAt(place), clock.now())
    },
    download: (release, place, rateKbps, signal) =>
      downloadBundle(deltaFor(release, slots.status()) ?? release, {
        dir,
        source: sourceAt(place),
        timers: systemTimers(),
        monotonicMs: clock.monotonicMs,
        rateKbps,
        signal,
      }),
    downloadedBytes: (release) => downloadedBytes(dir, (deltaFor(release, slots.status()) ?? release).name),
    clean: () => keepOnly(dir),
    install({ version, sha256, deltas = [] }, bundle, at) {
      const delta = deltas.find(({ name }) => name === basename(bundle))
      slots.install({ bundle, sha256, version, at, ...(delta && { deltaSha256: delta.sha256 }) })
    },
    reboot: (at) => slots.reboot({ at, why: 'update' }),
  }
}

/** What makes it of the release that runs, where the feed has it. */
const deltaFor = ({ deltas = [] }: Release, status: SlotsStatus | undefined) =>
  status && deltas.find(({ from }) => from === status.versions[status.slot])

const sourceAt = (place: string): Source => (place.startsWith('/') ? folderSource(place) : httpSource(place))

const statementsOn = (reader: RawDatabase) => ({
  minReader: reader.prepare<[], number>("SELECT value FROM site.lango_meta WHERE key = 'minReader'").pluck(),
  hours: reader.prepare<[number], { hourAt: number; sec: number }>(
    'SELECT hour_at hourAt, sum(session_time_sec) sec FROM usage_plan_hours WHERE hour_at >= ? GROUP BY hour_at',
  ),
  sale: reader
    .prepare<[number], 1>(
      "SELECT 1 FROM purchases WHERE state IN ('requested', 'accepted') AND requested_at > ? LIMIT 1",
    )
    .pluck(),
})
