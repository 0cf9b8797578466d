/** The site of a data folder: its databases, keys and verbs, without any network. The box runs on it; so does the CLI while the box is down. */
import {
  type ClockWitness,
  createIds,
  err,
  ok,
  openVault,
  systemClock,
  systemRandom,
  systemTimers,
  type Fault,
  type Ids,
  type Log,
  type Random,
  type Result,
  type SystemClock,
  type Vault,
} from '@lango/kernel'
import { migrate, openDatabase, type Database } from '@lango/kernel/db'
import {
  createDispatcher,
  createEvents,
  createJobRunner,
  kernelModule,
  lastCommittedAt,
  partsOf,
  type AnyJob,
  type Dispatcher,
  type Events,
  type JobRunner,
  type May,
} from '@lango/kernel/verbs'
import { access } from '@lango/modules/access'
import { backups } from '@lango/modules/backups'
import { bypass } from '@lango/modules/bypass'
import { customers } from '@lango/modules/customers'
import { desk } from '@lango/modules/desk'
import { ledger } from '@lango/modules/ledger'
import { messages } from '@lango/modules/messages'
import { network } from '@lango/modules/network'
import { offers } from '@lango/modules/offers'
import { payments } from '@lango/modules/payments'
import { createPeopleGuard, people, type PeopleGuard } from '@lango/modules/people'
import { plans } from '@lango/modules/plans'
import { portal } from '@lango/modules/portal'
import { registration } from '@lango/modules/registration'
import { fillFoundBy, services } from '@lango/modules/services'
import { settings } from '@lango/modules/settings'
import { setup } from '@lango/modules/setup'
import { sessions } from '@lango/modules/sessions'
import { rollouts } from '@lango/modules/rollouts'
import { updates } from '@lango/modules/updates'
import { vouchers } from '@lango/modules/vouchers'
import { wallets } from '@lango/modules/wallets'
import { webhooks } from '@lango/modules/webhooks'
import { existsSync } from 'node:fs'
import type { DataFolder } from './data-folder.ts'
import { siteSteps } from './site-steps.ts'

/** This release's schema; a database that only newer releases may read is refused (`minReader`). */
export const SCHEMA = 14
/** When this release was made: a clock before it is wrong. */
export const RELEASED_AT = Date.UTC(2026, 10, 21)

/** 160 MB: a running box brings them back long before, in a thread of its own. */
const WAL_PAGES_MAX = 40_000

/** Every module of the box, in dependency order. */
export const siteModules = [
  people,
  settings,
  messages,
  network,
  access,
  plans,
  ledger,
  customers,
  wallets,
  services,
  registration,
  vouchers,
  offers,
  bypass,
  payments,
  portal,
  sessions,
  webhooks,
  backups,
  setup,
  updates,
  rollouts,
  desk,
]
const parts = partsOf([kernelModule, ...siteModules])
/** All of them: for the box's own code alone. */
export const everyCommandByName = new Map(parts.commands.map((command) => [command.name, command]))
/** What can be asked for, whoever asks and by whichever way. */
export const commandsByName = new Map([...everyCommandByName].filter(([, { isInternal }]) => isInternal !== true))
export const queriesByName = new Map(parts.queries.map((query) => [query.name, query]))

export type Site = {
  readonly folder: DataFolder
  readonly database: Database
  readonly clock: SystemClock
  readonly random: Random
  readonly ids: Ids
  readonly vault: Vault
  readonly events: Events
  readonly dispatcher: Dispatcher
  readonly may: May
  readonly people: PeopleGuard
  readonly close: () => void
}

/** Who reaches the box's own socket or console may do everything; people and programs what their role may. */
const mayOf =
  (guard: PeopleGuard): May =>
  (actor, permission) =>
    actor.kind === 'console' || actor.kind === 'system' || guard.may(actor, permission)

/**
 * Who vouches for the wall clock: a battery-backed clock (every PC has one; a virtual machine gets its host's), or a
 * time service that says it is in step. A board without either is unsure until NTP has spoken.
 */
export const clockWitness = (): ClockWitness | undefined => {
  if (process.arch === 'x64' || existsSync('/sys/class/rtc/rtc0')) return 'rtc'
  return existsSync('/run/systemd/timesync/synchronized') ? 'ntp' : undefined
}

/** Opens, and on first start makes, everything in the folder. Faults say which file and why. */
export const openSite = (folder: DataFolder, log: Log): Result<Site, Fault> => {
  const random = systemRandom()
  const clock = systemClock({
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    releasedAt: RELEASED_AT,
    floorMs: 0,
  })
  const witness = clockWitness()
  if (witness) clock.confirm(witness)
  const vault = openVault({ file: folder.keyFile, create: true, random })
  if (!vault.ok) return vault
  const database = openDatabase({ file: folder.siteFile, walPagesBeforeCheckpoint: WAL_PAGES_MAX })
  if (!database.ok) return database
  const made = prepare(folder, database.value)
  if (!made.ok) {
    database.value.close()
    return made
  }
  clock.raiseFloor(lastCommittedAt(database.value.raw))
  const ids = createIds({ now: clock.now, random })
  const events = createEvents({ log })
  const guard = createPeopleGuard(database.value.raw, vault.value, clock.now)
  const may = mayOf(guard)
  const dispatcher = createDispatcher({
    database: database.value,
    clock,
    ids,
    random,
    vault: vault.value,
    log,
    may,
    events,
    followers: parts.followers,
    committed: (at) => clock.raiseFloor(at),
  })
  return ok({
    folder,
    database: database.value,
    clock,
    random,
    ids,
    vault: vault.value,
    events,
    dispatcher,
    may,
    people: guard,
    close: () => database.value.close(),
  })
}

/** Runs the modules' work, and what needs the world outside: only a box that runs has that. */
export const createJobs = (site: Omit<Site, 'folder'>, log: Log, outside: readonly AnyJob[]): JobRunner =>
  createJobRunner({ ...site, timers: systemTimers(), log, jobs: [...parts.jobs, ...outside] })

/** Brings both files to this release. sessions.db is closed again: its writer is a thread of its own. */
const prepare = (folder: DataFolder, site: Database): Result<unknown, Fault> => {
  const tablesOf = (home: 'site' | 'sessions') => parts.tables.filter((table) => table.home === home)
  const migrated = migrate(site, { version: SCHEMA, tables: tablesOf('site'), steps: siteSteps, changeLog: true })
  if (!migrated.ok) return migrated
  fillFoundBy(site.raw)
  const sessionsDb = openDatabase({ file: folder.sessionsFile })
  if (!sessionsDb.ok) return sessionsDb
  const done = migrate(sessionsDb.value, { version: SCHEMA, tables: tablesOf('sessions'), changeLog: false })
  sessionsDb.value.close()
  return done.ok ? ok() : err(done.error)
}
