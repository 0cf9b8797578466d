/** A new box that is to become another one: only for whoever has shown its setup code, and as long as nobody owns it. */
import type { Fault, Result } from '@lango/kernel'
import { fill, type Problems } from '@lango/kernel/ui'
import { REGION_DEFAULT, type BackupCause } from '@lango/modules/backups/rules'
import { Hono, type Context } from 'hono'
import type { Restoring } from '../restore/restoring.ts'
import { storageSchema, type StorageFault } from '../restore/storage.ts'
import { fieldsOf, type DoorDeps, type Entry } from './entry.tsx'
import { BegunPage, ChoosePage, HERE, StatePage, type StorageTyped } from './restore-pages.tsx'
import { restoreWords, type RestoreWords } from './restore-words.ts'
import { octetsOf, RESTORE_UPLOAD_PATH } from './upload.ts'

const LOOK_AGAIN_SEC = '3'
const TEXT_LENGTH_MAX = 1024
const NOTHING_TYPED: StorageTyped = { place: '', endpoint: '', region: REGION_DEFAULT, accessKeyId: '' }

export type RestoreDoorDeps = Pick<DoorDeps, 'keeper' | 'viewOf' | 'credentials' | 'clock' | 'sentenceOf'> & {
  readonly restoring: Restoring
}

const storageProblem = {
  place: 'placeWrong',
  endpoint: 'endpointWrong',
  region: 'regionWrong',
  accessKeyId: 'keyMissing',
  secretKey: 'keyMissing',
} as const

const causeWords: Partial<Record<BackupCause, 'unreachable' | 'forbidden' | 'bucket' | 'otherCertificate' | 'clock'>> =
  {
    unreachable: 'unreachable',
    forbidden: 'forbidden',
    bucket: 'bucket',
    certificate: 'otherCertificate',
    clock: 'clock',
  }

const storageSentence = (fault: Extract<StorageFault, { type: 'StorageFailed' }>, words: RestoreWords): string =>
  fill(words[causeWords[fault.kind] ?? 'storageOther'], { cause: fault.cause })

/** Nothing of it answers once there is an owner. */
export const createRestoreDoor = (deps: RestoreDoorDeps, entry: Entry): Hono => new RestoreDoor(deps, entry).routes()

type Typed = { readonly typed?: StorageTyped; readonly problems?: Problems }

class RestoreDoor {
  readonly #deps: RestoreDoorDeps
  readonly #restoring: Restoring
  readonly #entry: Entry

  constructor(deps: RestoreDoorDeps, entry: Entry) {
    this.#deps = deps
    this.#restoring = deps.restoring
    this.#entry = entry
  }

  routes(): Hono {
    const restoring = this.#restoring
    const app = new Hono()
    app.use(`${HERE}/*`, async (c, next) => (this.#mayRestore(c) ? next() : c.redirect('/setup', 303)))
    app.get(HERE, (c) => this.#page(c))
    app.post(RESTORE_UPLOAD_PATH, async (c) =>
      this.#told(c, await restoring.receive(c.req.header('content-type') ?? '', octetsOf(c.req.raw.body))),
    )
    app.post(`${HERE}/storage`, (c) => this.#look(c))
    app.post(`${HERE}/stick`, async (c) => this.#told(c, restoring.takeStick(await textOf(c, 'name'))))
    app.post(`${HERE}/fetch`, async (c) => this.#told(c, restoring.fetch(await textOf(c, 'name'))))
    app.post(`${HERE}/open`, async (c) => this.#told(c, restoring.open(await textOf(c, 'passphrase'))))
    app.post(`${HERE}/begin`, (c) => this.#begin(c))
    app.post(`${HERE}/forget`, (c) => {
      restoring.forget()
      return c.redirect(HERE, 303)
    })
    return app
  }

  #mayRestore(c: Context): boolean {
    return this.#deps.keeper.who(c)?.actor.kind === 'console' && !this.#deps.credentials.anyone()
  }

  async #page(c: Context, fault?: Fault, { typed = NOTHING_TYPED, problems = {} }: Typed = {}): Promise<Response> {
    const state = this.#restoring.state()
    const [view, now] = [this.#deps.viewOf(c), this.#deps.clock.now()]
    const refused = await this.#sentence(fault ?? state.fault, c)
    const status = fault === undefined && Object.keys(problems).length === 0 ? 200 : 422
    if (state.is === 'begun') return this.#entry.page(c, <BegunPage view={view} box={view.look.siteName} />)
    if (state.is === 'none') {
      const sticks = this.#restoring.sticks()
      return this.#entry.page(c, <ChoosePage {...{ view, refused, sticks, now, typed, problems }} />, status)
    }
    if (state.is === 'coming' || state.is === 'opening') c.header('refresh', `${LOOK_AGAIN_SEC};url=${HERE}`)
    return this.#entry.page(c, <StatePage {...{ view, state, now, refused }} />, status)
  }

  async #sentence(fault: Fault | undefined, c: Context): Promise<string | undefined> {
    if (fault === undefined) return undefined
    const words = this.#words(c)
    if (fault.type === 'RestoreElsewhere') return words.elsewhere
    if (fault.type === 'StorageEmpty') return fill(words.storageEmpty, { ...fault })
    if (fault.type === 'StorageFailed') return storageSentence(fault as Parameters<typeof storageSentence>[0], words)
    return this.#deps.sentenceOf(fault, c)
  }

  #words(c: Context): RestoreWords {
    return restoreWords[this.#deps.viewOf(c).preferences.lang]
  }

  /** What it has come to is on the page itself. */
  #told(c: Context, done: Result<void, Fault>): Response | Promise<Response> {
    return done.ok ? c.redirect(HERE, 303) : this.#page(c, done.error)
  }

  async #look(c: Context): Promise<Response> {
    const field = await fieldsOf(c)
    const given = (name: string) => field(name).trim().slice(0, TEXT_LENGTH_MAX)
    const typed = {
      place: given('place'),
      endpoint: given('endpoint'),
      region: given('region'),
      accessKeyId: given('accessKeyId'),
    }
    const filled = Object.fromEntries(Object.entries(typed).filter(([, text]) => text !== ''))
    const parsed = storageSchema.safeParse({ ...filled, secretKey: given('secretKey') })
    if (parsed.success) {
      const found = await this.#restoring.look(parsed.data)
      return found.ok ? c.redirect(HERE, 303) : this.#page(c, found.error, { typed })
    }
    const words = this.#words(c)
    const fields = parsed.error.issues.map(({ path }) => path[0] as keyof typeof storageProblem)
    const problems = Object.fromEntries(fields.map((name) => [name, words[storageProblem[name]]]))
    return this.#page(c, undefined, { typed, problems })
  }

  #begin(c: Context): Response | Promise<Response> {
    const state = this.#restoring.state()
    const begun = this.#restoring.begin()
    if (!begun.ok || state.is !== 'ready') return this.#told(c, begun)
    return this.#entry.page(c, <BegunPage view={this.#deps.viewOf(c)} box={state.manifest.hostName} />)
  }
}

const textOf = async (c: Context, name: string): Promise<string> => (await fieldsOf(c))(name).slice(0, TEXT_LENGTH_MAX)
