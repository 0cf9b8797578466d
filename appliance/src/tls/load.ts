/**
 * The box's certificates for EAP and RadSec. On first start it makes an authority and a server certificate of its own;
 * the owner may put others in their place. All of it lies in the data folder's `tls/`, mode 0600.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { err, ok, type Random, type Result, writeDurably } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import { RELEASED_AT } from '../site.ts'
import type { Credential, Validity } from './authority.ts'

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
const AUTHORITY_YEARS = 20
const SERVER_YEARS = 2
/** A server certificate is renewed this long before its end. */
const RENEW_AHEAD_MS = 30 * DAY_MS
/** Supplicants whose clocks are a little behind believe a new certificate too. */
const BACKDATED_MS = DAY_MS
/** The name that supplicants can be told to expect, whatever the box is called. */
const FIXED_NAME = 'lango.local'

export type TlsFault =
  | { readonly type: 'TlsUnreadable'; readonly file: string; readonly cause: string }
  | { readonly type: 'TlsUnwritable'; readonly file: string; readonly cause: string }
  /** The key is not that of the certificate. */
  | { readonly type: 'TlsMismatch'; readonly cert: string; readonly key: string }
  /** No box has been started on the folder yet. */
  | { readonly type: 'TlsMissing'; readonly dir: string }
  /** Not before `at` (epoch ms) or not after it. */
  | { readonly type: 'TlsOutOfDate'; readonly cert: string; readonly at: number }
  | { readonly type: 'NameUnfit'; readonly name: string }
  | { readonly type: 'FileExists'; readonly file: string }

export type TlsFolder = Pick<DataFolder, 'tlsDir'>
export type TlsClock = {
  readonly now: () => number
  /** Whether the clock is to be trusted: if not, nothing is renewed, and what is made is dated from the release. */
  readonly sure: boolean
  readonly random: Random
}

/** PEM: a key, its certificate chain, and the authority whose client certificates are trusted. */
export type TlsFiles = { readonly key: string; readonly cert: string; readonly ca: readonly string[] }

export type BoxTls = {
  /** What the EAP server and RadSec are given. */
  readonly eap: TlsFiles
  /** What browsers and other boxes are given: with the box's own authority behind it, so that it can be known by that. */
  readonly web: Pick<TlsFiles, 'key' | 'cert'>
  /** The box's own authority: what `tls show` prints and what clients are issued by. */
  readonly caCertPem: string
  readonly serverCertPem: string
  /** The owner's certificate is in use, not the box's. */
  readonly isOwn: boolean
  /** When the server certificate ends, epoch ms. */
  readonly notAfter: number
  /** A certificate was made just now. */
  readonly isNew: boolean
}

/** What browsers and supplicants call the box. */
export type BoxNames = {
  readonly hostName: string
  /** By which the desk is opened besides. */
  readonly webNames?: readonly string[] | undefined
}

type PairName = 'ca' | 'server' | 'own'

/** Key and certificates together in one file: a power cut leaves the old pair or the new one, never half of each. */
const pairFile = ({ tlsDir }: TlsFolder, name: PairName): string => join(tlsDir, `${name}.pem`)
const clientCaFile = ({ tlsDir }: TlsFolder): string => join(tlsDir, 'own-client-ca.pem')

/** Reads the certificates, makes those that are missing, renews what is about to end. Ask again once a day. */
export const loadTls = async (folder: TlsFolder, clock: TlsClock & BoxNames): Promise<Result<BoxTls, TlsFault>> => {
  try {
    return await load(folder, clock)
  } catch (error) {
    return err(unwritable(folder, error))
  }
}

const unwritable = (folder: TlsFolder, error: unknown): TlsFault => {
  const { code, message, path } = error as NodeJS.ErrnoException
  return { type: 'TlsUnwritable', file: path ?? folder.tlsDir, cause: code ?? message }
}

/** Makes a new server certificate by the box's own authority, before the old one's time. */
export const renewServer = async (
  folder: TlsFolder,
  clock: TlsClock & BoxNames,
): Promise<Result<Credential, TlsFault | { readonly type: 'ClockUnsure' }>> => {
  if (!clock.sure) return err({ type: 'ClockUnsure' })
  const authority = readPair(folder, 'ca')
  if (!authority.ok) return authority
  if (authority.value === undefined) return err({ type: 'TlsMissing', dir: folder.tlsDir })
  try {
    return ok(await newServer(folder, authority.value, clock))
  } catch (error) {
    return err(unwritable(folder, error))
  }
}

