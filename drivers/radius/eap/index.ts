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
