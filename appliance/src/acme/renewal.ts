/**
 * The box gets a certificate for its public names by itself (ACME, proved by DNS), puts it into use, and renews it thirty
 * days before it ends. What fails is tried again ever more seldom, and is told long before anybody is refused.
 */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { err, ok, type Clock, type Fault, type Log, type Random, type Result, type Vault } from '@lango/kernel'
import { inputInvalid, system, type Actor } from '@lango/kernel/verbs'
import type { Certificates } from '../certificates.ts'
import { found, type Check } from '../doctor/check.ts'
import { readPair, type TlsFolder } from '../tls/index.ts'
import type { createObtain } from './drivers.ts'
import { acmeInput, createAcmeStore, type AcmeKept, type AcmeSettings, type AcmeStore } from './settings.ts'

const DAY_MS = 86_400_000
/** Half a day before it would be told that the certificate is about to end. */
const RENEW_AHEAD_MS = 30.5 * DAY_MS
const LOOK_MS = 60_000
/** Let's Encrypt takes five failed proofs of a name an hour. */
const FIRST_PAUSE_MS = 15 * 60_000
const PAUSE_MS_MAX = DAY_MS
const box: Actor = system('acme')

/** Without what is secret. */
export type ShownAcme = {
  readonly names: readonly string[]
  readonly directory: string
  readonly email: string
  readonly dns:
    | { readonly kind: 'rfc2136'; readonly server: string; readonly zone: string }
    | { readonly kind: 'webhook'; readonly url: string }
  /** Somebody has put another certificate in its place: nothing is renewed until that is asked for. */
  readonly isAside: boolean
  readonly lastAt: number
  readonly nextAt: number
  readonly failures: number
  readonly fault?: Fault | undefined
}

export type AcmeDeps = {
  readonly folder: TlsFolder
  readonly vault: Pick<Vault, 'seal' | 'open'>
  readonly clock: Pick<Clock, 'now' | 'sure'>
  readonly random: Random
  readonly certificates: Pick<Certificates, 'use'>
  readonly obtain: ReturnType<typeof createObtain>
  readonly command: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
  readonly every: (ms: number, run: () => void) => () => void
  readonly log: Log
}

type Shown = Result<ShownAcme | null, Fault>

const dnsOf = ({ dns }: AcmeSettings): ShownAcme['dns'] =>
  dns.kind === 'webhook' ? { kind: dns.kind, url: dns.url } : { kind: dns.kind, server: dns.server, zone: dns.zone }

const newAccount = (): AcmeKept['account'] => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }), url: '' }
}

const pauseMs = (failures: number, fault: Fault): number => {
  const { retryAfterSec = 0 } = fault as Fault & { readonly retryAfterSec?: number | undefined }
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20), PAUSE_MS_MAX)
  return Math.max(pause, retryAfterSec * 1000)
}

