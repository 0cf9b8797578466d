/**
 * The thread of a primary that speaks with its standby: it takes calls, passes on what the threads that write the
 * databases hand over, and sees to it that nobody waits for a standby that does not answer.
 */
import { fstatSync, readSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { sealFor, systemRandom } from '@lango/kernel'
import { threadLog } from '../aaa/thread-log.ts'
import { openListener, sendReply } from './listener.ts'
import { dbNames, messageSchema, type DbName, type Said, type ShipNews, type ShipOrder } from './messages.ts'
import type { LinkState, Peer } from './pair-state.ts'
import { HASHED_PAGES, OWED_MS_MAX, PrimaryLink, type PageFile } from './primary-link.ts'
import { FILES_PURPOSE, readSiteFiles, siteFilesVersion } from './site-files.ts'
import { ask, type Decoder, encode, fingerprintOf, PROTOCOL, type Hello, type Reply } from './wire.ts'

export type PairData = {
  readonly identity: { readonly keyPem: string; readonly certPem: string }
  readonly listen: string
  readonly port: number
  readonly name: string
  readonly term: number
  readonly peer: Peer | undefined
  /** Of the databases: an older release cannot take them over. */
  readonly minReader: number
  /** Open for as long as the process runs: to close one would let go of SQLite's locks on the file (POSIX). */
  readonly handles: Readonly<Record<DbName, number>>
  readonly keyFile: string
  readonly tlsDir: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export type PairOrder =
  | { readonly kind: 'attach'; readonly ports: Readonly<Record<DbName, MessagePort>> }
  | { readonly kind: 'answer'; readonly no: number; readonly reply: Reply; readonly peer: Peer | undefined }

export type JoinHello = Extract<Hello, { intent: 'join' }>
export type PairNews =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string }
  /** The other was asked, and another box does not serve in its place. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'superseded'; readonly term: number }
  | { readonly kind: 'link'; readonly state: LinkState }
  | {
      readonly kind: 'join'
      readonly no: number
      readonly fingerprint: string
      readonly host: string
      readonly hello: JoinHello
    }

const LOOK_MS = 100
const PING_MS = 500
const SILENT_MS_MAX = 3000
const ASK_PEER_MS = 2000
/** What may wait for the way to the standby. */
const UNSENT_OCTETS_MAX = 512 * 1024 * 1024

const data = workerData as PairData
const control = parentPort!
const log = threadLog('pair', data.logLevel)
const random = systemRandom()
const tell = (news: PairNews): void => control.postMessage(news)

let peer = data.peer
let ports: Readonly<Record<DbName, MessagePort>> | undefined
let links = 0
type Follower = {
  readonly link: PrimaryLink
  readonly socket: TLSSocket
  readonly number: number
  readonly sendFiles: () => void
  heardMs: number
}
let follower: Follower | undefined
const joining = new Map<number, TLSSocket>()
let joins = 0

const fileOf = (handle: number): PageFile => ({
  octets: () => fstatSync(handle).size,
  pageOctets() {
    // Bytes 16 and 17 of the header; 1 stands for 65,536.
    const octets = Buffer.alloc(2)
    readSync(handle, octets, 0, 2, 16)
    return octets.readUInt16BE(0) === 1 ? 65_536 : octets.readUInt16BE(0)
  },
  read(first, count, size) {
    const octets = Buffer.alloc(count * size)
    const read = readSync(handle, octets, 0, octets.length, (first - 1) * size)
    return octets.subarray(0, read - (read % size))
  },
})

const drop = (why: string): void => {
  if (!follower) return
  const { socket, number } = follower
  follower = undefined
  for (const db of dbNames) ports?.[db].postMessage({ kind: 'leave', link: number } satisfies ShipOrder)
  socket.destroy()
  log.warn('the standby is away: this box goes on alone', { why })
  tell({ kind: 'link', state: 'away' })
}

/** Keys go before the first page that may need them. */
const filesSender = (sealTo: string, say: (said: Said, body?: Uint8Array) => void): (() => void) => {
  let sent = ''
  return () => {
    const version = siteFilesVersion(data)
    if (version === sent) return
    sent = version
    say({ kind: 'files' }, sealFor(sealTo, readSiteFiles(data), FILES_PURPOSE, random))
  }
}

const follow = (socket: TLSSocket, decoder: Decoder, sealTo: string): void => {
  drop('it has called anew')
  links += 1
  const number = links
  let n = 0
  const say = (said: Said, body?: Uint8Array): void => {
    for (const part of encode({ ...said, n: n++ }, body)) socket.write(part)
  }
  const sendFiles = filesSender(sealTo, say)
  const link = new PrimaryLink({
    number,
    say,
    order: (db, order) => ports![db].postMessage(order),
    files: { site: fileOf(data.handles.site), sessions: fileOf(data.handles.sessions) },
    inSync() {
      log.info('the standby has everything: from now on answers wait for it')
      tell({ kind: 'link', state: 'in-sync' })
    },
    monotonicMs: () => performance.now(),
    pagesAtOnce: HASHED_PAGES,
  })
  const current: Follower = { link, socket, number, sendFiles, heardMs: performance.now() }
  follower = current
  decoder.trust()
  sendFiles()
  tell({ kind: 'link', state: 'catching-up' })
  const hear = (): void => {
    if (follower !== current) return
    try {
      for (let heard = decoder.next(); heard; heard = decoder.next()) {
        current.heardMs = performance.now()
        if (!link.hear(messageSchema.parse(heard.head), heard.body)) return drop('it has said what does not follow')
      }
    } catch (error) {
      drop(`it cannot be understood: ${String(error)}`)
    }
  }
  socket.on('data', (piece: Buffer) => {
    decoder.push(piece)
    hear()
  })
  socket.on('close', () => {
    if (follower === current) drop('the connection has ended')
  })
  hear()
}

const refuse = (socket: TLSSocket, why: Extract<Reply, { reply: 'no' }>['why']): void => {
  sendReply(socket, { reply: 'no', why, term: data.term })
  socket.end()
}

const greeted = (socket: TLSSocket, decoder: Decoder, hello: Hello): void => {
  if (hello.intent === 'join') {
    if (hello.protocol !== PROTOCOL) return refuse(socket, 'protocol')
    joins += 1
    joining.set(joins, socket)
    socket.once('close', () => joining.delete(joins))
    const [fingerprint, host] = [fingerprintOf(socket), (socket.remoteAddress ?? '').replace(/^::ffff:/, '')]
    return tell({ kind: 'join', no: joins, fingerprint, host, hello })
  }
  if (peer?.fingerprint !== fingerprintOf(socket)) return refuse(socket, 'unknown')
  if (hello.intent === 'ask') {
    if (hello.role === 'primary' && hello.term > data.term) tell({ kind: 'superseded', term: hello.term })
    sendReply(socket, { reply: 'here', term: data.term, role: 'primary' })
    return void socket.end()
  }
  if (hello.protocol !== PROTOCOL) return refuse(socket, 'protocol')
  if (hello.schema < data.minReader) return refuse(socket, 'schema')
  if (!ports) return refuse(socket, 'role')
  if (hello.term > data.term) return refuse(socket, 'term')
  sendReply(socket, { reply: 'welcome', term: data.term, name: data.name })
  follow(socket, decoder, hello.sealTo)
}

const opened = await openListener({ ...data, greeted })
tell(opened.ok ? { kind: 'listening', port: opened.value.port } : { kind: 'failed', code: opened.error.cause })

/** Does the other serve in this one's place? Asked before this one serves, and as long as nobody follows. */
const askPeer = async (): Promise<void> => {
  if (!peer || follower) return
  const known = peer
  const place = { ...known, isKnown: (fingerprint: string) => fingerprint === known.fingerprint }
  const answer = await ask(data.identity, place, { intent: 'ask', term: data.term, role: 'primary' })
  if (typeof answer === 'object' && answer.reply === 'here' && answer.role === 'primary' && answer.term > data.term)
    tell({ kind: 'superseded', term: answer.term })
}

control.on('message', (order: PairOrder) => {
  if (order.kind === 'answer') {
    const socket = joining.get(order.no)
    peer = order.peer
    if (socket) sendReply(socket, order.reply)
    socket?.end()
    return
  }
  ports = order.ports
  for (const db of dbNames)
    ports[db].on('message', (news: ShipNews) => {
      if (!follower || news.link !== follower.number) return
      if (db === 'site') follower.sendFiles()
      follower.link.tell(db, news)
    })
})

setInterval(() => {
  if (!follower) return
  const { link, socket, heardMs } = follower
  if (!link.isInTime) drop(link.isSettled ? `it has not answered for ${OWED_MS_MAX} ms` : 'it does not get on')
  else if (performance.now() - heardMs > SILENT_MS_MAX) drop('it is silent')
  else if (socket.writableLength > UNSENT_OCTETS_MAX) drop('the way to it is too narrow')
}, LOOK_MS)
setInterval(() => follower?.link.ping(), PING_MS)
setInterval(() => void askPeer(), ASK_PEER_MS)
void askPeer().then(() => tell({ kind: 'asked' }))
