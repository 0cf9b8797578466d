/** The captive portal: what people at a hotspot reach with a browser, over plain http, on a port of its own. */
import { hostname } from 'node:os'
import { err, ok, type Log, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { createPortal, lookStylesheet, pictureAt, type PortalDeps } from '@lango/captive-portal'
import { createLocationOf, createPortalLook } from '@lango/modules/portal'
import { createSettings } from '@lango/modules/settings'
import { Hono } from 'hono'
import { callbacksOf } from './callbacks.ts'
import type { QueryService } from './query-service.ts'
import { runOwn } from './run-named.ts'
import type { Site } from './site.ts'
import { serveWeb } from './web/index.ts'
import type { WebServerFault } from './web/serve.ts'

export type PortalServer = { readonly port: number; stop(): Promise<void> }

/** `code` as the system gives it. */
export type PortalServerFault = Omit<WebServerFault, 'type'> & { readonly type: 'PortalPortUnavailable' }

type Deps = {
  readonly site: Site
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly queries: Pick<QueryService, 'ask'>
  readonly listen: string
  readonly portalPort: number
  readonly webNames: readonly string[]
  readonly timeZone: string
  readonly log: Log
}

/** Phones keep connections open without asking for anything: a full hotspot, and those who only want to fill it. */
const CONNECTIONS_MAX = 4000

const lookOf = (raw: RawDatabase): PortalDeps['look'] => {
  const settings = createSettings(raw)
  const portalLook = createPortalLook(raw)
  const locationOf = createLocationOf(raw)
  return (router = '') => {
    const { siteName, currency, language, brandColour } = settings()
    const portal = portalLook(locationOf(router))
    const { background } = portal.pictures
    const picture = background === undefined ? '' : pictureAt(background.sha256)
    const stylesheet = lookStylesheet({ ...portal, colour: portal.colour || brandColour }, picture)
    return { siteName: siteName || hostname(), currency, language, stylesheet, portal }
  }
}

/** Whose session an address belongs to: the latest that is open there. */
const createOnlineAt = (reader: RawDatabase): PortalDeps['grantOnlineAt'] => {
  const grantAt = reader.prepare<[string], { grantNo: number }>(
    `SELECT grant_no grantNo FROM live_sessions
     WHERE framed_ip = ? AND ended_at IS NULL AND grant_no > 0 ORDER BY started_at DESC LIMIT 1`,
  )
  return (address) => grantAt.get(address)?.grantNo
}

export const startPortal = async (deps: Deps): Promise<Result<PortalServer, PortalServerFault>> => {
  const { site, reader, queries, listen, portalPort: port, webNames, timeZone, log } = deps
  const { vault, clock, random } = site
  // Mounted before everything of the portal: a proxy that leads here from outside has a name of its own.
  const callbacks = new Hono().route('/callbacks', callbacksOf(site, log))
  const portal = createPortal({
    command: (name, input, by) => runOwn(site, name, input, by),
    query: queries.ask,
    look: lookOf(site.database.raw),
    grantOnlineAt: createOnlineAt(reader),
    hostNames: [hostname().toLowerCase(), ...webNames],
    timeZone,
    vault,
    clock,
    random,
    log,
  })
  const fetch: Hono['fetch'] = (request, ...env) =>
    (new URL(request.url).pathname.startsWith('/callbacks/') ? callbacks : portal).fetch(request, ...env)
  const server = await serveWeb({ app: { fetch }, listen, port, connectionsMax: CONNECTIONS_MAX })
  if (!server.ok) return err({ ...server.error, type: 'PortalPortUnavailable' })
  return ok({ port: server.value.port, stop: () => server.value.close() })
}
