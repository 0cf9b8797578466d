/** The certificates at the desk: what is in use, one of the owner's own, and a new one of the box's. */
import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { err, ok, type Clock, type Fault, type Random, type Result } from '@lango/kernel'
import { inputInvalid, type Actor } from '@lango/kernel/verbs'
import type { certificateChanged } from '@lango/modules/settings'
import {
  checkOwn,
  keepOwn,
  loadTls,
  readPair,
  renewServer,
  useOwnCertificate,
  type BoxNames,
  type BoxTls,
} from './tls/index.ts'
import type { DataFolder } from './data-folder.ts'

export type ShownCertificate = {
  readonly subject: string
  readonly issuer: string
  /** `DNS:pop-kisumu, DNS:lango.local` */
  readonly names: string
  readonly notBefore: number
  readonly notAfter: number
  /** SHA-256 in hex, octets between colons. */
  readonly fingerprint256: string
}

export type ShownTls = {
  readonly authority: ShownCertificate & { readonly pem: string }
  /** What EAP, RadSec and the desk show now. */
  readonly used: ShownCertificate
  /** It is the owner's, not the box's. */
  readonly isOwn: boolean
}

/** Node has none where it is empty, as in certificates of public authorities that name the server beside it alone. */
const inOneLine = (name: string | undefined): string => (name ?? '').replaceAll('\n', ', ')

const describe = (pem: string): ShownCertificate => {
  const read = new X509Certificate(pem)
  return {
    subject: inOneLine(read.subject),
    issuer: inOneLine(read.issuer),
    names: read.subjectAltName ?? '',
    notBefore: read.validFromDate.getTime(),
    notAfter: read.validToDate.getTime(),
    fingerprint256: read.fingerprint256,
  }
}

const pemInput = z.object({
  certPem: z.string(),
  keyPem: z.string(),
  clientCaPem: z.string().optional(),
})
/** What faults call the parts of a form. */
const PARTS = { cert: 'cert', key: 'key', clientCa: 'clientCa' } as const

export type CertificateDeps = BoxNames & {
  readonly folder: Pick<DataFolder, 'tlsDir'>
  readonly clock: Pick<Clock, 'now' | 'sure'>
  readonly random: Random
  readonly command: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
  /** Puts what is on disk into use, without a restart. */
  readonly take: (tls: BoxTls) => void
}

type Doing = (input: unknown, by: Actor) => Promise<Result<ShownTls, Fault>>

export type Certificates = {
  readonly show: () => Result<ShownTls, Fault>
  readonly use: Doing
  /** Back to the box's own. */
  readonly useBox: Doing
  readonly renew: Doing
}

export const createCertificates = (deps: CertificateDeps): Certificates => {
  const { folder, clock, random, hostName, webNames, command, take } = deps
  const now = () => ({ now: clock.now, sure: clock.sure(), random, hostName, webNames })

  const show = (): Result<ShownTls, Fault> => {
    const pairs = (['ca', 'own', 'server'] as const).map((name) => readPair(folder, name))
    const unread = pairs.find((pair) => !pair.ok)
    if (unread?.ok === false) return unread
    const [authority, own, server] = pairs.map((pair) => (pair.ok ? pair.value : undefined))
    const used = own ?? server
    if (!authority || !used) return err({ type: 'TlsMissing', dir: folder.tlsDir } as Fault)
    return ok({
      authority: { ...describe(authority.certPem), pem: authority.certPem },
      used: describe(used.certPem),
      isOwn: own !== undefined,
    })
  }

  const takeUp = async (): Promise<Result<ShownTls, Fault>> => {
    const loaded = await loadTls(folder, now())
    if (!loaded.ok) return loaded
    take(loaded.value)
    return show()
  }

  type To = Parameters<NonNullable<typeof certificateChanged.handle>>[1]['to']
  /** Told before it is done: nothing is put into use that the audit log does not know of. */
  const told = (to: To, pem: string, by: Actor): Promise<Result<unknown, Fault>> => {
    const { notBefore: _, ...facts } = describe(pem)
    return command('certificates.changed', { to, ...facts }, by)
  }

  return {
    show,
    async use(input, by) {
      const parsed = pemInput.safeParse(input)
      if (!parsed.success) return err(inputInvalid(parsed.error))
      const checked = checkOwn(parsed.data, PARTS, clock)
      if (!checked.ok) return checked
      const noted = await told('own', checked.value.certPem, by)
      if (!noted.ok) return noted
      keepOwn(folder, checked.value)
      return takeUp()
    },
    async useBox(_, by) {
      const server = readPair(folder, 'server')
      if (!server.ok) return server
      if (!server.value) return err({ type: 'TlsMissing', dir: folder.tlsDir } as Fault)
      const noted = await told('box', server.value.certPem, by)
      if (!noted.ok) return noted
      const back = useOwnCertificate(folder, undefined, clock)
      return back.ok ? takeUp() : back
    },
    async renew(_, by) {
      const made = await renewServer(folder, now())
      if (!made.ok) return made
      const noted = await told('renewed', made.value.certPem, by)
      return noted.ok ? takeUp() : noted
    },
  }
}
