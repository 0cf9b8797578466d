/** Passkeys at the desk's door: signing in with one, proving anew who one is, adding one. */
import { err, type Result } from '@lango/kernel'
import type { Credential, KnownPasskey } from '@lango/modules/people'
import { Hono, type Context } from 'hono'
import { door, fieldsOf, tooMany, type DoorDeps, type Entry } from './entry.tsx'
import { localPath } from './guard.ts'
import { createChallenges, type Challenges } from './passkey-challenges.ts'
import {
  checkMade,
  checkSigned,
  creationOptions,
  readSigned,
  requestOptions,
  type Asked,
  type Signed,
} from './passkey-ceremony.ts'
import type { PasskeyPlace } from './passkey-place.ts'
import { addressOf } from './request-facts.ts'
import type { Who } from './who.ts'

type Staff = NonNullable<Who['staff']>
type Answer = Response | Promise<Response>
type Holder = { readonly signed: Signed; readonly known: KnownPasskey; readonly person: Credential }
/** As the audit log has it. */
type Refusal = { readonly type: 'unknown' | 'wrong-passkey' | 'passkey-copied' | 'disabled' }

export const createPasskeyDoor = (deps: DoorDeps, entry: Entry): Hono => new PasskeyDoor(deps, entry).routes()

class PasskeyDoor {
  readonly #deps: DoorDeps
  readonly #entry: Entry
  readonly #challenges: Challenges

  constructor(deps: DoorDeps, entry: Entry) {
    this.#deps = deps
    this.#entry = entry
    this.#challenges = createChallenges(deps.clock, deps.random)
  }

