export { issueClient } from './issue.ts'
export {
  certificateEnds,
  checkOwn,
  keepOwn,
  loadTls,
  readPair,
  renewServer,
  useOwnCertificate,
  type BoxNames,
  type BoxTls,
  type CertificateEnd,
  type TlsFiles,
  type TlsFault,
} from './load.ts'
