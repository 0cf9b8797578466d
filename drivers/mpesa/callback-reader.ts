/** What Daraja posts, as payments have it. */
import type { CallbackReader } from '@lango/modules/payments/port'
import { acknowledgement, readStkCallback } from './callbacks.ts'
import { callbackSources } from './facts.ts'

export const callbackReader: CallbackReader = {
  prompt(body) {
    const told = readStkCallback(body)
    if (!told.ok) return undefined
    const { ref, state, amount } = told.value
    return { ref, isPaid: state.state === 'paid', amount }
  },
  isKnownSource: (address) => callbackSources.has(address),
  accepted: acknowledgement,
}
