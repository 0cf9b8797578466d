/** A certificate from an authority that speaks ACME (RFC 8555), proved by DNS. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { err, FaultError, ok, orThrow, type Result } from '@lango/kernel'
import { askHttps, causeOf, type HttpsAnswer } from './https.ts'
import { createSigner, type Signer } from './jws.ts'
import type { AcmeAccount, AcmeFault, AcmeOrder, DnsProvider } from './port.ts'

const NONCE_TRIES = 4
/** How often it is asked whether something is done, and after how long where the authority does not say. */
const LOOKS_MAX = 40
const LOOK_SEC = 3
const LOOK_SEC_MAX = 15
const PROBLEM = 'urn:ietf:params:acme:error:'

const url = z.url({ protocol: /^https$/ })
const directorySchema = z.object({ newNonce: url, newAccount: url, newOrder: url })
const orderSchema = z.object({
  status: z.string(),
  authorizations: z.array(url).max(20),
  finalize: url,
  certificate: url.optional(),
})
const challengeSchema = z.object({
  type: z.string(),
  url,
  token: z.string().optional(),
  error: z.object({ detail: z.string().optional() }).optional(),
})
const authorizationSchema = z.object({
  status: z.string(),
  identifier: z.object({ value: z.string() }),
  challenges: z.array(challengeSchema),
})
const problemSchema = z.object({ type: z.string().default(''), detail: z.string().default('') })

export type AcmeDeps = {
  readonly dns: DnsProvider
  /** Resolves when what was put at a name can be seen, or it is no use to wait any longer. */
  readonly seen: (name: string, value: string) => Promise<void>
  readonly wait: (ms: number) => Promise<unknown>
  /** Ends it early. */
  readonly signal: AbortSignal
}

export type AcmeIssued = {
  readonly account: AcmeAccount
  /** PEM: the certificate, then those between it and its authority. */
  readonly certPem: string
}

export const obtainCertificate = async (
  account: AcmeAccount,
  order: AcmeOrder,
  deps: AcmeDeps,
): Promise<Result<AcmeIssued, AcmeFault>> => {
  try {
    return ok(await new Exchange(account, order, deps).run())
  } catch (error) {
    if (error instanceof FaultError) return err(error.fault as AcmeFault)
    const cause = error instanceof z.ZodError ? 'what it answers is no ACME' : causeOf(error)
    return err({ type: 'AcmeUnreachable', server: new URL(order.directory).host, cause })
  }
}

const fail = (fault: AcmeFault): never => orThrow(err(fault))

class Exchange {
  readonly #order: AcmeOrder
  readonly #deps: AcmeDeps
  readonly #signer: Signer
  readonly #keyPem: string
  #accountUrl: string
  #nonce = ''
  #newNonce = ''

  constructor(account: AcmeAccount, order: AcmeOrder, deps: AcmeDeps) {
    this.#order = order
    this.#deps = deps
    this.#keyPem = account.keyPem
    this.#accountUrl = account.url
    this.#signer = createSigner(account.keyPem)
  }

