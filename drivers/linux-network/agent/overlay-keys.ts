/** The box's keys for the overlay: made here, numbered, never sent anywhere. Root's own files. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '@lango/kernel'

const NAME = /^overlay-(\d+)\.key$/
const fileOf = (dir: string, no: number): string => join(dir, `overlay-${no}.key`)

/** PKCS #8 of a Curve25519 key is this, and its 32 octets (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

const publicOf = (privateKey: string): string => {
  const der = Buffer.concat([PKCS8, Buffer.from(privateKey, 'base64')])
  const jwk = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' })
  return Buffer.from(jwk.x ?? '', 'base64url').toString('base64')
}

/** The file of that key in base64, as WireGuard has it; made where there is none. */
export const overlayKeyFile = (dir: string, no: number): string => {
  const file = fileOf(dir, no)
  if (existsSync(file)) return file
  const jwk = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  writeDurably(file, `${Buffer.from(jwk.d ?? '', 'base64url').toString('base64')}\n`, 0o600)
  return file
}

export const overlayPublicKey = (dir: string, no: number): string =>
  publicOf(readFileSync(overlayKeyFile(dir, no), 'utf8').trim())

/** Keys before that one open nothing any more. */
export const forgetOverlayKeys = (dir: string, before: number): void => {
  for (const name of readdirSync(dir)) {
    const no = Number(NAME.exec(name)?.[1] ?? before)
    if (no < before) rmSync(join(dir, name))
  }
}
