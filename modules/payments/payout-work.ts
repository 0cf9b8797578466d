/** Has the provider pay out, as a job: each try under the same name, so that money leaves once. */
import { FaultError, money } from '@lango/kernel'
import { defineJob, type AnyJob } from '@lango/kernel/verbs'
import { payoutJob } from './jobs-asked-for.ts'
import { beginPayout, payoutTold } from './payout.ts'
import type { PayoutTold } from './payout-rules.ts'
import { freshPart, limits, must, notAsked, type PaymentWorkDeps } from './work-parts.ts'

export const createPayouts = ({ provider, clock }: PaymentWorkDeps): readonly AnyJob[] => [
  defineJob({
    ...payoutJob,
    limits,
    async run(context, { payoutId }) {
      const tell = (told: PayoutTold): void =>
        must(context.dispatch(payoutTold, { payoutId, told }, freshPart(context, clock)))
      const begun = context.dispatch(beginPayout, { payoutId }, freshPart(context, clock))
      if (!begun.ok) throw new FaultError(begun.error)
      const { request, isOver } = begun.value
      // It was asked for so often already, across crashes, and never answered.
      if (!request) return isOver ? tell({ type: 'silent' }) : undefined
      const { amountMinor, currency, ...rest } = request
      const asked = await provider()?.payOut({ ...rest, amount: money(amountMinor, currency) }, context.signal)
      if (asked === undefined) return tell({ type: 'refused', failure: 'configuration' })
      if (!asked.ok) return tell(notAsked(asked.error))
      tell(asked.value === 'asked-before' ? { type: 'asked-before' } : { type: 'taken', ref: asked.value.ref })
    },
  }),
]
