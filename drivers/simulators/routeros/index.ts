/**
 * A router that speaks the API of RouterOS, plain and by TLS, and REST; keeps state; and goes wrong on demand. It routes
 * nothing.
 */
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Clock, Random, Timers } from '@lango/kernel'
import { ApiSession, type ApiHost } from './api.ts'
import type { Pace } from './pace.ts'
import { answerRest } from './rest.ts'
import { SimulatedRouter, type RouterosSimulatorFault, type SimulatedUser } from './router.ts'

export { FAULTS, type RouterosSimulatorFault } from './router.ts'
export { UPDATE_FAULTS, type UpdateFault } from './software.ts'

export type RouterosSimulatorOptions = {
  readonly users: readonly SimulatedUser[]
  /** Such as `7.16.2 (stable)`. */
  readonly version: string
  /** For the API by TLS and REST by https; without it there is neither. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
  /** Sessions of the API at once; whoever logs in above it is sent away. */
  readonly sessionsMax?: number
  /** How long nobody reaches it when it restarts; 0 unless given. */
  readonly bootMs?: number
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly timers: Timers
  readonly random: Pick<Random, 'bytes'>
  /** Ports of the four services; any free ones unless given. */
  readonly ports?: Partial<Record<RouterosService, number>>
}

export type RouterosService = 'api' | 'api-ssl' | 'www' | 'www-ssl'

export type RouterosSimulator = {
  /** On 127.0.0.1; 0 for a service that is not there. */
  readonly ports: Readonly<Record<RouterosService, number>>
  readonly router: SimulatedRouter
  /** May be changed at any time. */
  readonly pace: Pace
  /** Goes wrong in these ways, a command each. */
  fail(...faults: readonly RouterosSimulatorFault[]): void
  /** Cuts every connection. */
  cut(): void
  /** Without power every new connection is cut at once. */
  power(isOn: boolean): void
  /** Sessions of the API that are logged in. */
  readonly sessions: number
  readonly connections: number
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const SESSIONS_MAX = 20

export const startRouterosSimulator = async (options: RouterosSimulatorOptions): Promise<RouterosSimulator> => {
  const router = new SimulatedRouter(options.clock, options.version)
  const pace: Pace = { latencyMs: 0, segmentOctets: 0 }
  const sockets = new Set<Socket>()
  const sessions = new Set<Socket>()
  const { bootMs = 0 } = options
  let isOn = true
  const host: ApiHost = {
    router,
    users: options.users,
    pace,
    timers: options.timers,
    random: options.random,
    admit(socket) {
      if (sessions.size >= (options.sessionsMax ?? SESSIONS_MAX)) return false
      sessions.add(socket)
      return true
    },
  }
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      sessions.delete(socket)
    })
    if (!isOn) socket.destroy()
  }
  const cut = (): void => sockets.forEach((socket) => socket.destroy())
  router.onReboot = () => {
    const isGone = router.software.goesWrong.has('stays-down')
    if (isGone || bootMs > 0) isOn = false
    if (!isGone && bootMs > 0) options.timers.after(bootMs, () => void (isOn = true))
    cut()
  }

  const servers = serversOf(host, options.tls, keep)
  const ports = { api: 0, 'api-ssl': 0, www: 0, 'www-ssl': 0 }
  for (const [service, server] of Object.entries(servers) as [RouterosService, Server][]) {
    server.on('connection', keep)
    server.on('tlsClientError', () => {})
    await new Promise<void>((done) => server.listen(options.ports?.[service] ?? 0, HOST, done))
    ports[service] = (server.address() as AddressInfo).port
  }
  return {
    ports,
    router,
    pace,
    fail: (...faults) => router.fail(faults),
    cut,
    power(on) {
      isOn = on
      if (!on) cut()
    },
    get sessions() {
      return sessions.size
    },
    get connections() {
      return sockets.size
    },
    async close() {
      cut()
      await Promise.all(Object.values(servers).map((server) => new Promise((done) => server.close(done))))
    },
  }
}

const serversOf = (
  host: ApiHost,
  tls: RouterosSimulatorOptions['tls'],
  keep: (socket: Socket) => void,
): Partial<Record<RouterosService, Server>> => {
  const onSocket = (socket: Socket): void => void new ApiSession(host, socket)
  const onRequest: RequestListener = (request, response) => {
    // A client that hangs up while it is read or answered is no fault of the simulator.
    answerRest(host, request, response).catch(() => request.socket.destroy())
  }
  const onTlsSocket = (socket: Socket): void => {
    keep(socket)
    onSocket(socket)
  }
  return {
    api: createServer(onSocket),
    www: createHttpServer(onRequest),
    ...(tls && { 'api-ssl': createTlsServer(tls, onTlsSocket), 'www-ssl': createHttpsServer(tls, onRequest) }),
  }
}
