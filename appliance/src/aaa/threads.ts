/** The AAA threads as the control thread sees them: started in order, wired to each other, stopped in order. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { err, ok, type Err, type Fault, type Log, type Result } from '@lango/kernel'
import type { EapTls } from '@lango/drivers/radius/eap'
import type { DataFolder } from '../data-folder.ts'
import type { ControlAnswer, ControlQuestion, FromFront, ToFront } from './control-link.ts'
import type { EapData, EapNews, EapOrder } from './eap.ts'
import type { AaaData, FrontData } from './messages.ts'
import { createRadsecLink, type FromRadsec } from './radsec-link.ts'
import { SharedState, sharedStateBytes } from './shared-state.ts'
import { slotTableBytes } from './slots.ts'
import type { WriterNews, WriterOrder } from './writer.ts'

/** Fronts share the port; more than this brings nothing while one writer stores what they take in. */
const FRONTS_MAX = 4
/** Asking for less than this loses packets in bursts (reliability: a socket's default holds under 256 packets). */
const RECEIVE_BUFFER_WANTED = 4 * 1024 * 1024

export type AaaOptions = {
  readonly folder: DataFolder
  readonly listen: string
  readonly authPort: number
  readonly acctPort: number
  readonly radsecPort: number
  readonly tls: EapTls
  readonly serverName: string
  readonly logLevel: AaaData['logLevel']
  readonly timeZone: string
  readonly log: Log
  /** Carries out what a front asks; false refuses. What takes its time is answered when it is done. */
  readonly answer: (question: ControlQuestion) => ControlAnswer | Promise<ControlAnswer>
  readonly onNews: (news: Exclude<WriterNews, { kind: 'ready' | 'stopped' }>) => void
  /** A thread died: nothing in this process can be trusted to be whole any more. */
  readonly onDeath: (thread: string, error: unknown) => void
}

export type AaaFault =
  | (Fault<'PortInUse'> & { readonly port: number })
  | (Fault<'PortForbidden'> & { readonly port: number })
  | (Fault<'PortUnusable'> & { readonly port: number; readonly cause: string })

export type Aaa = {
  readonly ports: { readonly auth: number; readonly acct: number; readonly radsec: number }
  readonly state: SharedState
  readonly forgetQuota: (grantNo: number) => void
  readonly endSession: (no: number) => void
  /** Hands the writer its end of the link to the standby. */
  readonly ship: (port: MessagePort) => void
  readonly copied: (nos: readonly number[]) => void
  readonly setTls: (tls: EapTls) => void
  /** Asks a router down the RadSec connection that it holds open. */
  readonly overRadsec: ReturnType<typeof createRadsecLink>['ask']
  readonly stop: () => Promise<void>
}

/** The next message that `pick` wants from a thread that is starting; rejects when the thread dies first. */
const next = <M>(worker: Worker, pick: (message: M) => boolean): Promise<M> =>
  new Promise((resolve, reject) => {
    const look = (message: M): void => {
      if (!pick(message)) return
      worker.off('message', look)
      worker.off('error', reject)
      resolve(message)
    }
    worker.on('message', look)
    worker.on('error', reject)
  })

export const startAaa = async (options: AaaOptions): Promise<Result<Aaa, AaaFault>> => {
  for (const port of [options.authPort, options.acctPort]) {
    const fault = await portTaken(options.listen, port)
    if (fault) return err(fault)
  }
  const { siteFile, sessionsFile, keyFile } = options.folder
  const data: AaaData = {
    siteFile,
    sessionsFile,
    keyFile,
    slots: new SharedArrayBuffer(slotTableBytes),
    state: new SharedArrayBuffer(sharedStateBytes),
    logLevel: options.logLevel,
    timeZone: options.timeZone,
  }
  const crew = new Crew(options)
  const giveUp = async (fault: Err<AaaFault>): Promise<Err<AaaFault>> => {
    await crew.stop()
    return fault
  }
  const writer = await startWriter(crew, data, options)
  const eap = await startEap({ crew, data, options, writer })
  if (!eap.ok) return giveUp(eap)
  const fronts = await startFronts({ crew, data, options, writer }, eap.value.worker)
  if (!fronts.ok) return giveUp(fronts)
  const order = (word: WriterOrder): void => writer.postMessage(word)
  return ok({
    ports: { ...fronts.value, radsec: eap.value.radsecPort },
    state: new SharedState(data.state),
    forgetQuota: (grantNo) => order({ kind: 'forget-quota', grantNo }),
    endSession: (no) => order({ kind: 'end-session', no }),
    ship: (port) => writer.postMessage({ kind: 'ship', port } satisfies WriterOrder, [port]),
    copied: (nos) => order({ kind: 'copied', nos }),
    setTls: (tls) => eap.value.worker.postMessage({ kind: 'tls', tls } satisfies EapOrder),
    overRadsec: eap.value.askRouter,
    stop: () => crew.stop(),
  })
}

/** The threads that run, in the order of their start. */
class Crew {
  readonly #workers: Worker[] = []
  readonly #onDeath: AaaOptions['onDeath']
  #isStopping = false

  constructor({ onDeath }: Pick<AaaOptions, 'onDeath'>) {
    this.#onDeath = onDeath
  }

