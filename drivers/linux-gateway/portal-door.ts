/**
 * The web server on the clients' side. Whoever is not in comes here whatever page they ask for, and is sent on to the
 * portal with what a MikroTik's login page hands over; the portal sends them back with a name and a password.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Log } from '@lango/kernel'
import { DOOR_PORT } from './ruleset.ts'

const BODY_BYTES_MAX = 4096
const HEADER_BYTES_MAX = 8192
const URL_LENGTH_MAX = 1500
const CREDENTIAL_BYTES_MAX = 128
const CONNECTIONS_MAX = 2000
const CONNECTIONS_EACH_MAX = 30
const PATIENCE_MS = 10_000
/** Told in both languages: the door does not know which one somebody reads. */
const MOMENT = [
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Wi-Fi</title>',
  '<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="2"></head>',
  '<body><p>You are online. This page opens within a minute, others at once.</p>',
  '<p lang="sw">Uko mtandaoni. Ukurasa huu utafunguka ndani ya dakika moja, kurasa nyingine mara moja.</p></body></html>',
].join('')

export type CallerStatus = {
  readonly online: boolean
  readonly secondsRemaining?: number
  readonly bytesRemaining?: number
}

export type DoorDeps = {
  readonly address: string
  readonly portal: URL
  readonly name: string
  readonly log: Log
  /** As the kernel's neighbour table has it: what the caller says of itself is not looked at. */
  readonly macOf: (ip: string) => Promise<string | undefined>
  /** Undefined when they are in, else what to tell them. */
  readonly login: (ip: string, mac: string, userName: string, password: string) => Promise<string | undefined>
  readonly logout: (ip: string, mac: string) => Promise<void>
  readonly status: (ip: string, mac: string) => CallerStatus
}

type Caller = { readonly ip: string; readonly mac: string | undefined }
type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly caller: Caller
  readonly url: URL
}

export class PortalDoor {
  readonly #deps: DoorDeps
  readonly #server: Server
  /** How many connections each client holds. */
  readonly #held = new Map<string, number>()

