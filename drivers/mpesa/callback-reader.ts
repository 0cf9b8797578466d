/** What Daraja posts, as payments have it. */
import type { CallbackReader } from '@lango/modules/payments/port'
import { acknowledgement, readC2bConfirmation, readStkCallback, validationAnswer } from './callbacks.ts'
import { callbackSources } from './facts.ts'

export const callbackReader: CallbackReader = {
  prompt(body) {
    const told = readStkCallback(body)
    if (!told.ok) return undefined
    const { ref, state, amount } = told.value
    return { ref, isPaid: state.state === 'paid', amount }
  },
  payment(body) {
    const told = readC2bConfirmation(body)
    return told.ok ? told.value : undefined
  },
  isKnownSource: (address) => callbackSources.has(address),
  accepted: acknowledgement,
  allowed: validationAnswer({ accept: true }),
}