  /** Runs `script` as `name`; a thread that ends by itself is told of as a death. */
  start(name: string, script: string, workerData: AaaData, transferList: MessagePort[]): Worker {
    // Beside this file, as source or as a part of the bundle.
    const url = new URL(`./${script}${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(url, { name, workerData, transferList })
    worker.on('error', (error) => this.#onDeath(name, error))
    worker.on('exit', (code) => {
      if (!this.#isStopping) this.#onDeath(name, new Error(`the thread ended with code ${code}`))
    })
    this.#workers.push(worker)
    return worker
  }

  /** Fronts stop before the EAP thread and the writer, so that what they took in is still stored and answered. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const worker of this.#workers.toReversed()) await stopWorker(worker)
  }
}

const startWriter = async (crew: Crew, data: AaaData, { onNews }: AaaOptions): Promise<Worker> => {
  const writer = crew.start('writer', 'writer', data, [])
  await next<WriterNews>(writer, (news) => news.kind === 'ready')
  writer.on('message', (news: WriterNews) => {
    if (news.kind !== 'ready' && news.kind !== 'stopped') onNews(news)
  })
  return writer
}

/** What the threads that answer routers are started from, once the writer runs. */
type Ground = {
  readonly crew: Crew
  readonly data: AaaData
  readonly options: AaaOptions
  readonly writer: Worker
}
type EapThread = {
  readonly worker: Worker
  readonly radsecPort: number
  readonly askRouter: Aaa['overRadsec']
}

const startEap = async ({ crew, data, options, writer }: Ground): Promise<Result<EapThread, AaaFault>> => {
  const { tls, serverName, listen, radsecPort } = options
  const toWriter = connect(writer)
  const eapData: EapData = { ...data, tls, serverName, listen, radsecPort, writer: toWriter }
  const worker = crew.start('eap', 'eap', eapData, [toWriter])
  answerQuestions(worker, options)
  const { ask: askRouter, settle } = createRadsecLink((message) => worker.postMessage(message))
  worker.on('message', (message: EapNews | FromRadsec) => {
    if (message.kind === 'dynamic-outcome') settle(message)
  })
  const ready = await next<EapNews>(worker, (news) => news.kind === 'ready' || news.kind === 'failed')
  if (ready.kind === 'failed') return err(portFault(ready.code, ready.port))
  return ok({ worker, askRouter, radsecPort: ready.kind === 'ready' ? ready.radsecPort : 0 })
}

/** One after the other: where a port is 0 the first front finds a free one, and the others share it. */
const startFronts = async (
  { crew, data, options, writer }: Ground,
  eap: Worker,
): Promise<Result<{ auth: number; acct: number }, AaaFault>> => {
  let ports = { auth: options.authPort, acct: options.acctPort }
  const count = Math.min(FRONTS_MAX, Math.max(1, availableParallelism()))
  for (let index = 0; index < count; index++) {
    const ways = { writer: connect(writer), eap: connect(eap) }
    const at = { listen: options.listen, authPort: ports.auth, acctPort: ports.acct }
    const frontData: FrontData = { ...data, ...at, ...ways, index }
    const front = crew.start(`front-${index}`, 'front', frontData, [ways.writer, ways.eap])
    answerQuestions(front, options)
    const ready = await next<FromFront>(front, (message) => message.kind === 'ready' || message.kind === 'failed')
    if (ready.kind === 'failed') return err(portFault(ready.code, ready.port))
    if (ready.kind !== 'ready') continue
    ports = { auth: ready.ports['auth']!, acct: ready.ports['acct']! }
    if (index === 0) warnOfBuffer(ready.receiveBufferBytes, options.log)
  }
  return ok(ports)
}

/** A port of its own to a thread that serves many. */
const connect = (worker: Worker): MessagePort => {
  const { port1, port2 } = new MessageChannel()
  worker.postMessage({ kind: 'front', port: port2 } satisfies WriterOrder & EapOrder, [port2])
  return port1
}

const answerQuestions = (worker: Worker, options: AaaOptions): void => {
  worker.on('message', (message: FromFront) => {
    if (message.kind !== 'question') return
    const tell = (answer: ControlAnswer): void =>
      worker.postMessage({ kind: 'answer', id: message.id, answer } satisfies ToFront)
    const answer = options.answer(message.question)
    if (answer instanceof Promise) void answer.then(tell)
    else tell(answer)
  })
}

const stopWorker = async (worker: Worker): Promise<void> => {
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.postMessage({ kind: 'stop' })
  const late = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS)
  await ended
  clearTimeout(late)
}

const STOP_WITHIN_MS = 5000

/**
 * Fronts share their ports (SO_REUSEPORT), and so would a second box of the same user, which would then get half of
 * the packets: a port is first taken alone, to see that nobody has it.
 */
const portTaken = async (listen: string, port: number): Promise<AaaFault | undefined> => {
  if (port === 0) return undefined
  const probe = createSocket(listen.includes(':') ? 'udp6' : 'udp4')
  try {
    const bound = once(probe, 'listening')
    probe.bind(port, listen)
    await bound
    return undefined
  } catch (fault) {
    return portFault((fault as { code?: string }).code ?? String(fault), port)
  } finally {
    probe.close()
  }
}

const portFault = (code: string, port: number): AaaFault => {
  if (code === 'EADDRINUSE') return { type: 'PortInUse', port }
  if (code === 'EACCES') return { type: 'PortForbidden', port }
  return { type: 'PortUnusable', port, cause: code }
}

const warnOfBuffer = (granted: number, log: Log): void => {
  // Linux reports twice what it grants (socket(7)).
  if (granted >= 2 * RECEIVE_BUFFER_WANTED) return
  log.warn('the kernel grants small receive buffers: bursts of packets will be lost', {
    grantedBytes: granted,
    remedy: 'sysctl -w net.core.rmem_max=8388608',
  })
}