export class Acme {
  readonly #deps: AcmeDeps
  readonly #store: AcmeStore
  readonly #stopped = new AbortController()
  readonly #stopLooking: () => void
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: AcmeDeps) {
    this.#deps = deps
    this.#store = createAcmeStore(deps.folder, deps.vault)
    this.#stopLooking = deps.every(LOOK_MS, () => void this.look())
  }

  show(): Shown {
    const kept = this.#store.read()
    return kept.ok ? ok(this.#shown(kept.value)) : kept
  }

  set(input: unknown, by: Actor): Promise<Shown> {
    return this.#inTurn(async () => {
      const parsed = acmeInput.safeParse(input)
      if (!parsed.success) return err(inputInvalid(parsed.error))
      const held = this.#store.read()
      if (!held.ok) return held
      const settings = parsed.data
      const { names, directory } = settings
      const noted = await this.#deps.command('certificates.acme', { names, directory, dns: settings.dns.kind }, by)
      if (!noted.ok) return noted
      const account = held.value?.account ?? newAccount()
      this.#store.write({ settings, account, issued: '', failures: 0, nextAt: 0, lastAt: 0 })
      return this.show()
    })
  }

  off(by: Actor): Promise<Shown> {
    return this.#inTurn(async () => {
      const noted = await this.#deps.command('certificates.acme', { names: [], directory: '', dns: '' }, by)
      if (!noted.ok) return noted
      this.#store.write(undefined)
      return this.show()
    })
  }

  /** Tries at once. */
  renew(by: Actor): Promise<Shown> {
    return this.#inTurn(async () => {
      if (!this.#deps.clock.sure()) return err({ type: 'ClockUnsure' })
      const kept = this.#store.read()
      if (!kept.ok) return kept
      return kept.value ? this.#attempt(kept.value, by) : err({ type: 'AcmeUnset' })
    })
  }

  /** Tries when it is time. By a wrong clock nothing is asked for: not after, nor before its time. */
  look(): Promise<void> {
    const { clock, log } = this.#deps
    return this.#inTurn(async () => {
      if (!clock.sure()) return
      const kept = this.#store.read()
      if (!kept.ok) log.error('what is set for ACME cannot be read', { fault: kept.error })
      else if (kept.value && this.#isDue(kept.value)) await this.#attempt(kept.value, box)
    }).catch((error: unknown) => log.error('ACME stumbled', { error }))
  }

  checks(): readonly Check[] {
    const kept = this.#store.read()
    if (!kept.ok || !kept.value?.fault || this.#isAside(kept.value)) return []
    const { settings, fault, nextAt, failures } = kept.value
    const facts = { names: settings.names.join(', '), fault, nextAt, failures }
    return [found('acme', 'attention', { type: 'acme-failing', ...facts })]
  }

  async stop(): Promise<void> {
    this.#stopLooking()
    this.#stopped.abort()
    await this.#turn
  }

  /** One after the other: an account has one order at a time. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => undefined)
    return done
  }

  #inUse(): X509Certificate | undefined {
    const own = readPair(this.#deps.folder, 'own')
    return own.ok && own.value ? new X509Certificate(own.value.certPem) : undefined
  }

  #isAside({ issued }: AcmeKept): boolean {
    return issued !== '' && this.#inUse()?.fingerprint256 !== issued
  }

  #isDue(kept: AcmeKept): boolean {
    const now = this.#deps.clock.now()
    if (now < kept.nextAt || this.#isAside(kept)) return false
    return kept.issued === '' || this.#inUse()!.validToDate.getTime() - now < RENEW_AHEAD_MS
  }

  #shown(kept: AcmeKept | undefined): ShownAcme | null {
    if (!kept) return null
    const { settings, lastAt, nextAt, failures, fault } = kept
    const { names, directory, email } = settings
    const isAside = this.#isAside(kept)
    return { names, directory, email, dns: dnsOf(settings), isAside, lastAt, nextAt, failures, fault }
  }

  async #attempt(kept: AcmeKept, by: Actor): Promise<Shown> {
    const { clock, certificates, obtain, log } = this.#deps
    const { names } = kept.settings
    // Written ahead: a box that dies on the way, again and again, does not use up what the authority allows.
    this.#store.write({ ...kept, nextAt: clock.now() + FIRST_PAUSE_MS })
    const { makeRequest } = await import('../tls/authority.ts')
    const { csr, keyPem } = await makeRequest(names)
    const got = await obtain(kept, csr, this.#stopped.signal)
    const used = got.ok ? await certificates.use({ certPem: got.value.certPem, keyPem }, by) : got
    const { fault: _, ...rest } = { ...kept, ...(got.ok && { account: got.value.account }), lastAt: clock.now() }
    if (got.ok && used.ok) {
      const issued = new X509Certificate(got.value.certPem).fingerprint256
      const next = { ...rest, issued, failures: 0, nextAt: 0 }
      this.#store.write(next)
      log.info('a certificate was got by ACME', { names })
      return ok(this.#shown(next))
    }
    const fault: Fault = used.ok ? { type: 'AcmeUnset' } : used.error
    if (this.#stopped.signal.aborted) return err(fault)
    const failures = kept.failures + 1
    this.#store.write({ ...rest, failures, nextAt: clock.now() + pauseMs(failures, fault), fault })
    log.warn('no certificate was got by ACME', { names, fault })
    return err(fault)
  }
}
