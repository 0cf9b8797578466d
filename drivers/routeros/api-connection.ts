/** One connection to the API of a router: many commands at once, each told from the others by its tag. */
import type { Socket } from 'node:net'
import { defineLimits, err, ok, type Result, type Timers } from '@lango/kernel'
import { challengeResponse, readReply, refusalOf, wordsOf, type ReplySentence } from './api-words.ts'
import { Deadline, Gate, turnedAway } from './call.ts'
import type { RouterosFault } from './fault.ts'
import type { CallOptions, Reply, RouterLogin, RouterosRequest, Row, Session } from './request.ts'
import { encodeSentence, SentenceDecoder } from './sentence.ts'
import { openSocket, type RouterAddress } from './socket.ts'

export const apiLimits = defineLimits({
  connectTimeoutMs: 10_000,
  commandTimeoutMs: 15_000,
  /** A router that does not end a cancelled command in this time is taken for dead. */
  cancelTimeoutMs: 5000,
  /** Silence after which the router is asked for a sign of life. */
  keepaliveMs: 30_000,
  inFlightMax: 8,
  waitingMax: 64,
  rowsMax: 200_000,
  answerBytesMax: 64 * 1024 * 1024,
})

export type ApiLimits = { readonly [name in keyof typeof apiLimits]: number }

export const API_PORT = 8728
export const API_TLS_PORT = 8729

export type ApiConnectionOptions = {
  readonly address: RouterAddress
  readonly login: RouterLogin
  readonly timers: Timers
  readonly limits?: Partial<ApiLimits> | undefined
}

/** A row of a menu that is followed; `dead` when it is gone, and then there is only its `.id`. */
export type RowChange = { readonly row: Row; readonly dead: boolean }

/** How a command ended: its rows, and what stood in `!done`. */
type Ended = { readonly rows: readonly Row[]; readonly done: Row }

/** A command that was sent and has not ended. */
type Pending = {
  readonly tag: string
  readonly rows: Row[]
  readonly onRow: ((change: RowChange) => void) | undefined
  /** The first call counts. */
  readonly settle: (result: Result<Ended, RouterosFault>) => void
  bytes: number
  refusal: RouterosFault | undefined
  /** Set while its end is awaited after it was given up. */
  stopWaiting: (() => void) | undefined
}

/** Connects and logs in. */
export const openApiConnection = async (
  options: ApiConnectionOptions,
  call: CallOptions = {},
): Promise<Result<ApiConnection, RouterosFault>> => {
  const limits = { ...apiLimits, ...options.limits }
  const deadline = new Deadline(options.timers, call.timeoutMs ?? limits.connectTimeoutMs, call.signal)
  try {
    const opened = await openSocket(options.address, deadline)
    if (!opened.ok) return opened
    const connection = new ApiConnection(opened.value, options.timers, limits)
    const fault = await connection.login(options.login, deadline.signal)
    if (fault === undefined) return ok(connection)
    connection.close()
    if (fault.type === 'Aborted') return err(deadline.fault(false))
    // Nothing that anybody asked for was sent yet.
    return err(fault.type === 'ConnectionLost' ? { type: 'Unreachable', cause: fault.cause } : fault)
  } finally {
    deadline.end()
  }
}

const ALIVE: RouterosRequest = { kind: 'print', menu: '/system/identity' }

export class ApiConnection implements Session {
  readonly #socket: Socket
  readonly #timers: Timers
  readonly #limits: ApiLimits
  readonly #gate: Gate
  readonly #decoder = new SentenceDecoder()
  readonly #pending = new Map<string, Pending>()
  #tags = 0
  #hasHeard = false
  #stopKeepalive: (() => void) | undefined
  #lostBecause: string | undefined
  /** Called once, when the connection is no more. */
  onLost: (() => void) | undefined

