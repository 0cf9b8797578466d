import { eapType } from '../packet.ts'
import { type Candidate, judge, type Method } from './method.ts'
import { isPassword } from './password.ts'

/** Generic Token Card (RFC 3748 §5.6): a prompt, answered by the password in clear. For use inside a tunnel. */
export function gtcMethod(candidate: Candidate): Method {
  return {
    type: eapType.gtc,
    start: () => Buffer.from('Password'),
    respond(data) {
      const password = candidate.password()
      return judge(candidate, isPassword(data, password), password)
    },
  }
}
