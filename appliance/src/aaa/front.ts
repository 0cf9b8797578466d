/**
 * A front: sockets, codec, decision. It reads two databases and writes none, so it never waits for a disk; what must be
 * stored is handed to the writer, and answered when the writer says that it is.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { attributes, codes, createUdpServer, parsePacket, text, type UdpServer } from '@lango/drivers/radius'
import { AccountingIntake } from './accounting-intake.ts'
import type { Client, RouterFacts } from './clients.ts'
import type { FromFront, ToFront } from './control-link.ts'
import { createEapLink } from './eap-link.ts'
import { HeardRouters } from './heard-routers.ts'
import type { Request } from './login-handler.ts'
import type { FromWriter, FrontData, Stranger, ToWriter } from './messages.ts'
import { createProxy } from './proxy.ts'
import { createAaaThread, createLoginHandler } from './thread.ts'

/** Who was heard is told to the writer this often; addresses beyond the limit are left out until then. */
const SEEN_FLUSH_MS = 2000
const STRANGERS_MAX = 64
const NAS_IDENTIFIER = attributes['NAS-Identifier'].number
const NO_ATTRIBUTES = Buffer.alloc(0)

const data = workerData as FrontData
const control = parentPort!
const toWriter = (message: ToWriter, transfer: ArrayBuffer[]): void => data.writer.postMessage(message, transfer)
const thread = createAaaThread(`front-${data.index}`, data, control, toWriter)
const { clients, clock, log, state, asker } = thread
const eap = createEapLink(data.eap)
const proxy = createProxy(thread)
const logins = createLoginHandler(thread, { eap: eap.ask, findStation: eap.findStation, proxy: proxy.send })
const accounting = new AccountingIntake({
  send: (batch, block) => toWriter(batch, [block]),
  state,
  now: clock.now,
})

const strangers = new Map<string, Stranger>()
const heard = new HeardRouters()

const onStranger = (address: string, datagram: Buffer): void => {
  const before = strangers.get(address)
  if (!before && strangers.size >= STRANGERS_MAX) return
  const packet = parsePacket(datagram)
  const nasIdentifier =
    before?.nasIdentifier ?? (typeof packet === 'string' ? '' : (text(packet, NAS_IDENTIFIER) ?? ''))
  strangers.set(address, { address, nasIdentifier, packets: (before?.packets ?? 0) + 1, at: clock.now() })
}

/** RFC 5997: an answer means "a login would be served"; silence lets the NAS turn to another server. */
const onStatus = (request: Request, answer: number): void => {
  state.count('statusRequests')
  if (answer === codes.accountingResponse && state.get('storeFailing') === 1) return request.ignore()
  request.answer(answer, NO_ATTRIBUTES)
}

const onAuth = (request: Request): void => {
  heard.note(request, clock.now())
  if (request.packet.code === codes.statusServer) onStatus(request, codes.accessAccept)
  else logins.handle(request)
}

const onAcct = (request: Request): void => {
  heard.note(request, clock.now())
  if (request.packet.code === codes.statusServer) onStatus(request, codes.accountingResponse)
  else accounting.add(request)
}

const bind = (port: number, accepted: readonly number[], onRequest: (request: Request) => void): Promise<UdpServer> =>
  createUdpServer<RouterFacts>({
    address: data.listen,
    port,
    reusePort: true,
    codes: accepted,
    clientFor: (address) => clients.at(address),
    onRequest,
    onLearned(client, learned) {
      ;(client as Client).learned = learned
      void asker.ask({
        kind: 'learned',
        no: client.data.no,
        messageAuthenticatorSeen: learned.sentMessageAuthenticator,
        proxyStateFreeSeen: learned.sentWithoutProxyState,
      })
    },
    onUnknownClient: (address, _port, datagram) => onStranger(address, datagram),
    monotonicMs: clock.monotonicMs,
    log,
  })

/** Packets dropped without an answer, counted for the box as a whole: `doctor` shows them. */
let droppedBefore = 0
const countDropped = (servers: readonly UdpServer[]): void => {
  const causes = servers.flatMap((server) => Object.values(server.stats.dropped))
  const dropped = causes.reduce((sum, count) => sum + count, 0)
  state.count('dropped', dropped - droppedBefore)
  droppedBefore = dropped
}

const tellSeen = (): void => {
  const report = {
    strangers: [...strangers.values()],
    heard: heard.take(),
  }
  strangers.clear()
  if (report.strangers.length + report.heard.length > 0) toWriter({ kind: 'seen', ...report }, [])
}

data.writer.on('message', (word: FromWriter) => accounting.settle(word))

const tell = (message: FromFront): void => control.postMessage(message)

const start = async (): Promise<void> => {
  let trying = data.authPort
  try {
    const auth = await bind(data.authPort, [codes.accessRequest, codes.statusServer], onAuth)
    trying = data.acctPort
    const acct = await bind(data.acctPort, [codes.accountingRequest, codes.statusServer], onAcct)
    const seen = setInterval(() => {
      tellSeen()
      countDropped([auth, acct])
    }, SEEN_FLUSH_MS)
    control.on('message', (message: ToFront) => {
      if (message.kind === 'answer') asker.settle(message.id, message.answer)
      else void stop([auth, acct], seen)
    })
    tell({ kind: 'ready', ports: { auth: auth.port, acct: acct.port }, receiveBufferBytes: auth.receiveBufferBytes })
  } catch (fault) {
    tell({ kind: 'failed', code: (fault as { code?: string }).code ?? String(fault), port: trying })
  }
}

const stop = async (servers: readonly UdpServer[], seen: NodeJS.Timeout): Promise<void> => {
  clearInterval(seen)
  accounting.flush()
  await Promise.all(servers.map((server) => server.close()))
  tellSeen()
  proxy.close()
  thread.close()
  tell({ kind: 'stopped' })
  data.writer.close()
  data.eap.close()
  control.close()
}

await start()
