/**
 * The EAP thread: conversations, TLS, and the identity inside the tunnel. It asks the same gate as the fronts; they
 * only carry its words to the NAS. RadSec ends here too, so that no front ever computes a handshake.
 */
import type { X509Certificate } from 'node:crypto'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { codes, createRadsecServer, type RadsecServer } from '@lango/drivers/radius'
import { createEapServer, readCertificate, type EapBackend, type EapTls } from '@lango/drivers/radius/eap'
import { AccountingIntake } from './accounting-intake.ts'
import type { RouterFacts } from './clients.ts'
import type { ToFront } from './control-link.ts'
import type { EapAdmission, EapAnswer, EapQuestion, Request } from './login-handler.ts'
import type { AaaData, FromWriter, ToWriter } from './messages.ts'
import { createProxy } from './proxy.ts'
import { isStationQuestion, type FromEap, type ToEap } from './eap-link.ts'
import { HeardRouters } from './heard-routers.ts'
import { KEY_LOST, type Origin } from './gate.ts'
import { createRadsecDrops } from './radsec-drops.ts'
import { answerOverRadsec, type FromRadsec, type ToRadsec } from './radsec-link.ts'
import { Stations, type StationAnswer, type StationQuestion } from './stations.ts'
import { createAaaThread, createLoginHandler } from './thread.ts'

export type EapData = AaaData & {
  readonly tls: EapTls
  readonly serverName: string
  readonly listen: string
  readonly radsecPort: number
  readonly writer: MessagePort
}

export type EapOrder =
  | { readonly kind: 'front'; readonly port: MessagePort }
  | { readonly kind: 'tls'; readonly tls: EapTls }
  | { readonly kind: 'stop' }

export type EapNews =
  | { readonly kind: 'ready'; readonly radsecPort: number }
  | { readonly kind: 'failed'; readonly code: string; readonly port: number }
  | { readonly kind: 'stopped' }

const SWEEP_MS = 1000
const RECHECK_MS = 5000
const NO_ATTRIBUTES = Buffer.alloc(0)

const data = workerData as EapData
const control = parentPort!
const toWriter = (message: ToWriter, transfer: ArrayBuffer[]): void => data.writer.postMessage(message, transfer)
const thread = createAaaThread('eap', data, control, toWriter)
const { asker, clients, clock, gate, log, state } = thread

/** The origin that a front gave with the packet: the library hands it back unread. */
const originOf = (context: unknown): Origin => context as Origin

const backend: EapBackend<EapAdmission> = {
  password(identity, _method, context) {
    const origin = originOf(context)
    const grant = gate.find(identity, origin)
    if (typeof grant === 'string' || gate.isLockedOut(grant, origin.place)) return undefined
    const password = gate.password(grant)
    return password === KEY_LOST ? undefined : password
  },
  authorize(identity, proof) {
    const origin = originOf(proof.device)
    // A certificate may name its holder in several ways; the first that has a grant counts.
    const names = proof.certificate ? [identity, ...proof.certificate.names] : [identity]
    const grant = names.map((name) => gate.find(name, origin)).find((found) => typeof found !== 'string')
    if (!grant || typeof grant === 'string') return { ok: false, reason: 'unknown-user' }
    if (gate.isLockedOut(grant, origin.place)) return { ok: false, reason: 'locked-out' }
    const admitted = gate.admit(grant, origin)
    if (admitted.kind === 'reject') return { ok: false, reason: admitted.reason }
    return { ok: true, value: { grantLogin: grant.login, place: origin.place, admitted } }
  },
}

const server = createEapServer<EapAdmission>({
  backend,
  tls: data.tls,
  methods: ['peap', 'ttls', 'tls', 'mschapv2', 'md5', 'gtc'],
  serverName: data.serverName,
  clock: { now: () => performance.now() },
  randomBytes: thread.random.bytes,
})

const answer = ({ eap, state, nas, framedMtu, origin }: EapQuestion): EapAnswer =>
  server.handle({
    eap: Buffer.from(eap),
    nas,
    context: origin,
    ...(state ? { state: Buffer.from(state) } : {}),
    ...(framedMtu === undefined ? {} : { framedMtu }),
  })

/** Small buffers are views of a pooled block of 64 kB, and a message would clone all of it. */
const own = (octets: Buffer): Buffer => Uint8Array.from(octets) as Buffer

const slim = (result: EapAnswer): EapAnswer => {
  if (result.kind === 'drop') return result
  const eap = own(result.eap)
  if (result.kind === 'challenge') return { kind: 'challenge', eap, state: own(result.state) }
  if (result.kind === 'reject' || !result.keys) return { ...result, eap }
  return { ...result, eap, keys: { recv: own(result.keys.recv), send: own(result.keys.send) } }
}

