/** What Daraja posts, as payments have it. */
import type { CallbackReader, Failure } from '@lango/modules/payments/port'
import {
  accountBalancesOf,
  acknowledgement,
  readC2bConfirmation,
  readResult,
  readStkCallback,
  transactionStatusOf,
  validationAnswer,
  type InitiatorResult,
} from './callbacks.ts'
import { callbackSources } from './facts.ts'
import { readStandingOrder } from './standing-order.ts'
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
      failure: failureOf(outcome),
      receipt: parameters.get('OriginalTransactionID')?.trim() || undefined,
      amount: readAmount(parameters.get('Amount')),
    }
  },
  payout(body) {
    const told = readResult(body)
    if (!told.ok) return undefined
    const { ref, outcome, receipt, parameters } = told.value
    return {
      ref,
      failure: failureOf(outcome),
      receipt: parameters.get('TransactionReceipt')?.trim() || receipt,
      name: parameters.get('ReceiverPartyPublicName')?.trim() || undefined,
      amount: readAmount(parameters.get('TransactionAmount')),
    }
  },
  status(body) {
    const told = readResult(body)
    if (!told.ok) return undefined
    const found = transactionStatusOf(told.value)
    // Neither a failure nor anything of the movement: it says nothing.
    if (found === undefined && told.value.outcome === 'done') return undefined
    const { receipt, state, amount, fee } = found ?? {}
    return { ref: told.value.ref, failure: failureOf(told.value.outcome), receipt, state, amount, fee }
  },
  balance(body) {
    const told = readResult(body)
    if (!told.ok) return undefined
    const balances = accountBalancesOf(told.value)
    if (balances.length === 0 && told.value.outcome === 'done') return undefined
    return { ref: told.value.ref, failure: failureOf(told.value.outcome), balances }
  },
  standingOrder: readStandingOrder,
  isKnownSource: (address) => callbackSources.has(address),
  accepted: acknowledgement,
  allowed: validationAnswer({ accept: true }),
}

const failureOf = (outcome: InitiatorResult['outcome']): Failure | null =>
  typeof outcome === 'object' ? outcome.failure : null