  routes(): Hono {
    const app = new Hono()
    /** Where passkeys are not offered, nothing of them answers. */
    const offered = (path: string, answer: (c: Context, place: PasskeyPlace) => Answer): void => {
      app.post(path, (c, next) => {
        const place = this.#deps.passkeysAt(c)
        return place.ok ? answer(c, place.value) : next()
      })
    }
    /** For whoever is signed in by name. */
    const own = (path: string, answer: (c: Context, place: PasskeyPlace, staff: Staff) => Answer): void =>
      offered(path, (c, place) => {
        const staff = this.#deps.keeper.who(c)?.staff
        return staff ? answer(c, place, staff) : c.redirect('/sign-in', 303)
      })
    offered('/sign-in/passkey/options', (c, place) => this.#toEnter(c, place))
    offered('/sign-in/passkey', (c, place) => this.#enter(c, place))
    own('/me/confirm/passkey/options', (c, place, staff) => this.#toConfirm(c, place, staff))
    own('/me/confirm/passkey', (c, place, staff) => this.#confirm(c, place, staff))
    own('/me/passkeys/options', (c, place, staff) => this.#toAdd(c, place, staff))
    own('/me/passkeys', (c, place, staff) => this.#add(c, place, staff))
    return app
  }

  #toEnter(c: Context, place: PasskeyPlace): Response {
    const holder = this.#deps.random.bytes(24).toString('base64url')
    this.#deps.keeper.keepCeremony(c, holder)
    return c.json({
      get: requestOptions({ place, challenge: this.#challenges.issue('enter', holder, addressOf(c)) }, []),
    })
  }

  async #enter(c: Context, place: PasskeyPlace): Promise<Response> {
    const { keeper, signIns } = this.#deps
    const words = this.#entry.words(c)
    const field = await fieldsOf(c)
    const next = localPath(field('next'))
    const back = (refused: string) => this.#entry.signInPage(c, { refused, next })
    const challenge = this.#challenges.take('enter', keeper.ceremonyOf(c) ?? '')
    if (challenge === undefined) return back(words.startAgain)
    const shown = this.#shownIn(field('response'))
    const attempt = this.#entry.attemptOf(c, shown.login)
    if (!signIns.mayTry(attempt)) {
      this.#entry.refuse(c, attempt, 'too-many')
      return back(tooMany(words))
    }
    const entered = shown.holder
      ? await this.#judge(c, { place, challenge }, shown.holder)
      : err({ type: 'unknown' as const })
    if (entered.ok) return this.#entry.welcome(c, shown, attempt, next, entered.value)
    signIns.failed(attempt)
    this.#entry.refuse(c, attempt, entered.error.type)
    return back(entered.error.type === 'passkey-copied' ? words.copiedPasskey : words.wrongPasskey)
  }

  /** Whose passkey a browser shows, as far as can be told before it is verified. */
  #shownIn(response: string): { readonly login: string; readonly holder?: Holder } {
    const { credentials } = this.#deps
    const signed = readSigned(response)
    const known = signed && credentials.passkey(signed.id)
    const person = known && credentials.byId(known.staffId)
    // No login has a colon: what strangers show counts against nobody.
    return person
      ? { login: person.login, holder: { signed, known, person } }
      : { login: `passkey:${signed?.id.slice(0, 40) ?? ''}` }
  }

  /** The secret of a new session, or why there is none. */
  async #judge(c: Context, asked: Asked, { signed, known, person }: Holder): Promise<Result<string, Refusal>> {
    const proof = await checkSigned(signed, asked, known)
    if (!proof) return err({ type: 'wrong-passkey' })
    if (person.status !== 'active') return err({ type: 'disabled' })
    const entered = this.#entry.enter(c, person.id, { passkey: proof })
    if (entered.ok) return entered
    return err({ type: entered.error.type === 'PasskeyCopied' ? 'passkey-copied' : 'wrong-passkey' })
  }

  #toConfirm(c: Context, place: PasskeyPlace, staff: Staff): Response {
    const challenge = this.#challenges.issue('confirm', staff.sessionId, addressOf(c))
    return c.json({ get: requestOptions({ place, challenge }, this.#ofPlace(place, staff)) })
  }

  async #confirm(c: Context, place: PasskeyPlace, staff: Staff): Promise<Response> {
    const { credentials, signIns, proofs, command } = this.#deps
    const field = await fieldsOf(c)
    const challenge = this.#challenges.take('confirm', staff.sessionId)
    if (challenge === undefined) return c.redirect('/me?confirm=late#passkeys', 303)
    const attempt = this.#entry.attemptOf(c, staff.login)
    if (!signIns.mayTry(attempt)) return c.redirect('/me?confirm=passkey#passkeys', 303)
    const signed = readSigned(field('response'))
    const known = signed && credentials.passkey(signed.id)
    const passkey = known?.staffId === staff.id ? await checkSigned(signed!, { place, challenge }, known) : undefined
    const input = { id: staff.id, passkey }
    const proven = passkey && command('staff.provedByPasskey', input, { actor: door, origin: addressOf(c) })
    if (proven?.ok !== true) {
      signIns.failed(attempt)
      return c.redirect('/me?confirm=passkey#passkeys', 303)
    }
    proofs.add(staff.sessionId)
    return c.redirect('/me?said=confirmed#passkeys', 303)
  }

  #toAdd(c: Context, place: PasskeyPlace, staff: Staff): Answer {
    if (!this.#deps.proofs.has(staff.sessionId)) return c.text('Confirm first that it is you.', 403)
    const asked: Asked = { place, challenge: this.#challenges.issue('add', staff.sessionId, addressOf(c)) }
    const { siteName } = this.#deps.viewOf(c).look
    return c.json({ create: creationOptions(asked, staff, siteName, this.#ofPlace(place, staff)) })
  }

  async #add(c: Context, place: PasskeyPlace, staff: Staff): Promise<Response> {
    if (!this.#deps.proofs.has(staff.sessionId)) return c.redirect('/me?passkey=unproven#passkeys', 303)
    const field = await fieldsOf(c)
    const challenge = this.#challenges.take('add', staff.sessionId)
    if (challenge === undefined) return c.redirect('/me?passkey=late#passkeys', 303)
    const made = await checkMade(field('response'), { place, challenge })
    if (!made) return c.redirect('/me?passkey=wrong#passkeys', 303)
    const actor = { kind: 'staff', id: staff.id } as const
    const input = { ...made, name: field('name') }
    const added = this.#deps.command('me.addPasskey', input, { actor, origin: addressOf(c) })
    if (added.ok) return c.redirect('/me?said=passkeyAdded#passkeys', 303)
    const answers: Readonly<Record<string, string>> = {
      PasskeyKnown: 'known',
      PasskeysFull: 'full',
      InputInvalid: 'name',
    }
    return c.redirect(`/me?passkey=${answers[added.error.type] ?? 'wrong'}#passkeys`, 303)
  }

  /** Those of a person that the browser can be asked for here. */
  #ofPlace({ rpId }: PasskeyPlace, { id }: Staff): readonly KnownPasskey[] {
    return this.#deps.credentials.passkeysOf(id).filter((each) => each.rpId === rpId)
  }
}