  constructor(deps: DoorDeps) {
    this.#deps = deps
    this.#server = createServer(
      { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS },
      (request, response) => void this.#answer(request, response),
    )
    this.#server.maxConnections = CONNECTIONS_MAX
    this.#server.on('connection', (socket) => this.#bound(socket))
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject).listen(DOOR_PORT, this.#deps.address, resolve)
    await promise
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    this.#server.closeAllConnections()
    await promise
  }

  /** One client cannot hold the door shut for the others. */
  #bound(socket: Socket): void {
    const ip = socket.remoteAddress ?? ''
    const held = this.#held.get(ip) ?? 0
    if (held >= CONNECTIONS_EACH_MAX) return void socket.destroy()
    this.#held.set(ip, held + 1)
    socket.once('close', () => {
      const left = this.#held.get(ip)! - 1
      if (left > 0) this.#held.set(ip, left)
      else this.#held.delete(ip)
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('Connection', 'close')
    try {
      const ip = request.socket.remoteAddress ?? ''
      const caller = { ip, mac: await this.#deps.macOf(ip) }
      const url = readUrl(request, this.#deps.address)
      if (url === undefined) return send(response, 400)
      await this.#route({ request, response, caller, url })
    } catch (error) {
      this.#deps.log.error('a request at the door failed', { error })
      send(response, 500)
    }
  }

  async #route(exchange: Exchange): Promise<void> {
    const { request, response, url } = exchange
    if (url.pathname === '/wpad.dat') return send(response, 404)
    if (url.hostname !== this.#deps.address) return this.#lost(exchange)
    const isPost = request.method === 'POST'
    if (!isPost && request.method !== 'GET') return this.#toPortal(exchange, {})
    if (url.pathname === '/login') return this.#login(exchange, isPost)
    if (url.pathname === '/logout') return this.#logout(exchange)
    if (url.pathname === '/status') return this.#status(exchange)
    return this.#toPortal(exchange, {})
  }

  /** Who is in comes here by an address that a name had before: systems forget it in a second, browsers in a minute. */
  #lost(exchange: Exchange): void {
    const { caller, response } = exchange
    const { online } = caller.mac === undefined ? { online: false } : this.#deps.status(caller.ip, caller.mac)
    if (!online) return this.#toPortal(exchange, { 'link-orig': exchange.url.href.slice(0, URL_LENGTH_MAX) })
    response.setHeader('Retry-After', '2')
    send(response, 503, MOMENT)
  }

  async #login(exchange: Exchange, isPost: boolean): Promise<void> {
    const { request, caller, url } = exchange
    const form = isPost ? await readForm(request) : url.searchParams
    if (form === undefined) return send(exchange.response, 413)
    const [userName, password] = [form.get('username') ?? '', form.get('password') ?? '']
    const asked = form.get('dst') ?? ''
    if (caller.mac === undefined || userName === '') return this.#toPortal(exchange, { 'link-orig': asked })
    if ([userName, password].some((text) => Buffer.byteLength(text) > CREDENTIAL_BYTES_MAX))
      return send(exchange.response, 413)
    const refusal = await this.#deps.login(caller.ip, caller.mac, userName, password)
    if (refusal !== undefined) return this.#toPortal(exchange, { error: refusal, 'link-orig': asked })
    // Where to go on from here may be anybody's address: the portal looks at it first.
    return this.#toPortal(exchange, { 'logged-in': 'yes', 'link-orig': asked })
  }

  async #logout(exchange: Exchange): Promise<void> {
    const { ip, mac } = exchange.caller
    if (mac !== undefined) await this.#deps.logout(ip, mac)
    return this.#toPortal(exchange, {})
  }

  /** The names are those of RFC 8908. */
  #status({ caller, response }: Exchange): void {
    const none: CallerStatus = { online: false }
    const status = caller.mac === undefined ? none : this.#deps.status(caller.ip, caller.mac)
    response.setHeader('Access-Control-Allow-Origin', this.#deps.portal.origin)
    response.setHeader('Content-Type', 'application/json')
    response.end(
      JSON.stringify({
        captive: !status.online,
        'user-portal-url': this.#deps.portal.href,
        'seconds-remaining': status.secondsRemaining,
        'bytes-remaining': status.bytesRemaining,
      }),
    )
  }

  #toPortal({ response, caller }: Exchange, more: Readonly<Record<string, string>>): void {
    const { address, name, portal } = this.#deps
    const to = new URL(portal)
    const told = {
      mac: caller.mac?.toUpperCase() ?? '',
      ip: caller.ip,
      'link-login-only': `http://${address}/login`,
      'link-orig': '',
      identity: name,
      ...more,
    }
    for (const [key, value] of Object.entries(told)) to.searchParams.set(key, value.slice(0, URL_LENGTH_MAX))
    redirect(response, to.href)
  }
}

/** What was asked for, as a whole address; what is none is not answered. */
const readUrl = ({ url = '/', headers }: IncomingMessage, address: string): URL | undefined => {
  if (url.length > URL_LENGTH_MAX) return undefined
  const whole = url.startsWith('/') ? `http://${headers.host ?? address}${url}` : url
  return URL.canParse(whole) ? new URL(whole) : undefined
}

const readForm = async (request: IncomingMessage): Promise<URLSearchParams | undefined> => {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > BODY_BYTES_MAX) return undefined
    pieces.push(piece)
  }
  return new URLSearchParams(Buffer.concat(pieces).toString())
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const send = (response: ServerResponse, code: number, body = ''): void => {
  if (response.headersSent) return void response.destroy()
  response.writeHead(code, { 'Content-Type': 'text/html; charset=utf-8' }).end(body)
}

/** 302: nothing else is sure not to be kept. The page is for what follows no redirect. */
const redirect = (response: ServerResponse, to: string): void => {
  response.setHeader('Location', to)
  send(response, 302, `<meta http-equiv="refresh" content="0;url=${escaped(to)}">`)
}
