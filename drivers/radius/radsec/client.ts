import { connect, type TLSSocket } from 'node:tls'
import type { OutgoingRequest, Outcome } from '../client.ts'
import { codes } from '../packet.ts'
import type { RadiusVersion } from '../protocol.ts'
import { systemTimers, type DropCause, type RadiusRequest, type RadiusTimers } from '../request.ts'
import { RadsecConnection, type ConnectionLimits } from './connection.ts'

/** Bounds and times of a RadSec client. */
export const radsecClientLimits = {
  connectMs: 10_000,
  /** After a failed attempt none is made for this long: requests fail at once instead. */
  retryAfterMs: 1000,
  /** Silence after which the server is asked whether it is alive (RFC 3539 §3.4.1); a second such span is its end. */
  watchdogMs: 30_000,
} as const

export type RadsecClientLimits = { readonly [name in keyof typeof radsecClientLimits]: number }

export type RadsecClientOptions = {
  readonly host: string
  readonly port: number
  /** PEM. `serverName` is what the server's certificate must be issued for; default the host. */
  readonly tls: { readonly key?: string; readonly cert?: string; readonly ca: string; readonly serverName?: string }
  /** What is offered by ALPN; default both. */
  readonly versions?: readonly RadiusVersion[]
  /** CoA and Disconnect of the server, when it may send them. */
  readonly onRequest?: (request: RadiusRequest<undefined>) => void
  readonly onDrop?: (cause: DropCause, reason?: string) => void
  readonly random: { bytes(count: number): Buffer }
  readonly monotonicMs: () => number
  readonly timers?: RadiusTimers
  readonly limits?: Partial<RadsecClientLimits & ConnectionLimits>
}

export interface RadsecClient {
  /** Connects when there is no connection. Never rejects. */
  request(request: OutgoingRequest): Promise<Outcome>
  /** What was negotiated; undefined while not connected. */
  readonly version: RadiusVersion | undefined
  close(): void
}

const VERSIONS: readonly RadiusVersion[] = ['radius/1.1', 'radius/1.0']
const CLOSED = { type: 'closed' } as const

export const createRadsecClient = (options: RadsecClientOptions): RadsecClient => new TlsClient(options)

type Link = RadsecConnection<undefined> | { readonly code: string }

class TlsClient implements RadsecClient {
  readonly #options: RadsecClientOptions
  readonly #limits: RadsecClientLimits
  readonly #timers: RadiusTimers
  #link: Promise<Link> | undefined
  #connection: RadsecConnection<undefined> | undefined
  #socket: TLSSocket | undefined
  #watchdog: unknown
  #isOpen = true

  constructor(options: RadsecClientOptions) {
    this.#options = options
    this.#limits = { ...radsecClientLimits, ...options.limits }
    this.#timers = options.timers ?? systemTimers
  }

  get version(): RadiusVersion | undefined {
    return this.#connection?.version
  }

  async request(request: OutgoingRequest): Promise<Outcome> {
    if (!this.#isOpen) return CLOSED
    this.#link ??= this.#open()
    const link = await this.#link
    if ('code' in link) return { type: 'unsendable', code: link.code }
    return link.request(request)
  }

  close(): void {
    this.#isOpen = false
    this.#timers.clear(this.#watchdog)
    this.#socket?.destroy()
  }

  async #open(): Promise<Link> {
    const socket = this.#dial()
    this.#socket = socket
    const failure = await new Promise<string | undefined>((resolve) => {
      socket.once('secureConnect', () => resolve(undefined))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('close', () => resolve('ECONNRESET'))
      socket.setTimeout(this.#limits.connectMs, () => socket.destroy(new Error('ETIMEDOUT')))
    })
    const version = failure === undefined ? this.#versionOf(socket) : undefined
    if (version === undefined) {
      socket.destroy()
      this.#timers.set(() => (this.#link = undefined), this.#limits.retryAfterMs)
      return { code: failure ?? 'ERR_RADIUS_VERSION' }
    }
    if (!this.#isOpen) socket.destroy()
    return this.#start(socket, version)
  }

  #dial(): TLSSocket {
    const { host, port } = this.#options
    const { serverName, ...pem } = this.#options.tls
    const versions = this.#versions()
    const socket = connect({
      host,
      port,
      ...pem,
      ...(serverName === undefined ? {} : { servername: serverName }),
      // Without 1.0 there is nothing for older TLS to carry (RFC 9765 §3.4).
      minVersion: versions.includes('radius/1.0') ? 'TLSv1.2' : 'TLSv1.3',
      ALPNProtocols: VERSIONS.filter((version) => versions.includes(version)),
    })
    // Each later one is followed by 'close', which settles what is open.
    socket.on('error', () => {})
    return socket
  }

  #versions(): readonly RadiusVersion[] {
    return this.#options.versions ?? VERSIONS
  }

  /** A server that answers without ALPN speaks 1.0; where that is not wanted the connection ends (RFC 9765 §3.3). */
  #versionOf(socket: TLSSocket): RadiusVersion | undefined {
    if (socket.alpnProtocol === 'radius/1.1') return socket.getProtocol() === 'TLSv1.3' ? 'radius/1.1' : undefined
    return this.#versions().includes('radius/1.0') ? 'radius/1.0' : undefined
  }

  #start(socket: TLSSocket, version: RadiusVersion): RadsecConnection<undefined> {
    const { host, port, onRequest, onDrop, random, monotonicMs, limits = {} } = this.#options
    socket.setTimeout(0)
    const connection = new RadsecConnection<undefined>({
      socket,
      version,
      data: undefined,
      address: host,
      port,
      codes: onRequest === undefined ? [] : [codes.coaRequest, codes.disconnectRequest],
      onRequest: (request) => onRequest?.(request),
      onDrop: (cause, reason) => onDrop?.(cause, reason),
      random,
      monotonicMs,
      timers: this.#timers,
      limits,
    })
    const { retryAfterMs } = this.#limits
    const openedAt = monotonicMs()
    this.#connection = connection
    socket.on('close', () => {
      this.#timers.clear(this.#watchdog)
      this.#connection = undefined
      // A server that takes connections only to end them (it may not know our certificate) is not asked in a loop.
      const isRefused = monotonicMs() - openedAt < retryAfterMs
      this.#link = isRefused ? Promise.resolve({ code: 'ECONNRESET' }) : undefined
      if (isRefused) this.#timers.set(() => (this.#link = undefined), retryAfterMs)
    })
    this.#watch(connection)
    return connection
  }

  #watch(connection: RadsecConnection<undefined>): void {
    const { watchdogMs } = this.#limits
    this.#watchdog = this.#timers.set(() => {
      const silentMs = this.#options.monotonicMs() - connection.receivedAt
      if (silentMs >= 2 * watchdogMs) return connection.close()
      if (silentMs >= watchdogMs) void connection.request({ code: codes.statusServer, attributes: Buffer.alloc(0) })
      this.#watch(connection)
    }, watchdogMs)
  }
}
