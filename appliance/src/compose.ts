/** The box: every part by name, started in order and stopped in reverse. This file is the architecture diagram. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { err, ok, type Fault, type Log, type Result } from '@lango/kernel'
import { trimChangeLog } from '@lango/kernel/db'
import { pruneCommands, type Actor } from '@lango/kernel/verbs'
import { startAaa, type Aaa } from './aaa/threads.ts'
import { createActions } from './actions.ts'
import { lockFolder, makeFolder, type DataFolder } from './data-folder.ts'
import { startCopier } from './copier.ts'
import { createCopySender, createNasControl } from './drivers.ts'
import { createFrontDesk } from './front-desk.ts'
import { createLiveFeed } from './live-feed.ts'
import { startQueries } from './query-service.ts'
import { serveRpc } from './rpc/server.ts'
import { createQueryRunner, runCommand } from './run-named.ts'
import { startSessionControl, type SessionControl } from './session-control.ts'
import { openSite, type Site } from './site.ts'
import { loadTls } from './tls/index.ts'
import { createWeb, deskAddress, serveWeb } from './web/index.ts'

export type BoxOptions = {
  readonly dir: string
  readonly listen: string
  readonly authPort: number
  readonly acctPort: number
  readonly radsecPort: number
  readonly webPort: number
  readonly demo: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly log: Log
  /** Something failed that only a fresh process can mend. */
  readonly onFatal: (why: string, error: unknown) => void
}

export type Ports = { readonly auth: number; readonly acct: number; readonly radsec: number; readonly web: number }

export type Box = {
  readonly folder: DataFolder
  readonly site: Site
  readonly ports: Ports
  /** Opens the desk once. */
  readonly deskAddress: string
  stop(): Promise<void>
}

/** Who holds the box's own socket: the file's mode says who may. */
const console: Actor = { kind: 'console', id: 'socket' }

const every = (ms: number, run: () => void): (() => void) => {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}

/** The AAA threads take their floor and their trust in the clock from the control thread. */
const keepClock = ({ clock }: Site, { state }: Aaa): (() => void) => {
  const tell = (): void => {
    state.set('clockSure', clock.sure() ? 1 : 0)
    state.set('clockOffsetSec', Math.max(0, Math.ceil((clock.now() - Date.now()) / 1000)))
  }
  tell()
  return every(CLOCK_LOOK_MS, tell)
}

const CLOCK_LOOK_MS = 1000

/** What would grow without end: the change log of a box that no cloud fetches from, and the results of old commands. */
const keepTidy = ({ database, clock }: Site, log: Log): (() => void) =>
  every(TIDY_EVERY_MS, () => {
    pruneCommands(database.raw, { before: clock.now() - COMMANDS_KEPT_MS, rowsMax: 1000 })
    const dropped = trimChangeLog(database.raw)
    if (dropped.length > 0) log.info('the change log was full: these tables will be sent whole', { tables: dropped })
  })

const TIDY_EVERY_MS = 60_000
/** A command may be repeated within this time; after it the id would do the work again. */
const COMMANDS_KEPT_MS = 30 * 86_400_000

/** Starts everything, or says which part would not and leaves nothing behind. */
export const startBox = async (options: BoxOptions): Promise<Result<Box, Fault>> => {
  const { log } = options
  const parts: (() => unknown)[] = []
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).toReversed()) await part()
  }
  const giveUp = async (fault: Fault): Promise<Result<Box, Fault>> => {
    await stop()
    return err(fault)
  }

  const folder = makeFolder(options.dir)
  if (!folder.ok) return folder
  const lock = lockFolder(folder.value)
  if (!lock.ok) return lock
  parts.push(lock.value.release)

  const opened = openSite(folder.value, log)
  if (!opened.ok) return giveUp(opened.error)
  const site = opened.value
  parts.push(site.close)
  if (!site.clock.sure()) log.warn('the clock is not trusted yet: nothing expires and no dated service is sold until it is')

  const tls = await loadTls(folder.value, { now: site.clock.now, random: site.random, hostName: hostname(), sure: site.clock.sure() })
  if (!tls.ok) return giveUp(tls.error)

  const runner = createQueryRunner(folder.value)
  if (!runner.ok) return giveUp(runner.error)
  parts.push(runner.value.close)
  const reader = runner.value.sessions.raw

  const queries = startQueries(folder.value, (error) => options.onFatal('the query thread died', error))
  parts.push(queries.stop)

  const control = createNasControl({ reader, vault: site.vault, random: site.random, clock: site.clock, log })
  parts.push(control.close)

  let sessionControl: SessionControl | undefined
  const started = await startAaa({
    listen: options.listen,
    authPort: options.authPort,
    acctPort: options.acctPort,
    radsecPort: options.radsecPort,
    logLevel: options.logLevel,
    log,
    folder: folder.value,
    tls: { ...tls.value.eap, ca: [...tls.value.eap.ca] },
    serverName: hostname(),
    answer: createFrontDesk(site, log),
    onNews: (news) => {
      if (news.kind === 'quota-used') sessionControl?.look(news.grantNo)
    },
    onDeath: (thread, error) => options.onFatal(`thread ${thread} died`, error),
  })
  if (!started.ok) return giveUp(started.error)
  const aaa = started.value
  parts.push(aaa.stop)

  parts.push(keepClock(site, aaa))
  parts.push(keepTidy(site, log))

  sessionControl = startSessionControl({ site, reader, control, log, endSession: aaa.endSession, forgetQuota: aaa.forgetQuota })
  parts.push(sessionControl.stop)

  const sender = createCopySender({ reader, vault: site.vault, random: site.random, clock: site.clock, log })
  parts.push(sender.close)
  parts.push(startCopier({ reader, clock: site.clock, log, send: sender.send, delivered: aaa.copied, every }))

  const feed = createLiveFeed({ reader, state: aaa.state, clock: site.clock, every })
  parts.push(feed.close)
  const token = site.random.bytes(24).toString('base64url')
  const web = createWeb({ token, feed, siteName: hostname(), clock: site.clock, demo: options.demo, log, random: site.random })
  const server = await serveWeb({ app: web.app, port: options.webPort })
  if (!server.ok) return giveUp(server.error)
  parts.push(async () => {
    web.close()
    await server.value.close()
  })

  const ports: Ports = { ...aaa.ports, web: server.value.port }
  const command = async (name: string, input: unknown): Promise<Result<unknown, Fault>> => runCommand(site, name, input, console)
  const startedAt = site.clock.now()
  const action = createActions({
    reader,
    queries,
    command,
    status: () => ({ pid: process.pid, listen: options.listen, ports, startedAt, now: site.clock.now(), clockSure: site.clock.sure() }),
    newWebAddress: () => deskAddress(server.value, web.newToken()),
    sleep,
    others: {},
  })
  const rpc = await serveRpc({ socketFile: folder.value.socketFile, handle: { command, query: queries.ask, action }, log })
  parts.push(rpc.close)

  return ok({ folder: folder.value, site, ports, deskAddress: deskAddress(server.value, token), stop })
}