  async run(): Promise<AcmeIssued> {
    const { names, csr } = this.#order
    const directory = directorySchema.parse(await this.#get(this.#order.directory))
    this.#newNonce = directory.newNonce
    // Also for one that there is: the same key has the same account (RFC 8555 section 7.3.1).
    await this.#register(directory.newAccount)
    const identifiers = names.map((value) => ({ type: 'dns', value }))
    const made = await this.#post(directory.newOrder, { identifiers })
    const at = made.header('location')
    const order = orderSchema.parse(JSON.parse(made.body))
    for (const authorization of order.authorizations) await this.#prove(authorization)
    await this.#until(at, ({ status }) => status !== 'pending', 'the order')
    const finalized = await this.#post(order.finalize, { csr: csr.toString('base64url') })
    const early = orderSchema.parse(JSON.parse(finalized.body))
    const done =
      early.status === 'valid' ? early : await this.#until(at, ({ status }) => status !== 'processing', 'the signing')
    if (done.status !== 'valid' || done.certificate === undefined)
      return fail({ type: 'AcmeRefused', problem: 'order', detail: done.status, retryAfterSec: undefined })
    const certificate = await this.#post(done.certificate, undefined)
    return { account: { keyPem: this.#keyPem, url: this.#accountUrl }, certPem: certificate.body }
  }

  async #register(newAccount: string): Promise<void> {
    const { email } = this.#order
    const contact = email === '' ? {} : { contact: [`mailto:${email}`] }
    this.#accountUrl = ''
    const answer = await this.#post(newAccount, { termsOfServiceAgreed: true, ...contact })
    this.#accountUrl = answer.header('location')
  }

  async #prove(at: string): Promise<void> {
    const { dns, seen } = this.#deps
    const { status, identifier, challenges } = authorizationSchema.parse(JSON.parse((await this.#post(at)).body))
    // One that was proved lately holds still.
    if (status === 'valid') return
    const challenge = challenges.find(({ type }) => type === 'dns-01')
    if (challenge?.token === undefined)
      return fail({ type: 'AcmeUnproven', name: identifier.value, detail: 'the authority does not take DNS for it' })
    const name = `_acme-challenge.${identifier.value}`
    const said = `${challenge.token}.${this.#signer.thumbprint}`
    const value = createHash('sha256').update(said).digest('base64url')
    orThrow(await dns.put(name, value))
    try {
      await seen(name, value)
      await this.#post(challenge.url, {})
      await this.#proved(at)
    } finally {
      // What stays behind does no harm, and must not hide what went wrong.
      await dns.remove(name, value)
    }
  }

  async #proved(at: string): Promise<void> {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const answer = await this.#post(at)
      const { status, identifier, challenges } = authorizationSchema.parse(JSON.parse(answer.body))
      if (status === 'valid') return
      if (status !== 'pending') {
        const detail = challenges.find(({ error }) => error)?.error?.detail ?? status
        return fail({ type: 'AcmeUnproven', name: identifier.value, detail })
      }
      await this.#pause(answer)
    }
    return fail({ type: 'AcmeSlow', what: 'the proof' })
  }

  async #until(at: string, isDone: (order: z.infer<typeof orderSchema>) => boolean, what: string) {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const answer = await this.#post(at)
      const order = orderSchema.parse(JSON.parse(answer.body))
      if (isDone(order)) return order
      await this.#pause(answer)
    }
    return fail({ type: 'AcmeSlow', what })
  }

  get #way() {
    return { caPem: this.#order.caPem, signal: this.#deps.signal }
  }

  #pause(answer: HttpsAnswer): Promise<unknown> {
    const sec = Math.min(retryAfterSec(answer) ?? LOOK_SEC, LOOK_SEC_MAX)
    return this.#deps.wait(sec * 1000)
  }

  async #get(from: string): Promise<unknown> {
    const answer = await askHttps(from, { method: 'GET', ...this.#way })
    if (answer.status !== 200) throw new Error(`it answers ${answer.status}`)
    return JSON.parse(answer.body)
  }

  /** Without a payload it asks (POST-as-GET). A nonce that is not taken brings another with it (section 6.5). */
  async #post(to: string, payload?: object): Promise<HttpsAnswer> {
    const who = this.#accountUrl === '' ? { jwk: this.#signer.jwk } : { kid: this.#accountUrl }
    for (let tries = 1; ; tries++) {
      if (this.#nonce === '') {
        const fresh = await askHttps(this.#newNonce, { method: 'HEAD', ...this.#way })
        this.#nonce = fresh.header('replay-nonce')
      }
      const body = this.#signer.sign(
        { ...who, nonce: this.#nonce, url: to },
        payload === undefined ? '' : JSON.stringify(payload),
      )
      const headers = { 'content-type': 'application/jose+json' }
      const answer = await askHttps(to, { method: 'POST', headers, body, ...this.#way })
      this.#nonce = answer.header('replay-nonce')
      if (answer.status >= 200 && answer.status < 300) return answer
      const { type, detail } = problemIn(answer)
      if (type === 'badNonce' && tries < NONCE_TRIES) continue
      return fail({ type: 'AcmeRefused', problem: type, detail, retryAfterSec: retryAfterSec(answer) })
    }
  }
}

const problemIn = ({ status, body }: HttpsAnswer): { readonly type: string; readonly detail: string } => {
  const parsed = problemSchema.safeParse(jsonIn(body))
  const { type, detail } = parsed.success ? parsed.data : { type: '', detail: '' }
  return { type: type.replace(PROBLEM, '') || String(status), detail: detail.slice(0, 300) }
}

const jsonIn = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}

/** Seconds, or a date (RFC 9110 section 10.2.3): that is told beside the authority's own. */
const retryAfterSec = (answer: HttpsAnswer): number | undefined => {
  const text = answer.header('retry-after')
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const sec = Math.ceil((Date.parse(text) - Date.parse(answer.header('date'))) / 1000)
  return sec >= 0 ? sec : undefined
}
