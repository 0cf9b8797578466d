/** The web server of the hotspot: which page answers which request, as the manual of RouterOS has it. Speaks HTTP/1.0. */
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { bodyOf } from '../daraja/http.ts'
import type { Gateway } from './gateway.ts'
import { errors } from './radius.ts'
import { renderTemplate } from './template.ts'
import { CAUSE, type Challenge, type Credential, type Host, type HotspotError } from './types.ts'
import { variablesOf, type Page } from './variables.ts'

const TEMPLATED = /\.(html?|txt|json)$/
const HASH = /^[0-9a-f]{32}$/
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  txt: 'text/plain',
  json: 'application/captive+json',
  js: 'text/javascript',
  css: 'text/css',
}
const NOT_FOUND = 'Error 404: Not Found'

type Asked = {
  readonly request: IncomingMessage
  readonly host: Host
  /** Of the address, and of a form. */
  readonly fields: URLSearchParams
}

type Told = Partial<Omit<Page, 'host' | 'hostname'>>

export class Servlet {
  readonly #gateway: Gateway
  /** As a browser reaches it; known once it listens. */
  hostname = ''

  constructor(gateway: Gateway) {
    this.#gateway = gateway
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options } = this.#gateway
    const slow = this.#gateway.takeFault((fault) => fault !== 'radius-timeout')
    if (typeof slow === 'object') await new Promise<void>((late) => options.timers.after(slow.slowMs, late))
    const host = this.#gateway.hostAt(request.socket.remoteAddress ?? '')
    await this.#gateway.greet(host, this.#link('logout'))
    // Somebody who speaks HTTP/1.0 may name no host, and means this one.
    const named = request.headers.host ?? this.hostname
    if (named !== this.hostname) return this.#elsewhere(host, named, request, response)
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${this.hostname}`)
    const form = request.method === 'POST' ? new URLSearchParams(await bodyOf(request)) : []
    for (const [name, value] of form) searchParams.set(name, value)
    const asked = { request, host, fields: searchParams }
    if (pathname === '/') return this.#root(asked)
    if (pathname === '/login') return this.#login(asked)
    if (pathname === '/status') return this.#status(asked)
    if (pathname === '/logout') return this.#logout(asked)
    return this.#file(asked, pathname === '/api' ? 'api.json' : pathname.slice(1))
  }

  #elsewhere(host: Host, named: string, request: IncomingMessage, response: ServerResponse): void {
    const { walledGarden, internet } = this.#gateway.options
    if (walledGarden.includes(named)) return forward(named, request, response)
    if (host.session !== undefined) return internet(request, response)
    const asked = { request, host, fields: new URLSearchParams() }
    const linkOrig = `http://${named}${request.url ?? '/'}`
    this.#page(asked, ['rlogin.html', 'redirect.html'], { linkOrig, linkRedirect: this.#linkLogin(linkOrig) })
  }

  #root(asked: Asked): void {
    if (asked.host.session !== undefined)
      return this.#page(asked, ['rstatus.html', 'redirect.html'], { linkRedirect: this.#link('status') })
    this.#page(asked, ['rlogin.html', 'redirect.html'], { linkRedirect: this.#linkLogin('') })
  }

  async #login(asked: Asked): Promise<void> {
    const { host, fields } = asked
    const linkOrig = fields.get('dst') ?? ''
    const username = fields.get('username') ?? ''
    const error =
      host.session === undefined && username !== ''
        ? await this.#attempt(host, username, fields.get('password') ?? '')
        : undefined
    if (host.session !== undefined) {
      const linkRedirect = linkOrig === '' ? this.#link('status') : linkOrig
      return this.#page(asked, ['alogin.html', 'redirect.html'], { linkOrig, linkRedirect })
    }
    const pages = error === undefined ? ['login.html'] : ['flogin.html', 'login.html']
    const challenge = this.#speaks('http-chap') ? this.#gateway.newChallenge(host) : undefined
    const errorText = error === undefined ? '' : this.#sentence(asked, error, username)
    this.#page(asked, pages, { linkOrig, username, challenge, error, errorText })
  }

  /** A password of 32 hex digits answers the challenge of the page, where there is one. */
  async #attempt(host: Host, user: string, password: string): Promise<HotspotError | undefined> {
    const { challenge } = host
    host.challenge = undefined
    const credential = this.#credential(password, challenge)
    if (credential === undefined) return errors.chapMissing
    const loginBy = credential.type === 'chap' ? 'http-chap' : 'http-pap'
    return this.#gateway.login(host, user, credential, loginBy, this.#link('logout'))
  }

  #credential(password: string, challenge: Challenge | undefined): Credential | undefined {
    if (this.#speaks('http-chap') && challenge !== undefined && HASH.test(password))
      return { type: 'chap', challenge, response: Buffer.from(password, 'hex') }
    return this.#speaks('http-pap') ? { type: 'pap', password } : undefined
  }

  #status(asked: Asked): void {
    if (asked.host.session !== undefined) return this.#page(asked, ['status.html'], {})
    this.#page(asked, ['fstatus.html', 'redirect.html'], { linkRedirect: this.#linkLogin('') })
  }

  #logout(asked: Asked): void {
    const { host, fields } = asked
    const { session } = host
    if (session === undefined)
      return this.#page(asked, ['flogout.html', 'redirect.html'], { linkRedirect: this.#linkLogin('') })
    if (/^(on|true)$/.test(fields.get('erase-cookie') ?? '')) this.#gateway.forgetCookie(host.mac)
    void this.#gateway.end(session, CAUSE.userRequest)
    this.#page(asked, ['logout.html'], { session, username: session.user })
  }

  #file(asked: Asked, name: string): void {
    this.#page(asked, [name], {})
  }

  /** The first of these files that is there. */
  #page({ request, host }: Asked, names: readonly string[], told: Told): void {
    const { html, clock } = this.#gateway.options
    const name = names.find((each) => html.has(each))
    if (name === undefined) return this.#send(request, 404, 'Not Found', new Map(), NOT_FOUND)
    const { session = host.session } = told
    const type = TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream'
    const headers = new Map([['content-type', ['Content-Type', type]]] as [string, readonly [string, string]][])
    const source = html.get(name)!
    if (!TEMPLATED.test(name)) return this.#send(request, 200, 'OK', headers, source)
    const page = { linkOrig: '', linkRedirect: '', username: session?.user ?? '', ...told, host, session }
    const variables = variablesOf({ ...page, hostname: this.hostname }, this.#gateway.options, clock)
    const rendered = renderTemplate(source, variables)
    for (const [key, header] of rendered.headers) headers.set(key, header)
    const { code, reason } = rendered.status ?? { code: 200, reason: 'OK' }
    this.#send(request, code, reason, headers, rendered.body)
  }

  /** `errors.txt` may say it in other words. */
  #sentence({ host }: Asked, error: HotspotError, username: string): string {
    const { html, clock } = this.#gateway.options
    const line = (html.get('errors.txt') ?? '').split('\n').find((each) => each.split('=')[0]!.trim() === error.name)
    if (line === undefined) return error.orig
    const page = { host, session: undefined, hostname: this.hostname, linkOrig: '', linkRedirect: '', username, error }
    const words = line.slice(line.indexOf('=') + 1).trim()
    return renderTemplate(words, variablesOf(page, this.#gateway.options, clock)).body
  }

  /** By hand: the server of Node speaks no HTTP/1.0. */
  #send(
    { socket }: IncomingMessage,
    code: number,
    reason: string,
    headers: ReadonlyMap<string, readonly [string, string]>,
    body: string,
  ): void {
    const octets = Buffer.from(body)
    const all = [
      ...[...headers.values()].map(([name, value]) => `${name}: ${value}`),
      ...(headers.has('cache-control') ? [] : ['Cache-Control: no-cache', 'Expires: 0']),
      `Content-Length: ${octets.length}`,
      'Connection: close',
    ]
    socket.end(Buffer.concat([Buffer.from(`HTTP/1.0 ${code} ${reason}\r\n${all.join('\r\n')}\r\n\r\n`), octets]))
  }

  #speaks(by: 'http-pap' | 'http-chap'): boolean {
    return this.#gateway.options.loginBy.includes(by)
  }

  #link(name: string): string {
    return `http://${this.hostname}/${name}`
  }

  #linkLogin(linkOrig: string): string {
    return linkOrig === '' ? this.#link('login') : `${this.#link('login')}?dst=${encodeURIComponent(linkOrig)}`
  }
}

/** A router lets it through, octet by octet. */
const forward = (to: string, request: IncomingMessage, response: ServerResponse): void => {
  const { hostname, port } = new URL(`http://${to}`)
  const { method, url: path, headers } = request
  const onward = ask({ hostname, port, method, path, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}
