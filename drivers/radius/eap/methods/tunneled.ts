import { TlsFraming } from '../tls-framing.ts'
import type { TlsEngine, Tunnel } from '../tls-engine.ts'
import { failure, type Method, type MethodStep, type Round } from './method.ts'

export type InnerStep =
  | { kind: 'write'; plaintext: Buffer }
  /** Nothing to say: the peer's turn. */
  | { kind: 'wait' }
  | { kind: 'success' }
  | { kind: 'failure'; reason: string }

/** What TLS, PEAP and TTLS do once the handshake is over. */
export interface Inner {
  /** Called when the server may speak first. In TLS 1.2 that is after the peer acknowledged the server's Finished. */
  open(tunnel: Tunnel, round: Round): InnerStep
  /** The peer's answer, decrypted; empty when it only acknowledged. */
  receive(plaintext: Buffer, tunnel: Tunnel, round: Round): InnerStep
  destroy?(): void
}

export type TunneledOptions = {
  type: number
  engine: TlsEngine
  inner: Inner
  /** Exporter label of the keys before TLS 1.3. */
  keyLabel: string
  messageBytesMax: number
}

/** A TLS-based method: fragments, the handshake, then whatever the inner protocol does. */
export class Tunneled implements Method {
  readonly type: number
  readonly #options: TunneledOptions
  readonly #framing: TlsFraming
  #tunnel: Tunnel | undefined
  #isOpen = false
  /** Set when all that is left is that the peer acknowledges our alert. */
  #failed: string | undefined

  constructor(options: TunneledOptions) {
    this.type = options.type
    this.#options = options
    this.#framing = new TlsFraming(options.messageBytesMax)
  }

  start(): Buffer {
    return TlsFraming.start()
  }

  respond(data: Buffer, round: Round): MethodStep {
    const received = this.#framing.receive(data, round.dataMax)
    if (received.kind === 'fault') return failure(received.reason)
    if (received.kind === 'request') return received
    if (this.#failed !== undefined) return failure(this.#failed)
    // The engine starts with the peer's first message: conversations that never get there cost next to nothing.
    this.#tunnel ??= this.#options.engine.connect()
    return this.#advance(this.#tunnel, received.message, round)
  }

  destroy(): void {
    this.#tunnel?.destroy()
    this.#options.inner.destroy?.()
  }

  #advance(tunnel: Tunnel, message: Buffer, round: Round): MethodStep {
    const wasSecure = tunnel.isSecure
    tunnel.feed(message)
    if (tunnel.failure !== undefined) return this.#refuse(tunnel, tunnel.failure, round)
    if (!tunnel.isSecure) return this.#flight(tunnel, round)
    // TLS 1.2 ends with the server's Finished, which the peer has to see before anything else.
    if (!wasSecure && !tunnel.isTls13) return this.#flight(tunnel, round)
    const step = this.#innerStep(tunnel, round)
    if (step.kind === 'failure') return step
    if (step.kind === 'success') return { kind: 'success', msk: tunnel.exportMsk(this.type, this.#options.keyLabel) }
    if (step.kind === 'write') tunnel.write(step.plaintext)
    return this.#flight(tunnel, round)
  }

  #innerStep(tunnel: Tunnel, round: Round): InnerStep {
    const plaintext = tunnel.takePlaintext()
    // A peer may speak first, even in the message that ends the handshake (RFC 5281 §7.3).
    if (this.#isOpen || plaintext.length > 0) {
      this.#isOpen = true
      return this.#options.inner.receive(plaintext, tunnel, round)
    }
    this.#isOpen = true
    return this.#options.inner.open(tunnel, round)
  }

  #flight(tunnel: Tunnel, { dataMax }: Round): MethodStep {
    return { kind: 'request', data: this.#framing.send(tunnel.takeOutgoing(), dataMax) }
  }

  /** An alert is delivered before the failure, so that the peer can tell its user why (RFC 5216 §2.1.3). */
  #refuse(tunnel: Tunnel, reason: string, round: Round): MethodStep {
    const alert = tunnel.takeOutgoing()
    if (alert.length === 0 || tunnel.isSecure) return failure(reason)
    this.#failed = reason
    return { kind: 'request', data: this.#framing.send(alert, round.dataMax) }
  }
}
