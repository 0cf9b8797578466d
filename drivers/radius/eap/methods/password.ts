import { hash, timingSafeEqual } from 'node:crypto'
import { NO_PASSWORD } from './method.ts'

/** Compares a password sent in clear. Digests are compared, so that time tells neither length nor prefix. */
export const isPassword = (sent: Buffer, password: string | undefined): boolean =>
  timingSafeEqual(hash('sha256', sent, 'buffer'), hash('sha256', password ?? NO_PASSWORD, 'buffer'))
