/** Has the provider ask for standing orders, and watches them, as jobs. */
import { FaultError, money } from '@lango/kernel'
import { defineJob, type AnyJob } from '@lango/kernel/verbs'
import { z } from 'zod'
import { standingOrderJob } from './jobs-asked-for.ts'
import { beginStandingOrder, standingOrderTold, watchStandingOrders } from './standing-orders.ts'
import { standingOrderLimits, type StandingOrderTold } from './standing-rules.ts'
import { freshPart, limits, must, notAsked, type PaymentWorkDeps } from './work-parts.ts'

export const createStandingOrderWork = ({ provider, clock }: PaymentWorkDeps): readonly AnyJob[] => [
  defineJob({
    ...standingOrderJob,
    limits,
    async run(context, { standingOrderId }) {
      const tell = (told: StandingOrderTold): void =>
        must(context.dispatch(standingOrderTold, { standingOrderId, told }, freshPart(context, clock)))
      const begun = context.dispatch(beginStandingOrder, { standingOrderId }, freshPart(context, clock))
      if (!begun.ok) throw new FaultError(begun.error)
      const { request, isWaitedFor } = begun.value
      // It may have been asked before a crash: then the money that comes says whether it was agreed to.
      if (!request) return isWaitedFor ? tell({ type: 'silent' }) : undefined
      const { amountMinor, currency, tellAt: callbackUrl, ...rest } = request
      const wish = { ...rest, amount: money(amountMinor, currency), callbackUrl }
      const asked = await provider()?.standingOrder(wish, context.signal)
      if (asked === undefined) return tell({ type: 'refused', failure: 'configuration' })
      tell(asked.ok ? { type: 'taken', ref: asked.value.ref } : notAsked(asked.error))
    },
  }),
  defineJob({
    name: 'payments.watchingStandingOrders',
    input: z.object({}),
    limits: { attemptsMax: 3, atOnce: 1 },
    everyMs: standingOrderLimits.lookEveryMs,
    run(context) {
      must(context.dispatch(watchStandingOrders, {}, freshPart(context, clock)))
      return Promise.resolve()
    },
  }),
]
