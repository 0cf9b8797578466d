/** How another box reaches the shelf of this one, and knows it by its certificate. */
import { X509Certificate } from 'node:crypto'
import { err, ok, type Result } from '@lango/kernel'
import type { ShelfAddress } from '@lango/modules/backups/port'
import { SHELF_PATH } from './door.ts'

/** The desk is reached from this machine alone, or speaks no https. */
export type ShelfAddressFault = { readonly type: 'ShelfUnreachable'; readonly listen: string }

type At = { readonly listen: string; readonly port: number; readonly certPem: string | undefined }

const HTTPS_PORT = 443
const EVERYWHERE = new Set(['0.0.0.0', '::'])
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** A chain whose last certificate is an authority of its own is known by it, whatever is renewed below. */
const pinOf = (chain: readonly X509Certificate[]): string | undefined => {
  const last = chain.at(-1)!
  if (!last.ca || !last.checkIssued(last)) return undefined
  return `#sha256:${last.fingerprint256.replaceAll(':', '').toLowerCase()}`
}

/** What public authorities have put their names to. */
const namesOf = (leaf: X509Certificate): readonly string[] =>
  [...(leaf.subjectAltName ?? '').matchAll(/DNS:([a-z0-9.-]+)/gi)].map(([, name]) => name!)

/** `addresses`: of this machine, as CIDR, the most likely first. */
export const shelfAddress = (
  { listen, port, certPem }: At,
  addresses: readonly string[],
): Result<ShelfAddress, ShelfAddressFault> => {
  if (certPem === undefined) return err({ type: 'ShelfUnreachable', listen })
  const chain = (certPem.match(CERTIFICATES) ?? []).map((pem) => new X509Certificate(pem))
  const pin = pinOf(chain)
  const own = EVERYWHERE.has(listen) ? addresses.map((cidr) => cidr.split('/')[0]!) : [listen]
  const hosts = pin === undefined ? namesOf(chain[0]!) : own
  const [endpoint, ...others] = hosts.map((host) => {
    const spelled = host.includes(':') ? `[${host}]` : host
    return `https://${spelled}${port === HTTPS_PORT ? '' : `:${port}`}${SHELF_PATH}${pin ?? ''}`
  })
  return endpoint === undefined ? err({ type: 'ShelfUnreachable', listen }) : ok({ endpoint, others })
}