/** A fault in one conversation is not the end of the others. */
const answerSafely = (question: EapQuestion): EapAnswer => {
  try {
    return answer(question)
  } catch (error) {
    log.error('an EAP conversation failed inside', { error })
    return { kind: 'drop', reason: 'internal' }
  }
}

const stations = new Stations(thread)

const findStation = async (question: StationQuestion): Promise<StationAnswer> => {
  try {
    return await stations.find(question)
  } catch (error) {
    log.error('the passphrase of a device could not be looked for', { error })
    return { kind: 'none', reason: 'busy' }
  }
}

const addFront = (port: MessagePort): void => {
  const reply = (message: FromEap): void => port.postMessage(message)
  port.on('message', ({ id, question }: ToEap) => {
    if (!isStationQuestion(question)) return reply({ id, answer: slim(answerSafely(question)) })
    void findStation(question).then((answer) => reply({ id, answer }))
  })
}

const proxy = createProxy(thread)
const logins = createLoginHandler(thread, {
  eap: async (question) => answer(question),
  findStation,
  proxy: proxy.send,
})
const accounting = new AccountingIntake({ send: (batch, block) => toWriter(batch, [block]), state, now: clock.now })
data.writer.on('message', (word: FromWriter) => accounting.settle(word))

const heard = new HeardRouters()

const onRequest = (request: Request): void => {
  heard.note(request, clock.now())
  const { code } = request.packet
  // Authentication and accounting share the connection (RFC 6614 §3.1), so the watchdog's answer is an Accept.
  if (code === codes.statusServer) {
    state.count('statusRequests')
    request.answer(codes.accessAccept, NO_ATTRIBUTES)
  } else if (code === codes.accountingRequest) accounting.add(request)
  else logins.handle(request)
}

/** All the ways a certificate may name a router. */
const namesOf = (certificate: X509Certificate): string[] => {
  const { names, fingerprint } = readCertificate(certificate)
  return [fingerprint, fingerprint.replaceAll(':', '').toLowerCase(), ...names]
}

const radsec = (tls: EapTls): Promise<RadsecServer<RouterFacts>> =>
  createRadsecServer<RouterFacts>({
    address: data.listen,
    port: data.radsecPort,
    tls: radsecTls(tls),
    codes: [codes.accessRequest, codes.accountingRequest, codes.statusServer],
    identify: ({ certificate }) => clients.named(namesOf(certificate))?.data,
    onRequest,
    random: thread.random,
    monotonicMs: clock.monotonicMs,
    log,
  })

const radsecTls = ({ key, cert, ca }: EapTls) => ({
  key: String(key),
  cert: String(cert),
  ca: [ca].flat().map(String).join('\n'),
})

const sweep = setInterval(() => server.sweep(), SWEEP_MS)

const stop = async (radsecServer: RadsecServer<RouterFacts>): Promise<void> => {
  clearInterval(sweep)
  accounting.flush()
  await radsecServer.close()
  tellHeard()
  server.close()
  proxy.close()
  thread.close()
  control.postMessage({ kind: 'stopped' } satisfies EapNews)
  data.writer.close()
  control.close()
}

const tellHeard = (): void => {
  const report = heard.take()
  if (report.length > 0) toWriter({ kind: 'seen', strangers: [], heard: report }, [])
}

const tell = (news: EapNews | FromRadsec): void => control.postMessage(news)

try {
  const radsecServer = await radsec(data.tls)
  const countDrops = createRadsecDrops(state)
  // A router that was removed is let go of within seconds.
  const recheck = setInterval(() => {
    radsecServer.recheck()
    countDrops(radsecServer.stats.dropped)
    tellHeard()
  }, RECHECK_MS)
  control.on('message', (order: EapOrder | ToFront | ToRadsec) => {
    if (order.kind === 'answer') asker.settle(order.id, order.answer)
    else if (order.kind === 'front') addFront(order.port)
    else if (order.kind === 'dynamic') void answerOverRadsec(radsecServer, order, tell, log)
    else if (order.kind === 'tls') {
      server.setTls(order.tls)
      radsecServer.renew(radsecTls(order.tls))
    } else {
      clearInterval(recheck)
      void stop(radsecServer)
    }
  })
  tell({ kind: 'ready', radsecPort: radsecServer.port })
} catch (fault) {
  tell({ kind: 'failed', code: (fault as { code?: string }).code ?? String(fault), port: data.radsecPort })
}
