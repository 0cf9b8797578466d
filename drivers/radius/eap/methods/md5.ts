import { verifyChap } from '../../crypto/chap.ts'
import { eapType } from '../packet.ts'
import { type Candidate, failure, judge, type Method, NO_PASSWORD } from './method.ts'

const CHALLENGE_BYTES = 16
const DIGEST_BYTES = 16

/** MD5-Challenge (RFC 3748 §5.4): Value-Size(1) Value both ways, then a name nobody needs. The sums are CHAP's. */
export function md5Method(candidate: Candidate, randomBytes: (count: number) => Buffer): Method {
  const challenge = randomBytes(CHALLENGE_BYTES)
  return {
    type: eapType.md5,
    start: () => Buffer.concat([Buffer.of(CHALLENGE_BYTES), challenge]),
    respond(data, { id }) {
      if (data[0] !== DIGEST_BYTES || data.length < 1 + DIGEST_BYTES) return failure('malformed')
      const password = candidate.password()
      const proof = Buffer.concat([Buffer.of(id), data.subarray(1, 1 + DIGEST_BYTES)])
      return judge(candidate, verifyChap(proof, Buffer.from(password ?? NO_PASSWORD), challenge), password)
    },
  }
}