const load = async (folder: TlsFolder, clock: TlsClock & BoxNames): Promise<Result<BoxTls, TlsFault>> => {
  const found = readPair(folder, 'ca')
  if (!found.ok) return found
  const authority = found.value ?? (await newAuthority(folder, clock))
  const held = readPair(folder, 'server')
  if (!held.ok) return held
  const isDue = held.value === undefined || isRenewalDue(held.value, authority, clock)
  const server = isDue ? await newServer(folder, authority, clock) : held.value
  const own = readPair(folder, 'own')
  if (!own.ok) return own
  const clientCa = readOptional(clientCaFile(folder))
  if (!clientCa.ok) return clientCa
  const used = own.value ?? server
  return ok({
    eap: {
      key: used.keyPem,
      cert: used.certPem,
      ca: [authority.certPem, ...(clientCa.value === undefined ? [] : [clientCa.value])],
    },
    web: { key: used.keyPem, cert: own.value ? used.certPem : `${used.certPem}${authority.certPem}` },
    caCertPem: authority.certPem,
    serverCertPem: used.certPem,
    isOwn: own.value !== undefined,
    notAfter: new X509Certificate(used.certPem).validToDate.getTime(),
    isNew: found.value === undefined || isDue,
  })
}

/** While the clock is unsure only what cannot do without it is made; what then says the wrong day is not renewed. */
const isRenewalDue = (server: Credential, authority: Credential, clock: TlsClock & BoxNames): boolean => {
  const certificate = new X509Certificate(server.certPem)
  // A browser that knows the authority would not believe a name that is not in it.
  if (fitNames(clock.webNames ?? []).some((name) => certificate.checkHost(name) === undefined)) return true
  if (!certificate.checkIssued(new X509Certificate(authority.certPem))) return true
  return clock.sure && clock.now() > certificate.validToDate.getTime() - RENEW_AHEAD_MS
}

/** With an unsure clock a certificate begins with the release, so that it is good once the clock is right. */
export const validityOf = ({ now, sure }: TlsClock, years: number): Validity => {
  const at = Math.max(now(), RELEASED_AT)
  return { notBefore: sure ? at - BACKDATED_MS : RELEASED_AT, notAfter: at + years * YEAR_MS }
}

const newAuthority = async (folder: TlsFolder, clock: TlsClock): Promise<Credential> => {
  const { makeAuthority } = await import('./authority.ts')
  // Two boxes' authorities are told apart by name, since supplicants show nothing else.
  const name = `Lango CA ${clock.random.bytes(4).toString('hex')}`
  return keep(folder, 'ca', await makeAuthority(name, validityOf(clock, AUTHORITY_YEARS), clock.random))
}

const DNS_NAME = /^(?=.{1,64}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/** Those that can stand in a certificate, as common name too (at most 64 characters, RFC 5280 appendix A). */
const fitNames = (names: readonly string[]): string[] =>
  names.filter((name) => DNS_NAME.test(name) && isIP(name) === 0).map((name) => name.toLowerCase())

const newServer = async (folder: TlsFolder, authority: Credential, clock: TlsClock & BoxNames): Promise<Credential> => {
  const { makeLeaf } = await import('./authority.ts')
  const names = [...new Set([...fitNames([clock.hostName, ...(clock.webNames ?? [])]), FIXED_NAME])]
  const made = await makeLeaf(
    authority,
    {
      purpose: 'server',
      commonName: names[0]!,
      names: names.map((value) => ({ type: 'dns', value })),
      validity: validityOf(clock, SERVER_YEARS),
    },
    clock.random,
  )
  return keep(folder, 'server', made)
}

const keep = (folder: TlsFolder, name: PairName, credential: Credential): Credential => {
  writeDurably(pairFile(folder, name), `${credential.keyPem}${credential.certPem}`, 0o600)
  return credential
}

const KEY_BLOCK = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]+-----END \1-----\n?/
const CERTIFICATE_BLOCKS = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g

const keyIn = (pem: string): string => KEY_BLOCK.exec(pem)?.[0] ?? ''
const certificatesIn = (pem: string): string => pem.match(CERTIFICATE_BLOCKS)?.join('') ?? ''

/** A pair that fits together; undefined when there is none. */
export const readPair = (folder: TlsFolder, name: PairName): Result<Credential | undefined, TlsFault> => {
  const file = pairFile(folder, name)
  const pem = readOptional(file)
  if (!pem.ok || pem.value === undefined) return pem as Result<undefined, TlsFault>
  return checkPair(certificatesIn(pem.value), keyIn(pem.value), { cert: file, key: file })
}

/** `notAfter` in epoch ms. */
export type CertificateEnd = { readonly name: 'authority' | 'own' | 'server'; readonly notAfter: number }

