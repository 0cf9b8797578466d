/**
 * An EAP server without sockets and without business: EAP-Message octets in, an outcome out.
 *
 *     const server = createEapServer({ backend, tls, methods: ['peap', 'ttls', 'tls'], … })
 *     const outcome = server.handle({ eap, state, nas: 'router-7', framedMtu })
 */
export { readCertificate } from './certificate.ts'
export { createEapServer } from './server.ts'
export type {
  EapBackend,
  EapCertificate,
  EapDecision,
  EapLimits,
  EapMethod,
  EapOutcome,
  EapProof,
  EapRequest,
  EapServer,
  EapServerOptions,
  EapTls,
  InnerMethod,
} from './types.ts'
