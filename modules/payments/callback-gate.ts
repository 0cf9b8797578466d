/** Who may post here, looked at before anything is written: strangers must not fill the disk. */
import { createHash } from 'node:crypto'
import type { Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { isSameToken, numberInToken, promptToken } from './callback-tokens.ts'
import { MPESA, type MpesaSettings } from './mpesa-rules.ts'

export type CallbackGate = {
  /** The id of the purchase whose prompt may be told of by this token; undefined where nobody was told it. */
  readonly purchaseOf: (token: string) => string | undefined
  /** The same was posted there before. */
  readonly isKnown: (digest: string) => boolean
}

export const createCallbackGate = (raw: RawDatabase, vault: Pick<Vault, 'keyedHash'>): CallbackGate => {
  const byNumber = raw.prepare<[number], string>('SELECT id FROM purchases WHERE number = ?').pluck()
  const account = raw.prepare<[string], string>('SELECT config FROM payment_accounts WHERE id = ?').pluck()
  const byDigest = raw.prepare<[string]>('SELECT 1 FROM payment_inbox WHERE digest = ?')
  return {
    purchaseOf(token) {
      const number = numberInToken(token)
      const id = number === undefined ? undefined : byNumber.get(number)
      const config = account.get(MPESA)
      if (number === undefined || id === undefined || config === undefined) return undefined
      const { shortcode } = JSON.parse(config) as MpesaSettings
      return isSameToken(token, promptToken(vault, { number, id, shortcode })) ? id : undefined
    },
    isKnown: (digest) => byDigest.get(digest) !== undefined,
  }
}

export const callbackDigest = (token: string, body: string): string =>
  createHash('sha256').update(`${token}\n${body}`).digest('hex')
