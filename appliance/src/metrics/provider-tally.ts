/** How the provider of payments answers, since the box started. */
import type { Clock, Result } from '@lango/kernel'
import type { PaymentProvider, ProviderFault } from '@lango/modules/payments/port'

export const providerFaults = [
  'ProviderUnreachable',
  'ProviderSilent',
  'ProviderBusy',
  'ProviderMisconfigured',
  'ProviderRefused',
] as const satisfies readonly ProviderFault['type'][]

export type ProviderTally = {
  readonly faults: Readonly<Record<ProviderFault['type'], number>>
  /** When it last said anything, a refusal too; undefined where it has not since the start. */
  readonly answeredAt: number | undefined
}

/** Nobody heard, or nobody answered. */
const unanswered: ReadonlySet<string> = new Set(['ProviderUnreachable', 'ProviderSilent'])

export const createProviderTally = ({ now }: Pick<Clock, 'now'>) => {
  const faults = Object.fromEntries(providerFaults.map((type) => [type, 0])) as Record<ProviderFault['type'], number>
  let answeredAt: number | undefined

  const counted = async <T>(asked: Promise<Result<T, ProviderFault>>): Promise<Result<T, ProviderFault>> => {
    const answer = await asked
    if (!answer.ok) faults[answer.error.type] += 1
    if (answer.ok || !unanswered.has(answer.error.type)) answeredAt = now()
    return answer
  }

  return {
    read: (): ProviderTally => ({ faults: { ...faults }, answeredAt }),
    /** The same, counted. */
    over: (provider: PaymentProvider): PaymentProvider => ({
      prompt: (...asked) => counted(provider.prompt(...asked)),
      promptState: (...asked) => counted(provider.promptState(...asked)),
      received: (...asked) => counted(provider.received(...asked)),
      reverse: (...asked) => counted(provider.reverse(...asked)),
      payOut: (...asked) => counted(provider.payOut(...asked)),
      transactionStatus: (...asked) => counted(provider.transactionStatus(...asked)),
      accountBalance: (...asked) => counted(provider.accountBalance(...asked)),
      standingOrder: (...asked) => counted(provider.standingOrder(...asked)),
      registerCallbacks: (...asked) => counted(provider.registerCallbacks(...asked)),
      isHintOf: (...asked) => provider.isHintOf(...asked),
    }),
  }
}
