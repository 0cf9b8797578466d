/** A server is known by a certificate that was told by its hash, where no public authority knows it. */
import { createHash, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'

const HTTPS_PORT = 443
/** Certificates of a chain that are looked at. */
const CHAIN_MAX = 10

export class WrongCertificate extends Error {
  override readonly name = 'WrongCertificate'
  constructor() {
    super('the storage shows another certificate than the one that its address names behind #sha256:')
  }
}

/** What OpenSSL calls a chain that does not end in what is believed (`X509_V_ERR_…`). */
export const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_REJECTED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

type Waiting = { readonly silenceMs: number; readonly signal: AbortSignal }

/**
 * The certificate of that hash, as PEM, out of what the server shows. Nothing is sent to it meanwhile: whether it has
 * the keys that go with it is seen when the chain is verified with this certificate as its end.
 */
export const pinnedAuthority = (base: URL, pinSha256: string, { silenceMs, signal }: Waiting): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const host = base.hostname.replaceAll(/^\[|\]$/g, '')
  const port = base.port === '' ? HTTPS_PORT : Number(base.port)
  const socket = connect({ host, port, servername: isIP(host) === 0 ? host : '', rejectUnauthorized: false })
  const stop = () => socket.destroy(new Error('it was told to stop'))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  socket.setTimeout(silenceMs, () => socket.destroy(new Error(`it was silent for ${silenceMs} ms`)))
  socket.once('secureConnect', () => {
    const found = inChain(socket.getPeerCertificate(true), pinSha256)
    if (found === undefined) reject(new WrongCertificate())
    else resolve(new X509Certificate(found).toString())
    socket.destroy()
  })
  socket.once('error', reject)
  socket.once('close', () => {
    signal.removeEventListener('abort', stop)
    reject(new Error('it closed the line'))
  })
  return promise
}

const inChain = (leaf: DetailedPeerCertificate, pinSha256: string): Buffer | undefined => {
  let at: DetailedPeerCertificate | undefined = leaf
  for (let depth = 0; at?.raw !== undefined && depth < CHAIN_MAX; depth++) {
    if (createHash('sha256').update(at.raw).digest('hex') === pinSha256) return at.raw
    at = at.issuerCertificate
  }
  return undefined
}
