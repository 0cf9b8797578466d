/** What the addresses that Safaricom calls are about. */
import { callbackToken, numberInToken, type Vault } from '@lango/kernel'

const PURPOSE = 'payments.callback'

type Hasher = Pick<Vault, 'keyedHash'>

/** Of a prompt or a refund: one's own, at one shortcode. The number finds it, the id is never given again. */
export type PromptPath = { readonly number: number; readonly id: string; readonly shortcode: string }

/** Of all payments to a shortcode: that one came in, or whether one may. */
export type ShortcodeCallback = 'confirmation' | 'validation'

export const shortcodeToken = (vault: Hasher, kind: ShortcodeCallback, shortcode: string): string =>
  callbackToken(vault, { kind: kind === 'confirmation' ? '02' : '03', of: [kind, shortcode], purpose: PURPOSE })

export const promptToken = (vault: Hasher, { number, id, shortcode }: PromptPath): string =>
  callbackToken(vault, { kind: '01', number, of: ['prompt', id, shortcode], purpose: PURPOSE })

/** The number of the purchase that a token speaks of. */
export const purchaseInToken = (token: string): number | undefined => numberInToken('01', token)

/** How something that was asked for ended, or that the provider waited too long with it. */
export type ResultCallback = 'result' | 'timeout'

/** Beside 04 and 05, which are of messages. */
const refundKinds = { result: '06', timeout: '07' } as const

export const refundToken = (vault: Hasher, tells: ResultCallback, { number, id, shortcode }: PromptPath): string =>
  callbackToken(vault, { kind: refundKinds[tells], number, of: [tells, id, shortcode], purpose: PURPOSE })

/** What was asked about money: the answer, or that the provider waited too long with it. */
const questionKinds = { result: '0a', timeout: '0b' } as const

export const questionToken = (vault: Hasher, tells: ResultCallback, { number, id, shortcode }: PromptPath): string =>
  callbackToken(vault, {
    kind: questionKinds[tells],
    number,
    of: ['question', tells, id, shortcode],
    purpose: PURPOSE,
  })

/** How money that was to go out to a phone ended. */
const payoutKinds = { result: '08', timeout: '09' } as const

export const payoutToken = (vault: Hasher, tells: ResultCallback, { number, id, shortcode }: PromptPath): string =>
  callbackToken(vault, { kind: payoutKinds[tells], number, of: ['payout', tells, id, shortcode], purpose: PURPOSE })

/** Whether somebody has agreed to a standing order: nothing tells that it waited too long. */
const STANDING_ORDER = '0c'

export const standingOrderToken = (vault: Hasher, { number, id, shortcode }: PromptPath): string =>
  callbackToken(vault, { kind: STANDING_ORDER, number, of: ['standing-order', id, shortcode], purpose: PURPOSE })

export const standingOrderInToken = (token: string): number | undefined => numberInToken(STANDING_ORDER, token)

type Told = { readonly number: number; readonly tells: ResultCallback }

const toldBy = (kinds: Readonly<Record<ResultCallback, string>>, token: string): Told | undefined => {
  for (const tells of ['result', 'timeout'] as const) {
    const number = numberInToken(kinds[tells], token)
    if (number !== undefined) return { number, tells }
  }
  return undefined
}

/** The number of the refund that a token speaks of, and what it tells. */
export const refundInToken = (token: string): Told | undefined => toldBy(refundKinds, token)

export const questionInToken = (token: string): Told | undefined => toldBy(questionKinds, token)

export const payoutInToken = (token: string): Told | undefined => toldBy(payoutKinds, token)
