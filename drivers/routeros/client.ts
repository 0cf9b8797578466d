/** One router as its caller sees it: few connections, opened when needed and again after a loss, and what is known of it. */
import { defineLimits, err, ok, type Clock, type Random, type Result, type Timers } from '@lango/kernel'
import {
  API_PORT,
  API_TLS_PORT,
  openApiConnection,
  type ApiConnection,
  type ApiLimits,
  type RowChange,
} from './api-connection.ts'
import { Deadline } from './call.ts'
import { readFacts, type RouterFacts } from './facts.ts'
import type { RouterosFault } from './fault.ts'
import type { CallOptions, Reply, RouterLogin, RouterosRequest, Session } from './request.ts'
import { REST_PORT, REST_TLS_PORT, RestSession, type RestLimits } from './rest.ts'
import type { TlsTrust } from './socket.ts'

export const clientLimits = defineLimits({
  connectionsMax: 2,
  /** After the first failure to connect; twice as long after each further one. */
  backoffFirstMs: 1000,
  backoffMaxMs: 300_000,
})

type ClientLimits = { readonly [name in keyof typeof clientLimits]: number }

export type RouterosClientOptions = {
  /** `rest` needs RouterOS 7. */
  readonly way: 'api' | 'rest'
  readonly host: string
  /** The service's own port unless given. */
  readonly port?: number
  readonly tls?: TlsTrust | undefined
  readonly login: RouterLogin
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly timers: Timers
  readonly random: Pick<Random, 'unit'>
  readonly limits?: Partial<ApiLimits & RestLimits & ClientLimits>
}

export interface RouterosClient extends Session {
  /**
   * Does several things over one connection. When it is lost nothing more goes to the router: after a reboot the ids
   * that were read are those of other rows.
   */
  lease<T>(
    use: (session: Session) => Promise<Result<T, RouterosFault>>,
    call?: CallOptions,
  ): Promise<Result<T, RouterosFault>>
  /** Tells of changes of a menu until `signal` aborts. By the API alone; REST has nothing like it. */
  follow(menu: string, onRow: (change: RowChange) => void, signal: AbortSignal): Promise<Result<void, RouterosFault>>
  /** Asks the router how it is. */
  probe(call?: CallOptions): Promise<Result<RouterFacts, RouterosFault>>
  /** What it said last. */
  readonly facts: RouterFacts | undefined
  close(): void
}

export const createRouterosClient = (options: RouterosClientOptions): RouterosClient => new Client(options)

type Line = ApiConnection | RestSession
type Opened = Result<Line, RouterosFault>

class Client implements RouterosClient {
  readonly #options: RouterosClientOptions
  readonly #limits: ClientLimits
  readonly #closing = new AbortController()
  readonly #uses = new WeakMap<Line, number>()
  #lines: Line[] = []
  #opening: Promise<Opened> | undefined
  #failures = 0
  #failure: { readonly fault: RouterosFault; readonly untilMs: number } | undefined
  #facts: RouterFacts | undefined

  constructor(options: RouterosClientOptions) {
    this.#options = options
    this.#limits = { ...clientLimits, ...options.limits }
  }

  get facts(): RouterFacts | undefined {
    return this.#facts
  }

