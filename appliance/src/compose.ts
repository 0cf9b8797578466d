/** The box: every part by name, started in order and stopped in reverse. This file is the architecture diagram. */
import { hostname } from 'node:os'
import { every, orThrow, type Fault, type Result } from '@lango/kernel'
import type { Reach } from '@lango/modules/network'
import { Calendar } from '@lango/modules/access'
import { createSettings } from '@lango/modules/settings'
import { startAaa, type Aaa } from './aaa/threads.ts'
import type { Action } from './actions.ts'
import { faultSentence } from './cli/faults.ts'
import type { BoxOptions, StartOptions } from './box-options.ts'
import { startCertificates, type CertificateService } from './certificate-service.ts'
import { startAuditWatch, walkInThread, type AuditWatch } from './audit/watch.ts'
import type { DataFolder } from './data-folder.ts'
import { startCopier } from './copier.ts'
import { startDesk, type Desk } from './desk.ts'
import { createCopySender, createNasControl, createStoreAt } from './drivers.ts'
import { checkControls } from './doctor/router-control.ts'
import { createFrontDesk } from './front-desk.ts'
import { watchOnline } from './online-watch.ts'
import { startPortal, type PortalServer } from './portal.ts'
import { startRestoring, type Restoring } from './restore/restoring.ts'
import { serveRpc } from './rpc/server.ts'
import { startRouterControl, type RouterControlService } from './router-control/service.ts'
import { PackageHandOut } from './rollouts/hand-out.ts'
import { startRollouts } from './rollouts/service.ts'
import { runOwnWhole, runWhole } from './run-named.ts'
import { startPairService, type PairService } from './standby/pair-service.ts'
import { startSessionControl, type SessionControl } from './session-control.ts'
import { boxActions, console } from './box-actions.ts'
import { assemble, type Stage } from './stages.ts'
import { namesOf, openGround, type Ground } from './ground.ts'
import { portalPorts, reachOf, takeCertificates } from './served.ts'
import type { Site } from './site.ts'
import { Transfers } from './transfer/desk-transfers.ts'
import { watchTimeZone } from './time-zone.ts'
import { startUpkeep } from './upkeep.ts'
import { startWatch, type Watch } from './watch.ts'
import { lineSentenceIn } from './web/fault-words.ts'
import type { WebSite } from './web/index.ts'
import { sticksOf } from './updates.ts'
import { startWork, type Work } from './work.ts'

export type Ports = {
  readonly auth: number
  readonly acct: number
  readonly radsec: number
  readonly web: number
  /** Where there is a captive portal. */
  readonly portal?: number
  /** Where it is served over https. */
  readonly portalTls?: number
}

export type Box = {
  readonly folder: DataFolder
  readonly site: Site
  readonly ports: Ports
  /** Opens the desk once. */
  readonly deskAddress: string
  stop(): Promise<void>
}

/** Starts everything, or says which part would not and leaves nothing behind. */
export const startBox = (given: StartOptions): Promise<Result<Box, Fault>> =>
  assemble(async (keep) => {
    let sessions: SessionControl | undefined
    let desk: Desk | undefined
    let portal: PortalServer | undefined
    const ground = keep(orThrow(await openGround(given)))
    const zoned = keep(watchTimeZone({ ...given, every, settings: createSettings(ground.site.database.raw) }))
    const options: BoxOptions = { ...given, timeZone: zoned.timeZone }
    const pair = keep(orThrow(await startPair(options, ground)))
    const aaa = keep(orThrow(await startRadius(options, ground, (grantNo) => sessions?.look(grantNo))))
    const served = { desk: () => desk, portal: () => portal }
    const take = takeCertificates(aaa, served)
    const { site, tls } = ground
    const certified = keep(startCertificates({ ...options, site, take }))
    keep({ stop: watchOnline({ site, reader: ground.reader, log: options.log, every }) })
    const names = namesOf(options.webNames)
    const upkeep = keep(startUpkeep({ site, tls, names, state: aaa.state, take, log: options.log }))
    pair.attach(aaa.ship, upkeep.writeBack)
    sessions = keep(startSessions(options, ground, aaa))
    keep(startCopies(options, ground, aaa))
    const reach = reachOf(options.listen, aaa, served)
    const controlled = keep(startControl(options, ground, aaa, reach))
    const handOut = new PackageHandOut(ground.folder.dir, site.random)
    keep(startRollouts({ ...options, ...ground, ask: ground.queries.ask, reach, handOut }))
    const work = keep(startWork({ ...options, ...ground }))
    const audit = keep(startAudit(options, ground))
    const watch = keep(
      startWatching(options, ground, aaa, {
        ...work,
        ...audit,
        ...controlled,
        pair: pair.status,
        moreChecks: () => [...certified.checks(), ...(portal?.checks() ?? []), ...pair.checks()],
      }),
    )
    const transfers = keep(startTransfers(options, ground))
    const action = boxActions(options, ground, aaa, { watch, transfers, controlled, certified, reach, pair }, served)
    const restoring = startRestore(options, ground)
    if (restoring) keep(restoring)
    const receive: WebSite['receive'] = (...sent) => transfers.receive(...sent)
    desk = keep(
      orThrow(
        await startDesk({
          ...options,
          ...ground,
          tls: ground.tls.web,
          state: aaa.state,
          watch,
          action,
          receive,
          restoring,
        }),
      ),
    )
    keep(await startConsole(options, ground, action))
    const { portalPort } = options
    if (portalPort !== undefined)
      portal = keep(orThrow(await startPortal({ ...options, ...ground, portalPort, handOut })))
    const ports: Ports = { ...aaa.ports, web: desk.port, ...portalPorts(portal) }
    return { folder: ground.folder, site: ground.site, ports, deskAddress: desk.address }
  })

