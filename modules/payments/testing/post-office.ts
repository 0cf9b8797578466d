/** Callbacks on their way to the box, and whoever reads their addresses and writes some of his own. */
import type { Money, Random } from '@lango/kernel'
import type { PaymentProvider, PromptClaim, PromptRequest, Received, ToldAt } from '../port.ts'
import type { Answer } from '../question-rules.ts'
import type { PaidOutClaim } from '../payout-rules.ts'
import type { RefundClaim } from '../refund-rules.ts'

type Reversal = Parameters<PaymentProvider['reverse']>[0]
type PayoutRequest = Parameters<PaymentProvider['payOut']>[0]

export type Letter = {
  /** When it arrives. */
  readonly at: number
  readonly token: string
  /** Of all that were ever sent its own; of a copy the same. */
  readonly body: string
} & (
  | { readonly kind: 'prompt'; readonly claim: PromptClaim }
  | { readonly kind: 'payment'; readonly payment: Pick<Received, 'receipt' | 'amount' | 'shortcode' | 'account'> }
  | { readonly kind: 'result'; readonly claim: RefundClaim }
  | { readonly kind: 'payout'; readonly claim: PaidOutClaim }
  | { readonly kind: 'answer'; readonly answer: Answer }
)

type Content =
  | Pick<Extract<Letter, { readonly kind: 'answer' }>, 'kind' | 'answer'>
  | Pick<Extract<Letter, { readonly kind: 'result' }>, 'kind' | 'claim'>
  | Pick<Extract<Letter, { readonly kind: 'payout' }>, 'kind' | 'claim'>
  | Pick<Extract<Letter, { readonly kind: 'prompt' }>, 'kind' | 'claim'>
  | Pick<Extract<Letter, { readonly kind: 'payment' }>, 'kind' | 'payment'>

