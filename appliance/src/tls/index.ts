export { issueClient } from './issue.ts'
export { publicNameOf, type NoPublicName, type PublicName } from './public-name.ts'
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
  type TlsFolder,
  type TlsFault,
} from './load.ts'
