/**
 * The gate of one thread: finds the grant behind a name, opens its password, and lets it in or not. Used by the
 * fronts for what one packet proves, and by the EAP thread for the identity inside the tunnel.
 */
import type { Clock, Log, Vault } from '@lango/kernel'
import {
  CODE_PURPOSE,
  codeLogin,
  credentialPurpose,
  isCodeLogin,
  isMac,
  normaliseDevice,
  normaliseSerial,
  passphrasePurpose,
  readCode,
} from '@lango/modules/access/rules'
import { GuessGuard } from './guess-guard.ts'
import { decide, type Decided, type GrantRow } from './decide.ts'
import { candidatesOf } from './names.ts'
import type { Readers } from './readers.ts'
import type { Reason } from './reasons.ts'
import { ANONYMOUS_DEVICE, deviceHash, type SlotTable } from './slots.ts'

/** What a login tells about where it comes from, whatever its method. */
export type Origin = {
  readonly userName: string
  readonly realm: string | undefined
  /** The number of the router. */
  readonly router: number
  /** Calling-Station-Id normalised, '' when there is none. */
  readonly device: string
  /** What slots and lockouts tell devices apart by: the device, else the session or port, else '' for nothing. */
  readonly place: string
  /** The ONTs and CPEs it names, for a thread that has not the packet itself. */
  readonly serials?: readonly string[]
}

type SerialsSeen = () => readonly string[]
const none: SerialsSeen = () => []

export type Admitted = Extract<Decided, { kind: 'accept' }>
export type Refused = { readonly kind: 'reject'; readonly reason: Reason }

export type NotFound = 'unknown-user' | 'wrong-realm' | 'too-many-guesses'

/** No password is this: any text may be one. */
export const KEY_LOST: unique symbol = Symbol('key lost')

export class Gate {
  readonly #readers: Readers
  readonly #vault: Vault
  readonly #slots: SlotTable
  readonly #clock: Clock
  readonly #log: Log
  readonly #guesses: GuessGuard

  constructor(deps: { readers: Readers; vault: Vault; slots: SlotTable; clock: Clock; log: Log }) {
    this.#readers = deps.readers
    this.#vault = deps.vault
    this.#slots = deps.slots
    this.#clock = deps.clock
    this.#log = deps.log
    this.#guesses = new GuessGuard(deps.clock.monotonicMs)
  }

  /** The grant a name means at a router of this realm; or why none is looked for. */
  find(
    userName: string,
    origin: Pick<Origin, 'realm' | 'device' | 'router'>,
    serials: SerialsSeen = none,
  ): GrantRow | NotFound {
    const known = this.findKnown(userName, origin, serials)
    return known === 'unknown-user' ? this.#byCode(userName, origin) : known
  }

  /** The same where the name is no voucher's code for sure: an address that looks like one is nobody's guess. */
  findKnown(
    userName: string,
    origin: Pick<Origin, 'realm'>,
    serials: SerialsSeen = none,
  ): GrantRow | Exclude<NotFound, 'too-many-guesses'> {
    const candidates = candidatesOf(userName, origin.realm)
    if (candidates.kind === 'foreign') return 'wrong-realm'
    for (const login of candidates.logins) {
      // Whoever has seen the hash of a code has not seen the code.
      const grant = isCodeLogin(login) ? undefined : this.#readers.grantByLogin(login)
      if (grant) return grant
    }
    const device = normaliseDevice(userName)
    const known = isMac(device) ? this.#readers.grantByDevice(device) : undefined
    return known ?? this.#bySerial(userName, device, serials) ?? 'unknown-user'
  }

