/** The API as a server of it sees requests: tokens, routes, and the ways in which it goes wrong on demand. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, fieldsOf, sendJson } from './http.ts'
import {
  refusal,
  text,
  type Answer,
  type DarajaSimulatorOptions,
  type Fields,
  type RequestFault,
  type SimulatedApp,
} from './types.ts'
import type { Shortcode, World } from './world.ts'

export type Handler = (fields: Fields, shortcode: Shortcode) => Answer

const TOKEN_LIFE_SEC = 3599
const HUGE_OCTETS = 4 * 1024 * 1024
/** In which field each API has the shortcode. */
const SHORTCODE_FIELDS = ['BusinessShortCode', 'ShortCode', 'ReceiverParty', 'PartyA'] as const

export const createApi = (world: World, options: DarajaSimulatorOptions, routes: ReadonlyMap<string, Handler>) => {
  const { now, random, timers, tokenLifeSec = TOKEN_LIFE_SEC, pullMethod = 'POST' } = options
  const tokens = new Map<SimulatedApp, { readonly token: string; readonly untilMs: number }>()
  const faults: RequestFault[] = []
  const tokenFaults: RequestFault[] = []
  const asked: string[] = []

  const issue = (request: IncomingMessage): Answer => {
    if (!request.url?.endsWith('?grant_type=client_credentials'))
      return refusal(400, '400.008.02', 'Invalid grant type passed')
    const [, encoded] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? []
    if (encoded === undefined) return refusal(400, '400.008.01', 'Invalid Authentication passed')
    const pair = Buffer.from(encoded, 'base64').toString('utf8')
    const app = options.apps.find(({ consumerKey, consumerSecret }) => pair === `${consumerKey}:${consumerSecret}`)
    if (app === undefined) return refusal(400, '400.008.01', 'Invalid Authentication passed')
    const token = random.bytes(21).toString('base64url')
    // The one before is dead from now on.
    tokens.set(app, { token, untilMs: now() + tokenLifeSec * 1000 })
    return { status: 200, body: { access_token: token, expires_in: String(tokenLifeSec) } }
  }

  const serve = async (request: IncomingMessage, path: string): Promise<Answer> => {
    const handler = routes.get(path)
    if (handler === undefined) return refusal(404, '404.001.01', 'Resource not found')
    if (request.method !== (path.startsWith('/pulltransactions/v1/query') ? pullMethod : 'POST'))
      return refusal(405, '405.001', 'Method Not Allowed')
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const [app] = [...tokens].find(([, { token, untilMs }]) => token === bearer && untilMs > now()) ?? []
    if (app === undefined) return refusal(404, '404.001.03', 'Invalid Access Token')
    const query = new URL(request.url ?? '/', 'http://daraja').searchParams
    const fields = request.method === 'GET' ? Object.fromEntries(query) : fieldsOf(await bodyOf(request))
    if (fields === undefined) return refusal(400, '400.002.02', 'Bad Request - Invalid JSON')
    const number = SHORTCODE_FIELDS.map((field) => text(fields, field)).find((value) => value !== '') ?? ''
    const shortcode = world.shortcodes.get(number)
    if (shortcode?.app !== app) return refusal(500, '500.001.1001', 'Merchant does not exist')
    return handler(fields, shortcode)
  }

  /** Goes wrong before anything is done; false where it goes on. */
  const failEarly = (fault: RequestFault | undefined, request: IncomingMessage, response: ServerResponse): boolean => {
    if (fault === 'silent') return true
    if (fault === 'cut') request.socket.destroy()
    else if (fault === 'http-500') response.writeHead(500).end('Internal')
    else if (fault === 'garbage') response.writeHead(200).end('<html>')
    else if (fault === 'redirect') response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end()
    else if (fault === 'spike-arrest')
      sendJson(response, 500, refusal(500, '500.003.02', 'Spike arrest violation').body)
    else if (fault === 'quota') sendJson(response, 500, refusal(500, '500.003.03', 'Quota violation').body)
    else if (typeof fault === 'object' && 'code' in fault)
      sendJson(response, fault.status, refusal(fault.status, fault.code, fault.message).body)
    else return false
    return true
  }

  return {
    asked: asked as readonly string[],
    fail: (...more: readonly RequestFault[]) => void faults.push(...more),
    failToken: (...more: readonly RequestFault[]) => void tokenFaults.push(...more),
    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const [path = ''] = (request.url ?? '').split('?')
      asked.push(`${request.method} ${path}`)
      const isToken = path === '/oauth/v1/generate'
      const fault = (isToken ? tokenFaults : faults).shift()
      if (failEarly(fault, request, response)) return
      const { status, body, after } = isToken ? issue(request) : await serve(request, path)
      const say = (): void => {
        if (fault === 'lost-answer') request.socket.destroy()
        else if (fault === 'huge') response.writeHead(status).end(JSON.stringify(body).padEnd(HUGE_OCTETS))
        else sendJson(response, status, body)
        after?.()
      }
      if (typeof fault === 'object' && 'slowMs' in fault) timers.after(fault.slowMs, say)
      else say()
    },
  }
}
