/** The AAA threads as the control thread sees them: started in order, wired to each other, stopped in order. */
import { availableParallelism } from 'node:os'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { err, ok, type Fault, type Log, type Result } from '@lango/kernel'
import type { EapTls } from '@lango/drivers/radius/eap'
import type { DataFolder } from '../data-folder.ts'
import type { ControlQuestion, FromFront, ToFront } from './control-link.ts'
import type { EapData, EapNews, EapOrder } from './eap.ts'
import type { AaaData, FrontData } from './messages.ts'
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
  readonly log: Log
  /** Carries out what a front asks; false refuses. */
  readonly answer: (question: ControlQuestion) => boolean
  readonly onNews: (news: Exclude<WriterNews, { kind: 'ready' | 'stopped' }>) => void
  /** A thread died: nothing in this process can be trusted to be whole any more. */
  readonly onDeath: (thread: string, error: unknown) => void
}

export type AaaFault =
  | Fault<'PortInUse'> & { readonly port: number }
  | Fault<'PortForbidden'> & { readonly port: number }
  | Fault<'PortUnusable'> & { readonly port: number; readonly cause: string }

export type Aaa = {
  readonly ports: { readonly auth: number; readonly acct: number; readonly radsec: number }
  readonly state: SharedState
  readonly slots: SharedArrayBuffer
  forgetQuota(grantNo: number): void
  endSession(no: number): void
  copied(nos: readonly number[]): void
  setTls(tls: EapTls): void
  stop(): Promise<void>
}

const script = (name: string): URL => new URL(`./${name}.ts`, import.meta.url)

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
  const { folder, log } = options
  const data: AaaData = {
    siteFile: folder.siteFile,
    sessionsFile: folder.sessionsFile,
    keyFile: folder.keyFile,
    slots: new SharedArrayBuffer(slotTableBytes),
    state: new SharedArrayBuffer(sharedStateBytes),
    logLevel: options.logLevel,
  }
  let isStopping = false
  const workers: Worker[] = []
  const start = (name: string, workerData: AaaData, transferList: MessagePort[]): Worker => {
    const worker = new Worker(script(name.replace(/-\d+$/, '')), { name, workerData, transferList })
    worker.on('error', (error) => options.onDeath(name, error))
    worker.on('exit', (code) => {
      if (!isStopping) options.onDeath(name, new Error(`the thread ended with code ${code}`))
    })
    workers.push(worker)
    return worker
  }

  const writer = start('writer', data, [])
  const writerPort = (): MessagePort => {
    const { port1, port2 } = new MessageChannel()
    writer.postMessage({ kind: 'front', port: port2 }, [port2])
    return port1
  }
  await next<WriterNews>(writer, (news) => news.kind === 'ready')
  writer.on('message', (news: WriterNews) => {
    if (news.kind !== 'ready' && news.kind !== 'stopped') options.onNews(news)
  })

  const eapToWriter = writerPort()
  const eapData: EapData = { ...data, tls: options.tls, serverName: options.serverName, listen: options.listen, radsecPort: options.radsecPort, writer: eapToWriter }
  const eap = start('eap', eapData, [eapToWriter])
  const eapReady = await next<EapNews>(eap, (news) => news.kind === 'ready' || news.kind === 'failed')
  answerQuestions(eap, options)

  const stopAll = async (): Promise<void> => {
    isStopping = true
    for (const worker of workers.toReversed()) await stopWorker(worker)
  }
  if (eapReady.kind === 'failed') {
    await stopAll()
    return err(portFault(eapReady.code, eapReady.port))
  }

  let ports = { auth: options.authPort, acct: options.acctPort }
  const count = Math.min(FRONTS_MAX, Math.max(1, availableParallelism()))
  for (let index = 0; index < count; index++) {
    const toWriter = writerPort()
    const { port1: toEap, port2: atEap } = new MessageChannel()
    eap.postMessage({ kind: 'front', port: atEap }, [atEap])
    const frontData: FrontData = {
      ...data,
      index,
      listen: options.listen,
      authPort: ports.auth,
      acctPort: ports.acct,
      writer: toWriter,
      eap: toEap,
    }
    const front = start(`front-${index}`, frontData, [toWriter, toEap])
    const ready = await next<FromFront>(front, (message) => message.kind === 'ready' || message.kind === 'failed')
    if (ready.kind === 'failed') {
      await stopAll()
      return err(portFault(ready.code, ready.port))
    }
    if (ready.kind === 'ready') {
      ports = { auth: ready.ports['auth']!, acct: ready.ports['acct']! }
      if (index === 0) warnOfBuffer(ready.receiveBufferBytes, log)
    }
    answerQuestions(front, options)
  }

  return ok({
    ports: { ...ports, radsec: eapReady.kind === 'ready' ? eapReady.radsecPort : 0 },
    state: new SharedState(data.state),
    slots: data.slots,
    forgetQuota: (grantNo) => writer.postMessage({ kind: 'forget-quota', grantNo } satisfies WriterOrder),
    endSession: (no) => writer.postMessage({ kind: 'end-session', no } satisfies WriterOrder),
    copied: (nos) => writer.postMessage({ kind: 'copied', nos } satisfies WriterOrder),
    setTls: (tls) => eap.postMessage({ kind: 'tls', tls } satisfies EapOrder),
    stop: stopAll,
  })
}

const answerQuestions = (worker: Worker, options: AaaOptions): void => {
  worker.on('message', (message: FromFront) => {
    if (message.kind !== 'question') return
    worker.postMessage({ kind: 'answer', id: message.id, ok: options.answer(message.question) } satisfies ToFront)
  })
}

/** Fronts stop before the EAP thread and the writer, so that what they took in is still stored and answered. */
const stopWorker = async (worker: Worker): Promise<void> => {
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.postMessage({ kind: 'stop' })
  const late = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS)
  await ended
  clearTimeout(late)
}

const STOP_WITHIN_MS = 5000

const portFault = (code: string, port: number): AaaFault => {
  if (code === 'EADDRINUSE') return { type: 'PortInUse', port }
  if (code === 'EACCES') return { type: 'PortForbidden', port }
  return { type: 'PortUnusable', port, cause: code }
}

const warnOfBuffer = (granted: number, log: Log): void => {
  // Linux reports twice what it grants (socket(7)).
  if (granted >= RECEIVE_BUFFER_WANTED) return
  log.warn('the kernel grants small receive buffers: bursts of packets will be lost', {
    grantedBytes: granted,
    remedy: 'sysctl -w net.core.rmem_max=8388608',
  })
}
