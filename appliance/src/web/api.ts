/** The box's interface for programs: every command and query by name, with a bearer token. */
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import type { Fault, Log, Random, Result } from '@lango/kernel'
import type { AnyQuery } from '@lango/kernel/db'
import type { Actor, AnyCommand, May } from '@lango/kernel/verbs'
import { bearerOf } from './bearer.ts'
import { webLimits } from './limits.ts'
import { openApi } from './openapi.ts'

export type ApiDeps = {
  readonly commands: ReadonlyMap<string, AnyCommand>
  readonly queries: ReadonlyMap<string, AnyQuery>
  /** Who shows this token; undefined when it opens nothing. */
  readonly holderOf: (token: string) => Actor | undefined
  readonly may: May
  readonly command: (name: string, input: unknown, by: { id: string; actor: Actor }) => Promise<Result<unknown, Fault>>
  readonly query: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  /** A fault in words: what happened and what to do. */
  readonly sentenceOf: (fault: Fault) => string | Promise<string>
  readonly random: Random
  readonly log: Log
}

/** The header's own limit; an id is made of it and of the token's. */
const KEY_SHAPE = /^[\w.:-]{1,80}$/

/** Refusals by HTTP status; what a command or query itself refuses is a conflict with what the box knows. */
const STATUS = {
  InputInvalid: 400,
  KeyInvalid: 400,
  Unauthenticated: 401,
  Forbidden: 403,
  CommandUnknown: 404,
  QueryUnknown: 404,
  CommandFailed: 500,
  TooBusy: 503,
  DatabaseBusy: 503,
  DatabaseReadOnly: 503,
  DiskFull: 503,
  DiskFailed: 503,
} as const

const statusOf = (type: string) => (Object.hasOwn(STATUS, type) ? STATUS[type as keyof typeof STATUS] : 409)

export const createApi = (deps: ApiDeps): Hono => {
  const { commands, queries, holderOf, may, random } = deps
  let description: ReturnType<typeof openApi> | undefined

  const tell = async (c: Context, result: Result<unknown, Fault>): Promise<Response> => {
    if (result.ok) return c.json({ value: result.value ?? null })
    const { error } = result
    const status = statusOf(error.type)
    if (status === 401) c.header('www-authenticate', 'Bearer')
    return c.json({ error, sentence: await deps.sentenceOf(error) }, status)
  }
  const refuse = (c: Context, error: Fault): Promise<Response> => tell(c, { ok: false, error })

  const holder = (c: Context): Actor | undefined => {
    const token = bearerOf(c)
    return token === undefined ? undefined : holderOf(token)
  }
  const inputOf = async (c: Context): Promise<unknown> => {
    const text = await c.req.text()
    return text.trim() === '' ? {} : (JSON.parse(text) as unknown)
  }
  const UNREADABLE = { type: 'InputInvalid', problems: [{ path: '', message: 'The body is no JSON.' }] } as const

  const api = new Hono()
  api.use(bodyLimit({ maxSize: webLimits.apiBodyBytesMax }))
  // Made when it is first asked for: few boxes ever are.
  api.get('/openapi.json', (c) => c.json((description ??= openApi([...commands.values()], [...queries.values()]))))

  api.post('/commands/:name', async (c) => {
    const actor = holder(c)
    if (!actor) return refuse(c, { type: 'Unauthenticated' })
    const name = c.req.param('name')
    if (!commands.has(name)) return refuse(c, { type: 'CommandUnknown', name } as Fault)
    const key = c.req.header('idempotency-key') ?? random.bytes(16).toString('hex')
    if (!KEY_SHAPE.test(key)) return refuse(c, { type: 'KeyInvalid' })
    const input = await inputOf(c).catch(() => UNREADABLE)
    if (input === UNREADABLE) return refuse(c, UNREADABLE)
    return tell(c, await deps.command(name, input, { id: `${actor.id}/${key}`, actor }))
  })

  api.post('/queries/:name', async (c) => {
    const actor = holder(c)
    if (!actor) return refuse(c, { type: 'Unauthenticated' })
    const name = c.req.param('name')
    const query = queries.get(name)
    if (!query) return refuse(c, { type: 'QueryUnknown', name } as Fault)
    if (!may(actor, query.permission)) return refuse(c, { type: 'Forbidden', permission: query.permission } as Fault)
    const input = await inputOf(c).catch(() => UNREADABLE)
    return input === UNREADABLE ? refuse(c, UNREADABLE) : tell(c, await deps.query(name, input))
  })

  api.all('*', (c) =>
    c.json({ error: { type: 'NotFound' }, sentence: 'There is nothing here. See /api/openapi.json.' }, 404),
  )
  api.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    const id = random.bytes(6).toString('hex')
    deps.log.error('the interface failed', { id, path: c.req.path, error })
    return c.json(
      { error: { type: 'RequestFailed', id }, sentence: `It failed inside; the log has it under ${id}.` },
      500,
    )
  })
  return api
}
