/** A router by REST (RouterOS 7): the same requests and faults as by the API, each an HTTP request of its own. */
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { defineLimits, err, ok, type Result, type Timers } from '@lango/kernel'
import { MISSING } from './api-words.ts'
import { Deadline, Gate, turnedAway } from './call.ts'
import type { RouterosFault, TrapCategory } from './fault.ts'
import {
  rowOf,
  type CallOptions,
  type Reply,
  type RouterLogin,
  type RouterosRequest,
  type Row,
  type Session,
} from './request.ts'
import { restRequestOf, type RestRequest } from './rest-words.ts'
import { openSocket, type RouterAddress } from './socket.ts'

export const restLimits = defineLimits({
  connectTimeoutMs: 10_000,
  commandTimeoutMs: 15_000,
  /** Each connection is a login in the router's log: few, and used again. */
  connectionsMax: 2,
  idleConnectionMs: 60_000,
  waitingMax: 64,
  answerBytesMax: 64 * 1024 * 1024,
})

export type RestLimits = { readonly [name in keyof typeof restLimits]: number }

export const REST_PORT = 80
export const REST_TLS_PORT = 443

export type RestOptions = {
  readonly address: RouterAddress
  readonly login: RouterLogin
  readonly timers: Timers
  readonly limits?: Partial<RestLimits> | undefined
}

/** Why no connection came about, on its way through the agent of Node. */
class NoConnection extends Error {
  readonly fault: RouterosFault
  constructor(fault: RouterosFault) {
    super(fault.type)
    this.fault = fault
  }
}

const CLOSED: RouterosFault = { type: 'ConnectionLost', cause: 'the router closed a connection', sent: false }

/** Opens its connections as the API does, so that a certificate is looked at before the password is sent. */
class RouterAgent extends Agent {
  readonly #address: RouterAddress
  readonly #deadline: () => Deadline
  readonly #closing = new AbortController()
  readonly #announced = new WeakSet<Socket>()
  readonly #sockets = new Set<Socket>()
  #closed = 0

  constructor({ address, timers }: RestOptions, limits: RestLimits) {
    super({ keepAlive: true, maxSockets: limits.connectionsMax, timeout: limits.idleConnectionMs })
    this.#address = address
    this.#deadline = () => new Deadline(timers, limits.connectTimeoutMs, this.#closing.signal)
  }

  override createConnection(_options: unknown, done?: (error: Error | null, stream: Duplex) => void): undefined {
    const deadline = this.#deadline()
    void openSocket(this.#address, deadline).then((opened) => {
      deadline.end()
      // Node's own type leaves out that there is no stream then.
      if (!opened.ok) return (done as ((error: Error) => void) | undefined)?.(new NoConnection(opened.error))
      const socket = opened.value
      this.#sockets.add(socket)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        if (!this.#announced.has(socket)) this.#closed += 1
      })
      return done?.(null, socket)
    })
    return undefined
  }

  /** Connections that ended without having been said to: the router may have started anew. */
  get losses(): number {
    // A socket is not used any more some time before it says that it is closed.
    const ending = [...this.#sockets].filter((socket) => socket.destroyed && !this.#announced.has(socket))
    return this.#closed + ending.length
  }

  /** The router said with its answer that it will close the connection (`Connection: close`). */
  expectEnd(socket: Socket): void {
    this.#announced.add(socket)
  }

  override destroy(): void {
    this.#closing.abort()
    super.destroy()
  }
}

export class RestSession implements Session {
  readonly #options: RestOptions
  readonly #limits: RestLimits
  readonly #agent: RouterAgent
  readonly #gate: Gate
  readonly #authorization: string
  #isOpen = true

