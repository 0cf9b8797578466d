/** What the jobs of payments have in common. */
import { FaultError, type Clock } from '@lango/kernel'
import type { JobContext } from '@lango/kernel/verbs'
import type { Failure, PaymentProvider, ProviderFault } from './port.ts'

export type PaymentWorkDeps = {
  /** As it is set up now; undefined when it is not. */
  readonly provider: () => PaymentProvider | undefined
  readonly clock: Pick<Clock, 'now'>
}

/** A crash ends the try; what comes next is decided by what stands on record, not by the number of tries. */
export const limits = { attemptsMax: 1000, atOnce: 20, backoffMs: 1000, backoffMsMax: 60_000 } as const

export const must = (
  done: { readonly ok: true } | { readonly ok: false; readonly error: { readonly type: string } },
): void => {
  if (!done.ok) throw new FaultError(done.error)
}

/** Never under an id that was used before: what stands on record decides, also after a crash. */
export const freshPart = (context: JobContext, clock: PaymentWorkDeps['clock']): string =>
  `.${context.attempt}.${clock.now()}`

export type NotAsked =
  | { readonly type: 'unheard' }
  | { readonly type: 'silent' }
  | { readonly type: 'refused'; readonly failure: Failure }

/** What it means for what was asked that the provider did not take it. */
export const notAsked = (fault: ProviderFault): NotAsked => {
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
