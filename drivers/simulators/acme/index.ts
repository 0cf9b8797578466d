/**
 * A certificate authority that speaks ACME (RFC 8555) over https: accounts, orders, DNS-01 looked up over UDP, signing.
 * It checks every signature, nonce and address, and misbehaves when told to.
 */
import { createHash, createPublicKey, randomBytes, verify, type webcrypto } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAuthority } from './authority.ts'
import { startDnsSimulator, type DnsSimulator } from './dns.ts'

/** `slow`: an answer is ready only after being asked for a few times more. */
export type AcmeFaultKind = 'badNonce' | 'rateLimited' | 'slow'

export type AcmeSimulator = {
  readonly directory: string
  readonly caPem: string
  readonly accounts: number
  /** Certificates that were signed, the last one last. */
  readonly issued: readonly string[]
  /** Requests by path, without what they name. */
  readonly asked: readonly string[]
  readonly dns: DnsSimulator
  /** The next one of them happens once. */
  fail(kind: AcmeFaultKind): void
  close(): Promise<void>
}

export type AcmeSimulatorOptions = {
  readonly zone: string
  readonly key: { readonly name: string; readonly secret: Buffer }
  readonly lifeDays: number
  readonly now: () => number
}

type Account = { readonly url: string; readonly jwk: webcrypto.JsonWebKey; readonly thumbprint: string }
type Authorization = { readonly name: string; readonly token: string; status: string; detail: string; looks: number }
type Order = {
  readonly authorizations: readonly number[]
  csr: Buffer | undefined
  certificate: number | undefined
  looks: number
}
type Signed = {
  readonly url: string
  readonly nonce: string
  readonly jwk?: webcrypto.JsonWebKey
  readonly kid?: string
}

type Asked = {
  readonly path: string
  readonly no: number
  readonly account: Account
  readonly payload: Readonly<Record<string, unknown>>
}

class Problem extends Error {
  readonly status: number
  readonly problem: string

  constructor(status: number, problem: string, detail: string) {
    super(detail)
    this.status = status
    this.problem = problem
  }
}

const SLOW_LOOKS = 3
const RETRY_AFTER_SEC = 7200

const thumbprintOf = ({ crv, kty, x, y }: webcrypto.JsonWebKey): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const piece of request as AsyncIterable<Buffer>) body += piece.toString()
  return body
}

const decoded = (text: string): string => Buffer.from(text, 'base64url').toString()

export const startAcmeSimulator = async (options: AcmeSimulatorOptions): Promise<AcmeSimulator> => {
  const authority = await createAuthority(options.lifeDays)
  const dns = await startDnsSimulator(options.zone, options.key)
  const simulator = new Simulator(options, authority, dns)
  const server = createServer(authority.tls, (request, response) => void simulator.answer(request, response))
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  simulator.base = `https://localhost:${(server.address() as AddressInfo).port}`
  return Object.assign(simulator, {
    directory: `${simulator.base}/directory`,
    caPem: authority.caPem,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await dns.close()
    },
  })
}

class Simulator {
  base = ''
  readonly dns: DnsSimulator
  readonly issued: string[] = []
  readonly asked: string[] = []
  readonly #options: AcmeSimulatorOptions
  readonly #authority: Awaited<ReturnType<typeof createAuthority>>
  readonly #resolver = new Resolver({ timeout: 2000, tries: 2 })
  readonly #nonces = new Set<string>()
  readonly #accounts: Account[] = []
  readonly #authorizations: Authorization[] = []
  readonly #orders: Order[] = []
  readonly #faults: AcmeFaultKind[] = []

  constructor(
    options: AcmeSimulatorOptions,
    authority: Awaited<ReturnType<typeof createAuthority>>,
    dns: DnsSimulator,
  ) {
    this.#options = options
    this.#authority = authority
    this.dns = dns
    this.#resolver.setServers([`127.0.0.1:${dns.port}`])
  }

  get accounts(): number {
    return this.#accounts.length
  }

