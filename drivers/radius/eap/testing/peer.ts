import { hash, randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { authenticatorResponse, mppeKeys, ntHash, ntResponse } from '../../crypto/mschap.ts'
import { decodeAvps, encodeAvp, MICROSOFT } from '../avp.ts'
import { eapCode, eapType, encodeEap, parseEap } from '../packet.ts'
import { TlsFraming } from '../tls-framing.ts'
import type { EapOutcome, EapServer } from '../types.ts'

/** The peer's side of a method: fed the type-data of Requests, it yields that of Responses. */
export interface PeerMethod {
  readonly type: number
  respond(data: Buffer, id: number): Buffer | Promise<Buffer>
  /** Keys the peer has, once it is done. */
  msk?(): Buffer
}

export type Sent = { eap: Buffer; state?: Buffer }
export type RunOptions = {
  outerIdentity?: string
  nas?: string
  framedMtu?: number
  context?: unknown
  /** Sees, and may replace, what is about to be sent. */
  tamper?: (sent: Sent, round: number) => Sent
}
export type Run<A> = { outcome: EapOutcome<A>; rounds: number; largest: number; sent: Sent[]; challenges: number[] }

/** Identity first, then whatever the server asks, until it says how it ends. */
export async function run<A>(server: EapServer<A>, method: PeerMethod, options: RunOptions = {}): Promise<Run<A>> {
  const { outerIdentity = 'alice', nas = 'nas', framedMtu, context, tamper = (sent: Sent) => sent } = options
  const sent: Sent[] = []
  const challenges: number[] = []
  let next: Sent = { eap: encodeEap(eapCode.response, 7, eapType.identity, Buffer.from(outerIdentity)) }
  let largest = 0
  for (let rounds = 1; ; rounds++) {
    const message = tamper(next, rounds)
    sent.push(message)
    const outcome = server.handle({ ...message, nas, ...(framedMtu && { framedMtu }), context })
    if (outcome.kind !== 'challenge') return { outcome, rounds, largest, sent, challenges }
    largest = Math.max(largest, outcome.eap.length)
    challenges.push(outcome.eap.readUInt8(1))
    next = { eap: await answer(outcome.eap, method), state: outcome.state }
  }
}

/** A Response to any Request: the method's, or a Nak that wants it. */
export async function answer(request: Buffer, method: PeerMethod): Promise<Buffer> {
  const packet = parseEap(request)
  if (typeof packet === 'string' || packet.code !== eapCode.request)
    throw new Error(`no request: ${request.toString('hex')}`)
  if (packet.type !== method.type) return encodeEap(eapCode.response, packet.id, eapType.nak, Buffer.of(method.type))
  return encodeEap(eapCode.response, packet.id, packet.type, await method.respond(packet.data, packet.id))
}

export const md5Peer = (password: string): PeerMethod => ({
  type: eapType.md5,
  respond: (data, id) => {
    const digest = hash('md5', Buffer.concat([Buffer.of(id), Buffer.from(password), data.subarray(1, 17)]), 'buffer')
    return Buffer.concat([Buffer.of(16), digest])
  },
})

export const gtcPeer = (password: string): PeerMethod => ({ type: eapType.gtc, respond: () => Buffer.from(password) })

class Wire extends Duplex {
  written: Buffer[] = []
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk)
    done()
  }
}

/** What a peer does inside the tunnel: undefined means an empty acknowledgement. */
export interface PeerInner {
  /** Called when the handshake is done, before the server has said anything in the tunnel. */
  open?(tunnel: TlsPeer): Buffer | undefined
  respond(plaintext: Buffer, tunnel: TlsPeer, id: number): Promise<Buffer | undefined> | Buffer | undefined
}

export type TlsPeerOptions = ConnectionOptions & { fragmentBytes?: number; keyLabel?: string }

/** EAP-TLS, PEAP or TTLS, by type and inner protocol. */
export class TlsPeer implements PeerMethod {
  readonly type: number
  socket: TLSSocket | undefined
  error: Error | undefined
  sessions: Buffer[] = []
  /** All that the server said in the tunnel. */
  heard: Buffer = Buffer.alloc(0)
  readonly #options: TlsPeerOptions
  readonly #inner: PeerInner
  readonly #framing = new TlsFraming(65_536)
  readonly #wire = new Wire()
  #plaintext: Buffer[] = []
  #isSecure = false

