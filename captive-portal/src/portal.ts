/** The portal: its pages, the answers to systems that look whether they are online, and the way of strangers to it. */
import { isIP } from 'node:net'
import { showAllowance } from '@lango/modules/sessions'
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { CAPTIVE_TYPE, captiveState, type Remaining } from './captive-api.ts'
import { Claim } from './claim.tsx'
import { Connect } from './connect.tsx'
import { Free } from './free.tsx'
import { addressOf, Gate, PICTURES_PATH } from './gate.tsx'
import { isFromRouter, loginAddress, placeFromRouter } from './hand-off.ts'
import { Home } from './home.tsx'
import { secLeft } from './left.ts'
import { portalLimits } from './limits.ts'
import { mikrotikFiles } from './mikrotik-files.ts'
import { News, NEWS_PATH } from './news.tsx'
import { Notes } from './notes.tsx'
import type { PortalDeps } from './port.ts'
import { isNothingHere, probeAnswer } from './probes.ts'
import { openReceipt } from './receipt.tsx'
import { StandingOrderPages } from './standing-order.tsx'
import { ORDER_PATH } from './standing-orders.tsx'
import { Voucher } from './voucher.tsx'
import { Waiting } from './waiting.tsx'
import { WalletDeeds } from './wallet-deeds.tsx'
import { WALLET_PATH, WalletPages } from './wallet.tsx'

/** Nothing inline, nothing from elsewhere. A form may lead on to the router that sent the browser here. */
const policyOf = (loginOrigin: string): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    `form-action 'self'${loginOrigin === '' ? '' : ` ${loginOrigin}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const protect =
  (gate: Gate): MiddlewareHandler =>
  async (c, next) => {
    await next()
    const { search, searchParams: query } = new URL(c.req.url)
    const hosts = gate.loginHosts()
    const { login } = isFromRouter(query) ? placeFromRouter(search, hosts) : gate.place(c)
    c.header('content-security-policy', policyOf(login === '' ? '' : new URL(login).origin))
    c.header('x-content-type-options', 'nosniff')
    c.header('x-frame-options', 'DENY')
    c.header('referrer-policy', 'no-referrer')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }

/** Whether the browser asked for the box itself, or for something else that a gateway led here. */
const isOurs = (host: string, { hostNames, secureOrigin }: PortalDeps): boolean => {
  const name = (URL.parse(`http://${host}`)?.hostname ?? '').replace(/^\[|\]$/g, '')
  if (isIP(name) !== 0 || name === 'localhost' || hostNames.includes(name)) return true
  const secure = secureOrigin()
  return secure !== undefined && name === new URL(secure).hostname
}

/** What was asked of another host came here because a gateway turned it round: it is a probe, or somebody's page. */
const turnRound =
  (gate: Gate): MiddlewareHandler =>
  async (c, next) => {
    if (isNothingHere(c.req.path)) return c.body(null, 404)
    if (isOurs(c.req.header('host') ?? '', gate.deps)) return next()
    const probe = gate.deps.grantOnlineAt(addressOf(c)) === undefined ? undefined : probeAnswer(c.req.path)
    if (probe?.status === 204) return c.body(null, 204)
    if (probe) return c.body(probe.body, 200, { 'content-type': probe.type })
    const home = `${gate.origin(c)}/`
    c.header('connection', 'close')
    // 302, never 301: what a browser keeps breaks the address for good.
    return c.html(`<meta http-equiv="refresh" content="0;url=${home}">`, 302, { location: home })
  }

const remainingOf = async (gate: Gate, c: Context): Promise<Remaining | undefined> => {
  const grantNo = gate.deps.grantOnlineAt(addressOf(c))
  if (grantNo === undefined) return undefined
  const allowance = await gate.ask(showAllowance, { grantNo, at: gate.now, timeZone: gate.deps.timeZone })
  return {
    secLeft: allowance && secLeft(allowance, gate.now),
    octetsLeft: allowance?.octets?.left,
  }
}

/** The router's login page that an address names; '' for none, or for one that nobody may be sent to. */
const loginOf = (gate: Gate, c: Context): string => loginAddress(c.req.query('login') ?? '', gate.loginHosts())

/** Who comes by what the API told has not been at the router, which alone knows their device and makes its challenge. */
const ENTER_PATH = '/enter'
const enter = (gate: Gate) => (c: Context) => c.redirect(loginOf(gate, c) || '/', 302)

const captiveApi = (gate: Gate) => async (c: Context) => {
  const login = loginOf(gate, c)
  // Also where it is asked over http: a system takes no portal that is not https (RFC 8908 section 5).
  const origin = gate.deps.secureOrigin() ?? gate.origin(c)
  const state = captiveState(await remainingOf(gate, c), {
    portalUrl: login === '' ? `${origin}/` : `${origin}${ENTER_PATH}?${new URLSearchParams({ login })}`,
    venueInfoUrl: gate.look.portal.venueInfoUrl,
  })
  return c.body(JSON.stringify(state), 200, { 'content-type': CAPTIVE_TYPE, 'cache-control': 'private, no-store' })
}