export type PostOptions = {
  readonly now: () => number
  readonly random: Random
  /** How often a letter is lost, doubled, or late. */
  readonly faults: number
  /** How often somebody writes one of his own about a prompt. */
  readonly forgeries: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const tokenIn = (url: string): string => url.split('/').at(-1)!

export const createPost = ({ now, random, faults, forgeries }: PostOptions) => {
  let onTheWay: Letter[] = []
  let serial = 0
  const refs: string[] = []
  const tokens: string[] = []
  let paidTo: string | undefined
  const chance = (p: number): boolean => random.unit() < p

  const put = (token: string, at: number, content: Content): void => {
    serial += 1
    const letter: Letter = { token, body: `letter ${serial}`, at, ...content }
    if (!chance(faults)) onTheWay.push(letter)
    if (chance(faults)) onTheWay.push({ ...letter, at: at + random.below(1000) })
    if (chance(faults)) onTheWay.push({ ...letter, at: at + random.below(30 * MINUTE_MS) })
    if (chance(faults)) onTheWay.push({ ...letter, at: at + DAY_MS + random.below(4 * DAY_MS) })
  }

  const any = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const forge = (ref: string, token: string, { amount, reference }: PromptRequest): void => {
    const says = (isPaid: boolean, more: Partial<PromptClaim> = {}): Content => ({
      kind: 'prompt',
      claim: { ref, isPaid, amount, ...more },
    })
    const less: Money = { ...amount, minor: 100 }
    const nobodys = Array.from({ length: 54 }, () => random.below(16).toString(16)).join('')
    const soon = (): number => now() + random.below(3 * MINUTE_MS)
    if (chance(forgeries)) put(token, soon(), says(true))
    if (chance(forgeries)) put(token, soon(), says(false))
    if (chance(forgeries)) put(token, soon(), says(true, { amount: less }))
    if (chance(forgeries)) put(token, soon(), says(true, { ref: any(refs) }))
    if (chance(forgeries)) put(any(tokens), soon(), says(true))
    if (chance(forgeries)) put(nobodys, soon(), says(true))
    if (chance(forgeries)) put(token, now() + DAY_MS, says(true))
    const payment = { receipt: `FORGED${serial}`, amount, shortcode: '174379', account: reference }
    if (chance(forgeries) && paidTo !== undefined) put(paidTo, soon(), { kind: 'payment', payment })
  }

  return {
    /** From now on payments are told of there. */
    register: (url: string): void => void (paidTo = tokenIn(url)),
    /** A prompt is on a phone, and ends so: `[when, whether it is paid]`. */
    prompted(ref: string, request: PromptRequest, ends: readonly (readonly [number, boolean])[]): void {
      if (request.callbackUrl === undefined) return
      const token = tokenIn(request.callbackUrl)
      refs.push(ref)
      tokens.push(token)
      for (const [at, isPaid] of ends)
        put(token, at, { kind: 'prompt', claim: { ref, isPaid, amount: isPaid ? request.amount : undefined } })
      forge(ref, token, request)
    },
    /** A payment back has ended; somebody who has read the address writes before and after. */
    reversed(ref: string, { resultUrl, timeoutUrl, receipt, amount }: Reversal, isDone: boolean): void {
      if (resultUrl === undefined) return
      const claim = { receipt, amountMinor: amount.minor, currency: amount.currency }
      const tell = (url: string | undefined, claimed: RefundClaim): void =>
        put(tokenIn(url!), now() + random.below(MINUTE_MS), { kind: 'result', claim: claimed })
      tell(resultUrl, { ref, failure: isDone ? null : 'system', ...claim })
      if (chance(faults)) tell(timeoutUrl, { ref, failure: null })
      if (chance(forgeries)) tell(resultUrl, { ref: 'AG_forged', failure: isDone ? 'system' : null, ...claim })
      if (chance(forgeries)) tell(resultUrl, { ref, failure: isDone ? 'system' : null, ...claim, amountMinor: 1 })
    },
    /** Money has gone out, or has not; somebody who has read the address says otherwise. */
    paidOut(ref: string, { resultUrl, timeoutUrl, amount }: PayoutRequest, isDone: boolean): void {
      if (resultUrl === undefined) return
      const claim = { amountMinor: amount.minor, currency: amount.currency, receipt: `OUT${ref}`, name: 'BARAKA' }
      const tell = (url: string | undefined, claimed: PaidOutClaim): void =>
        put(tokenIn(url!), now() + random.below(MINUTE_MS), { kind: 'payout', claim: claimed })
      tell(resultUrl, { ref, failure: isDone ? null : 'system', ...claim })
      if (chance(faults)) tell(timeoutUrl, { ref, failure: null })
      if (chance(forgeries)) tell(resultUrl, { ref: 'AG_forged', failure: isDone ? 'system' : null, ...claim })
      if (chance(forgeries)) tell(resultUrl, { ref, failure: isDone ? 'system' : null, ...claim, amountMinor: 1 })
    },
    /** A question has its answer; somebody who has read the address answers another thing. */
    answered(ref: string, { resultUrl, timeoutUrl }: ToldAt, told: Omit<Answer, 'ref'>): void {
      if (resultUrl === undefined) return
      const tell = (url: string | undefined, answer: Answer): void =>
        put(tokenIn(url!), now() + random.below(MINUTE_MS), { kind: 'answer', answer })
      tell(resultUrl, { ...told, ref })
      if (chance(faults)) tell(timeoutUrl, { ref, failure: null })
      const otherwise = told.state === 'failed' || told.state === undefined ? 'done' : 'failed'
      if (chance(forgeries)) tell(resultUrl, { ...told, ref: 'AG_forged', failure: null, state: otherwise })
      if (chance(forgeries)) tell(resultUrl, { ...told, ref, failure: null, state: otherwise, amountMinor: 1 })
    },
    paid({ receipt, amount, shortcode, account, paidAt }: Received): void {
      if (paidTo !== undefined)
        put(paidTo, paidAt, { kind: 'payment', payment: { receipt, amount, shortcode, account } })
    },
    /** What has arrived by now, in any order. */
    arrived(): readonly Letter[] {
      const due = onTheWay.filter(({ at }) => at <= now())
      onTheWay = onTheWay.filter(({ at }) => at > now())
      return due
        .map((letter) => ({ letter, place: random.unit() }))
        .toSorted((one, other) => one.place - other.place)
        .map(({ letter }) => letter)
    },
  }
}

export type Post = ReturnType<typeof createPost>
