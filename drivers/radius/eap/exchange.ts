import { isUtf8 } from 'node:buffer'
import { eapType } from './packet.ts'
import type { Method, MethodStep, Round } from './methods/method.ts'

/** A Response's type-data as identity: exact octets, so that `alice\0` is not `alice`. Undefined: no name at all. */
export function readIdentity(data: Buffer): string | undefined {
  return data.length <= IDENTITY_BYTES_MAX && isUtf8(data) ? data.toString('utf8') : undefined
}

/** What fits in a User-Name, so that outside and inside mean the same (RFC 7542 §2.3). */
const IDENTITY_BYTES_MAX = 253

export type MethodFactory = { readonly type: number; create(identity: string): Method }

export type ExchangeStep = { kind: 'request'; type: number; data: Buffer } | Exclude<MethodStep, { kind: 'request' }>

const failed = (reason: string): ExchangeStep => ({ kind: 'failure', reason })

/**
 * One EAP dialogue from Identity to its end, inside a tunnel or out: identity, an offer, at most one Nak, then the
 * method. A Response of any other type than the one asked for ends it, so that no state can be skipped.
 */
export class Exchange {
  readonly #methods: readonly MethodFactory[]
  #identity: string | undefined
  #method: Method | undefined
  #isNakAllowed = true

  /** @param methods What may be used; the first is offered. */
  constructor(methods: readonly MethodFactory[]) {
    this.#methods = methods
  }

  /** What the peer calls itself: proves nothing. */
  get identity(): string | undefined {
    return this.#identity
  }

  respond(type: number, data: Buffer, round: Round): ExchangeStep {
    if (this.#identity === undefined) return this.#identify(type, data)
    const method = this.#method
    if (method === undefined) return failed('unexpected-type')
    if (type === eapType.nak && this.#isNakAllowed) return this.#offerAnother(method, data)
    if (type !== method.type) return failed('unexpected-type')
    this.#isNakAllowed = false
    return typed(method.respond(data, round), type)
  }

  destroy(): void {
    this.#method?.destroy?.()
  }

  #identify(type: number, data: Buffer): ExchangeStep {
    if (type !== eapType.identity) return failed('unexpected-type')
    this.#identity = readIdentity(data)
    if (this.#identity === undefined) return failed('malformed-identity')
    return this.#offer(this.#methods[0])
  }

  /** The peer names the types it would take, most wanted first (RFC 3748 §5.3.1). */
  #offerAnother(refused: Method, wanted: Buffer): ExchangeStep {
    this.#isNakAllowed = false
    const types = [...wanted].filter((type) => type !== refused.type)
    return this.#offer(types.map((type) => this.#methods.find((method) => method.type === type)).find(Boolean))
  }

  #offer(factory: MethodFactory | undefined): ExchangeStep {
    this.destroy()
    this.#method = undefined
    if (factory === undefined || this.#identity === undefined) return failed('no-common-method')
    this.#method = factory.create(this.#identity)
    return { kind: 'request', type: factory.type, data: this.#method.start() }
  }
}

const typed = (step: MethodStep, type: number): ExchangeStep =>
  step.kind === 'request' ? { kind: 'request', type, data: step.data } : step
