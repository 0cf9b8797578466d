/** Puts the modules' pages at their addresses: who may open which, what they may use, and what becomes of their forms. */
import { err, FaultError, type Clock, type Fault, type Random, type Result } from '@lango/kernel'
import type { DeskPage, Desk, Done, DoingDesk, Fields, Locale, Refused, Shown } from '@lango/kernel/ui'
import type { Hono, Context } from 'hono'
import { permissionOfAction } from '../action-rights.ts'
import { problemsIn } from './door.tsx'
import type { PasskeysAt } from './entry.tsx'
import { faultSentenceIn } from './fault-words.ts'
import type { Look } from './look.ts'
import type { RecentProofs } from './recent-proofs.ts'
import { addressOf } from './request-facts.ts'
import type { WebSite } from './web-site.ts'
import type { DeskEnv, Who } from './who.ts'

type MountDeps = {
  readonly site: WebSite
  readonly clock: Clock
  readonly random: Random
  readonly look: () => Look
  readonly localeOf: (c: Context) => Locale
  readonly passkeysAt: PasskeysAt
  readonly proofs: RecentProofs
  /** In the frame of the desk. */
  readonly draw: (c: Context, shown: Shown, status: number) => Response | Promise<Response>
  readonly message: (c: Context, status: 403 | 500, sentence: string) => Response | Promise<Response>
}

type Body = Record<string, unknown>

const ONCE_SHAPE = /^[\w-]{16,64}$/
const NOTHING_SENT: Body = {}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const fieldsFrom = (body: Body, files: ReadonlyMap<string, Uint8Array>): Fields => ({
  get: (name) => textOf(Array.isArray(body[name]) ? body[name][0] : body[name]),
  all: (name) => (Array.isArray(body[name]) ? body[name] : [body[name]]).filter((each) => typeof each === 'string'),
  has: (name) => Object.hasOwn(body, name),
  file: (name) => files.get(name),
})

/** Of files that were sent their text stands among what was typed; a browser sends an empty one where none was chosen. */
const fieldsOf = async (body: Body): Promise<Fields> => {
  const sent = Object.entries(body).filter((entry): entry is [string, File] => entry[1] instanceof File)
  const files = new Map<string, Uint8Array>()
  const texts: Record<string, string> = {}
  for (const [name, file] of sent) {
    const octets = await file.bytes()
    texts[name] = new TextDecoder().decode(octets)
    if (octets.length > 0) files.set(name, octets)
  }
  return fieldsFrom({ ...body, ...texts }, files)
}

const tells = (done: Done, sentence: string | undefined, deed: string, fields: Fields): Refused | undefined => {
  if ('problems' in done) return { deed, fields, sentence: undefined, problems: done.problems }
  if (!('fault' in done)) return undefined
  const problems = problemsIn(done.fault) ?? {}
  // A problem of the whole, or of something that is no field, has to be said above.
  const isElsewhere = Object.keys(problems).every((name) => name === '' || !fields.has(name))
  return { deed, fields, sentence: isElsewhere ? sentence : undefined, problems }
}

const STATUS: Readonly<Record<string, 403 | 422>> = { Forbidden: 403 }

class Mount {
  readonly #deps: MountDeps

  constructor(deps: MountDeps) {
    this.#deps = deps
  }

