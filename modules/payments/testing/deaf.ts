/** What a provider does for whoever asks nothing further of it: it cannot be reached. */
import { err } from '@lango/kernel'
import type { PaymentProvider } from '../port.ts'

const unreachable = () => Promise.resolve(err({ type: 'ProviderUnreachable', reason: 'no route' } as const))

export const deaf: Pick<PaymentProvider, 'payOut' | 'transactionStatus' | 'accountBalance' | 'standingOrder'> = {
  payOut: unreachable,
  transactionStatus: unreachable,
  accountBalance: unreachable,
  standingOrder: unreachable,
}
