/**
 * Where other boxes put their backups, and get them back: of S3 (path style) what our own client asks for. Every request
 * is signed with the key of one shelf, and sees that shelf alone. Nobody signs in here, and no page is served.
 */
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Hono, type Context } from 'hono'
import { err, TryWindow, type Clock, type Log, type Result } from '@lango/kernel'
import { SHELF_BUCKET, SHELF_FILE } from '@lango/modules/backups'
import { createTally } from '../web/callbacks.ts'
import { addressOf } from '../web/request-facts.ts'
import { octetsOf } from '../web/upload.ts'
import { EMPTY_HASH } from './drivers.ts'
import type { Kept, Shelves, TakeFault } from './folders.ts'
import { verifySigned, type Lent, type Signed } from './signed-request.ts'

/** Under which path the web has it. */
export const SHELF_PATH = '/shelf'

/** Requests of one address that are signed by no key: then nothing of it is looked at for a while. */
const STRANGERS = { triesMax: 60, windowMs: 15 * 60_000, keysMax: 10_000 }

export type ShelfDoorDeps = {
  readonly lentTo: (accessKeyId: string) => Lent | undefined
  readonly shelves: Shelves
  /** What lies on a shelf has changed. */
  readonly changed: (name: string) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

const XML = { 'content-type': 'application/xml' }

type Status = 400 | 403 | 404 | 405 | 409 | 411 | 500 | 503 | 507

/** As S3 calls them where it does. */
const refusals = {
  AccessDenied: 403,
  SignatureDoesNotMatch: 403,
  RequestTimeTooSkewed: 403,
  InvalidArgument: 400,
  XAmzContentSHA256Mismatch: 400,
  IncompleteBody: 400,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  MethodNotAllowed: 405,
  OperationAborted: 409,
  ObjectAlreadyExists: 409,
  MissingContentLength: 411,
  InternalError: 500,
  SlowDown: 503,
  QuotaExceeded: 507,
  DiskFull: 507,
} as const satisfies Readonly<Record<string, Status>>
type Refusal = keyof typeof refusals

const takeRefusals = {
  busy: 'OperationAborted',
  there: 'ObjectAlreadyExists',
  full: 'QuotaExceeded',
  low: 'DiskFull',
  other: 'XAmzContentSHA256Mismatch',
  cut: 'IncompleteBody',
} as const satisfies Readonly<Record<TakeFault, Refusal>>

const xml = (body: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${body}`

/** What is still being sent when an answer is given: so much of it, and so long, is it thrown away before the line ends. */
const LINGER_OCTETS = 16 * 1024 * 1024
const LINGER_MS = 3000

type Body = AsyncGenerator<Uint8Array>

const thrownAway = async (body: Body): Promise<void> => {
  const over = new AbortController()
  const late = sleep(LINGER_MS, undefined, { signal: over.signal }).catch(() => undefined)
  try {
    for (let octets = 0; octets < LINGER_OCTETS;) {
      const next = await Promise.race([body.next(), late])
      if (next === undefined || next.done === true) return
      octets += next.value.length
    }
  } catch {
    // Whoever sent it has read the answer, and is gone.
  } finally {
    over.abort()
  }
}

/**
 * The answer to somebody who may be sending still is whole at once, and the line stays open for a while: whoever is cut
 * off while they send never reads why.
 */
const early = (body: Body, status: 200 | Status, text: string, headers: Record<string, string> = {}): Response => {
  const octets = Buffer.from(text)
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      if (octets.length > 0) controller.enqueue(octets)
      await thrownAway(body)
      controller.close()
    },
  })
  return new Response(stream, { status, headers: { ...headers, 'content-length': String(octets.length) } })
}

const refuse = (c: Context, code: Refusal, body = octetsOf(c.req.raw.body)): Response =>
  early(body, refusals[code], xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`), XML)

export const createShelfDoor = (deps: ShelfDoorDeps): Hono => {
  const { lentTo, clock, log } = deps
  const strangers = new TryWindow(STRANGERS)
  const stranger = createTally((times) => log.warn('requests to the shelf that no key of ours has signed', { times }))
  const door = new ShelfDoor(deps)

  const signedBy = (c: Context): Result<Signed, { readonly type: Refusal }> => {
    const address = addressOf(c)
    const now = clock.monotonicMs()
    if (strangers.isFull(address, now)) return err({ type: 'SlowDown' })
    const asked = { method: c.req.method, url: new URL(c.req.url), headers: c.req.header() }
    const signed = verifySigned(asked, lentTo, clock)
    if (!signed.ok && signed.error.type !== 'RequestTimeTooSkewed') {
      strangers.add(address, now)
      stranger()
    }
    return signed
  }

  const app = new Hono()
  app.all('*', (c) => {
    const signed = signedBy(c)
    return signed.ok ? door.answer(c, signed.value) : refuse(c, signed.error.type)
  })
  app.onError((error, c) => {
    log.error('the shelf failed', { error })
    return refuse(c, 'InternalError')
  })
  return app
}

