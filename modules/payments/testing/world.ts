/** A provider of mobile money with phones and people behind it, as the port has it, and all that goes wrong on the way. */
import { err, money, ok, type Money, type Random } from '@lango/kernel'
import type { PaymentProvider, PromptRequest, PromptState, Received } from '../port.ts'
import type { Answer } from '../question-rules.ts'
import type { Post } from './post-office.ts'

export type WorldOptions = {
  readonly now: () => number
  readonly random: Random
  /** A till has no accounts: money names nothing. */
  readonly isTill: boolean
  /** Whether numbers are told in clear, or masked. */
  readonly isMasked: boolean
  /** How often things go wrong, from 0 to 1. */
  readonly faults: number
  /** Tells the box, where it is reached. */
  readonly post: Post
  /** How often the plug is pulled while something is asked. */
  readonly crashes: number
}

type Prompt = {
  readonly ref: string
  readonly request: PromptRequest
  readonly decidedAt: number
  readonly decision: 'pays' | 'refuses' | 'ignores'
  /** Told as timed out although the money comes. */
  readonly isToldLate: boolean
}
type Money1 = Received & { readonly listedAt: number }

const inMinor = ({ minor, currency }: Money) => ({ amountMinor: minor, currency })

const LISTED_LATE_MS = 10 * 60_000
const OUTAGE_MS = 10 * 60_000
const TOLD_LATE_MS = 20 * 60_000
const PAYOUT_FEE_MINOR = 500