  constructor(options: RestOptions) {
    this.#options = options
    this.#limits = { ...restLimits, ...options.limits }
    this.#agent = new RouterAgent(options, this.#limits)
    this.#gate = new Gate(this.#limits.connectionsMax, this.#limits.waitingMax)
    const { user, password } = options.login
    this.#authorization = `Basic ${Buffer.from(`${user}:${password.reveal()}`, 'utf8').toString('base64')}`
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  perform(request: RouterosRequest, call: CallOptions = {}): Promise<Result<Reply, RouterosFault>> {
    return this.#perform(request, call, () => false)
  }

  /** A session that is over with the first connection that is lost. */
  lease(): Session {
    const before = this.#agent.losses
    return { perform: (request, call = {}) => this.#perform(request, call, () => this.#agent.losses !== before) }
  }

  close(): void {
    this.#isOpen = false
    this.#gate.close()
    this.#agent.destroy()
  }

  async #perform(
    request: RouterosRequest,
    call: CallOptions,
    isOver: () => boolean,
  ): Promise<Result<Reply, RouterosFault>> {
    const asked = restRequestOf(request)
    const timeoutMs = call.timeoutMs ?? this.#limits.commandTimeoutMs
    const deadline = new Deadline(this.#options.timers, timeoutMs, call.signal)
    try {
      const entered = await this.#gate.enter(deadline.signal)
      if (entered !== 'entered') return err(turnedAway(entered, deadline))
      try {
        return await this.#exchange(asked, deadline, isOver)
      } finally {
        this.#gate.leave()
      }
    } finally {
      deadline.end()
    }
  }

  async #exchange(
    asked: RestRequest,
    deadline: Deadline,
    isOver: () => boolean,
  ): Promise<Result<Reply, RouterosFault>> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const sent = this.#send(asked, deadline.signal)
    sent.once('response', resolve)
    sent.once('error', reject)
    // The last moment before anything is written.
    sent.once('socket', () => {
      if (isOver()) sent.destroy(new NoConnection(CLOSED))
    })
    try {
      const answer = await promise
      if (!sent.shouldKeepAlive) this.#agent.expectEnd(answer.socket)
      const text = await textOf(answer, this.#limits.answerBytesMax)
      if (text === undefined) return err({ type: 'AnswerTooLarge', limitBytes: this.#limits.answerBytesMax })
      return readAnswer(answer.statusCode ?? 0, text)
    } catch (error) {
      if (error instanceof NoConnection) return err(error.fault)
      if (deadline.signal.aborted) return err(deadline.fault(true))
      const { code, message } = error as NodeJS.ErrnoException
      return err({ type: 'ConnectionLost', cause: code ?? message, sent: true })
    }
  }

  #send({ method, path, body }: RestRequest, signal: AbortSignal): ClientRequest {
    const { host, port } = this.#options.address
    const octets = body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8')
    const headers = {
      authorization: this.#authorization,
      ...(octets && { 'content-type': 'application/json', 'content-length': octets.length }),
    }
    return httpRequest({ host, port, method, path, headers, agent: this.#agent, signal }).end(octets)
  }
}

/** Undefined when it is more than may be. */
const textOf = async (answer: IncomingMessage, bytesMax: number): Promise<string | undefined> => {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length
    // Leaving the loop destroys the answer and its connection.
    if (bytes > bytesMax) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

const readAnswer = (status: number, text: string): Result<Reply, RouterosFault> => {
  const json = parseJson(text)
  if (status < 200 || status > 299) return err(refusalOf(status, json))
  const rows = (Array.isArray(json) ? json : [json]).filter(isObject).map(rowFrom)
  if (text !== '' && rows.length === 0 && !Array.isArray(json))
    return err({ type: 'ConnectionLost', cause: 'what the router sends are no rows', sent: true })
  return ok({ rows, id: rows[0]?.['.id'] })
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** All values are strings; what is none, in some version to come, is written as one. */
const rowFrom = (object: Record<string, unknown>): Row =>
  rowOf(
    Object.entries(object).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )

/** `{"error":400,"message":"Bad Request","detail":"…"}`: the detail is what the API says in a `!trap`. */
const refusalOf = (status: number, json: unknown): RouterosFault => {
  const { message, detail } = isObject(json) ? json : {}
  const said = [detail, message].find((text) => typeof text === 'string' && text !== '') as string | undefined
  const text = said ?? `HTTP ${status}`
  if (status === 401) return { type: 'LoginRefused', message: text }
  // Busy or on its way down: as good as no answer.
  if (status >= 500) return { type: 'ConnectionLost', cause: text, sent: true }
  const category: TrapCategory | undefined = status === 404 || MISSING.test(text) ? 0 : undefined
  return { type: 'Refused', category, message: text }
}
