/** Client certificates: a RadSec router's, or a device's for EAP-TLS. */
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result, writeDurably } from '@lango/kernel'
import { readPair, validityOf, type TlsClock, type TlsFault, type TlsFolder } from './load.ts'

/** Renewed by hand, on every router: so it lives longer than the server's. */
const CLIENT_YEARS = 5

/** Becomes a file's name as well as a common name (at most 64 characters, RFC 5280 appendix A). */
const NAME_SHAPE = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/

export type IssuedClient = {
  readonly name: string
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
  readonly notAfter: number
  /** SHA-256 in hex: also good as a router's --radsec-identity. */
  readonly fingerprint256: string
}

/** Writes NAME.pem, NAME.key and ca.pem into `outDir`; overwrites nothing unless `replace`. */
export const issueClient = async (
  folder: TlsFolder,
  name: string,
  outDir: string,
  clock: TlsClock & { readonly replace?: boolean },
): Promise<Result<IssuedClient, TlsFault>> => {
  if (!NAME_SHAPE.test(name) || name === 'ca') return err({ type: 'NameUnfit', name })
  const authority = readPair(folder, 'ca')
  if (!authority.ok) return authority
  if (authority.value === undefined) return err({ type: 'TlsMissing', dir: folder.tlsDir })
  const [certFile, keyFile, caFile] = [join(outDir, `${name}.pem`), join(outDir, `${name}.key`), join(outDir, 'ca.pem')]
  const { certPem: caPem } = authority.value
  const inTheWay = [certFile, keyFile].find((file) => existsSync(file)) ?? (isOther(caFile, caPem) ? caFile : undefined)
  if (inTheWay !== undefined && clock.replace !== true) return err({ type: 'FileExists', file: inTheWay })
  const { makeLeaf } = await import('./authority.ts')
  const validity = validityOf(clock, CLIENT_YEARS)
  const names = [{ type: name.includes('@') ? ('email' as const) : ('dns' as const), value: name }]
  const client = await makeLeaf(authority.value, { purpose: 'client', commonName: name, names, validity }, clock.random)
  try {
    mkdirSync(outDir, { recursive: true })
    writeDurably(keyFile, client.keyPem, 0o600)
    writeDurably(certFile, client.certPem, 0o644)
    writeDurably(caFile, caPem, 0o644)
  } catch (error) {
    return err({ type: 'TlsUnwritable', file: outDir, cause: (error as NodeJS.ErrnoException).code ?? 'unwritable' })
  }
  const { fingerprint256 } = new X509Certificate(client.certPem)
  return ok({ name, certFile, keyFile, caFile, notAfter: validity.notAfter, fingerprint256 })
}

/** A ca.pem of the same authority may stand there: several clients are issued into one folder. */
const isOther = (file: string, pem: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8').trim() !== pem.trim()
