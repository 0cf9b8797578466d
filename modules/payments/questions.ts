/** Asks the provider about money: what became of a movement, and what the shortcode has. Nothing is moved by it. */
import { and, count, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { callbackUrl, err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { questionToken, type ResultCallback } from './callback-tokens.ts'
import { inquireJob, questionJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { MPESA } from './mpesa-rules.ts'
import { payoutAt, payoutFoundAs } from './payout.ts'
import { askStatusAfterMs, endIn, questionLimits, type Answer, type Movement } from './question-rules.ts'
import { refundAt, refundFoundAs } from './refund.ts'
import { paymentAccounts, paymentQuestions } from './tables.ts'

export type Question = typeof paymentQuestions.site.$inferSelect
type About = Pick<typeof paymentQuestions.site.$inferInsert, 'kind' | 'refundId' | 'payoutId' | 'isByReceipt'>

const { site } = paymentQuestions
const internal = { permission: 'system', isInternal: true } as const

/** What has to be set first, by its names; none where it can be asked. Answers come by callback alone. */
const missingToAsk = ({ db }: CommandContext): readonly string[] => {
  const account = db.select().from(paymentAccounts.site).where(eq(paymentAccounts.site.id, MPESA)).get()
  if (!account) return ['shortcode']
  const isUnreached = (account.config.callbackUrl ?? '') === ''
  return [...account.missing, ...account.missingToPayBack, ...(isUnreached ? ['callbackUrl'] : [])]
}

const put = (ctx: CommandContext, about: About): void => {
  const id = ctx.ids.next('qst')
  const row = { id, number: ctx.counter('question'), ...about, askedAt: ctx.now, askedBy: ctx.actor.id }
  ctx.db
    .insert(site)
    .values({ ...row, state: 'asked', early: [] })
    .run()
  ctx.raw
    .prepare(
      `DELETE FROM payment_questions WHERE id IN
         (SELECT id FROM payment_questions WHERE asked_at < ? ORDER BY asked_at LIMIT ?)`,
    )
    .run(ctx.now - questionLimits.keptMs, questionLimits.forgottenAtOnce)
  ctx.enqueue(questionJob, { questionId: id })
}

const set = (ctx: CommandContext, { id }: Question, values: Partial<Question>): void => {
  ctx.db.update(site).set(values).where(eq(site.id, id)).run()
}

export const questionAt = (ctx: CommandContext, id: string): Question | undefined =>
  ctx.db.select().from(site).where(eq(site.id, id)).get()

type MovementId = { readonly refundId?: string | undefined; readonly payoutId?: string | undefined }

/** A movement that was asked for and whose end nobody has told; undefined for any other. */
const openMovement = (ctx: CommandContext, { refundId = '', payoutId = '' }: MovementId) => {
  const refund = refundId === '' ? undefined : refundAt(ctx, refundId)
  const payout = payoutId === '' ? undefined : payoutAt(ctx, payoutId)
  const { state } = refund ?? payout ?? {}
  if (state !== 'sent' && state !== 'unknown') return undefined
  // The name that a payout is asked under is the box's own; that of a refund the provider's, where it told one.
  return { isNamed: refund === undefined || refund.originatorRef !== null, mayBeByReceipt: refund !== undefined }
}

/** Asks what became of a movement that nobody has told the end of, and once more later, some times. */
export const askStatus = defineCommand({
  ...internal,
  name: 'payments.askStatus',
  isRoutine: true,
  input: z.object({ refundId: z.string().optional(), payoutId: z.string().optional() }),
  handle(ctx, about) {
    const movement = openMovement(ctx, about)
    if (!movement || missingToAsk(ctx).length > 0) return ok({ isAsked: false })
    const { refundId, payoutId } = about
    const of = refundId === undefined ? eq(site.payoutId, payoutId!) : eq(site.refundId, refundId)
    const asked = ctx.db.select({ rows: count() }).from(site).where(of).get()!.rows
    if (askStatusAfterMs(asked) === undefined) return ok({ isAsked: false })
    // By its own name and by that of the payment in turn: which of the two the provider knows is not told.
    const isByReceipt = movement.mayBeByReceipt && (!movement.isNamed || asked % 2 === 1)
    put(ctx, { kind: 'status', ...about, isByReceipt })
    const afterMs = askStatusAfterMs(asked + 1)
    const key = refundId ?? payoutId!
    if (afterMs !== undefined) ctx.enqueue(inquireJob, about, { runAt: ctx.now + afterMs, key })
    return ok({ isAsked: true })
  },
})

/** Not while one is on its way, nor sooner than a minute after the last. */
const isAskedLately = ({ db, now }: CommandContext): boolean =>
  db
    .select({ id: site.id })
    .from(site)
    .where(and(eq(site.kind, 'balance'), gt(site.askedAt, now - questionLimits.balanceAgainMs)))
    .get() !== undefined

export const askBalance = defineCommand({
  name: 'payments.askBalance',
  summary: 'Asks M-Pesa what the shortcode has; the answer comes within a minute, where M-Pesa reaches this box.',
  permission: 'payments.read',
  isRoutine: true,
  input: z.object({}),
  output: z.object({ state: z.literal('asking') }),
  handle(ctx) {
    const missing = missingToAsk(ctx)
    if (missing.length > 0) return err({ type: 'BalanceUnready', missing })
    if (!isAskedLately(ctx)) put(ctx, { kind: 'balance', isByReceipt: false })
    return ok({ state: 'asking' as const })
  },
})

/** Before the provider is asked. A question that was asked before a crash is left alone: it moves nothing. */
export const beginQuestion = defineCommand({
  ...internal,
  name: 'payments.beginQuestion',
  isRoutine: true,
  // Where it may be answered is for the provider alone.
  valueIsSecret: true,
  input: z.object({ questionId: z.string() }),
  handle(ctx, { questionId }) {
    const question = questionAt(ctx, questionId)
    if (question?.state !== 'asked' || question.begunAt !== null) return ok({ request: undefined })
    const about = aboutOf(ctx, question)
    if (about === undefined) return ok({ request: undefined })
    set(ctx, question, { begunAt: ctx.now })
    const urls = { resultUrl: tellAt(ctx, question, 'result'), timeoutUrl: tellAt(ctx, question, 'timeout') }
    return ok({ request: { ...about, ...urls } })
  },
})

const aboutOf = (ctx: CommandContext, { kind, refundId, payoutId, isByReceipt }: Question) => {
  if (kind === 'balance') return { receipt: undefined, originatorId: undefined }
  if (payoutId !== null) return { receipt: undefined, originatorId: payoutId }
  const refund = refundId === null ? undefined : refundAt(ctx, refundId)
  if (!refund) return undefined
  return isByReceipt
    ? { receipt: refund.receipt, originatorId: undefined }
    : { receipt: undefined, originatorId: refund.originatorRef ?? undefined }
}

/** Undefined where nobody reaches the box. */
const tellAt = (ctx: CommandContext, { number, id }: Question, kind: ResultCallback): string | undefined => {
  const { callbackUrl: base, shortcode } = mpesaConfig(ctx)
  return base === '' ? undefined : callbackUrl(base, questionToken(ctx.vault, kind, { number, id, shortcode }))
}

/** What the provider said when it was asked: what it calls the question, or that it will not answer it. */
export const questionTold = defineCommand({
  ...internal,
  name: 'payments.questionTold',
  isRoutine: true,
  input: z.object({ questionId: z.string(), ref: z.string().min(1).max(128).optional() }),
  handle(ctx, { questionId, ref }) {
    const question = questionAt(ctx, questionId)
    if (question?.state !== 'asked') return ok({ questionId })
    if (ref === undefined) set(ctx, question, { state: 'failed', endedAt: ctx.now })
    else {
      set(ctx, question, { state: 'sent', providerRef: ref })
      const answer = question.early.find((early) => early.ref === ref)
      if (answer) answered(ctx, question, answer)
    }
    return ok({ questionId })
  },
})

/** Kept for when it is known what the provider calls the question. */
export const noteEarly = (ctx: CommandContext, question: Question, answer: Answer): void =>
  set(ctx, question, { early: [...question.early, answer] })

export const answered = (ctx: CommandContext, question: Question, answer: Answer): void => {
  set(ctx, question, { state: answer.failure === null ? 'answered' : 'failed', answer, early: [], endedAt: ctx.now })
  const payout = question.payoutId === null ? undefined : payoutAt(ctx, question.payoutId)
  const payoutEnd = payout && endIn({ amountMinor: payout.amountMinor, currency: payout.currency }, answer)
  if (payout && payoutEnd) return payoutFoundAs(ctx, payout, payoutEnd, answer)
  const refund = question.refundId === null ? undefined : refundAt(ctx, question.refundId)
  if (!refund) return
  const { receipt, amountMinor, currency } = refund
  const movement: Movement = { amountMinor, currency, ...(question.isByReceipt && { receipt }) }
  const end = endIn(movement, answer)
  if (end !== undefined) refundFoundAs(ctx, refund, end)
}

/** The provider waited too long with it: there is no answer. */
export const unanswered = (ctx: CommandContext, question: Question): void =>
  set(ctx, question, { state: 'failed', endedAt: ctx.now })
