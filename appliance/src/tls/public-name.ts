/** The name by which anybody's phone believes the box over https. RFC 8908 and 8910 need one. */
import { X509Certificate } from 'node:crypto'
import { err, ok, type Result } from '@lango/kernel'
import type { BoxTls } from './load.ts'

export type PublicName = {
  readonly name: string
  /** Where phones may ask whether the certificate was revoked, before they log in. */
  readonly revocationHosts: readonly string[]
}

/** `box`: no phone knows the box's own authority. `unnamed`: the certificate has no name that is known everywhere. */
export type NoPublicName = 'box' | 'self-signed' | 'unnamed'
type NameFault = { readonly type: 'NameNotPublic'; readonly why: NoPublicName }

const none = (why: NoPublicName): Result<never, NameFault> => err({ type: 'NameNotPublic', why })

/** RFC 6761, 6762, 7686, 8375 and 9476, and what people call networks of their own: no authority signs these. */
const HERE_ONLY = ['local', 'localhost', 'internal', 'home.arpa', 'onion', 'alt', 'invalid', 'lan', 'home', 'corp']
const NAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/

const isPublic = (name: string): boolean => NAME.test(name) && !HERE_ONLY.some((end) => name.endsWith(`.${end}`))

const namesIn = ({ subjectAltName = '' }: X509Certificate): readonly string[] =>
  subjectAltName.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))

const revocationHostsIn = ({ infoAccess = '' }: X509Certificate): readonly string[] =>
  [...infoAccess.matchAll(/^OCSP - URI:(\S+)$/gm)].flatMap(([, address]) => URL.parse(address!)?.hostname ?? [])

/** A name that browsers open the desk by comes first: with a certificate for `*.isp.example` it is the only one. */
export const publicNameOf = (
  { isOwn, serverCertPem, caCertPem }: Pick<BoxTls, 'isOwn' | 'serverCertPem' | 'caCertPem'>,
  webNames: readonly string[],
): Result<PublicName, NameFault> => {
  const certificate = new X509Certificate(serverCertPem)
  if (!isOwn || certificate.checkIssued(new X509Certificate(caCertPem))) return none('box')
  if (certificate.checkIssued(certificate)) return none('self-signed')
  const told = webNames.filter((name) => certificate.checkHost(name) !== undefined)
  const name = [...told, ...namesIn(certificate)].find(isPublic)
  return name === undefined ? none('unnamed') : ok({ name, revocationHosts: revocationHostsIn(certificate) })
}
