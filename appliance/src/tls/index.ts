export { issueClient } from './issue.ts'
export { loadTls, readPair, useOwnCertificate, type BoxTls, type TlsFault } from './load.ts'
