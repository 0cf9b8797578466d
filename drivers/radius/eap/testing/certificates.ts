import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: Uint8Array.of(1, 0, 1), modulusLength: 2048 }

const DAY_MS = 86_400_000
const serverAuth = '1.3.6.1.5.5.7.3.1'
const clientAuth = '1.3.6.1.5.5.7.3.2'

export type Credential = { key: string; cert: string }

type Leaf = {
  name: string
  names?: x509.JsonGeneralNames
  purpose?: 'server' | 'client'
  /** Days from now; default a month, -1 for one that expired yesterday. */
  days?: number
  serial?: string
  algorithm?: 'ecdsa' | 'rsa'
}

const pem = (label: string, der: ArrayBuffer): string => x509.PemConverter.encode(der, label)

/** A throw-away authority for tests. */
export class TestAuthority {
  readonly cert: string
  readonly #root: x509.X509Certificate
  readonly #key: CryptoKey

  private constructor(root: x509.X509Certificate, key: CryptoKey) {
    this.#root = root
    this.#key = key
    this.cert = root.toString('pem')
  }

  static async create(name: string): Promise<TestAuthority> {
    const keys = await crypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [name] }],
      keys,
      signingAlgorithm: ecdsa,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + 90 * DAY_MS),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    return new TestAuthority(root, keys.privateKey)
  }

  async issue({
    name,
    names = [],
    purpose = 'client',
    days = 30,
    serial,
    algorithm = 'ecdsa',
  }: Leaf): Promise<Credential> {
    const keys = await crypto.subtle.generateKey(algorithm === 'rsa' ? rsa : ecdsa, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.create({
      ...(serial && { serialNumber: serial }),
      subject: [{ CN: [name] }],
      issuer: this.#root.subject,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ecdsa,
      notBefore: new Date(Date.now() - 2 * DAY_MS),
      notAfter: new Date(Date.now() + days * DAY_MS),
      extensions: [
        new x509.ExtendedKeyUsageExtension([purpose === 'server' ? serverAuth : clientAuth]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#root),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    })
    const key = pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey))
    return { key, cert: certificate.toString('pem') }
  }

  async revoke(...serials: string[]): Promise<string> {
    const list = await x509.X509CrlGenerator.create({
      issuer: this.#root.subject,
      thisUpdate: new Date(Date.now() - DAY_MS),
      nextUpdate: new Date(Date.now() + DAY_MS),
      signingKey: this.#key,
      signingAlgorithm: ecdsa,
      entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date() })),
    })
    return pem('X509 CRL', list.rawData)
  }
}