  fail(kind: AcmeFaultKind): void {
    this.#faults.push(kind)
  }

  #happens(kind: AcmeFaultKind): boolean {
    const at = this.#faults.indexOf(kind)
    if (at >= 0) this.#faults.splice(at, 1)
    return at >= 0
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, path = '', no = ''] = (request.url ?? '').split('/')
    this.asked.push(path)
    const nonce = randomBytes(12).toString('base64url')
    this.#nonces.add(nonce)
    response.setHeader('replay-nonce', nonce)
    try {
      if (request.method === 'HEAD' && path === 'nonce') return void response.end()
      if (request.method === 'GET' && path === 'directory') return this.#send(response, 200, this.#directory())
      if (request.method !== 'POST') throw new Problem(405, 'malformed', 'only POST')
      const { account, payload } = this.#opened(await bodyOf(request), request, path)
      await this.#route(response, { path, no: Number(no), account, payload })
    } catch (error) {
      const { status, problem } = error instanceof Problem ? error : { status: 500, problem: 'serverInternal' }
      if (problem === 'rateLimited') response.setHeader('retry-after', String(RETRY_AFTER_SEC))
      const told = { type: `urn:ietf:params:acme:error:${problem}`, detail: (error as Error).message }
      this.#send(response, status, told)
    }
  }

  #directory(): object {
    const { base } = this
    return { newNonce: `${base}/nonce`, newAccount: `${base}/new-account`, newOrder: `${base}/new-order` }
  }

  #send(response: ServerResponse, status: number, body: object | string, location = ''): void {
    if (location !== '') response.setHeader('location', location)
    const isText = typeof body === 'string'
    response.writeHead(status, { 'content-type': isText ? 'application/pem-certificate-chain' : 'application/json' })
    response.end(isText ? body : JSON.stringify(body))
  }

  #opened(body: string, { url, headers }: IncomingMessage, path: string) {
    if (headers['content-type'] !== 'application/jose+json') throw new Problem(415, 'malformed', 'no JOSE')
    const told = JSON.parse(body) as { protected: string; payload: string; signature: string }
    const head = JSON.parse(decoded(told.protected)) as Signed
    if (head.url !== this.base + url) throw new Problem(401, 'unauthorized', 'signed for another address')
    const isNew = path === 'new-account'
    const account = this.#accounts.find((each) => each.url === head.kid)
    const jwk = isNew ? head.jwk : account?.jwk
    if (!jwk) throw new Problem(401, 'accountDoesNotExist', 'who is that?')
    const input = Buffer.from(`${told.protected}.${told.payload}`)
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const isSigned = verify(
      'sha256',
      input,
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(told.signature, 'base64url'),
    )
    if (!isSigned) throw new Problem(401, 'unauthorized', 'the signature is wrong')
    if (!this.#nonces.delete(head.nonce) || this.#happens('badNonce'))
      throw new Problem(400, 'badNonce', 'not a nonce of ours')
    const payload = JSON.parse(told.payload === '' ? '{}' : decoded(told.payload)) as Asked['payload']
    return { account: account ?? this.#account(jwk), payload }
  }

  #account(jwk: webcrypto.JsonWebKey): Account {
    const thumbprint = thumbprintOf(jwk)
    const held = this.#accounts.find((each) => each.thumbprint === thumbprint)
    if (held) return held
    const made = { url: `${this.base}/account/${this.#accounts.length}`, jwk, thumbprint }
    this.#accounts.push(made)
    return made
  }

  async #route(response: ServerResponse, asked: Asked): Promise<void> {
    const { path, account, payload } = asked
    if (path === 'new-account') return this.#send(response, 201, { status: 'valid' }, account.url)
    if (path !== 'new-order') return this.#send(response, 200, await this.#found(asked))
    if (this.#happens('rateLimited')) throw new Problem(429, 'rateLimited', 'too many certificates for this name')
    const made = this.#newOrder((payload['identifiers'] as { value: string }[]).map(({ value }) => value))
    return this.#send(response, 201, this.#told(made), `${this.base}/order/${made}`)
  }

  async #found({ path, no, account, payload }: Asked): Promise<object | string> {
    const [order, authorization] = [this.#orders[no], this.#authorizations[no]]
    if (path === 'authorization' && authorization) return this.#shown(no)
    if (path === 'challenge' && authorization) {
      await this.#look(authorization, account)
      return this.#shown(no).challenges[0]!
    }
    if (path === 'finalize' && order) await this.#finalize(order, Buffer.from(String(payload['csr']), 'base64url'))
    if ((path === 'finalize' || path === 'order') && order) return this.#told(no)
    const certificate = path === 'certificate' ? this.issued[no] : undefined
    if (certificate === undefined) throw new Problem(404, 'malformed', 'nothing is there')
    return certificate
  }

  #newOrder(names: readonly string[]): number {
    const authorizations = names.map((name) => {
      const token = randomBytes(24).toString('base64url')
      return this.#authorizations.push({ name, token, status: 'pending', detail: '', looks: 0 }) - 1
    })
    return this.#orders.push({ authorizations, csr: undefined, certificate: undefined, looks: 0 }) - 1
  }

  async #look(authorization: Authorization, { thumbprint }: Account): Promise<void> {
    const wanted = createHash('sha256').update(`${authorization.token}.${thumbprint}`).digest('base64url')
    const found = await this.#resolver.resolveTxt(`_acme-challenge.${authorization.name}`).catch(() => [])
    const isThere = found.some((pieces) => pieces.join('') === wanted)
    authorization.status = isThere ? 'valid' : 'invalid'
    authorization.detail = isThere ? '' : `No TXT record found at _acme-challenge.${authorization.name}`
    authorization.looks = this.#happens('slow') ? SLOW_LOOKS : 0
  }

  #shown(no: number) {
    const { name, token, status, detail, looks } = this.#authorizations[no]!
    this.#authorizations[no]!.looks = Math.max(0, looks - 1)
    const now = looks > 0 ? 'pending' : status
    const error = detail === '' ? {} : { error: { type: 'urn:ietf:params:acme:error:unauthorized', detail } }
    const challenge = { type: 'dns-01', url: `${this.base}/challenge/${no}`, token, status: now, ...error }
    const others = { type: 'http-01', url: `${this.base}/none`, token, status: 'pending' }
    return { status: now, identifier: { type: 'dns', value: name }, challenges: [challenge, others] }
  }

  async #finalize(order: Order, csr: Buffer): Promise<void> {
    if (this.#statusOf(order) !== 'ready') throw new Problem(403, 'orderNotReady', 'prove the names first')
    const names = await this.#authority.namesIn(csr)
    const wanted = order.authorizations.map((no) => this.#authorizations[no]!.name)
    if (names?.toSorted().join() !== wanted.toSorted().join()) throw new Problem(403, 'badCSR', 'for other names')
    order.csr = csr
    order.certificate = this.issued.push(await this.#authority.sign(csr, this.#options.now())) - 1
    order.looks = this.#happens('slow') ? SLOW_LOOKS : 0
  }

  #statusOf({ authorizations, certificate, looks }: Order): string {
    if (certificate !== undefined) return looks > 0 ? 'processing' : 'valid'
    const states = authorizations.map((no) => this.#authorizations[no]!.status)
    if (states.includes('invalid')) return 'invalid'
    return states.every((state) => state === 'valid') ? 'ready' : 'pending'
  }

  #told(no: number): object {
    const order = this.#orders[no]!
    const status = this.#statusOf(order)
    order.looks = Math.max(0, order.looks - 1)
    return {
      status,
      authorizations: order.authorizations.map((each) => `${this.base}/authorization/${each}`),
      finalize: `${this.base}/finalize/${no}`,
      ...(status === 'valid' && { certificate: `${this.base}/certificate/${order.certificate}` }),
    }
  }
}