/** A box without an owner may become one that was backed up. */
const startRestore = (
  { image, demo, log, onRestored }: BoxOptions,
  { folder, site, staffDoor }: Ground,
): (Restoring & Stage) | undefined =>
  demo
    ? undefined
    : startRestoring({
        folder,
        anyone: staffDoor.credentials.anyone,
        storeAt: createStoreAt({ clock: site.clock, sticksDir: sticksOf(image) }),
        sticksDir: sticksOf(image),
        log,
        every,
        onBegun: onRestored,
      })

/** The box's other, where it has one: it is asked before this one serves. */
const startPair = (
  { listen, pairPort, logLevel, log, onFatal, onStandby }: BoxOptions,
  { site }: Ground,
): Promise<Result<PairService, Fault>> =>
  startPairService({
    site,
    listen,
    port: pairPort,
    logLevel,
    log,
    onStandby,
    onDeath: (error) => onFatal('the thread of the pair died', error),
  })

/** The threads that answer routers. */
const startRadius = (
  options: BoxOptions,
  { folder, site, staffDoor, tls }: Ground,
  onLimitReached: (grantNo: number) => void,
): Promise<Result<Aaa, Fault>> => {
  const { listen, authPort, acctPort, radsecPort, logLevel, timeZone, log } = options
  return startAaa({
    listen,
    authPort,
    acctPort,
    radsecPort,
    logLevel,
    timeZone,
    log,
    folder,
    tls: { ...tls.eap, ca: [...tls.eap.ca] },
    serverName: hostname(),
    answer: createFrontDesk(site, staffDoor, log),
    onNews: (news) => {
      if (news.kind === 'limit-reached') onLimitReached(news.grantNo)
    },
    onDeath: (thread, error) => options.onFatal(`thread ${thread} died`, error),
  })
}

/** Live sessions are held to what they should be. */
const startSessions = ({ log, timeZone }: BoxOptions, { site, reader }: Ground, aaa: Aaa): SessionControl => {
  const { vault, random, clock } = site
  const { endSession, forgetQuota, overRadsec } = aaa
  const control = createNasControl({ reader, vault, random, clock, log, overRadsec })
  const calendar = new Calendar(timeZone)
  const sessions = startSessionControl({ site, reader, control, calendar, log, endSession, forgetQuota })
  return {
    look: sessions.look,
    async stop() {
      await sessions.stop()
      control.close()
    },
  }
}

/** Accounting goes on to other servers. */
const startCopies = ({ log }: BoxOptions, { site, reader }: Ground, aaa: Aaa): Stage => {
  const { vault, random, clock } = site
  const sender = createCopySender({ reader, vault, random, clock, log })
  const stopCopier = startCopier({ reader, clock, log, send: sender.send, delivered: aaa.copied, every })
  return {
    stop() {
      stopCopier()
      sender.close()
    },
  }
}

/** Routers are logged in to, and hold customers who do not log in themselves. */
const startControl = (
  { timeZone, logLevel, log, onFatal }: BoxOptions,
  { folder: { siteFile, sessionsFile, keyFile }, site }: Ground,
  { state }: Aaa,
  reach: () => Reach,
): RouterControlService =>
  startRouterControl({
    site,
    reach,
    data: { siteFile, sessionsFile, keyFile, state: state.buffer, timeZone, logLevel },
    log,
    onDeath: (error) => onFatal('the thread that controls routers died', error),
  })

/** The audit log is signed, and looked through. */
const startAudit = ({ log }: BoxOptions, { site }: Ground): AuditWatch =>
  startAuditWatch({ site, hostName: hostname(), every, walk: walkInThread, log })

/** Counters, what needs attention, metrics. */
const startWatching = (
  { loginP95MsMax, demo, log }: BoxOptions,
  { folder, site, reader }: Ground,
  { state, ports }: Aaa,
  others: Pick<Work, 'alarm' | 'provider'> &
    Pick<AuditWatch, 'checks'> &
    Pick<RouterControlService, 'statuses'> & {
      readonly moreChecks: CertificateService['checks']
      readonly pair: PairService['status']
    },
): Watch =>
  startWatch({
    folder,
    reader,
    state,
    ports,
    clock: site.clock,
    every,
    loginP95MsMax,
    log,
    provider: others.provider,
    pair: others.pair,
    more: () => [
      ...others.checks(),
      ...others.moreChecks(),
      ...checkControls(reader, others.statuses(), site.clock.now()),
    ],
    onRaised(raised) {
      // A demonstration has no backup and needs none; its page says so all the same.
      if (!demo) log.warn('something needs attention', { what: raised.id, sentence: raised.sentence })
      others.alarm(raised)
    },
  })

/** Lists that come in from the desk, and go out there. */
const startTransfers = ({ log }: BoxOptions, { folder, site }: Ground): Transfers =>
  new Transfers({
    folder,
    clock: site.clock,
    may: site.may,
    command: (name, input, actor) => runOwnWhole(site, name, input, { actor }),
    sentenceOf: (lang, fault) => lineSentenceIn(lang, fault) ?? faultSentence(fault),
    every,
    log,
  })

/** The box's own socket: the CLI's commands, queries and actions. */
const startConsole = async ({ log }: BoxOptions, { folder, site, queries }: Ground, action: Action): Promise<Stage> => {
  const rpc = await serveRpc({
    socketFile: folder.socketFile,
    handle: {
      command: (name, input) => runWhole(site, name, input, { actor: console }),
      query: queries.ask,
      action: (name, input) => action(name, input, console),
    },
    log,
  })
  return { stop: () => rpc.close() }
}