/** When the certificates that can be read end. */
export const certificateEnds = (folder: TlsFolder): CertificateEnd[] =>
  (
    [
      ['authority', 'ca'],
      ['own', 'own'],
      ['server', 'server'],
    ] as const
  ).flatMap(([name, pair]) => {
    const read = readPair(folder, pair)
    if (!read.ok || read.value === undefined) return []
    return [{ name, notAfter: new X509Certificate(read.value.certPem).validToDate.getTime() }]
  })

const checkPair = (
  certPem: string,
  keyPem: string,
  files: { readonly cert: string; readonly key: string },
): Result<Credential, TlsFault> => {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(certPem)
  } catch {
    return err({ type: 'TlsUnreadable', file: files.cert, cause: 'it holds no certificate in PEM' })
  }
  try {
    const isOfKey = certificate.checkPrivateKey(createPrivateKey(keyPem))
    return isOfKey ? ok({ certPem, keyPem }) : err({ type: 'TlsMismatch', ...files })
  } catch {
    return err({
      type: 'TlsUnreadable',
      file: files.key,
      cause: 'it holds no private key in PEM, or one under a passphrase',
    })
  }
}

const readOptional = (file: string): Result<string | undefined, TlsFault> => {
  if (!existsSync(file)) return ok(undefined)
  return readPem(file)
}

const readPem = (file: string): Result<string, TlsFault> => {
  try {
    return ok(readFileSync(file, 'utf8'))
  } catch (error) {
    return err({ type: 'TlsUnreadable', file, cause: (error as NodeJS.ErrnoException).code ?? 'unreadable' })
  }
}

export type OwnCertificate = {
  /** PEM: the certificate, then those between it and its authority. */
  readonly certFile: string
  readonly keyFile: string
  /** PEM of authorities whose client certificates are trusted beside the box's own. */
  readonly clientCaFile?: string | undefined
}

/** Puts the owner's certificate in the place of the box's; undefined takes it away again. The box looks by itself. */
export const useOwnCertificate = (
  folder: TlsFolder,
  own: OwnCertificate | undefined,
  { now }: Pick<TlsClock, 'now'>,
): Result<{ readonly notAfter: number } | undefined, TlsFault> => {
  if (own === undefined) {
    for (const file of [pairFile(folder, 'own'), clientCaFile(folder)]) rmSync(file, { force: true })
    return ok(undefined)
  }
  const cert = readPem(own.certFile)
  if (!cert.ok) return cert
  const key = readPem(own.keyFile)
  if (!key.ok) return key
  const clientCa = own.clientCaFile === undefined ? ok(undefined) : readPem(own.clientCaFile)
  if (!clientCa.ok) return clientCa
  const names = { cert: own.certFile, key: own.keyFile, clientCa: own.clientCaFile ?? '' }
  const checked = checkOwn({ certPem: cert.value, keyPem: key.value, clientCaPem: clientCa.value }, names, { now })
  if (!checked.ok) return checked
  keepOwn(folder, checked.value)
  return ok({ notAfter: checked.value.notAfter })
}

/** PEM, as files hold it. */
export type OwnPem = { readonly certPem: string; readonly keyPem: string; readonly clientCaPem?: string | undefined }
type CheckedOwn = Credential & { readonly clientCaPem: string | undefined; readonly notAfter: number }

/** Whether the owner's certificate would serve; `names` is what faults call its parts. */
export const checkOwn = (
  { certPem, keyPem, clientCaPem }: OwnPem,
  names: Readonly<Record<'cert' | 'key' | 'clientCa', string>>,
  { now }: Pick<TlsClock, 'now'>,
): Result<CheckedOwn, TlsFault> => {
  const pair = checkPair(certificatesIn(certPem), keyIn(keyPem), names)
  if (!pair.ok) return pair
  const certificate = new X509Certificate(pair.value.certPem)
  const [from, to] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()]
  if (now() < from || now() >= to) return err({ type: 'TlsOutOfDate', cert: names.cert, at: now() < from ? from : to })
  const clientCa = clientCaPem === undefined ? ok(undefined) : authoritiesIn(clientCaPem, names.clientCa)
  if (!clientCa.ok) return clientCa
  return ok({ ...pair.value, clientCaPem: clientCa.value, notAfter: to })
}

export const keepOwn = (folder: TlsFolder, { clientCaPem, ...pair }: CheckedOwn): void => {
  if (clientCaPem !== undefined) writeDurably(clientCaFile(folder), clientCaPem, 0o600)
  keep(folder, 'own', pair)
}

const authoritiesIn = (pem: string, file: string): Result<string, TlsFault> => {
  const certificates = certificatesIn(pem)
  const isSound = certificates !== '' && certificates.match(CERTIFICATE_BLOCKS)!.every(isCertificate)
  return isSound ? ok(certificates) : err({ type: 'TlsUnreadable', file, cause: 'it holds no certificate in PEM' })
}

const isCertificate = (pem: string): boolean => {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
