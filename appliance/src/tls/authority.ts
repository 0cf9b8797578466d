/** Makes certificates. Loaded when one has to be made, which is on first start, on renewal, and for `tls issue`. */
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import type { Random } from '@lango/kernel'

/** ECDSA P-256: what every supplicant knows, and the quickest to sign with. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** RFC 5280 §4.2.1.12. */
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }

/** Private key (PKCS#8) and certificate as PEM. */
export type Credential = { readonly keyPem: string; readonly certPem: string }

/** From and to, epoch ms. */
export type Validity = { readonly notBefore: number; readonly notAfter: number }

const datesOf = ({ notBefore, notAfter }: Validity) => ({
  notBefore: new Date(notBefore),
  notAfter: new Date(notAfter),
})

/** Positive and of 16 octets, whose first is never zero (RFC 5280 §4.1.2.2). */
const newSerial = (random: Random): string => {
  const octets = random.bytes(16)
  octets[0] = (octets[0]! & 0x3f) | 0x40
  return octets.toString('hex')
}

const pemOf = async (privateKey: CryptoKey): Promise<string> =>
  `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')}\n`

const credentialOf = async (privateKey: CryptoKey, certificate: x509.X509Certificate): Promise<Credential> => ({
  keyPem: await pemOf(privateKey),
  certPem: `${certificate.toString('pem')}\n`,
})

export const makeAuthority = async (name: string, validity: Validity, random: Random): Promise<Credential> => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(random),
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: algorithm,
    ...datesOf(validity),
    extensions: [
      // It signs what ends a chain, and no other authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return credentialOf(keys.privateKey, certificate)
}

/** A new key, and what asks an authority of others to sign it for these names (PKCS#10, DER). */
export const makeRequest = async (
  names: readonly string[],
): Promise<{ readonly keyPem: string; readonly csr: Buffer }> => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const alternative = names.map((value) => ({ type: 'dns' as const, value }))
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(alternative)],
  })
  return { keyPem: await pemOf(keys.privateKey), csr: Buffer.from(csr.rawData) }
}

export type Leaf = {
  readonly purpose: keyof typeof purposes
  readonly commonName: string
  readonly names: x509.JsonGeneralNames
  readonly validity: Validity
}

export const makeLeaf = async (authority: Credential, leaf: Leaf, random: Random): Promise<Credential> => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const issuer = new x509.X509Certificate(authority.certPem)
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(authority.keyPem),
    algorithm,
    false,
    ['sign'],
  )
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(random),
    subject: [{ CN: [leaf.commonName] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    ...datesOf(leaf.validity),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([purposes[leaf.purpose]]),
      new x509.SubjectAlternativeNameExtension(leaf.names),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return credentialOf(keys.privateKey, certificate)
}
