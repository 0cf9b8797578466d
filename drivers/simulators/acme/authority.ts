/** The authority behind the ACME simulator: its own root, the server's certificate, and what it signs of others. */
import 'reflect-metadata'
import { randomBytes } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000
/** RFC 5280 section 4.2.1.6. */
const ALTERNATIVE_NAMES = '2.5.29.17'

const serial = (): string => `40${randomBytes(15).toString('hex')}`

export type Authority = {
  /** Whom to trust, PEM. */
  readonly caPem: string
  /** The server's own, for localhost and 127.0.0.1. */
  readonly tls: { readonly key: string; readonly cert: string }
  /** The names that a request is for; undefined for one that has not been signed by its key. */
  readonly namesIn: (csr: Buffer) => Promise<readonly string[] | undefined>
  /** PEM chain; dates from `now`. */
  readonly sign: (csr: Buffer, now: number) => Promise<string>
}

const namesOf = (request: x509.Pkcs10CertificateRequest): x509.JsonGeneralNames => {
  const found = request.getExtension(ALTERNATIVE_NAMES)
  return found instanceof x509.SubjectAlternativeNameExtension ? found.names.toJSON() : []
}

export const createAuthority = async (lifeDays: number): Promise<Authority> => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: ['Simulated ACME root'] }],
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 3650 * DAY_MS),
    notAfter: new Date(Date.now() + 3650 * DAY_MS),
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  })
  const issue = (publicKey: x509.PublicKeyType, names: x509.JsonGeneralNames, now: number) =>
    x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: '',
      issuer: root.subjectName,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      // Also good today where the clock is a test's.
      notBefore: new Date(Math.min(now, Date.now()) - DAY_MS),
      notAfter: new Date(now + lifeDays * DAY_MS),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
        new x509.SubjectAlternativeNameExtension(names, true),
      ],
    })
  const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const here = [
    { type: 'dns' as const, value: 'localhost' },
    { type: 'ip' as const, value: '127.0.0.1' },
  ]
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY')
  return {
    caPem: root.toString('pem'),
    tls: { key, cert: (await issue(own.publicKey, here, Date.now())).toString('pem') },
    async namesIn(csr) {
      const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csr))
      const names = namesOf(request)
      return (await request.verify()) ? names.map(({ value }) => value) : undefined
    },
    async sign(csr, now) {
      const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csr))
      const names = namesOf(request)
      const leaf = await issue(await request.publicKey.export(), names, now)
      return `${leaf.toString('pem')}\n${root.toString('pem')}\n`
    },
  }
}
