/** Who may post here, looked at before anything is written: strangers must not fill the disk. */
import { createHash } from 'node:crypto'
import { isSameToken, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import {
  payoutInToken,
  payoutToken,
  promptToken,
  purchaseInToken,
  questionInToken,
  questionToken,
  refundInToken,
  refundToken,
  shortcodeToken,
  standingOrderInToken,
  standingOrderToken,
} from './callback-tokens.ts'
import { MPESA, type MpesaSettings } from './mpesa-rules.ts'
import type { QuestionKind } from './question-rules.ts'

export type CallbackSubject =
  | { readonly kind: 'prompt'; readonly purchaseId: string }
  | { readonly kind: 'refund'; readonly refundId: string; readonly isTimeout: boolean }
  | { readonly kind: 'payout'; readonly payoutId: string; readonly isTimeout: boolean }
  | { readonly kind: 'question'; readonly questionId: string; readonly asks: QuestionKind; readonly isTimeout: boolean }
  | { readonly kind: 'standing-order'; readonly standingOrderId: string }
  | { readonly kind: 'confirmation' }
  | { readonly kind: 'validation' }

export type CallbackGate = {
  /** What may be told of by this token; undefined where nobody was told it. */
  readonly subjectOf: (token: string) => CallbackSubject | undefined
  /** The same was posted there before. */
  readonly isKnown: (digest: string) => boolean
}

type Found = { readonly id: string; readonly kind?: QuestionKind }

export const createCallbackGate = (raw: RawDatabase, vault: Pick<Vault, 'keyedHash'>): CallbackGate => {
  const account = raw.prepare<[string], string>('SELECT config FROM payment_accounts WHERE id = ?').pluck()
  const byDigest = raw.prepare<[string]>('SELECT 1 FROM payment_inbox WHERE digest = ?')
  /** What is asked of a handset is told of at one address each. */
  const handsets = [
    {
      inToken: purchaseInToken,
      tokenOf: promptToken,
      byNumber: raw.prepare<[number], string>('SELECT id FROM purchases WHERE number = ?').pluck(),
      subject: (purchaseId: string) => ({ kind: 'prompt', purchaseId }) as const,
    },
    {
      inToken: standingOrderInToken,
      tokenOf: standingOrderToken,
      byNumber: raw.prepare<[number], string>('SELECT id FROM standing_orders WHERE number = ?').pluck(),
      subject: (standingOrderId: string) => ({ kind: 'standing-order', standingOrderId }) as const,
    },
  ]
  const found = (sql: string) => raw.prepare<[number], Found>(sql)
  /** What an initiator asked for: how it ended is told at one address, that it waited too long at another. */
  const asked = [
    {
      inToken: refundInToken,
      tokenOf: refundToken,
      byNumber: found('SELECT id FROM refunds WHERE number = ?'),
      subject: ({ id }: Found) => ({ kind: 'refund', refundId: id }) as const,
    },
    {
      inToken: payoutInToken,
      tokenOf: payoutToken,
      byNumber: found('SELECT id FROM payouts WHERE number = ?'),
      subject: ({ id }: Found) => ({ kind: 'payout', payoutId: id }) as const,
    },
    {
      inToken: questionInToken,
      tokenOf: questionToken,
      byNumber: found('SELECT id, kind FROM payment_questions WHERE number = ?'),
      subject: ({ id, kind }: Found) => ({ kind: 'question', questionId: id, asks: kind! }) as const,
    },
  ]

  const askedFor = (token: string, shortcode: string): CallbackSubject | undefined => {
    for (const { inToken, tokenOf, byNumber, subject } of asked) {
      const told = inToken(token)
      const row = told && byNumber.get(told.number)
      if (!row) continue
      const isTold = isSameToken(token, tokenOf(vault, told.tells, { ...told, id: row.id, shortcode }))
      return isTold ? { ...subject(row), isTimeout: told.tells === 'timeout' } : undefined
    }
    return undefined
  }

  return {
    subjectOf(token) {
      const config = account.get(MPESA)
      if (config === undefined || !/^0[1236789abc][0-9a-f]+$/.test(token)) return undefined
      const { shortcode } = JSON.parse(config) as MpesaSettings
      for (const { inToken, tokenOf, byNumber, subject } of handsets) {
        const number = inToken(token)
        if (number === undefined) continue
        const id = byNumber.get(number)
        const isTold = id !== undefined && isSameToken(token, tokenOf(vault, { number, id, shortcode }))
        return isTold ? subject(id) : undefined
      }
      const kind = token.startsWith('02') ? 'confirmation' : 'validation'
      return isSameToken(token, shortcodeToken(vault, kind, shortcode)) ? { kind } : askedFor(token, shortcode)
    },
    isKnown: (digest) => byDigest.get(digest) !== undefined,
  }
}

export const callbackDigest = (token: string, body: string): string =>
  createHash('sha256').update(`${token}\n${body}`).digest('hex')
