/** The web of the box: what people and programs reach with a browser or a token. */
import { hostname } from 'node:os'
import { every, ok, type Fault, type Log, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { createPortalLook } from '@lango/modules/portal'
import { createSettings } from '@lango/modules/settings'
import type { Action } from './actions.ts'
import { callbacksOf } from './callbacks.ts'
import type { SharedState } from './aaa/shared-state.ts'
import { deskPages } from './desk-pages.ts'
import { createLiveFeed } from './live-feed.ts'
import { createMachineState } from './machine-state.ts'
import { metricsHandler } from './metrics/handler.ts'
import type { QueryService } from './query-service.ts'
import { runOwn, runOwnWhole, runWhole } from './run-named.ts'
import { openShelf, shelvesOf } from './shelf/index.ts'
import { commandsByName, queriesByName, type Site } from './site.ts'
import type { StaffDoor } from './staff-door.ts'
import type { Watch } from './watch.ts'
import { createApi, createWeb, deskAddress, isLoopback, serveWeb, type WebSite, type WebTls } from './web/index.ts'

export type Desk = {
  readonly port: number
  /** Opens the desk once. */
  readonly address: string
  newAddress(): string
  /** Where it listens; with the certificate that browsers are shown, where it speaks https. */
  at(): { readonly listen: string; readonly port: number; readonly certPem: string | undefined }
  /** A renewed certificate. */
  setTls(tls: WebTls): void
  stop(): Promise<void>
}

export type DeskDeps = {
  readonly site: Site
  readonly staffDoor: StaffDoor
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly queries: QueryService
  readonly state: SharedState
  readonly watch: Watch
  readonly action: Action
  readonly receive: WebSite['receive']
  readonly restoring: WebSite['restoring']
  readonly webPort: number
  readonly webListen: string
  readonly webNames: readonly string[]
  readonly tls: WebTls
  readonly timeZone: string
  readonly demo: boolean
  readonly log: Log
}

/** Loaded with the first refusal: it knows the faults of every part. */
const sentenceOf = async (fault: Fault): Promise<string> => (await import('./cli/faults.ts')).faultSentence(fault)

/** What the web's own pages may use of the site: a form names none of its commands. */
const webSiteOf = ({ site, staffDoor, queries, action, receive, restoring }: DeskDeps): WebSite => ({
  people: site.people,
  may: site.may,
  ...staffDoor,
  settings: createSettings(site.database.raw),
  portalLook: createPortalLook(site.database.raw),
  vault: site.vault,
  command: (name, input, { id, actor, origin }) => runOwn(site, name, input, { actor, origin, id }),
  whole: (name, input, by) => runOwnWhole(site, name, input, by),
  query: queries.ask,
  action,
  receive,
  restoring,
  sentenceOf,
})

/** What programs reach over the web with a token: the same commands and queries as the desk's. */
const apiOf = ({ site, queries, log }: DeskDeps) =>
  createApi({
    commands: commandsByName,
    queries: queriesByName,
    holderOf: site.people.holderOf,
    may: site.may,
    command: (name, input, by) => runWhole(site, name, input, by),
    query: queries.ask,
    sentenceOf,
    random: site.random,
    log,
  })

export const startDesk = async (deps: DeskDeps): Promise<Result<Desk, Fault>> => {
  const { site, reader, state, watch, webPort: port, webListen: listen, tls, timeZone, demo, log } = deps
  const { clock, random } = site
  const machine = createMachineState(site.folder.dir, clock)
  const feed = createLiveFeed({ reader, state, clock, attention: watch.attention, machine, every })
  const token = random.bytes(24).toString('base64url')
  const web = createWeb({
    token,
    feed,
    site: webSiteOf(deps),
    pages: deskPages,
    siteName: hostname(),
    clock,
    demo,
    log,
    random,
    timeZone,
    hostNames: [hostname().toLowerCase(), ...deps.webNames],
    api: apiOf(deps),
    callbacks: callbacksOf(site, log),
    shelf: await openShelf(site, shelvesOf(site.folder), log),
    metrics: metricsHandler({ holderOf: site.people.holderOf, may: site.may, text: watch.metrics }),
  })
  const stopFeeding = (): void => {
    web.close()
    feed.close()
  }
  // Where others can reach it: passwords and sessions do not go over a network in clear.
  const isSecure = !isLoopback(listen)
  const server = await serveWeb({ app: web.app, listen, port, ...(isSecure && { tls }) })
  let certPem = isSecure ? tls.cert : undefined
  if (!server.ok) {
    stopFeeding()
    return server
  }
  return ok({
    port: server.value.port,
    address: deskAddress(server.value, token),
    newAddress: () => deskAddress(server.value, web.newToken()),
    at: () => ({ listen, port: server.value.port, certPem }),
    setTls(next) {
      server.value.setTls(next)
      if (isSecure) certPem = next.cert
    },
    async stop() {
      stopFeeding()
      await server.value.close()
    },
  })
}
