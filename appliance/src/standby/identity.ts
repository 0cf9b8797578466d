/** Who a box is to its other: a certificate of its own that the other has seen once, and a key that letters are sealed to. */
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unsealerOf, type Random, type Unsealer, writeDurably } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import { pairDir } from './pair-state.ts'

const YEAR_MS = 365 * 86_400_000
const SEED_OCTETS = 32

export type Identity = {
  /** Both in PEM. */
  readonly keyPem: string
  readonly certPem: string
  readonly fingerprint: string
  readonly unsealer: Unsealer
}

/** Nobody looks at its dates: it is known by its fingerprint, and good for as long as the pair is. */
export const loadIdentity = async (folder: Pick<DataFolder, 'dir'>, random: Random): Promise<Identity> => {
  const file = join(pairDir(folder), 'identity.json')
  if (!existsSync(file)) {
    const { makeAuthority } = await import('../tls/authority.ts')
    const validity = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2026, 0, 1) + 100 * YEAR_MS }
    const made = await makeAuthority('Lango pair', validity, random)
    mkdirSync(pairDir(folder), { recursive: true, mode: 0o700 })
    const seed = random.bytes(SEED_OCTETS).toString('base64')
    writeDurably(file, JSON.stringify({ ...made, seed }), 0o600)
  }
  const { keyPem, certPem, seed } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    'keyPem' | 'certPem' | 'seed',
    string
  >
  const { fingerprint256: fingerprint } = new X509Certificate(certPem)
  return { keyPem, certPem, fingerprint, unsealer: unsealerOf(Buffer.from(seed, 'base64')) }
}
