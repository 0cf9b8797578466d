/** What every answer of the portal needs: who looks and from where, and how the box is asked and told. */
import { FaultError, type Fault, type Result } from '@lango/kernel'
import type { AnyQuery, ResultOf } from '@lango/kernel/db'
import type { Locale } from '@lango/kernel/ui'
import { system, type Actor, type AnyCommand, type ValueOf } from '@lango/kernel/verbs'
import type { Context } from 'hono'
import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { createGateAssets, type GateAsset } from './assets.ts'
import { Guard, type Deed } from './guard.ts'
import { readPlace, type Place } from './hand-off.ts'
import type { View } from './page.tsx'
import { portalLimits } from './limits.ts'
import type { GateLook, PortalDeps } from './port.ts'
import { createTickets, TICKET_LIFE_MS, type Ticket, type Tickets } from './tickets.ts'
import { ownLanguages, type GateLanguage } from './words/added.ts'

/** Whoever uses the portal acts for themselves. */
const self: Actor = system('portal')
const TICKET_COOKIE = 'lango-ticket'
const WALLET_COOKIE = 'lango-wallet'
const ONCE_SHAPE = /^[\w-]{16,64}$/
const FIELD_CHARACTERS_MAX = 2048

export const PICTURES_PATH = '/pictures/'
export const pictureAt = (sha256: string): string => PICTURES_PATH + sha256

export type Status = 200 | 404 | 422 | 429 | 503
/** What a form sent; a field that was not sent, or sent twice, is ''. */
export type Field = (name: string) => string

type Spoken = {
  readonly added: readonly GateLanguage[]
  readonly all: readonly GateLanguage[]
  readonly locales: ReadonlyMap<string, Locale>
}

export class Gate {
  readonly deps: PortalDeps
  readonly tickets: Tickets
  readonly #assets = createGateAssets()
  readonly #guard: Guard
  #spoken: Spoken | undefined
  readonly #looks = new Map<string, { readonly at: number; readonly look: GateLook }>()

  constructor(deps: PortalDeps) {
    this.deps = deps
    this.tickets = createTickets(deps.vault, deps.clock)
    this.#guard = new Guard(deps.clock)
  }

  get now(): number {
    return this.deps.clock.now()
  }

  /** As it is set at the desk for the whole box. */
  get look(): GateLook {
    return this.#lookAt('')
  }

  /** Read at most once a second for each router, however many people stand at the gate; its name is the browser's word. */
  #lookAt(router: string): GateLook {
    const now = this.deps.clock.monotonicMs()
    const kept = this.#looks.get(router)
    if (kept && now - kept.at < portalLimits.offerLifeMs) return kept.look
    if (this.#looks.size >= portalLimits.looksMax) this.#looks.clear()
    const look = this.deps.look(router)
    this.#looks.set(router, { at: now, look })
    return look
  }

  asset(address: string): GateAsset | undefined {
    return this.#assets.at(address)
  }

  /** Login pages that people may be sent to; none for any at a private address. */
  loginHosts(): readonly string[] {
    return this.look.portal.loginHosts
  }

  /** As the address says. */
  place(c: Context): Place {
    return readPlace(c.req.query('g') ?? '', this.loginHosts())
  }

  view(c: Context, place: Place = this.place(c)): View {
    const look = this.#lookAt(place.router)
    const language = this.#languageOf([place.lang, look.language, ...askedFor(c.req.header('accept-language') ?? '')])
    const { words } = language
    return {
      words,
      language,
      languages: this.#languages().all,
      locale: this.#languages().locales.get(language.tag)!,
      look,
      place,
      assets: this.#assets.of(look.stylesheet),
      pictureAt,
      now: this.now,
    }
  }

