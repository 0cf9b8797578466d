/** What Daraja posts, as payments have it. */
import type { CallbackReader } from '@lango/modules/payments/port'
import { acknowledgement, readC2bConfirmation, readResult, readStkCallback, validationAnswer } from './callbacks.ts'
import { callbackSources } from './facts.ts'
import { readAmount } from './values.ts'

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
  result(body) {
    const told = readResult(body)
    if (!told.ok) return undefined
    const { ref, outcome, parameters } = told.value
    return {
      ref,
      failure: typeof outcome === 'object' ? outcome.failure : null,
      receipt: parameters.get('OriginalTransactionID')?.trim() || undefined,
      amount: readAmount(parameters.get('Amount')),
    }
  },
  isKnownSource: (address) => callbackSources.has(address),
  accepted: acknowledgement,
  allowed: validationAnswer({ accept: true }),
}