  constructor(socket: Socket, timers: Timers, limits: ApiLimits) {
    this.#socket = socket
    this.#timers = timers
    this.#limits = limits
    this.#gate = new Gate(limits.inFlightMax, limits.waitingMax)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.message))
    socket.on('close', () => this.#lose('the router closed the connection'))
  }

  get isOpen(): boolean {
    return this.#lostBecause === undefined
  }

  /** The fault, or nothing. Versions before 6.43 take no notice of the password and answer with a challenge. */
  async login({ user, password }: RouterLogin, signal: AbortSignal): Promise<RouterosFault | undefined> {
    const name = `=name=${user}`
    let answer = await this.#command(['/login', name, `=password=${password.reveal()}`], undefined, signal)
    const challenge = answer.ok ? answer.value.done['ret'] : undefined
    if (challenge !== undefined) {
      const response = `=response=${challengeResponse(password, challenge)}`
      answer = await this.#command(['/login', name, response], undefined, signal)
    }
    if (answer.ok) {
      this.#keepAlive()
      return undefined
    }
    const fault = answer.error
    return fault.type === 'Refused' ? { type: 'LoginRefused', message: fault.message } : fault
  }

  async perform(request: RouterosRequest, call: CallOptions = {}): Promise<Result<Reply, RouterosFault>> {
    const timeoutMs = call.timeoutMs ?? this.#limits.commandTimeoutMs
    const ended = await this.#command(wordsOf(request), timeoutMs, call.signal)
    return ended.ok ? ok({ rows: ended.value.rows, id: ended.value.done['ret'] }) : ended
  }

  /**
   * Tells of each row of a menu that changes, until `signal` aborts (then all is well) or something goes wrong. It takes
   * one of the places of this connection all the while.
   */
  async follow(
    menu: string,
    onRow: (change: RowChange) => void,
    signal: AbortSignal,
  ): Promise<Result<void, RouterosFault>> {
    const words = wordsOf({ kind: 'run', menu, command: 'listen', values: {} })
    const ended = await this.#command(words, undefined, signal, onRow)
    return ended.ok || ended.error.type === 'Aborted' ? ok() : ended
  }

  close(): void {
    this.#lose('it was closed here')
  }

  async #command(
    words: readonly string[],
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
    onRow?: (change: RowChange) => void,
  ): Promise<Result<Ended, RouterosFault>> {
    const deadline = new Deadline(this.#timers, timeoutMs, signal)
    try {
      const entered = await this.#gate.enter(deadline.signal)
      if (entered !== 'entered') return err(turnedAway(entered, deadline))
      return await this.#exchange(words, deadline, onRow)
    } finally {
      deadline.end()
    }
  }

  /** Sends, and waits for the end of the command or of its time. Its place is free again only when the router ends it. */
  #exchange(
    words: readonly string[],
    deadline: Deadline,
    onRow: ((change: RowChange) => void) | undefined,
  ): Promise<Result<Ended, RouterosFault>> {
    if (!this.isOpen) return Promise.resolve(err(this.#lost(false)))
    const { promise, resolve } = Promise.withResolvers<Result<Ended, RouterosFault>>()
    const tag = String((this.#tags += 1))
    const pending: Pending = {
      tag,
      rows: [],
      onRow,
      settle: resolve,
      bytes: 0,
      refusal: undefined,
      stopWaiting: undefined,
    }
    this.#pending.set(tag, pending)
    this.#send([...words, `.tag=${tag}`])
    const onAbort = (): void => this.#giveUp(pending, deadline.fault(true))
    deadline.signal.addEventListener('abort', onAbort, { once: true })
    if (deadline.signal.aborted) onAbort()
    return promise.finally(() => deadline.signal.removeEventListener('abort', onAbort))
  }

  /** The caller is told at once; the router is asked to stop, and must say that it did. */
  #giveUp(pending: Pending, fault: RouterosFault): void {
    pending.settle(err(fault))
    if (pending.stopWaiting !== undefined || !this.#pending.has(pending.tag)) return
    pending.stopWaiting = this.#timers.after(this.#limits.cancelTimeoutMs, () =>
      this.#lose('the router did not end a command that was cancelled'),
    )
    // Its own answer bears a tag that no command has, and is left out.
    this.#send(['/cancel', `=tag=${pending.tag}`, `.tag=cancel-${pending.tag}`])
  }

  #send(words: readonly string[]): void {
    if (this.isOpen) this.#socket.write(encodeSentence(words))
  }

  #read(chunk: Buffer): void {
    this.#hasHeard = true
    const read = this.#decoder.push(chunk)
    if (!read.ok) return this.#lose(`what the router sends is no sentence (${read.error.cause})`)
    for (const words of read.value) if (this.isOpen) this.#take(readReply(words))
  }

  #take({ type, tag, row }: ReplySentence): void {
    if (type === '!fatal') return this.#lose(row['message'] ?? 'the router ended it')
    const pending = this.#pending.get(tag ?? '')
    if (pending === undefined) return
    if (type === '!re') this.#takeRow(pending, row)
    else if (type === '!trap') pending.refusal ??= refusalOf(row)
    else if (type === '!done') this.#end(pending, row)
    // `!empty` (7.18 and later) says that there are no rows, which `!done` says too.
    else if (type !== '!empty') this.#lose(`the router sends what is no reply: ${type.slice(0, 40)}`)
  }

  #takeRow(pending: Pending, row: Row): void {
    if (pending.stopWaiting !== undefined) return
    if (pending.onRow !== undefined)
      return pending.onRow({ row, dead: row['.dead'] !== undefined && row['.dead'] !== 'false' })
    for (const [name, value] of Object.entries(row)) pending.bytes += name.length + value.length
    const { rowsMax, answerBytesMax } = this.#limits
    if (pending.rows.length < rowsMax && pending.bytes <= answerBytesMax) pending.rows.push(row)
    else {
      pending.rows.length = 0
      this.#giveUp(pending, { type: 'AnswerTooLarge', limitBytes: answerBytesMax })
    }
  }

  /** `!done` follows a `!trap` too. */
  #end(pending: Pending, done: Row): void {
    this.#pending.delete(pending.tag)
    pending.stopWaiting?.()
    pending.settle(pending.refusal === undefined ? ok({ rows: pending.rows, done }) : err(pending.refusal))
    this.#gate.leave()
  }

  /** A router that says nothing, asked nothing, may be gone: it is asked its name, and must answer in time. */
  #keepAlive(): void {
    this.#stopKeepalive = this.#timers.after(this.#limits.keepaliveMs, () => {
      if (!this.#hasHeard) void this.perform(ALIVE)
      this.#hasHeard = false
      this.#keepAlive()
    })
  }

  #lost(sent: boolean): RouterosFault {
    return { type: 'ConnectionLost', cause: this.#lostBecause ?? '', sent }
  }

  #lose(cause: string): void {
    if (this.#lostBecause !== undefined) return
    this.#lostBecause = cause
    this.#stopKeepalive?.()
    this.#socket.destroy()
    this.#gate.close()
    for (const pending of this.#pending.values()) {
      pending.stopWaiting?.()
      pending.settle(err(this.#lost(true)))
    }
    this.#pending.clear()
    this.onLost?.()
  }
}
