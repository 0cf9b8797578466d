/** From an Access-Request to its answer, on one thread. */
import { attribute, attributes, codes, concatAttribute, uint32, type RadiusRequest } from '@lango/drivers/radius'
import type { EapOutcome } from '@lango/drivers/radius/eap'
import type { Clock, Log } from '@lango/kernel'
import { isCodeLogin, isMac, normaliseDevice } from '@lango/modules/access/rules'
import { writePassphrase } from './accept.ts'
import { isTerminalLogin, type AdminDoor } from './admin-login.ts'
import type { RouterFacts } from './clients.ts'
import type { AdminVerdict } from './control-link.ts'
import { isDeviceProof, isProven, proofAttributes, readProof, refusalAttributes, type Proof } from './credentials.ts'
import type { GrantRow } from './decide.ts'
import type { Decision } from './decision-log.ts'
import { KEY_LOST, type Admitted, type Gate, type NotFound, type Origin } from './gate.ts'
import { LoginAnswers, type Login } from './login-answers.ts'
import { eapMethod, eapReason } from './login-words.ts'
import { realmOf } from './names.ts'
import { originOf } from './origin.ts'
import { ADMIN_CLASS } from './readers.ts'
import type { Reason } from './reasons.ts'
import { serialsIn } from './serials.ts'
import type { SharedState } from './shared-state.ts'
import { stationIn, type Station } from './station.ts'
import type { StationAnswer, StationQuestion } from './stations.ts'
import { Strangers } from './strangers.ts'
import { adminAttributes } from './vendors.ts'

const USER_NAME = attributes['User-Name'].number
const CLASS = attributes['Class'].number
const STATE = attributes['State'].number
const FRAMED_MTU = attributes['Framed-MTU'].number
const EAP_MESSAGE = attributes['EAP-Message'].number
const MICROSOFT = 311
/** RFC 3748 §4. */
const EAP_FAILURE = 4

export type Request = RadiusRequest<RouterFacts>

/** What the EAP thread hands back beside the outcome: which grant was admitted, and how. */
export type EapAdmission = { readonly grantLogin: string; readonly place: string; readonly admitted: Admitted }
export type EapAnswer = EapOutcome<EapAdmission>

export type EapQuestion = {
  readonly eap: Uint8Array
  readonly state: Uint8Array | undefined
  readonly nas: string
  readonly framedMtu: number | undefined
  readonly origin: Origin
}

export type LoginDeps = {
  readonly gate: Gate
  readonly clock: Clock
  readonly log: Log
  readonly state: SharedState
  readonly randomSalt: () => number
  readonly eap: (question: EapQuestion) => Promise<EapAnswer>
  /** Whose Wi-Fi passphrase a device has. */
  readonly findStation: (question: StationQuestion) => Promise<StationAnswer>
  /** Writes the business rows of a first use; false when that was refused or the control thread did not answer. */
  readonly firstUse: (grant: GrantRow, device: string, admitted: Admitted) => Promise<boolean>
  /** Lets staff into the router itself. */
  readonly admin: Pick<AdminDoor, 'enter'>
  /** Sends the request on to the realm's home server when there is one; true when it will be answered. */
  readonly proxy: (
    request: Request,
    realm: string,
    done: (outcome: Decision['outcome'], reason: Reason) => void,
  ) => boolean
  readonly decided: (decision: Decision, wrongPasswordAt: string | undefined) => void
}

/** What a login was shown by, and what the access point is to be told. */
type Shown = {
  readonly password: string | undefined
  readonly passphrase: string | typeof KEY_LOST | undefined
}

export class LoginHandler {
  readonly #deps: LoginDeps
  readonly #answers: LoginAnswers
  readonly #strangers: Strangers

  constructor(deps: LoginDeps) {
    this.#deps = deps
    this.#answers = new LoginAnswers(deps)
    this.#strangers = new Strangers(deps.clock.monotonicMs)
  }

