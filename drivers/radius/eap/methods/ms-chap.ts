import { authenticatorResponse, mppeKeys, ntHash, verifyMsChap1, verifyMsChap2 } from '../../crypto/mschap.ts'
import { type Candidate, judge, NO_PASSWORD, type Verdict } from './method.ts'

/** RFC 2759 §4; a longer password is good for other methods only. */
const PASSWORD_CHARACTERS_MAX = 256

function passwordOf(candidate: Candidate): { password: string | undefined; hash: Buffer } {
  const known = candidate.password()
  const password = known !== undefined && known.length <= PASSWORD_CHARACTERS_MAX ? known : undefined
  return { password, hash: ntHash(password ?? NO_PASSWORD) }
}

/** MS-CHAP (RFC 2433); `response` is the value of an MS-CHAP-Response. */
export function proveMsChap1(candidate: Candidate, challenge: Buffer, response: Buffer): Verdict {
  const { password, hash } = passwordOf(candidate)
  return judge(candidate, verifyMsChap1(response, challenge, hash), password)
}

export type MsChap2Proved = {
  kind: 'success'
  /** `S=` and 40 digits: the server knows the password too. */
  authenticatorResponse: string
  keys: { send: Buffer; receive: Buffer }
}

/** MS-CHAPv2 (RFC 2759); `response` is the value of an MS-CHAP2-Response, `name` what the peer wrote beside it. */
export function proveMsChap2(
  candidate: Candidate,
  challenge: Buffer,
  response: Buffer,
  name: Buffer,
): MsChap2Proved | { kind: 'failure'; reason: string } {
  const { password, hash } = passwordOf(candidate)
  const isRight = verifyMsChap2(response, challenge, name, hash)
  // A name beside the proof that is not the identity proved by it would be somebody else's (CVE-2012-4741's kind).
  if (!isSameUser(name, candidate.identity)) return { kind: 'failure', reason: 'identity-mismatch' }
  const verdict = judge(candidate, isRight, password)
  if (verdict.kind === 'failure') return verdict
  return {
    kind: 'success',
    authenticatorResponse: authenticatorResponse(response, challenge, name, hash),
    keys: mppeKeys(hash, response.subarray(26, 50)),
  }
}

/** A Windows domain stands before one of the two names at times, and counts in neither (RFC 2759 §4). */
const isSameUser = (name: Buffer, identity: string): boolean =>
  name.equals(Buffer.from(identity)) || withoutDomain(name).equals(withoutDomain(Buffer.from(identity)))

const withoutDomain = (name: Buffer): Buffer => name.subarray(name.lastIndexOf('\\') + 1)
