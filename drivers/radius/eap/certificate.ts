import type { X509Certificate } from 'node:crypto'
import type { EapCertificate } from './types.ts'

/** The kinds of a subjectAltName that name a person or a device, best first. */
const kinds = ['email', 'othername:UPN', 'DNS', 'URI']

/** One entry as Node prints it: a value with odd characters is a JSON string, so that none can fake another entry. */
const entry = /(othername:\w+|[\w ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy

function alternativeNames(san: string): string[] {
  const entries = [...san.matchAll(entry)].map(([, kind = '', value = '']) => ({
    kind,
    name: value.startsWith('"') ? String(JSON.parse(value)) : value,
  }))
  return kinds.flatMap((wanted) => entries.filter(({ kind }) => kind === wanted).map(({ name }) => name))
}

export function readCertificate(certificate: X509Certificate): EapCertificate {
  const san = certificate.subjectAltName ?? ''
  const commonNames = [certificate.toLegacyObject().subject?.CN ?? []].flat()
  return {
    subject: certificate.subject,
    san,
    names: [...new Set([...alternativeNames(san), ...commonNames])].filter((name) => name !== ''),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
  }
}
