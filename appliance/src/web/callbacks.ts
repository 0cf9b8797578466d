/**
 * Where providers post what became of what they were asked: to addresses that they alone were told. Nobody signs in
 * here, nothing is believed because it came, and the answer is the same to everybody.
 */
import { isIP } from 'node:net'
import { Hono, type Context } from 'hono'
import type { Fault, Log, Result } from '@lango/kernel'
import { callbackLimits } from '@lango/modules/payments'
import { addressOf } from './request-facts.ts'
import { isLoopback } from './serve.ts'

export type Arrived = {
  readonly method: string
  /** What followed its `?`. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** Who posted it, as far as that is known. */
  readonly origin: string
}

type Opened =
  /** Resolves when it is on disk. */
  | { readonly hear: (arrived: Arrived) => Promise<Result<unknown, Fault>> }
  /** What comes there is not read. */
  | { readonly answer: (c: Context) => Response }

/** What providers of one kind of thing tell. */
export type CallbackKind = {
  /** Whether an address is of this kind, if anybody's. */
  readonly isOf: (token: string) => boolean
  readonly methods: readonly string[]
  /** Undefined where nobody was told it. */
  readonly open: (token: string) => Opened | undefined
  readonly accepted: (c: Context) => Response
  readonly again: (c: Context) => Response
}

/** A proxy on this machine says for whom it asks; from anybody else that is only talk. */
const originOf = (c: Context): string => {
  const socket = addressOf(c)
  const told = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
  return isLoopback(socket) && isIP(told) !== 0 ? told : socket
}

/** Undefined where it is longer than anything that a provider posts: the rest is not read. */
const bodyOf = async (c: Context): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let octets = 0
  for await (const chunk of c.req.raw.body ?? []) {
    octets += chunk.length
    if (octets > callbackLimits.bodyOctetsMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Says a thing the first, tenth, hundredth time: strangers must not fill the log either. */
export const createTally = (say: (times: number) => void): (() => void) => {
  let times = 0
  let next = 1
  return () => {
    times += 1
    if (times < next) return
    say(times)
    next *= 10
  }
}

const notFound = (c: Context): Response => c.text('Not found', 404)

/**
 * To be mounted at `/callbacks`, before anything that asks who somebody is: a proxy's name is not ours. An address
 * belongs to the first kind that it is of; the last takes all.
 */
export const createCallbacks = (kinds: readonly CallbackKind[], log: Log): Hono => {
  const stranger = createTally((times) => log.warn('callbacks to an address that nobody was told', { times }))
  const tooLong = createTally((times) => log.warn('callbacks that are too long to be the provider’s', { times }))
  const kindOf = (token: string): CallbackKind => kinds.find((kind) => kind.isOf(token))!

  const arrivedIn = (c: Context, body: string): Arrived => ({
    method: c.req.method,
    query: new URL(c.req.url).search.slice(1),
    headers: c.req.header(),
    body,
    origin: originOf(c),
  })

  const app = new Hono()
  app.on(['POST', 'GET'], '/:token', async (c) => {
    const token = c.req.param('token')
    const kind = kindOf(token)
    if (!kind.methods.includes(c.req.method)) return notFound(c)
    const opened = kind.open(token)
    if (opened === undefined) {
      stranger()
      return kind.accepted(c)
    }
    if ('answer' in opened) return opened.answer(c)
    const body = await bodyOf(c)
    if (body === undefined) {
      tooLong()
      return kind.accepted(c)
    }
    const kept = await opened.hear(arrivedIn(c, body))
    if (kept.ok) return kind.accepted(c)
    log.error('a callback could not be written down', { fault: kept.error })
    return kind.again(c)
  })
  app.all('*', notFound)
  app.onError((error, c) => {
    log.error('a callback failed', { error })
    return kindOf(c.req.path.split('/').at(-1)!).again(c)
  })
  return app
}
