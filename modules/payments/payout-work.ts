/** Has the provider pay out, as a job: each try under the same name, so that money leaves once. */
import { FaultError, money } from '@lango/kernel'
import { defineJob, type AnyJob } from '@lango/kernel/verbs'
import { payoutJob } from './jobs-asked-for.ts'
import { beginPayout, payoutTold } from './payout.ts'
import type { PayoutTold } from './payout-rules.ts'
import type { ProviderFault } from './port.ts'
import { freshPart, limits, must, type PaymentWorkDeps } from './work-parts.ts'

const afterFault = (fault: ProviderFault): PayoutTold => {
  switch (fault.type) {
    case 'ProviderUnreachable':
    case 'ProviderBusy':
      return { type: 'unheard' }
    case 'ProviderSilent':
      return { type: 'silent' }
    case 'ProviderMisconfigured':
      return { type: 'refused', failure: 'configuration' }
    default:
      return { type: 'refused', failure: fault.failure }
  }
}

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
      if (!asked.ok) return tell(afterFault(asked.error))
      tell(asked.value === 'asked-before' ? { type: 'asked-before' } : { type: 'taken', ref: asked.value.ref })
    },
  }),
]