  /** What a page may use while it answers this request. */
  #deskFor(c: Context<DeskEnv>, refused: Refused | undefined): Desk {
    const { site, clock, random, look, localeOf, passkeysAt, proofs } = this.#deps
    const { siteName, currency } = look()
    const who = c.get('who')
    const url = new URL(c.req.url)
    return {
      locale: localeOf(c),
      now: clock.now(),
      siteName,
      currency,
      staffId: who.staff?.id,
      sessionId: who.staff?.sessionId,
      passkeys: passkeysAt(c),
      isProven: who.staff !== undefined && proofs.has(who.staff.sessionId),
      here: url.pathname + url.search,
      host: url.hostname,
      search: url.searchParams,
      param: (name) => c.req.param(name as never) ?? '',
      may: (permission) => site.may(who.actor, permission),
      async ask(query, input) {
        // A page shows only what its reader may ask for by other ways too.
        if (!site.may(who.actor, query.permission))
          throw new FaultError({ type: 'Forbidden', permission: query.permission } as Fault)
        const answer = await site.query(query.name, input)
        if (!answer.ok) throw new FaultError(answer.error)
        return answer.value as never
      },
      async box(name, input) {
        const permission = permissionOfAction(name)
        if (!site.may(who.actor, permission)) return err(forbidden(permission)) as Result<never, Fault>
        return (await site.action(name, input, who.actor)) as Result<never, Fault>
      },
      refused,
      once: () => random.bytes(16).toString('base64url'),
    }
  }

  async open(c: Context<DeskEnv>, page: DeskPage, refused?: Refused, status = 200): Promise<Response> {
    if (!this.#deps.site.may(c.get('who').actor, page.permission)) return this.#refuse(c, forbidden(page.permission))
    try {
      const { refreshSec, ...shown } = await page.show(this.#deskFor(c, refused))
      // What was refused stays to be read and mended.
      const again = refreshSec === undefined || refused ? {} : { refreshSec }
      return await this.#deps.draw(c, { ...shown, ...again }, shown.status ?? status)
    } catch (error) {
      if (error instanceof FaultError) return this.#refuse(c, error.fault)
      throw error
    }
  }

  async post(c: Context<DeskEnv>, page: DeskPage): Promise<Response> {
    const who = c.get('who')
    const fields = await fieldsOf((await c.req.parseBody({ all: true })) ?? NOTHING_SENT)
    const name = fields.get('do')
    const deed = page.deeds !== undefined && Object.hasOwn(page.deeds, name) ? page.deeds[name] : undefined
    for (const permission of [page.permission, deed?.permission ?? page.permission])
      if (!this.#deps.site.may(who.actor, permission)) return this.#refuse(c, forbidden(permission))
    if (!deed) return this.open(c, page)
    try {
      const done = await deed.run(this.#doing(c, who, fields))
      return await this.#after(c, page, name, fields, done)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      return this.#after(c, page, name, fields, { fault: error.fault })
    }
  }

  #doing(c: Context<DeskEnv>, who: Who, fields: Fields): DoingDesk {
    const { site, random } = this.#deps
    const asked = fields.get('once')
    const once = ONCE_SHAPE.test(asked) ? asked : random.bytes(16).toString('base64url')
    let told = 0
    return {
      ...this.#deskFor(c, undefined),
      fields,
      tell(command, input) {
        // The same form sent twice asks for the same commands in the same order.
        const id = `${who.actor.id}/${once}/${told++}`
        const by = { id, actor: who.actor, origin: addressOf(c) }
        return site.whole(command.name, input, by) as Promise<Result<never, Fault>>
      },
    }
  }

  async #after(c: Context<DeskEnv>, page: DeskPage, deed: string, fields: Fields, done: Done): Promise<Response> {
    if ('go' in done) return c.redirect(done.go, 303)
    if ('show' in done) return this.#deps.draw(c, done.show, 200)
    if ('file' in done) {
      const { name, type, body } = done.file
      c.header('content-disposition', `attachment; filename="${name.replaceAll(/[^\w.-]+/g, '-')}"`)
      c.header('content-type', type)
      return c.body(body)
    }
    const sentence = 'fault' in done ? await this.#sentence(c, done.fault) : undefined
    const status = 'fault' in done ? (STATUS[done.fault.type] ?? 422) : 422
    return this.open(c, page, tells(done, sentence, deed, fields), status)
  }

  async #sentence(c: Context, { soFar, ...fault }: Fault & { readonly soFar?: unknown }): Promise<string> {
    const { lang } = this.#deps.localeOf(c)
    const said = faultSentenceIn(lang, fault) ?? (await this.#deps.site.sentenceOf(fault))
    return soFar === undefined ? said : `${said} ${partlyDone[lang]}`
  }

  async #refuse(c: Context<DeskEnv>, fault: Fault): Promise<Response> {
    return this.#deps.message(c, fault.type === 'Forbidden' ? 403 : 500, await this.#sentence(c, fault))
  }
}

/** Behind what kept a piece of bulk work from its end. */
const partlyDone = {
  en: 'A part of it was done before that; the same again does the rest.',
  sw: 'Sehemu yake ilikuwa imefanyika kabla ya hapo; fanya tena vilevile ili kumalizia.',
}

const forbidden = (permission: string): Fault => ({ type: 'Forbidden', permission }) as Fault

export const mountPages = (app: Hono<DeskEnv>, pages: readonly DeskPage[], deps: MountDeps): void => {
  const mount = new Mount(deps)
  for (const page of pages) {
    app.get(page.path, (c) => mount.open(c, page))
    if (page.deeds) app.post(page.path, (c) => mount.post(c, page))
  }
}
