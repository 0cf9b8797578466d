/** REST of the simulated router. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pacedWriter } from './pace.ts'
import type { ApiHost } from './api.ts'
import type { Command, Outcome, SimulatedRow, SimulatedUser } from './router.ts'

type Body = Readonly<Record<string, unknown>>

/** What is answered; undefined for nothing but a cut connection, or for no answer ever. */
type Answer = { readonly status: number; readonly body?: unknown } | 'cut' | 'nothing'

const refusal = (status: number, message: string, detail?: string): Answer => ({
  status,
  body: { error: status, message, ...(detail !== undefined && { detail }) },
})

export const answerRest = async (host: ApiHost, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = parsed(await textOf(request))
  const answer = body === undefined ? refusal(400, 'Bad Request', 'invalid JSON') : await answerTo(host, request, body)
  if (answer === 'nothing') return
  if (answer === 'cut' || request.socket.destroyed) {
    request.socket.destroy()
    return
  }
  response.writeHead(answer.status, { 'content-type': 'application/json' })
  const write = pacedWriter(host.pace, host.timers, (piece) => void (response.writable && response.write(piece)))
  await write(Buffer.from(answer.body === undefined ? '' : JSON.stringify(answer.body)))
  response.end()
}

const answerTo = async (host: ApiHost, request: IncomingMessage, body: Body): Promise<Answer> => {
  const { router } = host
  if (!router.isAtLeast(7, 1)) return refusal(404, 'Not Found')
  const user = userOf(host, request)
  if (user === undefined) return refusal(401, 'Unauthorized')
  const method = request.method ?? 'GET'
  const command = commandOf(method, new URL(request.url ?? '/', 'http://router'), body)
  if (command === undefined) return refusal(404, 'Not Found')
  const fault = router.takeFault(command)
  if (fault !== undefined && Object.hasOwn(INSTEAD, fault)) return INSTEAD[fault]!
  const isFetch = command.menu === '/tool' && command.name === 'fetch'
  const outcome = isFetch ? await router.fetch(user, command, fault) : router.execute(user, command, fault)
  return fault === 'lost-answer' ? 'cut' : answerOf(method, command, outcome, router.rows(command.menu))
}

/** Of faults that keep a command from being carried out. */
const INSTEAD: Readonly<Record<string, Answer>> = {
  silent: 'nothing',
  stuck: 'nothing',
  cut: 'cut',
  fatal: refusal(503, 'Service Unavailable'),
  // A body that is no object, where there should be one or several.
  garbage: { status: 200, body: '<html>' },
}

/** PUT and PATCH answer with the row, DELETE with nothing, a print with the rows, a command with an empty list. */
const answerOf = (
  method: string,
  { name, values }: Command,
  { rows, ret, trap }: Outcome,
  all: readonly SimulatedRow[],
): Answer => {
  if (trap !== undefined)
    return trap.category === 0 ? refusal(404, 'Not Found', trap.message) : refusal(400, 'Bad Request', trap.message)
  if (method === 'DELETE') return { status: 204 }
  const id = ret ?? values['.id']
  if (method === 'PUT' || method === 'PATCH')
    return { status: method === 'PUT' ? 201 : 200, body: all.find((row) => row['.id'] === id) ?? { '.id': id } }
  return { status: 200, body: name === 'print' && method === 'GET' && isSettings(rows) ? rows[0] : (rows ?? []) }
}

/** One object, not a list of one. */
const isSettings = (rows: Outcome['rows']): rows is readonly [SimulatedRow] =>
  rows?.length === 1 && rows[0]!['.id'] === undefined

const userOf = ({ users }: ApiHost, { headers }: IncomingMessage): SimulatedUser | undefined => {
  const [, encoded = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? []
  const login = Buffer.from(encoded, 'base64').toString('utf8')
  return users.find(({ name, password }) => login === `${name}:${password}`)
}

const strings = (body: Body): Record<string, string> =>
  Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]))

const commandOf = (method: string, { pathname, searchParams }: URL, body: Body): Command | undefined => {
  if (!pathname.startsWith('/rest/')) return undefined
  const path = decodeURIComponent(pathname.slice('/rest'.length))
  const [menu, last] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)]
  const { '.query': query, ...values } = body
  const words = Array.isArray(query) ? query.map(String) : []
  if (method === 'PUT') return { menu: path, name: 'add', values: strings(values), query: [] }
  if (method === 'POST') return { menu, name: last, values: strings(values), query: words }
  if (method === 'PATCH') return { menu, name: 'set', values: { '.id': last, ...strings(values) }, query: [] }
  if (method === 'DELETE') return { menu, name: 'remove', values: { '.id': last }, query: [] }
  if (method !== 'GET') return undefined
  const properties = searchParams.get('.proplist')
  searchParams.delete('.proplist')
  const conditions = [...searchParams].map(([name, value]) => `${name}=${value}`)
  return { menu: path, name: 'print', values: properties ? { '.proplist': properties } : {}, query: conditions }
}

const parsed = (text: string): Body | undefined => {
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Body) : undefined
  } catch {
    return undefined
  }
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = []
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}