export const createWorld = ({ now, random, isTill, isMasked, faults, post, crashes }: WorldOptions) => {
  const prompts = new Map<string, Prompt>()
  const paid: Money1[] = []
  let serial = 0
  let reversals = 0
  let questions = 0
  /** For money to go back, by the provider's own name of each. */
  const requests = new Map<string, { readonly isDone: boolean; readonly amount: Money }>()
  const paidBack = new Set<string>()
  /** What went back beside the provider: in cash, or by its own page. */
  const paidBackByHand = new Set<string>()
  /** For money to go out, by the name that it was asked for under: each is heard once. */
  const payouts = new Map<string, { readonly isDone: boolean; readonly amount: Money }>()
  let crashed = Promise.withResolvers<'crashed'>()
  /** Whoever asks is gone, before they are heard or after. */
  const unplugged = async (): Promise<void> => {
    if (!chance(crashes)) return
    crashed.resolve('crashed')
    await new Promise(() => {})
  }
  const chance = (p: number): boolean => random.unit() < p
  const goesWrong = (): boolean => chance(faults)
  let outUntil = 0
  const isOut = (): boolean => now() < outUntil
  const masked = (phone: string): string => `${phone.slice(1, 5)} ***** ${phone.slice(-3)}`

  const take = (amount: Money, phone: string, account: string, paidAt: number): string => {
    serial += 1
    const receipt = `R${String(serial).padStart(9, '0')}`
    const received: Received = {
      receipt,
      amount,
      shortcode: '174379',
      paidAt,
      account: isTill ? '' : account,
      phone: isMasked ? undefined : phone,
      phoneHint: isMasked ? masked(phone) : undefined,
      name: 'AMINA',
    }
    paid.push({ ...received, listedAt: paidAt + (goesWrong() ? random.below(LISTED_LATE_MS) : 0) })
    post.paid(received)
    return receipt
  }

  /** Prompts that were decided by now bring their money. */
  const live = (): void => {
    for (const prompt of undecided) {
      if (prompt.decidedAt > now()) continue
      undecided.delete(prompt)
      if (prompt.decision !== 'pays') continue
      take(prompt.request.amount, prompt.request.phone, prompt.request.reference, prompt.decidedAt)
    }
  }
  const undecided = new Set<Prompt>()

  const heard = (request: PromptRequest): string => {
    const ref = `ws_CO_${prompts.size + 1}`
    const roll = random.unit()
    const prompt: Prompt = {
      ref,
      request,
      decidedAt: now() + 2000 + random.below(60_000),
      decision: roll < 0.7 ? 'pays' : roll < 0.85 ? 'refuses' : 'ignores',
      isToldLate: goesWrong(),
    }
    prompts.set(ref, prompt)
    undecided.add(prompt)
    const { decision, decidedAt, isToldLate } = prompt
    const isLate = decision === 'pays' && isToldLate
    const late = [decidedAt + TOLD_LATE_MS, true] as const
    post.prompted(ref, request, [[decidedAt, decision === 'pays' && !isToldLate], ...(isLate ? [late] : [])])
    return ref
  }

  const provider: PaymentProvider = {
    async prompt(request) {
      await unplugged()
      if (isOut() || goesWrong()) return err({ type: 'ProviderUnreachable', reason: 'no route' })
      if (goesWrong()) return err({ type: 'ProviderBusy', reason: 'spike arrest' })
      if (goesWrong()) return err({ type: 'ProviderSilent', reason: 'no answer' })
      if (goesWrong())
        return err({ type: 'ProviderRefused', code: '1', failure: 'phone', reason: 'no such subscriber' })
      const ref = heard(request)
      if (goesWrong()) return err({ type: 'ProviderSilent', reason: 'the line was cut' })
      await unplugged()
      // As if the box had lost its power before it could write anything down.
      if (goesWrong()) throw new Error('the plug was pulled')
      return ok({ ref })
    },
    async promptState(ref) {
      await unplugged()
      live()
      const prompt = prompts.get(ref)!
      if (isOut() || goesWrong()) return err({ type: 'ProviderUnreachable', reason: 'no route' })
      return ok(stateOf(prompt))
    },
    async received({ fromAt, toAt }) {
      await unplugged()
      live()
      // Now and then the line is down for some minutes, and callbacks have come before.
      if (chance(faults / 10)) outUntil = now() + random.below(OUTAGE_MS)
      if (isOut() || goesWrong()) return err({ type: 'ProviderSilent', reason: 'no answer' })
      const listed = paid.filter(({ paidAt, listedAt }) => paidAt >= fromAt && paidAt < toAt && listedAt <= now())
      const twice = goesWrong() ? [...listed, ...listed] : listed
      return ok({ payments: twice.map(({ listedAt: _listedAt, ...received }) => received), unread: 0 })
    },
    async reverse(request) {
      await unplugged()
      if (isOut() || goesWrong()) return err({ type: 'ProviderUnreachable', reason: 'no route' })
      if (goesWrong()) return err({ type: 'ProviderRefused', code: '1', failure: 'configuration', reason: 'no' })
      if (goesWrong()) return err({ type: 'ProviderSilent', reason: 'no answer' })
      reversals += 1
      // Another may be asked for before this one is answered.
      const [ref, originatorId] = [`AG_${reversals}`, `own ${reversals}`]
      const isDone = goesWrong() ? false : paidBack.add(request.receipt).size > 0
      requests.set(originatorId, { isDone, amount: request.amount })
      post.reversed(ref, request, isDone)
      if (goesWrong()) return err({ type: 'ProviderSilent', reason: 'the line was cut' })
      await unplugged()
      return ok({ ref, originatorId })
    },
    async transactionStatus(request) {
      await unplugged()
      if (isOut() || goesWrong()) return err({ type: 'ProviderSilent', reason: 'no answer' })
      questions += 1
      const ref = `AG_q${questions}`
      post.answered(ref, request, movementOf(request))
      return ok({ ref })
    },
    async payOut(request) {
      await unplugged()
      if (isOut() || goesWrong()) return err({ type: 'ProviderUnreachable', reason: 'no route' })
      if (goesWrong()) return err({ type: 'ProviderSilent', reason: 'no answer' })
      if (payouts.has(request.id)) return ok('asked-before')
      if (goesWrong()) return err({ type: 'ProviderRefused', code: '2001', failure: 'configuration', reason: 'no' })
      const isDone = !goesWrong()
      payouts.set(request.id, { isDone, amount: request.amount })
      const ref = `AG_p${payouts.size}`
      post.paidOut(ref, request, isDone)
      if (goesWrong()) return err({ type: 'ProviderSilent', reason: 'the line was cut' })
      await unplugged()
      return ok({ ref })
    },
    accountBalance: () => Promise.resolve(err({ type: 'ProviderBusy', reason: 'not today' })),
    standingOrder: () => Promise.resolve(err({ type: 'ProviderBusy', reason: 'not today' })),
    registerCallbacks({ confirmationUrl }) {
      post.register(confirmationUrl)
      return Promise.resolve(ok('registered'))
    },
    isHintOf: (hint, phone) => hint === masked(phone),
  }

  type About = Parameters<PaymentProvider['transactionStatus']>[0]
  const movementOf = (about: About): Omit<Answer, 'ref'> => {
    if ('originatorId' in about) {
      const payout = payouts.get(about.originatorId)
      const request = payout ?? requests.get(about.originatorId)
      if (request === undefined) return { failure: 'system' }
      const state = request.isDone ? 'done' : 'failed'
      return { failure: null, state, ...inMinor(request.amount), ...(payout && { feeMinor: PAYOUT_FEE_MINOR }) }
    }
    const payment = paid.find(({ receipt }) => receipt === about.receipt)
    if (payment === undefined) return { failure: 'system' }
    const state = paidBack.has(about.receipt) ? 'reversed' : 'done'
    return { failure: null, state, receipt: about.receipt, ...inMinor(payment.amount) }
  }

  const stateOf = ({ decision, decidedAt, isToldLate }: Prompt): PromptState => {
    const failed = (failure: 'cancelled' | 'timeout', mayStillBePaid: boolean): PromptState => ({
      state: 'failed',
      failure,
      code: '1',
      mayStillBePaid,
    })
    if (now() < decidedAt) return { state: 'pending' }
    if (decision === 'refuses') return failed('cancelled', true)
    if (decision === 'ignores') return failed('timeout', true)
    if (isToldLate && now() < decidedAt + TOLD_LATE_MS) return failed('timeout', true)
    return { state: 'paid', receipt: undefined }
  }

  return {
    provider,
    /** Resolves when the plug was pulled; after that whoever asked anything is answered no more. */
    crashed: () => crashed.promise,
    mended: (): void => void (crashed = Promise.withResolvers<'crashed'>()),
    /** Everything that was ever paid. */
    paid: (): readonly Received[] => {
      live()
      return paid
    },
    /** Receipts whose money is back where it came from. */
    paidBack: (): readonly string[] => [...paidBack],
    /** Receipts of which somebody of the staff has said that they paid them back. */
    paidBackByHand: paidBackByHand as ReadonlySet<string>,
    payBackByHand: (receipt: string): void => void paidBackByHand.add(receipt),
    /** What has left for a phone, by the name that it was asked for under. */
    paidOut: (): ReadonlyMap<string, Money> =>
      new Map([...payouts].filter(([, { isDone }]) => isDone).map(([id, { amount }]) => [id, amount])),
    /** The amounts that phones were asked for, by the reference that they were shown. */
    prompted: (): readonly PromptRequest[] => [...prompts.values()].map(({ request }) => request),
    /** A customer pays by himself, with whatever account he types. */
    payByHand: (amountMinor: number, phone: string, account: string): string =>
      take(money(amountMinor, 'KES'), phone, account, now()),
  }
}

export type World = ReturnType<typeof createWorld>
