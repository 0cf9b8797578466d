/** What goes back to the NAS for an Access-Request, and what is kept of it: every login ends here, once. */
import {
  AttributeWriter,
  attribute,
  attributes,
  authenticator,
  codes,
  hidePassword,
  hideSalted,
} from '@lango/drivers/radius'
import { HEALTH_ROUTER_NO } from '@lango/modules/access/rules'
import { AcceptWriter, writeReplyMessage } from './accept.ts'
import { refusalAttributes, type KeyHiding, type Proof } from './credentials.ts'
import type { GrantRow } from './decide.ts'
import type { Decision } from './decision-log.ts'
import type { Admitted, Origin } from './gate.ts'
import type { LoginDeps, Request } from './login-handler.ts'
import { meterOf, spelt } from './login-words.ts'
import type { Method } from './methods.ts'
import { reasonWords, type Reason } from './reasons.ts'
import { serialsIn } from './serials.ts'

const CHARGEABLE_USER_IDENTITY = attributes['Chargeable-User-Identity'].number

export type Login = {
  readonly request: Request
  readonly origin: Origin
  readonly startedMs: number
  /** To the router itself, not through it. */
  readonly isAdmin: boolean
  method: Method
}

type AnswerDeps = Pick<LoginDeps, 'gate' | 'clock' | 'state' | 'randomSalt' | 'decided'>

export class LoginAnswers {
  readonly #deps: AnswerDeps
  readonly #writer = new AttributeWriter()
  readonly #accepts = new AcceptWriter()

  constructor(deps: AnswerDeps) {
    this.#deps = deps
  }

  /** One for all answers: it is written and sent before the next one begins. */
  blank(): AttributeWriter {
    return this.#writer.reset()
  }

  /** What the grant is given; what proves the box to the device is still to be added. */
  written(login: Login, grant: GrantRow, admitted: Admitted): AttributeWriter {
    const { request } = login
    const writer = this.blank()
    this.#accepts.write(writer, request.client.data.vendor, grant, admitted)
    writeReplyMessage(writer, reasonWords[admitted.reason].told)
    // RFC 4372 §2.1: a NUL asks for the identity that accounting will carry.
    const asked = attribute(request.packet, CHARGEABLE_USER_IDENTITY)
    if (asked) writer.text(CHARGEABLE_USER_IDENTITY, grant.id)
    return writer
  }

  accept(login: Login, writer: AttributeWriter, grant: GrantRow, admitted: Admitted): void {
    login.request.answer(codes.accessAccept, writer)
    this.#deps.state.count('accepts')
    this.record(login, 'accept', admitted.reason, grant)
  }

  /** A refusal that is not worth keeping. */
  turnAway(login: Login, reason: Reason, proof: Proof): void {
    const { clock, state } = this.#deps
    const writer = this.blank()
    refusalAttributes(writer, proof, false)
    writeReplyMessage(writer, reasonWords[reason].told)
    login.request.answer(codes.accessReject, writer)
    state.count('rejects')
    state.observe('login', Math.round((clock.monotonicMs() - login.startedMs) * 1000))
  }

  reject(login: Login, reason: Reason, grant: GrantRow | undefined, proof: Proof): void {
    this.refuse(login, reason, grant, undefined, (writer) => {
      refusalAttributes(writer, proof, reason === 'suspended')
      return writer
    })
  }

  refuse(
    login: Login,
    reason: Reason,
    grant: GrantRow | undefined,
    identity: string | undefined,
    add: (writer: AttributeWriter) => AttributeWriter,
  ): void {
    const writer = this.blank()
    add(writer)
    writeReplyMessage(writer, reasonWords[reason].told)
    login.request.answer(codes.accessReject, writer)
    this.#deps.state.count('rejects')
    this.record(login, 'reject', reason, grant, identity)
  }

  record(
    login: Login,
    outcome: Decision['outcome'],
    reason: Reason,
    grant: GrantRow | undefined,
    identity = login.origin.userName,
  ): void {
    const { clock, decided, gate, state } = this.#deps
    // The box has asked itself.
    if (login.request.client.data.no === HEALTH_ROUTER_NO) return
    const latencyMicros = Math.round((clock.monotonicMs() - login.startedMs) * 1000)
    // A person's password takes its time, which says nothing about how fast subscribers get in.
    const meter = login.isAdmin ? undefined : meterOf(login.method, reason)
    if (meter) state.observe(meter, latencyMicros)
    // Kept under the subscriber's own login, however the NAS spelt it: so it is found, and so attempts are counted.
    // What had to wait may be the code of a voucher that somebody has paid for.
    const name = grant?.login ?? (reason === 'too-many-guesses' ? gate.loginOf(identity) : identity)
    const typed = login.origin.userName
    decided(
      {
        at: clock.now(),
        outcome,
        reason,
        method: login.method,
        routerNo: login.request.client.data.no,
        grantNo: grant?.no ?? 0,
        latencyMicros,
        login: name,
        device: login.origin.device,
        detail: reason === 'other-serial' ? serialsIn(login.request.packet).join(' ') : spelt(name, typed),
      },
      reason === 'wrong-password' && grant ? login.origin.place : undefined,
    )
  }

  hiding({ packet, client, version }: Request): KeyHiding {
    const ra = authenticator(packet)
    return {
      salted: (key) => hideSalted(key, this.#deps.randomSalt(), ra, client.secret, version),
      asPassword: (keys) => hidePassword(keys, ra, client.secret, version),
    }
  }
}
