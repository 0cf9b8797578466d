/**
 * Would this box serve a subscriber now? It asks itself, from outside: a login and a session over the real ports, then
 * a look at what is on disk of them, then the pages. What an update is judged by, and what a monitor may ask.
 */
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestTls } from 'node:https'
import { openVault, ok, type Fault, type Random, type Result } from '@lango/kernel'
import { openRaw } from '@lango/kernel/db'
import { HEALTH_ADDRESS, HEALTH_GRANT_NO, HEALTH_LOGIN, credentialPurpose, healthSecret } from '@lango/modules/access'
import type { TestServer } from '../aaa/test-client.ts'
import { sendTestAccounting, sendTestLogin } from '../aaa/test-client.ts'
import type { DataFolder } from '../data-folder.ts'
import type { BoxStatus } from '../doctor/index.ts'
import type { LinkState } from '../standby/pair-state.ts'
import { isLoopback } from '../web/serve.ts'

export const healthChecks = ['box', 'standby', 'login', 'accounting', 'stored', 'web'] as const
export type HealthCheck = {
  readonly name: (typeof healthChecks)[number]
  readonly ok: boolean
  readonly ms: number
  /** What came instead: `Access-Reject`, `timeout`, `no row`, `503`, `ECONNREFUSED`. */
  readonly cause?: string
}

export type Health = { readonly healthy: boolean; readonly checks: readonly HealthCheck[] }

export type ProbeDeps = {
  readonly folder: DataFolder
  readonly random: Random
  readonly monotonicMs: () => number
}

/** Why something is not as it should be; undefined when it is. */
type Cause = string | undefined

const WEB_WITHIN_MS = 5000
const SESSION_ID_OCTETS = 8

/** A box that does not run. */
export const unhealthy = (cause: string): Health => ({
  healthy: false,
  checks: [{ name: 'box', ok: false, ms: 0, cause }],
})

/** A standby answers no router: what it has to show is that it is fed. */
export const standbyHealth = (link: LinkState): Health => {
  const isFed = link !== 'away'
  const standby: HealthCheck = { name: 'standby', ok: isFed, ms: 0, ...(isFed ? {} : { cause: link }) }
  return { healthy: isFed, checks: [{ name: 'box', ok: true, ms: 0 }, standby] }
}

export const probeHealth = async (status: BoxStatus, deps: ProbeDeps): Promise<Result<Health, Fault>> => {
  const login = readLogin(deps)
  if (!login.ok) return login
  const checks: HealthCheck[] = [{ name: 'box', ok: true, ms: 0 }]
  const check = async (name: HealthCheck['name'], run: () => Promise<Cause> | Cause): Promise<boolean> => {
    const startedMs = deps.monotonicMs()
    const cause = await run()
    const ms = Math.round(deps.monotonicMs() - startedMs)
    checks.push({ name, ok: cause === undefined, ms, ...(cause === undefined ? {} : { cause }) })
    return cause === undefined
  }
  const { password, secret } = login.value
  const server = (port: number): TestServer => ({ address: askedAt(status.listen), port, secret, from: HEALTH_ADDRESS })
  await check('login', () => logIn(server(status.ports.auth), password, deps))
  const session = createSession(server(status.ports.acct), deps)
  if (await check('accounting', session.tell)) await check('stored', session.find)
  await check('web', () => askWeb(status))
  return ok({ healthy: checks.every((one) => one.ok), checks })
}

const askedAt = (listen: string): string => (listen === '0.0.0.0' || listen === '::' ? '127.0.0.1' : listen)

const readLogin = ({ folder, random }: ProbeDeps): Result<{ password: string | undefined; secret: string }, Fault> => {
  const vault = openVault({ file: folder.keyFile, create: false, random })
  if (!vault.ok) return vault
  const site = openRaw({ file: folder.siteFile, readonly: true })
  if (!site.ok) return site
  const grant = site.value
    .prepare<[string], { id: string; credential: Buffer }>('SELECT id, credential FROM grants WHERE login = ?')
    .get(HEALTH_LOGIN)
  site.value.close()
  const opened = grant && vault.value.open(grant.credential, credentialPurpose(grant.id))
  const password = opened?.ok === true ? opened.value.reveal() : undefined
  return ok({ password, secret: healthSecret(vault.value) })
}

const logIn = async (server: TestServer, password: string | undefined, deps: ProbeDeps): Promise<Cause> => {
  if (password === undefined) return 'no login to try'
  const reply = await sendTestLogin({ server, login: HEALTH_LOGIN, password, method: 'pap' }, deps)
  if (reply.type === 'none') return reply.cause
  return reply.code === 'Access-Accept' ? undefined : reply.code
}

/** A session that begins and ends at once; `find` looks for it on the disk. */
const createSession = (server: TestServer, deps: ProbeDeps) => {
  const sessionId = `health-${deps.random.bytes(SESSION_ID_OCTETS).toString('hex')}`
  let wasLive = false
  const send = (status: 'Start' | 'Stop') =>
    sendTestAccounting({ server, login: HEALTH_LOGIN, sessionId, status }, deps)
  const isIn = (table: 'live_sessions' | 'session_history'): boolean => {
    const sessions = openRaw({ file: deps.folder.sessionsFile, readonly: true })
    if (!sessions.ok) return false
    const sql = `SELECT 1 FROM ${table} WHERE acct_session_id = ? AND grant_no = ?`
    const row = sessions.value.prepare<[string, number]>(sql).get(sessionId, HEALTH_GRANT_NO)
    sessions.value.close()
    return row !== undefined
  }
  return {
    tell: async (): Promise<Cause> => {
      const refused = await send('Start')
      if (refused !== undefined) return `Start: ${refused}`
      wasLive = isIn('live_sessions')
      const unended = await send('Stop')
      return unended === undefined ? undefined : `Stop: ${unended}`
    },
    find: (): Cause => {
      if (!wasLive) return 'the Start was acknowledged and is not on the disk'
      return isIn('session_history') ? undefined : 'the Stop was acknowledged and is not on the disk'
    },
  }
}

/** Its certificate is the box's own and says nothing new here: who answers on this port is this machine. */
const askWeb = ({ ports, webListen }: BoxStatus): Promise<Cause> => {
  const { promise, resolve } = Promise.withResolvers<Cause>()
  const options: RequestOptions = {
    host: askedAt(webListen),
    port: ports.web,
    path: '/healthz',
    timeout: WEB_WITHIN_MS,
    headers: { host: 'localhost' },
  }
  const onAnswer = (response: IncomingMessage): void => {
    response.resume()
    resolve(response.statusCode === 200 ? undefined : `${response.statusCode}`)
  }
  const asked = isLoopback(webListen)
    ? requestPlain(options, onAnswer)
    : requestTls({ ...options, rejectUnauthorized: false }, onAnswer)
  asked.once('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })))
  asked.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  asked.end()
  return promise
}
