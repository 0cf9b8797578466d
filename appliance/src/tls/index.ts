export { issueClient } from './issue.ts'
export {
  certificateEnds,
  loadTls,
  readPair,
  useOwnCertificate,
  type BoxTls,
  type CertificateEnd,
  type TlsFiles,
  type TlsFault,
} from './load.ts'