  /** The first of those wanted that is spoken here, as it is or as it is spoken elsewhere. */
  #languageOf(wanted: readonly string[]): GateLanguage {
    const { all } = this.#languages()
    for (const tag of wanted) {
      const found = all.find((one) => one.tag === tag) ?? all.find((one) => one.tag === tag.split('-')[0])
      if (found) return found
    }
    return all[0]!
  }

  /** Made anew where the site has others: what tells times is dear to make. */
  #languages(): Spoken {
    const added = this.deps.languages()
    if (this.#spoken?.added !== added) {
      const all = [...ownLanguages, ...added]
      const locales = new Map(all.map(({ tag, locale }) => [tag, locale(this.deps.timeZone)]))
      this.#spoken = { added, all, locales }
    }
    return this.#spoken
  }

  page(c: Context, page: VNode, status: Status = 200): Response | Promise<Response> {
    return c.html(`<!doctype html>${renderToString(page)}`, status)
  }

  async fields(c: Context): Promise<Field> {
    const body = await c.req.parseBody()
    return (name) => {
      const value = Object.hasOwn(body, name) ? body[name] : undefined
      return typeof value === 'string' ? value.slice(0, FIELD_CHARACTERS_MAX) : ''
    }
  }

  /** The place that a form carried. */
  placeIn(field: Field): Place {
    return readPlace(field('g'), this.loginHosts())
  }

  async ask<Q extends AnyQuery>(query: Q, input: unknown): Promise<ResultOf<Q>> {
    const answer = await this.deps.query(query.name, input)
    if (!answer.ok) throw new FaultError(answer.error)
    return answer.value as ResultOf<Q>
  }

  tell<C extends AnyCommand>(c: Context, command: C, input: unknown, id?: string): Result<ValueOf<C>, Fault> {
    const by = { actor: self, origin: addressOf(c), ...(id !== undefined && { id }) }
    return this.deps.command(command.name, input, by) as Result<ValueOf<C>, Fault>
  }

  /** One id for a form however often it is sent; another where what it says was changed. */
  commandId(once: string, ...said: readonly string[]): string {
    const form = ONCE_SHAPE.test(once) ? once : this.once()
    return `portal/${form}/${this.deps.vault.keyedHash(JSON.stringify(said), 'portal.form').slice(0, 32)}`
  }

  once(): string {
    return this.deps.random.bytes(16).toString('base64url')
  }

  /** Counts one try of it; false when there were too many. */
  tries(c: Context, deed: Deed, place: Place): boolean {
    if (!this.mayTry(c, deed, place)) return false
    this.#guard.add(deed, { address: addressOf(c), mac: place.mac })
    return true
  }

  mayTry(c: Context, deed: Deed, place: Place): boolean {
    return this.#guard.may(deed, { address: addressOf(c), mac: place.mac })
  }

  /** The one in the address. */
  ticket(c: Context): Ticket | undefined {
    return this.tickets.read(c.req.param('ticket') ?? '')
  }

  /** The one that the browser has kept, as it is written. */
  keptTicket(c: Context): string | undefined {
    const text = cookieIn(c.req.header('cookie') ?? '', TICKET_COOKIE)
    const read = this.tickets.read(text)
    return read && read.kind !== 'wallet' ? text : undefined
  }

  /** Of what was just bought or shown here: a link of somebody else's never puts theirs in its place. */
  keepTicket(c: Context, text: string): void {
    this.#keep(c, TICKET_COOKIE, text, TICKET_LIFE_MS)
  }

  /** The wallet that this browser has opened. */
  keptWallet(c: Context): Pick<Extract<Ticket, { kind: 'wallet' }>, 'number' | 'codeNo'> | undefined {
    const read = this.tickets.read(cookieIn(c.req.header('cookie') ?? '', WALLET_COOKIE))
    return read?.kind === 'wallet' ? { number: read.number, codeNo: read.codeNo } : undefined
  }

  /** Only where its code was typed here: no address and no callback opens a wallet, nor puts another in its place. */
  keepWallet(c: Context, wallet: { readonly number: number; readonly codeNo: number }): void {
    this.#keep(c, WALLET_COOKIE, this.tickets.write({ kind: 'wallet', ...wallet }), TICKET_LIFE_MS)
  }

  dropWallet(c: Context): void {
    this.#keep(c, WALLET_COOKIE, '', 0)
  }

  #keep(c: Context, name: string, text: string, lifeMs: number): void {
    const life = Math.floor(lifeMs / 1000)
    const secure = isSecure(c) ? '; Secure' : ''
    c.header('set-cookie', `${name}=${text}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${life}${secure}`, {
      append: true,
    })
  }

  /** By which the browser has reached the box, whatever name it used; over https the one that it believes. */
  origin(c: Context): string {
    const { localAddress, localPort } = socketOf(c)
    const address = bare(localAddress)
    const told = isSecure(c) ? this.deps.secureOrigin() : undefined
    if (told !== undefined || address === '') return told ?? new URL(c.req.url).origin
    return `${isSecure(c) ? 'https' : 'http'}://${address.includes(':') ? `[${address}]` : address}:${localPort}`
  }
}

/** Browsers list them in the order of preference. */
const askedFor = (acceptLanguage: string): readonly string[] =>
  acceptLanguage
    .split(',')
    .slice(0, portalLimits.languagesAskedMax)
    .map((range) => range.split(';')[0]!.trim())

/** No library: a cookie that some other page of this host has set must not be able to break the page. */
const cookieIn = (header: string, name: string): string =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? ''

type Socket = { readonly remoteAddress?: string; readonly localAddress?: string; readonly localPort?: number }

const socketOf = (c: Context): Socket => {
  const env = c.env as { incoming?: { socket?: Socket } } | undefined
  return env?.incoming?.socket ?? {}
}

const bare = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '')

const isSecure = (c: Context): boolean => new URL(c.req.url).protocol === 'https:'

/** Of the browser; '' where there is no socket. */
export const addressOf = (c: Context): string => bare(socketOf(c).remoteAddress)
