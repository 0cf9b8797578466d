import type { Tunnel } from '../tls-engine.ts'
import type { Nominate } from './method.ts'
import type { Inner, InnerStep } from './tunneled.ts'

/** One octet of application data: no more handshake messages will follow (RFC 9190 §2.5). */
const PROTECTED_SUCCESS = Buffer.of(0)

/** EAP-TLS: nothing runs inside, the client's certificate is the proof (RFC 5216, RFC 9190). */
export function tlsInner(outerIdentity: string, nominate: Nominate): Inner {
  let isAdmitted = false
  function admit(tunnel: Tunnel): InnerStep {
    const certificate = tunnel.certificate()
    if (certificate === undefined) return { kind: 'failure', reason: 'no-certificate' }
    // The certificate says who this is. The outer identity only chooses among several names in it.
    const identity = certificate.names.find((name) => name === outerIdentity) ?? certificate.names[0]
    if (identity === undefined) return { kind: 'failure', reason: 'certificate-without-name' }
    const admitted = nominate(identity, 'tls').admit(certificate)
    if (!admitted.ok) return { kind: 'failure', reason: admitted.reason }
    isAdmitted = true
    return tunnel.isTls13 ? { kind: 'write', plaintext: PROTECTED_SUCCESS } : { kind: 'success' }
  }
  return {
    open: admit,
    receive: (plaintext) =>
      isAdmitted && plaintext.length === 0 ? { kind: 'success' } : { kind: 'failure', reason: 'unexpected-data' },
  }
}