  async perform(request: RouterosRequest, call: CallOptions = {}): Promise<Result<Reply, RouterosFault>> {
    const first = await this.#withLine((line) => line.perform(request, call), call)
    // What was lost with an old connection may be asked again over a new one: a reading always, a writing if it never left.
    const isLost = !first.ok && first.error.type === 'ConnectionLost'
    if (!isLost || this.#closing.signal.aborted || (request.kind !== 'print' && first.error.sent)) return first
    return this.#withLine((line) => line.perform(request, call), call)
  }

  lease<T>(
    use: (session: Session) => Promise<Result<T, RouterosFault>>,
    call: CallOptions = {},
  ): Promise<Result<T, RouterosFault>> {
    return this.#withLine((line) => use(line instanceof RestSession ? line.lease() : line), call)
  }

  async follow(
    menu: string,
    onRow: (change: RowChange) => void,
    signal: AbortSignal,
  ): Promise<Result<void, RouterosFault>> {
    return this.#withLine(
      (line) =>
        line instanceof RestSession
          ? Promise.resolve(err({ type: 'Refused', category: 0, message: 'REST cannot follow a menu' }))
          : line.follow(menu, onRow, AbortSignal.any([signal, this.#closing.signal])),
      { signal },
    )
  }

  probe(call: CallOptions = {}): Promise<Result<RouterFacts, RouterosFault>> {
    return this.#withLine((line) => this.#probe(line, call), call)
  }

  close(): void {
    this.#closing.abort()
    for (const line of this.#lines) line.close()
    this.#lines = []
  }

  async #withLine<T>(
    use: (line: Line) => Promise<Result<T, RouterosFault>>,
    call: CallOptions,
  ): Promise<Result<T, RouterosFault>> {
    // Without a pause between choosing and counting, or all who come at once would choose the same.
    const found = this.#choose() ?? (await this.#waitForOpening(call))
    if (!found.ok) return found
    const line = found.value
    this.#uses.set(line, this.#usesOf(line) + 1)
    try {
      const result = await use(line)
      // REST has no connection whose end would be heard: a login refused, or nothing there, is what tells.
      if (!result.ok && line instanceof RestSession) this.#hearOfRest(line, result.error)
      return result
    } finally {
      this.#uses.set(line, this.#usesOf(line) - 1)
    }
  }

  #usesOf(line: Line): number {
    return this.#uses.get(line) ?? 0
  }

  /** The line with the least to do; when all are at work and there may be more, another is opened for those who come later. */
  #choose(): Opened | undefined {
    if (this.#closing.signal.aborted) return err({ type: 'Closed' })
    const open = this.#lines.filter((line) => line.isOpen).sort((one, other) => this.#usesOf(one) - this.#usesOf(other))
    const [least] = open
    if (least === undefined) return undefined
    const max = this.#options.way === 'rest' ? 1 : this.#limits.connectionsMax
    if (this.#usesOf(least) > 0 && open.length < max && !this.#isBackingOff()) this.#opening ??= this.#open()
    return ok(least)
  }

  #hearOfRest(line: RestSession, fault: RouterosFault): void {
    const isAway = fault.type === 'TimedOut' && !fault.sent
    if (!isAway && !['Unreachable', 'CertificateRefused', 'LoginRefused'].includes(fault.type)) return
    this.#drop(line)
    line.close()
  }

  #drop(line: Line): void {
    this.#lines = this.#lines.filter((one) => one !== line)
  }

  #isBackingOff(): boolean {
    return this.#failure !== undefined && this.#options.clock.monotonicMs() < this.#failure.untilMs
  }

  /** One at a time: who comes meanwhile takes the same. Who stops waiting does not stop the opening. */
  async #waitForOpening({ signal, timeoutMs }: CallOptions): Promise<Opened> {
    if (this.#isBackingOff()) return err(this.#failure!.fault)
    this.#opening ??= this.#open()
    const deadline = new Deadline(this.#options.timers, timeoutMs, signal)
    const { promise, resolve } = Promise.withResolvers<Opened>()
    const onAbort = (): void => resolve(err(deadline.fault(false)))
    deadline.signal.addEventListener('abort', onAbort, { once: true })
    if (deadline.signal.aborted) onAbort()
    try {
      return await Promise.race([this.#opening, promise])
    } finally {
      deadline.end()
    }
  }

  async #open(): Promise<Opened> {
    const opened = await this.#openLine()
    this.#opening = undefined
    if (this.#closing.signal.aborted) {
      if (opened.ok) opened.value.close()
      return err({ type: 'Closed' })
    }
    if (opened.ok) {
      this.#failures = 0
      this.#failure = undefined
      this.#lines.push(opened.value)
      return opened
    }
    // What was sent was ours, and not what anybody asked for.
    const fault = 'sent' in opened.error ? { ...opened.error, sent: false } : opened.error
    this.#backOff(fault)
    return err(fault)
  }

  /** Between half and all of the time, so that many boxes do not come back at once. */
  #backOff(fault: RouterosFault): void {
    const { backoffFirstMs, backoffMaxMs } = this.#limits
    const longestMs = Math.min(backoffMaxMs, backoffFirstMs * 2 ** this.#failures)
    const delayMs = longestMs * (0.5 + this.#options.random.unit() / 2)
    this.#failures = Math.min(this.#failures + 1, 30)
    this.#failure = { fault, untilMs: this.#options.clock.monotonicMs() + delayMs }
  }

  async #openLine(): Promise<Opened> {
    const { way, host, tls, login, timers, limits } = this.#options
    const [plain, secure] = way === 'api' ? [API_PORT, API_TLS_PORT] : [REST_PORT, REST_TLS_PORT]
    const address = { host, port: this.#options.port ?? (tls === undefined ? plain : secure), tls }
    const signal = this.#closing.signal
    if (way === 'rest') {
      const session = new RestSession({ address, login, timers, limits })
      const probed = await this.#probe(session, { signal })
      if (probed.ok || probed.error.type === 'Refused') return ok(session)
      session.close()
      return probed
    }
    const opened = await openApiConnection({ address, login, timers, limits }, { signal })
    if (!opened.ok) return opened
    opened.value.onLost = () => this.#drop(opened.value)
    // Whoever may not read them is served all the same.
    await this.#probe(opened.value, { signal })
    return opened.value.isOpen ? opened : err({ type: 'Unreachable', cause: 'the connection was lost at once' })
  }

  async #probe(session: Session, call: CallOptions): Promise<Result<RouterFacts, RouterosFault>> {
    const read = await readFacts(session, this.#options.clock.monotonicMs, this.#facts, call)
    if (read.ok) this.#facts = read.value
    return read
  }
}