  /** A line that logs in by its ONT: what asks there names itself by the device's address or by the serial. */
  #bySerial(userName: string, device: string, serials: SerialsSeen): GrantRow | undefined {
    const seen = serials()
    if (seen.length === 0) return undefined
    if (!isMac(device) && !seen.includes(normaliseSerial(userName))) return undefined
    for (const serial of seen) {
      const grant = this.#readers.grantBySerial(serial)
      if (grant) return grant
    }
    return undefined
  }

  /** What a voucher's login is, or would be if there were one with this code; what is no code is its own. */
  loginOf(typed: string): string {
    const code = readCode(typed)
    return code === undefined ? typed : codeLogin(this.#vault.keyedHash(code, CODE_PURPOSE))
  }

  /** A grant that was found before, by its own login. */
  again(login: string): GrantRow | undefined {
    return this.#readers.grantByLogin(login)
  }

  /** A voucher. Codes in use let their own devices in whatever goes on; the others wait when somebody guesses. */
  #byCode(typed: string, { device, router }: Pick<Origin, 'device' | 'router'>): GrantRow | NotFound {
    const code = readCode(typed)
    if (code === undefined) return 'unknown-user'
    const grant = this.#readers.grantByLogin(codeLogin(this.#vault.keyedHash(code, CODE_PURPOSE)))
    if (grant && grant.firstUsedAt !== null && this.#readers.isKnownDevice(grant.no, device)) return grant
    if (this.#guesses.isBlocked(device)) return 'too-many-guesses'
    const mayTry = this.#guesses.mayTry(router)
    if (!grant) this.#guesses.missed(device, code)
    else if (mayTry || this.#guesses.isUnguessed(code, this.#readers.codesEndingAlike(grant.id))) return grant
    return mayTry ? 'unknown-user' : 'too-many-guesses'
  }

  /** The network password; `KEY_LOST` when the key file no longer has its key, undefined when the grant has none. */
  password(grant: GrantRow): string | typeof KEY_LOST | undefined {
    if (grant.credential === null) return undefined
    const opened = this.#vault.open(grant.credential, credentialPurpose(grant.id))
    if (opened.ok) return opened.value.reveal()
    this.#log.error('a stored password cannot be opened', { login: grant.login, fault: opened.error })
    return KEY_LOST
  }

  /** The Wi-Fi passphrase of a grant that has one of its own. */
  passphrase(grant: GrantRow): string | typeof KEY_LOST | undefined {
    const sealed = this.#readers.passphrase(grant.id)
    if (sealed === undefined) return undefined
    const opened = this.#vault.open(sealed, passphrasePurpose(grant.id))
    if (opened.ok) return opened.value.reveal()
    this.#log.error('a Wi-Fi passphrase cannot be opened', { login: grant.login, fault: opened.error })
    return KEY_LOST
  }

  isLockedOut(grant: GrantRow, place: string): boolean {
    return this.#readers.lockedOut(grant.login, place, grant.no, this.#clock.now())
  }

  /** Everything after the proof; an admission holds a device slot that `leave` gives back if it is not used. */
  admit(
    grant: GrantRow,
    origin: Pick<Origin, 'device' | 'place' | 'router' | 'serials'>,
    serials: SerialsSeen = () => origin.serials ?? [],
  ): Admitted | Refused {
    const now = this.#clock.now()
    const policy = this.#readers.policy(grant.policyId)
    const decided = decide({
      grant,
      policy,
      device: origin.device,
      router: origin.router,
      serials,
      now,
      clockSure: this.#clock.sure(),
      allowance: this.#readers.allowance(grant, policy, now),
      calendar: this.#readers.calendar,
    })
    if (decided.kind === 'reject') return decided
    const nowSec = Math.floor(now / 1000)
    const slot = this.#slots.reserve(grant.no, placeHash(origin.place), decided.policy.deviceLimit, nowSec)
    if (slot === 'reserved') return decided
    return { kind: 'reject', reason: slot === 'full' ? 'device-limit' : 'busy' }
  }

  leave(grant: GrantRow, place: string): void {
    this.#slots.release(grant.no, placeHash(place))
  }
}

const placeHash = (place: string): number => (place === '' ? ANONYMOUS_DEVICE : deviceHash(place))
