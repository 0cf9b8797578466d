/**
 * Seals a backup's keys and certificates under a passphrase: scrypt (RFC 7914), then AES-256-GCM. One line of JSON
 * says how, and is authenticated with the rest.
 */
import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto'
import { z } from 'zod'
import { err, ok, type Random, type Result, type Secret } from '@lango/kernel'

export type SealFault =
  | { readonly type: 'PassphraseWrong' }
  /** Made by a newer release, or no sealed box. */
  | { readonly type: 'SealUnknown' }

/** 64 MB and about a quarter of a second on a small board: each guess costs as much. */
const COST = { N: 2 ** 16, r: 8, p: 1 } as const
const MEMORY_MAX = 256 * COST.N * COST.r
const TAG_OCTETS = 16
const NEWLINE = 0x0a

const headerSchema = z.object({
  seal: z.literal('scrypt-aes-256-gcm'),
  N: z.literal(COST.N),
  r: z.literal(COST.r),
  p: z.literal(COST.p),
  salt: z.base64(),
  nonce: z.base64(),
})

/** The same characters typed on another keyboard give the same key. */
const keyOf = (passphrase: Secret, salt: Buffer): Buffer =>
  scryptSync(passphrase.reveal().normalize('NFKC').trim(), salt, 32, { ...COST, maxmem: MEMORY_MAX })

export const seal = (plain: Uint8Array, passphrase: Secret, random: Random): Buffer => {
  const [salt, nonce] = [random.bytes(16), random.bytes(12)]
  const header = { seal: 'scrypt-aes-256-gcm', ...COST, salt: salt.toString('base64'), nonce: nonce.toString('base64') }
  const line = Buffer.from(`${JSON.stringify(header)}\n`)
  const cipher = createCipheriv('aes-256-gcm', keyOf(passphrase, salt), nonce).setAAD(line)
  return Buffer.concat([line, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

export const unseal = (box: Buffer, passphrase: Secret): Result<Buffer, SealFault> => {
  const at = box.indexOf(NEWLINE) + 1
  const header = headerSchema.safeParse(jsonOf(box.toString('utf8', 0, at)))
  if (!header.success || box.length < at + TAG_OCTETS) return err({ type: 'SealUnknown' })
  const [salt, nonce] = [Buffer.from(header.data.salt, 'base64'), Buffer.from(header.data.nonce, 'base64')]
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(passphrase, salt), nonce, { authTagLength: TAG_OCTETS })
    decipher.setAAD(box.subarray(0, at)).setAuthTag(box.subarray(-TAG_OCTETS))
    return ok(Buffer.concat([decipher.update(box.subarray(at, -TAG_OCTETS)), decipher.final()]))
  } catch {
    return err({ type: 'PassphraseWrong' })
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
