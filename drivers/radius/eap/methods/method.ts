import type { EapCertificate } from '../types.ts'

/** One Response's surroundings. */
export type Round = {
  /** Identifier of the Response, which is its Request's. */
  id: number
  /** Identifier of the Request that will follow. */
  nextId: number
  /** Octets of type-data that fit in the next Request. */
  dataMax: number
}

/** The end of a proof by password. */
export type Verdict = { kind: 'success' } | { kind: 'failure'; reason: string }

export type MethodStep =
  | { kind: 'request'; data: Buffer }
  /** The peer is who it says and may be online. `msk`: 64 octets of keying material. */
  | { kind: 'success'; msk?: Buffer }
  | { kind: 'failure'; reason: string }

/** The server's side of one EAP method: fed the type-data of Responses, it yields that of Requests. */
export interface Method {
  readonly type: number
  start(): Buffer
  respond(data: Buffer, round: Round): MethodStep
  destroy?(): void
}

/** Whoever wants in by one method: what the method needs of the backend, and no more. */
export interface Candidate {
  readonly identity: string
  password(): string | undefined
  /** To be called once, after the proof was right: may it be online? A success without it is refused by the server. */
  admit(certificate?: EapCertificate): { ok: true } | { ok: false; reason: string }
}

/** Makes a candidate of an identity and the name of the whole method, such as `peap-mschapv2`. */
export type Nominate = (identity: string, method: string) => Candidate

export const failure = (reason: string): Verdict => ({ kind: 'failure', reason })

/** The end of every method whose proof is a password: nobody without one gets in, even with the right octets. */
export function judge(candidate: Candidate, isRight: boolean, password: string | undefined): Verdict {
  if (password === undefined) return failure('no-password')
  if (!isRight) return failure('bad-password')
  const admitted = candidate.admit()
  return admitted.ok ? { kind: 'success' } : failure(admitted.reason)
}

/** Stands in for a password that does not exist, so that the same sums are done. */
export const NO_PASSWORD = 'no such password'
