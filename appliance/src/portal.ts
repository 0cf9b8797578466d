/** The captive portal: what people at a hotspot reach with a browser, over plain http, on a port of its own, and over https. */
import { hostname } from 'node:os'
import { err, ok, type Clock, type Log, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { createPortal, lookStylesheet, pictureAt, readLanguage, type PortalDeps } from '@lango/captive-portal'
import { createLanguageFiles, createLocationOf, createPortalLook } from '@lango/modules/portal'
import { createSettings } from '@lango/modules/settings'
import { Hono } from 'hono'
import { callbacksOf } from './callbacks.ts'
import type { Check } from './doctor/check.ts'
import { originOf, PortalDoor, type PortalTlsPortFault, type SecurePortal } from './portal-door.ts'
import type { QueryService } from './query-service.ts'
import type { PackageHandOut } from './rollouts/hand-out.ts'
import { runOwn } from './run-named.ts'
import type { Site } from './site.ts'
import type { BoxTls } from './tls/index.ts'
import { serveWeb } from './web/index.ts'
import type { WebServerFault } from './web/serve.ts'

export type PortalServer = {
  readonly port: number
  /** Where it is served over https now. */
  secure(): SecurePortal | undefined
  /** Another certificate is in use. */
  setTls(tls: BoxTls): void
  checks(): readonly Check[]
  stop(): Promise<void>
}

/** `code` as the system gives it. */
export type PortalServerFault = Omit<WebServerFault, 'type'> & { readonly type: 'PortalPortUnavailable' }

type Deps = {
  readonly site: Site
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly queries: Pick<QueryService, 'ask'>
  readonly listen: string
  readonly portalPort: number
  /** Over https; undefined for never. */
  readonly portalTlsPort: number | undefined
  readonly tls: BoxTls
  readonly webNames: readonly string[]
  readonly timeZone: string
  /** Files that routers fetch, who reach nothing else of the box. */
  readonly handOut: Pick<PackageHandOut, 'answer'>
  readonly log: Log
}

/** Phones keep connections open without asking for anything: a full hotspot, and those who only want to fill it. */
const CONNECTIONS_MAX = 4000

const lookOf = (raw: RawDatabase): PortalDeps['look'] => {
  const settings = createSettings(raw)
  const portalLook = createPortalLook(raw)
  const locationOf = createLocationOf(raw)
  return (router = '') => {
    const { siteName, currency, language, walletAmounts, brandColour } = settings()
    const portal = portalLook(locationOf(router))
    const { background } = portal.pictures
    const picture = background === undefined ? '' : pictureAt(background.sha256)
    const stylesheet = lookStylesheet({ ...portal, colour: portal.colour || brandColour }, picture)
    return { siteName: siteName || hostname(), currency, language, walletAmounts, stylesheet, portal }
  }
}

/** How often it is looked whether there are others. */
const LANGUAGES_LIFE_MS = 1000

const languagesOf = (raw: RawDatabase, clock: Pick<Clock, 'monotonicMs'>): PortalDeps['languages'] => {
  const files = createLanguageFiles(raw)
  let kept: { readonly stamp: string; readonly languages: ReturnType<PortalDeps['languages']> } | undefined
  let lookedAt = -Infinity
  return () => {
    const now = clock.monotonicMs()
    if (kept && now - lookedAt < LANGUAGES_LIFE_MS) return kept.languages
    lookedAt = now
    const stamp = files.stamp()
    if (kept?.stamp === stamp) return kept.languages
    const read = files.all().map(({ tag, text }) => readLanguage(tag, text))
    kept = { stamp, languages: read.flatMap((one) => (one.ok ? [one.value.language] : [])) }
    return kept.languages
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

/** Callbacks are mounted before everything of the portal: a proxy that leads here from outside has a name of its own. */
const appOf = (deps: Deps, secure: () => SecurePortal | undefined): Pick<Hono, 'fetch'> => {
  const { site, reader, queries, webNames, timeZone, handOut, log } = deps
  const { vault, clock, random } = site
  const callbacks = new Hono().route('/callbacks', callbacksOf(site, log))
  const portal = createPortal({
    command: (name, input, by) => runOwn(site, name, input, by),
    query: queries.ask,
    look: lookOf(site.database.raw),
    languages: languagesOf(site.database.raw, clock),
    grantOnlineAt: createOnlineAt(reader),
    hostNames: [hostname().toLowerCase(), ...webNames],
    secureOrigin() {
      const open = secure()
      return open && originOf(open)
    },
    timeZone,
    vault,
    clock,
    random,
    log,
  })
  const fetch: Hono['fetch'] = (request, ...env) => {
    const { pathname } = new URL(request.url)
    const file = handOut.answer(pathname)
    if (file) return file
    return (pathname.startsWith('/callbacks/') ? callbacks : portal).fetch(request, ...env)
  }
  return { fetch }
}

export const startPortal = async (
  deps: Deps,
): Promise<Result<PortalServer, PortalServerFault | PortalTlsPortFault>> => {
  const { listen, portalPort: port, portalTlsPort, tls, webNames, log } = deps
  let door: PortalDoor | undefined
  const app = appOf(deps, () => door?.now())
  const shared = { app, listen, connectionsMax: CONNECTIONS_MAX }
  const server = await serveWeb({ ...shared, port })
  if (!server.ok) return err({ ...server.error, type: 'PortalPortUnavailable' })
  const stop = async () => {
    await door?.stop()
    await server.value.close()
  }
  if (portalTlsPort !== undefined) {
    door = new PortalDoor({ ...shared, port: portalTlsPort, webNames, log })
    const opened = await door.take(tls)
    if (!opened.ok) {
      await stop()
      return opened
    }
  }
  return ok({
    port: server.value.port,
    secure: () => door?.now(),
    setTls: (next) => void door?.take(next),
    checks: () => door?.checks() ?? [],
    stop,
  })
}