  constructor(type: number, options: TlsPeerOptions, inner: PeerInner) {
    this.type = type
    this.#options = options
    this.#inner = inner
  }

  async respond(data: Buffer, id: number): Promise<Buffer> {
    const dataMax = (this.#options.fragmentBytes ?? 1_000) - 5
    if (data[0] === 0x20) {
      this.#connect()
      return this.#framing.send(await this.#flight(), dataMax)
    }
    const received = this.#framing.receive(data, dataMax)
    if (received.kind === 'fault') throw new Error(received.reason)
    if (received.kind === 'request') return received.data
    const wasSecure = this.#isSecure
    this.#wire.push(received.message)
    const handshake = await this.#flight()
    const plaintext = Buffer.concat(this.#plaintext)
    this.#plaintext = []
    const said = this.#speak(wasSecure, plaintext, id)
    const reply = said instanceof Promise ? await said : said
    if (reply !== undefined) this.socket?.write(reply)
    return this.#framing.send(Buffer.concat([handshake, await this.#flight()]), dataMax)
  }

  #speak(wasSecure: boolean, plaintext: Buffer, id: number): ReturnType<PeerInner['respond']> {
    if (!this.#isSecure) return undefined
    if (plaintext.length > 0) return this.#inner.respond(plaintext, this, id)
    return wasSecure ? undefined : this.#inner.open?.(this)
  }

  msk(): Buffer {
    const { keyLabel = 'client EAP encryption' } = this.#options
    const isTls13 = this.socket?.getProtocol() === 'TLSv1.3'
    const all = isTls13
      ? this.export(128, 'EXPORTER_EAP_TLS_Key_Material', Buffer.of(this.type))
      : this.export(128, keyLabel)
    return all.subarray(0, 64)
  }

  export(length: number, label: string, context?: Buffer): Buffer {
    if (this.socket === undefined) throw new Error('not connected')
    return this.socket.exportKeyingMaterial(length, label, context as Buffer)
  }

  #connect(): void {
    const { fragmentBytes: _fragment, keyLabel: _label, ...tls } = this.#options
    this.socket = connect({ ...tls, socket: this.#wire, checkServerIdentity: () => undefined })
    this.socket.on('secureConnect', () => (this.#isSecure = true))
    this.socket.on('data', (chunk: Buffer) => {
      this.#plaintext.push(chunk)
      this.heard = Buffer.concat([this.heard, chunk])
    })
    this.socket.on('error', (error) => (this.error = error))
    this.socket.on('session', (session: Buffer) => this.sessions.push(session))
  }

  async #flight(): Promise<Buffer> {
    for (let quiet = 0, seen = this.#wire.written.length; quiet < 3; quiet++) {
      await nextTurn()
      if (this.#wire.written.length === seen) continue
      seen = this.#wire.written.length
      quiet = 0
    }
    return Buffer.concat(this.#wire.written.splice(0))
  }
}

const ecdhClient = { ecdhCurve: 'X25519:P-256' }

export const tlsPeer = (options: TlsPeerOptions): TlsPeer =>
  new TlsPeer(eapType.tls, { ...ecdhClient, ...options }, { respond: () => undefined })

/** PEAPv0 around one method; `result` is what the peer says when asked how it ended. */
export function peapPeer(identity: string, method: PeerMethod, options: TlsPeerOptions, result?: Buffer): TlsPeer {
  return new TlsPeer(
    eapType.peap,
    { ...ecdhClient, ...options },
    {
      async respond(plaintext, _tunnel, id) {
        const whole = parseEap(plaintext)
        if (typeof whole !== 'string' && whole.type === eapType.extensions) {
          return encodeEap(eapCode.response, whole.id, eapType.extensions, result ?? whole.data)
        }
        const type = plaintext.readUInt8(0)
        if (type === eapType.identity) return Buffer.concat([Buffer.of(eapType.identity), Buffer.from(identity)])
        if (type !== method.type) return Buffer.of(eapType.nak, method.type)
        return Buffer.concat([Buffer.of(type), await method.respond(plaintext.subarray(1), id)])
      },
    },
  )
}

const ttls = { keyLabel: 'ttls keying material' }
export const plainAvp = (code: number, data: Buffer) => encodeAvp({ code, vendor: 0, data })
export const microsoftAvp = (code: number, data: Buffer) => encodeAvp({ code, vendor: MICROSOFT, data })

/** TTLS with whatever AVPs the peer makes of the implicit challenge; `check` sees the server's answer. */
export const ttlsPeer = (
  make: (challenge: (octets: number) => Buffer) => Buffer,
  options: TlsPeerOptions,
  check: (answer: Buffer) => Buffer | undefined = () => undefined,
): TlsPeer =>
  new TlsPeer(
    eapType.ttls,
    { ...ecdhClient, ...ttls, ...options },
    {
      open: (tunnel) => make((octets) => tunnel.export(octets, 'ttls challenge')),
      respond: (plaintext) => check(plaintext),
    },
  )

export const papAvps = (identity: string, password: string): Buffer => {
  const padded = Buffer.alloc(Math.max(16, Math.ceil(Buffer.byteLength(password) / 16) * 16))
  padded.write(password)
  return Buffer.concat([plainAvp(1, Buffer.from(identity)), plainAvp(2, padded)])
}

export const chapAvps = (identity: string, password: string, challenge: Buffer, id: number): Buffer => {
  const digest = hash('md5', Buffer.concat([Buffer.of(id), Buffer.from(password), challenge]), 'buffer')
  const response = plainAvp(3, Buffer.concat([Buffer.of(id), digest]))
  return Buffer.concat([plainAvp(1, Buffer.from(identity)), response, plainAvp(60, challenge)])
}

/** Inner EAP in EAP-Message AVPs (RFC 5281 §11.2.1). */
export const ttlsEapPeer = (identity: string, method: PeerMethod, options: TlsPeerOptions): TlsPeer =>
  ttlsEapPeerOf(identity, (request) => answer(request, method), options)

const ttlsEapPeerOf = (
  identity: string,
  respond: (request: Buffer) => Promise<Buffer>,
  options: TlsPeerOptions,
): TlsPeer =>
  new TlsPeer(
    eapType.ttls,
    { ...ecdhClient, ...ttls, ...options },
    {
      open: () => plainAvp(79, encodeEap(eapCode.response, 0, eapType.identity, Buffer.from(identity))),
      async respond(plaintext) {
        const request = decodeAvps(plaintext)?.find(({ code }) => code === 79)?.data
        if (request === undefined) throw new Error('no EAP-Message')
        return plainAvp(79, await respond(request))
      },
    },
  )

/** EAP-MSCHAPv2: takes the server's proof only from the right one. */
export function mschapv2Peer(name: string, password: string): PeerMethod {
  const ownChallenge = randomBytes(16)
  let expected = ''
  let msk = Buffer.alloc(0)
  function prove(data: Buffer): Buffer {
    const challenge = data.subarray(5, 21)
    const hashed = ntHash(password)
    const user = Buffer.from(name)
    const proof = Buffer.concat([ownChallenge, Buffer.alloc(8), ntResponse(challenge, ownChallenge, user, hashed)])
    const attribute = Buffer.concat([Buffer.of(0, 0), proof])
    expected = authenticatorResponse(attribute, challenge, user, hashed)
    const keys = mppeKeys(hashed, proof.subarray(24, 48))
    msk = Buffer.concat([keys.receive, keys.send], 64)
    const body = Buffer.concat([Buffer.of(49), proof, Buffer.of(0), user])
    const header = Buffer.of(2, data.readUInt8(1), 0, 0)
    header.writeUInt16BE(4 + body.length, 2)
    return Buffer.concat([header, body])
  }
  return {
    type: eapType.mschapv2,
    respond(data) {
      if (data[0] === 1) return prove(data)
      if (data[0] === 3 && !data.toString('latin1', 4).startsWith(expected)) throw new Error('not the right server')
      return data.subarray(0, 1)
    },
    msk: () => msk,
  }
}
