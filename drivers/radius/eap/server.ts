import { type Conversation, Conversations } from './conversations.ts'
import { Exchange, type ExchangeStep } from './exchange.ts'
import type { Candidate, Round } from './methods/method.ts'
import { Methods } from './methods.ts'
import {
  EAP_HEADER_BYTES,
  eapCode,
  type EapPacket,
  eapType,
  encodeEap,
  encodeFailure,
  encodeSuccess,
  parseEap,
} from './packet.ts'
import type {
  EapBackend,
  EapCertificate,
  EapLimits,
  EapOutcome,
  EapRequest,
  EapServer,
  EapServerOptions,
  EapTls,
} from './types.ts'

const defaultLimits: EapLimits = {
  conversationsMax: 4_096,
  tunnelsMax: 1_024,
  roundsMax: 50,
  conversationMs: 30_000,
  tlsMessageBytes: 65_536,
}

const FRAGMENT_BYTES = 1_000
/** Pieces of an EAP packet must fit in a RADIUS packet of 4,096 octets beside everything else. */
const FRAGMENT_BYTES_MAX = 3_000
/** RFC 2865 §5.12: no link is narrower. */
const FRAMED_MTU_MIN = 64
/** What a link adds to an EAP packet, such as EAPOL's header. */
const LINK_BYTES = 4
const STATE_BYTES = 16

/** One peer on its way in. */
class Dialogue<A> implements Conversation {
  readonly nas: string
  readonly startedAt: number
  readonly exchange: Exchange
  /** Of the Request that is out. */
  expectedId = 0
  rounds = 0
  context: unknown
  /** Whose proof was last asked for, and by what method. */
  applicant: { identity: string; method: string } | undefined
  granted: { identity: string; method: string; value: A } | undefined
  readonly #backend: EapBackend<A>

  constructor(nas: string, startedAt: number, methods: Methods, backend: EapBackend<A>) {
    this.nas = nas
    this.startedAt = startedAt
    this.#backend = backend
    this.exchange = new Exchange(methods.create((identity, method) => this.#nominate(identity, method)))
  }

  destroy(): void {
    this.exchange.destroy()
  }

  #nominate(identity: string, method: string): Candidate {
    this.applicant = { identity, method }
    return {
      identity,
      password: () => this.#backend.password(identity, method, this.context),
      admit: (certificate) => this.#admit(identity, method, certificate),
    }
  }

  #admit(identity: string, method: string, certificate: EapCertificate | undefined): ReturnType<Candidate['admit']> {
    const decision = this.#backend.authorize(identity, {
      method,
      outerIdentity: this.exchange.identity ?? '',
      ...(certificate && { certificate }),
      device: this.context,
    })
    if (decision.ok) this.granted = { identity, method, value: decision.value }
    return decision
  }
}

class Server<A> implements EapServer<A> {
  readonly #options: EapServerOptions<A>
  readonly #limits: EapLimits
  readonly #methods: Methods
  readonly #conversations: Conversations<Dialogue<A>>
  readonly #fragmentBytes: number

  constructor(options: EapServerOptions<A>) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#fragmentBytes = options.fragmentBytes ?? FRAGMENT_BYTES
    if (this.#fragmentBytes < FRAMED_MTU_MIN || this.#fragmentBytes > FRAGMENT_BYTES_MAX) {
      throw new RangeError(`fragmentBytes is ${this.#fragmentBytes}`)
    }
    this.#methods = new Methods(options, this.#limits)
    const { clock, randomBytes } = options
    this.#conversations = new Conversations({ ...this.#limits, clock, randomBytes })
  }

  handle(request: EapRequest): EapOutcome<A> {
    if (request.eap.length === 0) return this.#askIdentity()
    const packet = parseEap(request.eap)
    if (typeof packet === 'string') return { kind: 'drop', reason: `malformed: ${packet}` }
    if (packet.code !== eapCode.response) return { kind: 'drop', reason: 'not-a-response' }
    const dialogue = request.state && this.#conversations.find(request.state, request.nas)
    // A peer that starts over may come with the State of what it left.
    if (packet.type === eapType.identity) return this.#begin(request, packet)
    if (dialogue === undefined || request.state === undefined) {
      return { kind: 'reject', eap: encodeFailure(packet.id), reason: 'unknown-state' }
    }
    // Of an earlier round, or never asked for: the right answer may still come (RFC 3748 §4.1).
    if (packet.id !== dialogue.expectedId) return { kind: 'drop', reason: 'unexpected-identifier' }
    this.#conversations.take(request.state)
    return this.#advance(dialogue, request, packet)
  }

  setTls(tls: EapTls): void {
    this.#methods.setTls(tls)
  }
  sweep(): void {
    this.#conversations.sweep()
  }
  open(): number {
    return this.#conversations.size
  }
  close(): void {
    this.#conversations.clear()
    this.#methods.close()
  }

  /** EAP-Start: nothing is kept, for whoever answers begins with the answer. */
  #askIdentity(): EapOutcome<A> {
    const eap = encodeEap(eapCode.request, 0, eapType.identity, Buffer.alloc(0))
    return { kind: 'challenge', eap, state: this.#options.randomBytes(STATE_BYTES) }
  }

  #begin(request: EapRequest, packet: EapPacket): EapOutcome<A> {
    const { backend, clock } = this.#options
    this.#conversations.sweep()
    return this.#advance(new Dialogue(request.nas, clock.now(), this.#methods, backend), request, packet)
  }

  #advance(dialogue: Dialogue<A>, request: EapRequest, packet: EapPacket): EapOutcome<A> {
    dialogue.context = request.context
    dialogue.rounds++
    if (dialogue.rounds > this.#limits.roundsMax) {
      return this.#conclude(dialogue, packet.id, { kind: 'failure', reason: 'too-many-rounds' })
    }
    try {
      const step = dialogue.exchange.respond(packet.type, packet.data, this.#round(packet.id, request.framedMtu))
      return this.#conclude(dialogue, packet.id, step)
    } catch (error) {
      dialogue.destroy()
      throw error
    }
  }

  #round(id: number, framedMtu: number | undefined): Round {
    const linkMax = framedMtu === undefined ? FRAGMENT_BYTES_MAX : Math.max(framedMtu, FRAMED_MTU_MIN) - LINK_BYTES
    const dataMax = Math.min(this.#fragmentBytes, linkMax) - EAP_HEADER_BYTES - 1
    return { id, nextId: (id + 1) & 0xff, dataMax }
  }

  #conclude(dialogue: Dialogue<A>, id: number, step: ExchangeStep): EapOutcome<A> {
    if (step.kind === 'request') {
      dialogue.expectedId = (id + 1) & 0xff
      const eap = encodeEap(eapCode.request, dialogue.expectedId, step.type, step.data)
      return { kind: 'challenge', eap, state: this.#conversations.park(dialogue) }
    }
    dialogue.destroy()
    const { granted, applicant, exchange } = dialogue
    const outerIdentity = exchange.identity
    if (step.kind === 'failure' || granted === undefined || outerIdentity === undefined) {
      const reason = step.kind === 'failure' ? step.reason : 'not-authorized'
      return { kind: 'reject', eap: encodeFailure(id), ...applicant, reason }
    }
    const keys = step.msk && { recv: step.msk.subarray(0, 32), send: step.msk.subarray(32, 64) }
    return { kind: 'accept', eap: encodeSuccess(id), ...granted, outerIdentity, ...(keys && { keys }) }
  }
}

/** Throws when the options contradict each other or the TLS files are no good: at start, not at the first login. */
export const createEapServer = <A>(options: EapServerOptions<A>): EapServer<A> => new Server(options)