const assets =
  (gate: Gate): MiddlewareHandler =>
  async (c, next) => {
    const found = gate.asset(c.req.path)
    if (!found) return next()
    return c.body(found.body, 200, {
      'content-type': found.type,
      'cache-control': 'public, max-age=31536000, immutable',
    })
  }

/** What a router of MikroTik fetches for its hotspot: pages that lead to the address by which it has asked. */
const routerFile = (gate: Gate) => (c: Context) => {
  const file = mikrotikFiles(gate.origin(c)).get(c.req.param('file') ?? '')
  // As text: it is a page only once the router has filled it in.
  return file === undefined ? c.notFound() : c.text(file)
}

/** Named by what they hold, so that browsers keep them for good. */
const pictures = (gate: Gate) => (c: Context) => {
  const found = gate.look.portal.picture(c.req.param('sha256') ?? '')
  if (!found) return c.body(null, 404)
  return c.body(new Uint8Array(found.bytes), 200, {
    'content-type': found.type,
    'cache-control': 'public, max-age=31536000, immutable',
  })
}

/** `app.request()` answers without a port. */
export const createPortal = (deps: PortalDeps): Hono => {
  const gate = new Gate(deps)
  const wallet = new WalletPages(gate)
  const [deeds, orders] = [new WalletDeeds(gate, wallet), new StandingOrderPages(gate)]
  const [home, waiting, voucher] = [new Home(gate, deeds), new Waiting(gate), new Voucher(gate)]
  const [connect, claim, free, notes] = [new Connect(gate), new Claim(gate), new Free(gate), new Notes(gate)]
  const news = new News(gate)
  const app = new Hono()
  app.use(protect(gate), turnRound(gate))
  app.use('/assets/*', assets(gate))
  app.use(bodyLimit({ maxSize: portalLimits.formBytesMax }))
  app.get(`${PICTURES_PATH}:sha256`, pictures(gate))
  app.get('/captive-portal/api', captiveApi(gate))
  app.get('/hotspot/:file', routerFile(gate))
  app.get(ENTER_PATH, enter(gate))
  app.get('/', (c) => home.open(c))
  app.post('/buy', (c) => home.buy(c))
  app.get('/pay/:ticket', (c) => waiting.open(c))
  app.post('/pay/:ticket', (c) => waiting.paid(c))
  app.get('/pay/:ticket/state', (c) => waiting.state(c))
  app.get('/connect/:ticket', (c) => connect.open(c))
  app.get('/receipt/:ticket', openReceipt(gate))
  app.get('/s/:ticket', (c) => connect.status(c))
  app.post('/devices/:ticket', (c) => connect.free(c))
  app.get('/voucher', (c) => voucher.open(c))
  app.post('/voucher', (c) => voucher.redeem(c))
  app.get('/paid', (c) => claim.open(c))
  app.post('/paid', (c) => claim.find(c))
  app.get('/free', (c) => free.open(c))
  app.post('/free', (c) => free.send(c))
  app.get('/free/code', (c) => free.codePage(c))
  app.post('/free/code', (c) => free.confirm(c))
  app.get(NEWS_PATH, (c) => news.open(c))
  app.post(NEWS_PATH, (c) => news.send(c))
  app.get(`${NEWS_PATH}/code`, (c) => news.codePage(c))
  app.post(`${NEWS_PATH}/code`, (c) => news.confirm(c))
  app.get(`${NEWS_PATH}/stop`, (c) => news.stopPage(c))
  app.post(`${NEWS_PATH}/stop`, (c) => news.stop(c))
  app.get(WALLET_PATH, (c) => wallet.open(c))
  app.post(WALLET_PATH, (c) => wallet.enter(c))
  app.post(`${WALLET_PATH}/top-up`, (c) => wallet.topUp(c))
  app.post(`${WALLET_PATH}/send`, (c) => deeds.send(c))
  app.post(`${WALLET_PATH}/renew`, (c) => deeds.renew(c))
  app.post(`${WALLET_PATH}/shut`, (c) => wallet.shut(c))
  app.get(ORDER_PATH, (c) => orders.open(c))
  app.post(ORDER_PATH, (c) => orders.ask(c))
  app.get(`${WALLET_PATH}/:deed`, (c) => c.redirect(WALLET_PATH, 303))
  app.get('/help', (c) => notes.help(c))
  app.get('/terms', (c) => notes.terms(c))
  // A form that was sent, and whose page is loaded anew or gone back to.
  for (const path of ['/buy', '/devices/:ticket']) app.get(path, (c) => c.redirect('/', 303))
  app.notFound((c) => notes.notFound(c))
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    const id = deps.random.bytes(6).toString('hex')
    deps.log.error('a page of the portal failed', { id, path: c.req.path, error })
    return notes.fault(c, id)
  })
  return app
}
