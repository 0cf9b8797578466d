/** M-Pesa by Safaricom's Daraja 3.0: fills `PaymentProvider` of the payments module, and what else Daraja does. */
import type { PaymentProvider } from '@lango/modules/payments/port'
import { createC2b, type C2b } from './c2b.ts'
import { createClient, type MpesaConfig, type MpesaDependencies } from './client.ts'
import { createInitiated, type Initiated } from './initiator.ts'
import { isHintOf } from './phone.ts'
import { createPull, type Pull } from './pull.ts'
import { createPush } from './push.ts'
import { createStandingOrders } from './standing-order.ts'

export * from './callbacks.ts'
export { callbackReader } from './callback-reader.ts'
export type { C2b, C2bRegistration, C2bSimulation, C2bVersion } from './c2b.ts'
export type { Initiator, MpesaConfig, MpesaDependencies } from './client.ts'
export type { Initiated } from './initiator.ts'
export { msisdnOf } from './phone.ts'
export type { Pull } from './pull.ts'

export interface Mpesa extends PaymentProvider, C2b, Pull, Initiated {}

/**
 * One app of Daraja. A new token of an app ends the one before, so there is one of these for each app and no second
 * anywhere. Throws on a base URL that is not https (or plain http on this machine).
 */
export const createMpesa = (config: MpesaConfig, dependencies: MpesaDependencies): Mpesa => {
  const client = createClient(config, dependencies)
  const c2b = createC2b(client, config)
  return {
    ...createPush(client, config, dependencies.clock.now),
    ...c2b,
    // Masked numbers, which fit more than hashes can be told apart by; and no answer of ours never stops a payment.
    registerCallbacks: (urls, signal) => c2b.registerC2b({ version: 'v2', ...urls, unanswered: 'Completed' }, signal),
    ...createPull(client, config),
    ...createInitiated(client, config),
    ...createStandingOrders(client, config),
    isHintOf,
  }
}