  handle(request: Request): void {
    const { state, clock, proxy } = this.#deps
    state.count('accessRequests')
    const isAdmin = isTerminalLogin(request.packet)
    const login: Login = {
      request,
      origin: originOf(request),
      startedMs: clock.monotonicMs(),
      isAdmin,
      method: 'unknown',
    }
    // Before a home server is asked: its subscribers open no router either.
    if (isAdmin) return void this.#admin(login)
    const realm = realmOf(login.origin.userName)
    if (realm !== undefined && proxy(request, realm, (outcome, reason) => this.#proxied(login, outcome, reason))) return
    const eap = concatAttribute(request.packet, EAP_MESSAGE)
    if (eap) void this.#eap(login, eap)
    else this.#plain(login)
  }

  #proxied(login: Login, outcome: Decision['outcome'], reason: Reason): void {
    login.method = 'proxy'
    if (reason === 'proxied') this.#deps.state.count(`${outcome}s`)
    this.#answers.record(login, outcome, reason, undefined)
  }

  async #admin(login: Login): Promise<void> {
    const { request, origin } = login
    const { admin, log } = this.#deps
    try {
      const eap = concatAttribute(request.packet, EAP_MESSAGE)
      const proof: Proof = eap
        ? { method: 'unknown' }
        : readProof(request.packet, request.client.secret, request.version)
      login.method = eap ? 'eap' : proof.method
      const verdict = await admin.enter(request, proof, origin.userName)
      if (verdict.kind === 'admitted') return this.#acceptAdmin(login, verdict)
      this.#answers.refuse(login, verdict.reason, undefined, undefined, (writer) => {
        refusalAttributes(writer, proof, false)
        // RFC 3579 §2.6.3: the answer to EAP carries EAP.
        return eap ? writer.concat(EAP_MESSAGE, Buffer.of(EAP_FAILURE, eap[1] ?? 0, 0, 4)) : writer
      })
    } catch (error) {
      log.error('an admin login failed inside', { error })
      request.ignore()
    }
  }

  #acceptAdmin(login: Login, { rights }: Extract<AdminVerdict, { kind: 'admitted' }>): void {
    const { request } = login
    const writer = this.#answers.blank().append(adminAttributes(request.client.data.vendor, rights))
    request.answer(codes.accessAccept, writer.text(CLASS, ADMIN_CLASS))
    this.#deps.state.count('accepts')
    this.#answers.record(login, 'accept', rights === 'full' ? 'admin-full' : 'admin-read', undefined)
  }

  #plain(login: Login): void {
    const { request, origin } = login
    const { gate } = this.#deps
    const proof = readProof(request.packet, request.client.secret, request.version)
    login.method = proof.method
    const station = stationIn(request.packet, origin)
    const isAsked = isAskedByAddress(login, proof)
    const look = station || isAsked ? 'findKnown' : 'find'
    const grant = gate[look](origin.userName, origin, () => serialsIn(request.packet))
    // Where a passphrase is shown, it tells more than the address.
    if (station && (station.shown || grant === 'unknown-user')) return void this.#station(login, station, proof)
    if (typeof grant === 'string') return this.#notFound(login, grant, proof, isAsked)
    if (gate.isLockedOut(grant, origin.place)) return this.#answers.reject(login, 'locked-out', grant, proof)
    const password = gate.password(grant)
    if (password === KEY_LOST) return this.#answers.reject(login, 'key-lost', grant, proof)
    const shown = isCodeLogin(grant.login) ? codeShown(login, proof, password) : password
    const isDevice = isByDevice(grant, origin.userName, shown)
    const fault = isDevice ? this.#deviceFault(login, proof) : this.#proofFault(login, grant, proof, shown)
    if (fault) return this.#answers.reject(login, fault, grant, proof)
    const passphrase = station && isDevice ? gate.passphrase(grant) : undefined
    this.#admit(login, grant, proof, { password: shown, passphrase })
  }

  /** A device that asks onto a Wi-Fi network by a passphrase of its subscriber's own. */
  async #station(login: Login, station: Station, proof: Proof): Promise<void> {
    const { gate, findStation, log } = this.#deps
    const { request, origin } = login
    if (!isDeviceProof(proof, request.packet, origin.userName))
      return this.#answers.reject(login, 'wrong-password', undefined, proof)
    login.method = 'passphrase'
    try {
      const answer = await findStation({ station, realm: origin.realm })
      if (answer.kind === 'none') return this.#answers.reject(login, answer.reason, undefined, proof)
      const grant = gate.again(answer.login)
      // It may have been taken away meanwhile.
      const passphrase = grant && gate.passphrase(grant)
      if (!grant || passphrase === undefined) return this.#answers.reject(login, 'unknown-station', undefined, proof)
      this.#admit(login, grant, proof, { password: undefined, passphrase })
    } catch (error) {
      log.error('a Wi-Fi login failed inside', { error })
      request.ignore()
    }
  }

  /** Of a device that nobody knows, and whose owner has typed nothing, little is said and kept. */
  #notFound(login: Login, why: NotFound, proof: Proof, isAsked: boolean): void {
    if (!isAsked || why !== 'unknown-user') return this.#answers.reject(login, why, undefined, proof)
    login.method = 'mac'
    const { device, router } = login.origin
    if (this.#strangers.isNews(device, router)) this.#answers.reject(login, 'unknown-device', undefined, proof)
    else this.#answers.turnAway(login, 'unknown-device', proof)
  }

  #deviceFault(login: Login, proof: Proof): Reason | undefined {
    login.method = 'mac'
    return isDeviceProof(proof, login.request.packet, login.origin.userName) ? undefined : 'wrong-password'
  }

  #proofFault(login: Login, grant: GrantRow, proof: Proof, password: string | undefined): Reason | undefined {
    const { packet } = login.request
    // The line proves itself: whether it is this one is decided with the rest.
    if (grant.serialLogin) {
      login.method = 'serial'
      return undefined
    }
    if (password === undefined) return 'wrong-password'
    if (proof.method === 'unknown') return 'no-credential'
    return isProven(proof, password, attribute(packet, USER_NAME) ?? Buffer.alloc(0)) ? undefined : 'wrong-password'
  }

  #admit(login: Login, grant: GrantRow, proof: Proof, { password, passphrase }: Shown): void {
    if (passphrase === KEY_LOST) return this.#answers.reject(login, 'key-lost', grant, proof)
    const admitted = this.#deps.gate.admit(grant, login.origin, () => serialsIn(login.request.packet))
    if (admitted.kind === 'reject') return this.#answers.reject(login, admitted.reason, grant, proof)
    const accept = (): void => {
      const { request } = login
      const writer = this.#answers.written(login, grant, admitted)
      if (password !== undefined) {
        const name = attribute(request.packet, USER_NAME) ?? Buffer.alloc(0)
        proofAttributes(writer, proof, password, name, this.#answers.hiding(request))
      }
      if (passphrase !== undefined) writePassphrase(writer, grant, passphrase, request, this.#deps.randomSalt)
      this.#answers.accept(login, writer, grant, admitted)
    }
    if (admitted.firstUse) void this.#firstUse(login, grant, admitted, accept)
    else accept()
  }

  /** Validity that begins now, or a device that is bound now, is on disk before anyone is let in by it. */
  async #firstUse(login: Login, grant: GrantRow, admitted: Admitted, accept: () => void): Promise<void> {
    const { gate, firstUse, log } = this.#deps
    try {
      if (await firstUse(grant, login.origin.device, admitted)) return accept()
    } catch (error) {
      log.error('a first use could not be recorded', { login: grant.login, error })
    }
    gate.leave(grant, login.origin.place)
    this.#answers.reject(login, 'busy', grant, { method: 'unknown' })
  }

  async #eap(login: Login, eap: Buffer): Promise<void> {
    const { request, origin } = login
    const { log } = this.#deps
    login.method = 'eap'
    try {
      const state = attribute(request.packet, STATE)
      const outcome = await this.#deps.eap({
        // Views of the datagram's block: a message would clone the whole of it.
        eap: Uint8Array.from(eap),
        state: state && Uint8Array.from(state),
        nas: `${request.client.data.no}/${request.address}`,
        framedMtu: uint32(request.packet, FRAMED_MTU),
        origin: { ...origin, serials: serialsIn(request.packet) },
      })
      await this.#answerEap(login, outcome)
    } catch (error) {
      log.error('an EAP conversation failed inside', { error })
      request.ignore()
    }
  }

  async #answerEap(login: Login, outcome: EapAnswer): Promise<void> {
    const { request } = login
    if (outcome.kind === 'drop') return request.ignore()
    if (outcome.kind === 'challenge') {
      const writer = this.#answers.blank().concat(EAP_MESSAGE, outcome.eap).octets(STATE, outcome.state)
      this.#deps.state.count('challenges')
      return request.answer(codes.accessChallenge, writer)
    }
    const method = outcome.method === undefined ? 'eap' : eapMethod(outcome.method)
    login.method = method
    if (outcome.kind === 'reject') {
      const found = this.#deps.gate.find(outcome.identity ?? login.origin.userName, login.origin)
      const grant = typeof found === 'string' ? undefined : found
      return this.#answers.refuse(login, eapReason(outcome.reason), grant, outcome.identity, (writer) =>
        writer.concat(EAP_MESSAGE, outcome.eap),
      )
    }
    await this.#acceptEap(login, outcome)
  }

  async #acceptEap(login: Login, outcome: Extract<EapAnswer, { kind: 'accept' }>): Promise<void> {
    const { gate } = this.#deps
    const { request } = login
    const { admitted, grantLogin } = outcome.value
    const grant = gate.again(grantLogin)
    if (!grant) return this.#answers.refuse(login, 'unknown-user', undefined, outcome.identity, (w) => w)
    const accept = (): void => {
      const writer = this.#answers.written(login, grant, admitted).concat(EAP_MESSAGE, outcome.eap)
      // Session, limits and bill follow the identity inside: the NAS repeats this name in accounting (RFC 2865 §5.1).
      writer.text(USER_NAME, outcome.identity)
      if (outcome.keys) {
        const { salted } = this.#answers.hiding(request)
        writer.vendor(MICROSOFT, 17, salted(Buffer.from(outcome.keys.recv)))
        writer.vendor(MICROSOFT, 16, salted(Buffer.from(outcome.keys.send)))
      }
      this.#answers.accept(login, writer, grant, admitted)
    }
    if (admitted.firstUse) await this.#firstUse(login, grant, admitted, accept)
    else accept()
  }
}

/**
 * What a voucher was shown by: who types its code as the name may repeat it as the password or leave that empty, as the
 * router's page has it. The code itself when none of these was shown, which then is a wrong password.
 */
const codeShown = ({ request, origin }: Login, proof: Proof, code: string | undefined): string | undefined => {
  const name = attribute(request.packet, USER_NAME) ?? Buffer.alloc(0)
  return [code, origin.userName, ''].find((text) => text !== undefined && isProven(proof, text, name)) ?? code
}

/** The router asks for the device itself: nobody has typed anything, so nothing of it is a guess at a code. */
const isAskedByAddress = ({ request, origin }: Login, proof: Proof): boolean =>
  isMac(origin.device) &&
  normaliseDevice(origin.userName) === origin.device &&
  isDeviceProof(proof, request.packet, origin.userName)

/** A subscriber may have both a password and a device: then the name tells which of the two is shown. */
const isByDevice = ({ macLogin, login }: GrantRow, userName: string, password: string | undefined): boolean =>
  macLogin !== null && normaliseDevice(userName) === macLogin && (password === undefined || userName !== login)
