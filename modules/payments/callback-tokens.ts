/** What the addresses that Safaricom calls are about. */
import { callbackToken, numberInToken, type Vault } from '@lango/kernel'

const PURPOSE = 'payments.callback'

type Hasher = Pick<Vault, 'keyedHash'>

/** Of a prompt: one purchase's, at one shortcode. The number finds it, the id is never given again. */
export type PromptPath = { readonly number: number; readonly id: string; readonly shortcode: string }

/** Of all payments to a shortcode: that one came in, or whether one may. */
export type ShortcodeCallback = 'confirmation' | 'validation'

export const shortcodeToken = (vault: Hasher, kind: ShortcodeCallback, shortcode: string): string =>
  callbackToken(vault, { kind: kind === 'confirmation' ? '02' : '03', of: [kind, shortcode], purpose: PURPOSE })

export const promptToken = (vault: Hasher, { number, id, shortcode }: PromptPath): string =>
  callbackToken(vault, { kind: '01', number, of: ['prompt', id, shortcode], purpose: PURPOSE })

/** The number of the purchase that a token speaks of. */
export const purchaseInToken = (token: string): number | undefined => numberInToken('01', token)
