/** Puts questions about money to the provider, as jobs. */
import { FaultError } from '@lango/kernel'
import { defineJob, type AnyJob, type JobContext } from '@lango/kernel/verbs'
import { balanceJob, inquireJob, questionJob } from './jobs-asked-for.ts'
import { askBalance, askStatus, beginQuestion, questionTold } from './questions.ts'
import { questionLimits } from './question-rules.ts'
import { freshPart, must, type PaymentWorkDeps } from './work-parts.ts'

/** A question that is lost is asked again later, as another one. */
const limits = { attemptsMax: 3, atOnce: 4 } as const

export const createQuestions = ({ provider, clock }: PaymentWorkDeps): readonly AnyJob[] => {
  const part = (context: JobContext): string => freshPart(context, clock)
  return [
    defineJob({
      ...inquireJob,
      limits,
      run(context, about) {
        must(context.dispatch(askStatus, about, part(context)))
        return Promise.resolve()
      },
    }),
    defineJob({
      ...questionJob,
      limits,
      async run(context, { questionId }) {
        const begun = context.dispatch(beginQuestion, { questionId }, part(context))
        if (!begun.ok) throw new FaultError(begun.error)
        const { request } = begun.value
        if (request === undefined) return
        const { receipt, originatorId, ...urls } = request
        const using = provider()
        const about = receipt === undefined ? { originatorId: originatorId ?? '' } : { receipt }
        const isBalance = receipt === undefined && originatorId === undefined
        const asked = isBalance
          ? await using?.accountBalance(urls, context.signal)
          : await using?.transactionStatus({ ...urls, ...about }, context.signal)
        const ref = asked?.ok === true ? { ref: asked.value.ref } : {}
        must(context.dispatch(questionTold, { questionId, ...ref }, part(context)))
      },
    }),
    defineJob({
      ...balanceJob,
      limits,
      everyMs: questionLimits.balanceEveryMs,
      run(context) {
        // Where it cannot be asked it is not: that is no failure.
        context.dispatch(askBalance, {}, part(context))
        return Promise.resolve()
      },
    }),
  ]
}
