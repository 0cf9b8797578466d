/** What the box needs to get its certificate by itself, and how that went: one sealed file beside the certificates. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { err, ok, type Fault, type Result, type Vault, writeDurably } from '@lango/kernel'
import type { TlsFolder } from '../tls/index.ts'

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'
const PURPOSE = 'tls.acme'
const NAMES_MAX = 10

const name = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^(?=.{4,253}$)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*$/,
    'A name is as wifi.isp.example.',
  )
const zoneName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(?=.{1,253}$)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$/, 'A name of DNS is as isp.example.')
const https = z.url({ protocol: /^https$/, error: 'An https address.' }).max(500)
const pem = z.string().max(20_000).default('')

const rfc2136 = z.object({
  kind: z.literal('rfc2136'),
  server: z
    .string()
    .trim()
    .refine((text) => isIP(text) !== 0, 'An IP address.'),
  port: z.number().int().min(1).max(65_535).default(53),
  zone: zoneName,
  keyName: zoneName,
  /** As `tsig-keygen` writes it. */
  secret: z.base64('The key as tsig-keygen writes it, in base64.').min(4).max(500),
})
const webhook = z.object({ kind: z.literal('webhook'), url: https, token: z.string().max(500).default(''), caPem: pem })

export const acmeInput = z.object({
  directory: https.default(LETS_ENCRYPT),
  caPem: pem,
  email: z.union([z.literal(''), z.email('An e-mail address.')]).default(''),
  names: z.array(name).min(1, 'At least one name.').max(NAMES_MAX),
  dns: z.discriminatedUnion('kind', [rfc2136, webhook]),
})
export type AcmeSettings = z.output<typeof acmeInput>

const fault = z.looseObject({ type: z.string() })
const kept = z.object({
  settings: acmeInput,
  account: z.object({ keyPem: z.string(), url: z.string() }),
  /** SHA-256 of the certificate that was got last; '' for none yet. */
  issued: z.string(),
  failures: z.number().int(),
  /** It is not tried before. */
  nextAt: z.number(),
  lastAt: z.number(),
  fault: fault.optional(),
})
export type AcmeKept = Omit<z.output<typeof kept>, 'fault'> & { readonly fault?: Fault | undefined }

const fileIn = ({ tlsDir }: TlsFolder): string => join(tlsDir, 'acme.sealed')

export type AcmeStore = {
  /** Undefined while nothing is set. */
  readonly read: () => Result<AcmeKept | undefined, Fault>
  readonly write: (kept: AcmeKept | undefined) => void
}

/** The same under the key that is current; what cannot be opened stays as it is. */
export const resealAcme = (
  folder: TlsFolder,
  vault: Pick<Vault, 'seal' | 'open' | 'isCurrent'>,
): { readonly resealed: number; readonly unreadable: number } => {
  const file = fileIn(folder)
  const sealed = existsSync(file) ? readFileSync(file) : undefined
  if (sealed === undefined || vault.isCurrent(sealed)) return { resealed: 0, unreadable: 0 }
  const opened = vault.open(sealed, PURPOSE)
  if (!opened.ok) return { resealed: 0, unreadable: 1 }
  writeDurably(file, vault.seal(opened.value.reveal(), PURPOSE), 0o600)
  return { resealed: 1, unreadable: 0 }
}

export const createAcmeStore = (folder: TlsFolder, vault: Pick<Vault, 'seal' | 'open'>): AcmeStore => ({
  read() {
    const file = fileIn(folder)
    if (!existsSync(file)) return ok(undefined)
    const opened = vault.open(readFileSync(file), PURPOSE)
    if (!opened.ok) return opened
    const parsed = kept.safeParse(JSON.parse(opened.value.reveal()))
    if (parsed.success) return ok(parsed.data as AcmeKept)
    return err({ type: 'TlsUnreadable', file, cause: 'it is of another release' } as Fault)
  },
  write(next) {
    if (next === undefined) rmSync(fileIn(folder), { force: true })
    else writeDurably(fileIn(folder), vault.seal(JSON.stringify(next), PURPOSE), 0o600)
  },
})
