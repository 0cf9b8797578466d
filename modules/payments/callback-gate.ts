/** Who may post here, looked at before anything is written: strangers must not fill the disk. */
import { createHash } from 'node:crypto'
import { isSameToken, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { promptToken, purchaseInToken, refundInToken, refundToken, shortcodeToken } from './callback-tokens.ts'
import { MPESA, type MpesaSettings } from './mpesa-rules.ts'

export type CallbackSubject =
  | { readonly kind: 'prompt'; readonly purchaseId: string }
  | { readonly kind: 'refund'; readonly refundId: string; readonly isTimeout: boolean }
  | { readonly kind: 'confirmation' }
  | { readonly kind: 'validation' }

export type CallbackGate = {
  /** What may be told of by this token; undefined where nobody was told it. */
  readonly subjectOf: (token: string) => CallbackSubject | undefined
  /** The same was posted there before. */
  readonly isKnown: (digest: string) => boolean
}

export const createCallbackGate = (raw: RawDatabase, vault: Pick<Vault, 'keyedHash'>): CallbackGate => {
  const byNumber = raw.prepare<[number], string>('SELECT id FROM purchases WHERE number = ?').pluck()
  const refundByNumber = raw.prepare<[number], string>('SELECT id FROM refunds WHERE number = ?').pluck()
  const account = raw.prepare<[string], string>('SELECT config FROM payment_accounts WHERE id = ?').pluck()
  const byDigest = raw.prepare<[string]>('SELECT 1 FROM payment_inbox WHERE digest = ?')
  return {
    subjectOf(token) {
      const config = account.get(MPESA)
      if (config === undefined || !/^0[12367][0-9a-f]+$/.test(token)) return undefined
      const { shortcode } = JSON.parse(config) as MpesaSettings
      const number = purchaseInToken(token)
      if (number !== undefined) {
        const id = byNumber.get(number)
        const isTold = id !== undefined && isSameToken(token, promptToken(vault, { number, id, shortcode }))
        return isTold ? { kind: 'prompt', purchaseId: id } : undefined
      }
      const refund = refundInToken(token)
      if (refund !== undefined) {
        const id = refundByNumber.get(refund.number)
        const isTold =
          id !== undefined && isSameToken(token, refundToken(vault, refund.tells, { ...refund, id, shortcode }))
        return isTold ? { kind: 'refund', refundId: id, isTimeout: refund.tells === 'timeout' } : undefined
      }
      const kind = token.startsWith('02') ? 'confirmation' : 'validation'
      return isSameToken(token, shortcodeToken(vault, kind, shortcode)) ? { kind } : undefined
    },
    isKnown: (digest) => byDigest.get(digest) !== undefined,
  }
}

export const callbackDigest = (token: string, body: string): string =>
  createHash('sha256').update(`${token}\n${body}`).digest('hex')
