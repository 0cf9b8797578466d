/** What was posted to the addresses of a question: its answer, or that the provider waited too long with it. */
import { count, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { arrival, isWritten, keep, mayCount } from './inbox.ts'
import { failures, transactionStates } from './port.ts'
import { answerOutcome, questionLimits } from './question-rules.ts'
import { answered, noteEarly, questionAt, unanswered, type Question } from './questions.ts'
import { paymentInbox } from './tables.ts'

const BALANCES_MAX = 20
const currency = z.string().length(3)
const balance = z.object({
  account: z.string().max(100),
  currentMinor: z.number().int(),
  availableMinor: z.number().int(),
  currency,
  isPaying: z.boolean(),
})
const claim = z.object({
  ref: z.string().max(500),
  failure: z.enum(failures).nullable(),
  state: z.enum(transactionStates).optional(),
  receipt: z.string().max(500).optional(),
  amountMinor: z.number().int().optional(),
  feeMinor: z.number().int().optional(),
  currency: currency.optional(),
  balances: z.array(balance).max(BALANCES_MAX).readonly().optional(),
})

/** The same again changes nothing. */
export const hearAnswer = defineCommand({
  name: 'payments.answer',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    ...arrival,
    questionId: z.string(),
    isTimeout: z.boolean(),
    /** Undefined where it cannot be read. */
    claim: claim.optional(),
  }),
  audit: ({ questionId, origin, digest }) => ({ questionId, origin, digest }),
  handle(ctx, { claim: told, isTimeout, ...arrived }) {
    const question = questionAt(ctx, arrived.questionId)
    if (!question) return err({ type: 'QuestionUnknown', question: arrived.questionId })
    if (isWritten(ctx, arrived.digest) || rowsOf(ctx, question) >= questionLimits.rowsOfQuestionMax)
      return ok({ outcome: undefined })
    const isLate = question.state === 'sent' ? 'waited' : 'settled'
    const counted = isTimeout ? isLate : answerOutcome(question, told)
    const outcome = mayCount(ctx, arrived) ? counted : 'unknown-source'
    keep(ctx, { ...arrived, outcome })
    if (outcome === 'waited') unanswered(ctx, question)
    if (outcome === 'believed') answered(ctx, question, told!)
    if (outcome === 'early' && !isTimeout) noteEarly(ctx, question, told!)
    return ok({ outcome })
  },
})

const rowsOf = ({ db }: CommandContext, { id }: Question): number => {
  const { site } = paymentInbox
  return db.select({ rows: count() }).from(site).where(eq(site.questionId, id)).get()!.rows
}