const PLACE = new RegExp(`^${SHELF_PATH}/([^/]+)(?:/([^/]+)/([^/]+))?/?$`)

class ShelfDoor {
  readonly #shelves: Shelves
  readonly #changed: ShelfDoorDeps['changed']

  constructor({ shelves, changed }: ShelfDoorDeps) {
    this.#shelves = shelves
    this.#changed = changed
  }

  answer(c: Context, { lent, bodyHash }: Signed): Response | Promise<Response> {
    const { method } = c.req
    const { pathname, searchParams } = new URL(c.req.url)
    const [, bucket, shelf, file] = PLACE.exec(pathname) ?? []
    if (bucket !== SHELF_BUCKET) return refuse(c, 'NoSuchBucket')
    if (method !== 'PUT' && bodyHash !== EMPTY_HASH) return refuse(c, 'InvalidArgument')
    if (shelf === undefined || file === undefined) return this.#list(c, lent, searchParams)
    if (shelf !== lent.name) return refuse(c, 'AccessDenied')
    if (!SHELF_FILE.test(file)) return refuse(c, method === 'PUT' ? 'InvalidArgument' : 'NoSuchKey')
    if (method === 'PUT') return this.#put(c, lent, file, bodyHash)
    if (method === 'DELETE') return this.#remove(c, lent, file)
    return method === 'GET' || method === 'HEAD' ? this.#get(c, lent, file) : refuse(c, 'MethodNotAllowed')
  }

  /** All in one answer: a shelf holds a bounded number. */
  async #list(c: Context, { name }: Lent, asked: URLSearchParams): Promise<Response> {
    if (c.req.method !== 'GET' || asked.get('list-type') !== '2') return refuse(c, 'MethodNotAllowed')
    const prefix = asked.get('prefix') ?? ''
    const isOwn = prefix === name || prefix.startsWith(`${name}/`)
    if (!isOwn) return refuse(c, 'AccessDenied')
    const kept = (await this.#shelves.list(name)).filter(({ file }) => `${name}/${file}`.startsWith(prefix))
    const contents = kept.map(
      ({ file, bytes, at }) =>
        `<Contents><Key>${name}/${file}</Key><LastModified>${new Date(at).toISOString()}</LastModified><Size>${bytes}</Size></Contents>`,
    )
    const head = `<Name>${SHELF_BUCKET}</Name><KeyCount>${kept.length}</KeyCount><IsTruncated>false</IsTruncated>`
    return c.body(xml(`<ListBucketResult>${head}${contents.join('')}</ListBucketResult>`), 200, XML)
  }

  async #put(c: Context, lent: Lent, file: string, sha256: string): Promise<Response> {
    const length = c.req.header('content-length') ?? ''
    if (!/^\d{1,15}$/.test(length)) return refuse(c, 'MissingContentLength')
    const told = c.req.header('x-amz-meta-sha256') ?? sha256
    if (told !== sha256) return refuse(c, 'InvalidArgument')
    const sent = { file, bytes: Number(length), sha256 }
    const body = octetsOf(c.req.raw.body)
    const fault = await this.#shelves.take(lent, sent, body)
    if (fault !== undefined) return refuse(c, takeRefusals[fault], body)
    await this.#changed(lent.name)
    return early(body, 200, '', { etag: `"${sha256}"` })
  }

  async #get(c: Context, { name }: Lent, file: string): Promise<Response> {
    const kept = await this.#shelves.find(name, file)
    if (!kept) return refuse(c, 'NoSuchKey')
    if (c.req.method === 'HEAD') return new Response(null, { headers: headersOf(kept) })
    const handle = await this.#shelves.open(name, file)
    const stream = Readable.toWeb(handle.createReadStream()) as ReadableStream<Uint8Array>
    return new Response(stream, { headers: headersOf(kept) })
  }

  async #remove(c: Context, { name }: Lent, file: string): Promise<Response> {
    await this.#shelves.drop(name, file)
    await this.#changed(name)
    return c.body(null, 204)
  }
}

const headersOf = ({ bytes, at, sha256 }: Kept): Record<string, string> => ({
  'content-type': 'application/octet-stream',
  'content-length': String(bytes),
  'last-modified': new Date(at).toUTCString(),
  ...(sha256 !== undefined && { etag: `"${sha256}"`, 'x-amz-meta-sha256': sha256 }),
})
