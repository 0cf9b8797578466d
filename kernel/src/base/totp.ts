/** One-time codes of an authenticator app: TOTP (RFC 6238) over HMAC-SHA-1, six digits, 30 seconds. */
import { createHmac } from 'node:crypto'

const STEP_MS = 30_000
const DIGITS = 6
/** A phone's clock may be a step off either way (RFC 6238 §5.2). */
const STEPS_AROUND = 1
/** RFC 4226 §4: at least 128 bits; apps expect the 160 of SHA-1. */
export const TOTP_SECRET_OCTETS = 20

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 §6 without padding, as apps take it when it is typed. */
export const base32 = (octets: Uint8Array): string => {
  let bits = 0
  let held = 0
  let text = ''
  for (const octet of octets) {
    held = (held << 8) | octet
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >>> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + BASE32[(held << (5 - bits)) & 31]
}

/** The code of one step (RFC 4226 §5.3). */
export const totpCode = (secret: Uint8Array, step: number): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const at = mac[mac.length - 1]! & 15
  return String((mac.readUInt32BE(at) & 0x7fff_ffff) % 10 ** DIGITS).padStart(DIGITS, '0')
}

/**
 * The step whose code this is, undefined when it is none of now. Store it and pass it as `usedStep` the next time: a
 * code is good once (RFC 6238 §5.2).
 */
export const totpStep = (secret: Uint8Array, code: string, nowMs: number, usedStep = 0): number | undefined => {
  // Anybody can reckon the codes of no secret.
  if (secret.length === 0) return undefined
  const now = Math.floor(nowMs / STEP_MS)
  for (let step = now - STEPS_AROUND; step <= now + STEPS_AROUND; step++)
    if (step > usedStep && totpCode(secret, step) === code) return step
  return undefined
}

/** What the app's camera reads (Google Authenticator's Key URI Format). */
export const totpAddress = (secretBase32: string, issuer: string, account: string): string => {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secretBase32}&issuer=${encodeURIComponent(issuer)}`
}
