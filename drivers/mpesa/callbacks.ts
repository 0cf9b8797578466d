/**
 * What Daraja posts, read. Nothing of it is signed: what these bring is a claim, to be held against what was asked
 * and confirmed by asking. They take any input and never throw.
 */
import { err, money, ok, type Money, type Result } from '@lango/kernel'
import type { AccountBalance, Failure, PromptState, Received, TransactionState } from '@lango/modules/payments/port'
import {
  ALREADY_REVERSED,
  c2bRejections,
  CHARGES_JOINED_BY,
  initiatorResults,
  PAYING_ACCOUNT,
  transactionWords,
} from './facts.ts'
import { payerOf } from './phone.ts'
import { promptStateOf } from './push.ts'
import { CURRENCY, fieldOf, listOf, readAmount, readEat, textField, textOf } from './values.ts'

export type CallbackUnreadable = { readonly type: 'CallbackUnreadable'; readonly reason: string }
type Read<T> = Result<T, CallbackUnreadable>

const unreadable = (reason: string) => err({ type: 'CallbackUnreadable', reason })

export type StkCallback = {
  /** The CheckoutRequestID, which is the `ref` of the prompt. */
  readonly ref: string
  readonly state: Exclude<PromptState, { readonly state: 'pending' }>
  /** Of what was paid. */
  readonly amount: Money | undefined
  readonly paidAt: number | undefined
  readonly phone: string | undefined
  readonly phoneHint: string | undefined
}

export const readStkCallback = (body: unknown): Read<StkCallback> => {
  const callback = fieldOf(fieldOf(body, 'Body'), 'stkCallback')
  const ref = textField(callback, 'CheckoutRequestID').trim()
  const code = textField(callback, 'ResultCode').trim()
  if (ref === '') return unreadable('no CheckoutRequestID')
  if (code === '') return unreadable('no ResultCode')
  const items = valuesOf(fieldOf(fieldOf(callback, 'CallbackMetadata'), 'Item'), 'Name')
  const receipt = items.get('MpesaReceiptNumber')?.trim() || undefined
  const state = promptStateOf(code, textField(callback, 'ResultDesc'), receipt)
  // No outcome is a wait: `promptStateOf` knows of an end only.
  if (state.state === 'pending') return unreadable('it has not ended')
  return ok({
    ref,
    state,
    amount: readAmount(items.get('Amount')),
    paidAt: readEat(items.get('TransactionDate') ?? ''),
    ...payerOf(items.get('PhoneNumber') ?? ''),
  })
}

/** Pairs of a name and a value, in any order, one or many; the first of a name counts. */
const valuesOf = (list: unknown, nameField: 'Name' | 'Key'): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (const item of listOf(list)) {
    const name = textField(item, nameField)
    if (name !== '' && !values.has(name)) values.set(name, textOf(fieldOf(item, 'Value')))
  }
  return values
}

/** A payment that asks whether it may be made. It is no money: it has no receipt yet that counts. */
export type C2bAttempt = Omit<Received, 'receipt'> & { readonly attempt: string }

export const readC2bConfirmation = (body: unknown): Read<Received> => {
  const told = readC2b(body)
  if (!told.ok) return told
  const { attempt, ...received } = told.value
  return ok({ receipt: attempt, ...received })
}

export const readC2bValidation = (body: unknown): Read<C2bAttempt> => readC2b(body)

const readC2b = (body: unknown): Read<C2bAttempt> => {
  const attempt = textField(body, 'TransID').trim()
  const shortcode = textField(body, 'BusinessShortCode').trim()
  const amount = readAmount(fieldOf(body, 'TransAmount'))
  const paidAt = readEat(textField(body, 'TransTime').trim())
  if (attempt === '') return unreadable('no TransID')
  if (shortcode === '') return unreadable('no BusinessShortCode')
  if (amount === undefined) return unreadable('no TransAmount that can be read')
  if (paidAt === undefined) return unreadable('no TransTime that can be read')
  const names = ['FirstName', 'MiddleName', 'LastName'].map((name) => textField(body, name).trim()).filter(Boolean)
  return ok({
    attempt,
    amount,
    shortcode,
    paidAt,
    account: textField(body, 'BillRefNumber').trim(),
    ...payerOf(textField(body, 'MSISDN')),
    name: names.join(' ') || undefined,
  })
}

/** How something that an initiator asked for ended. */
export type InitiatorResult = {
  /** The ConversationID, which is the `ref` of the request. */
  readonly ref: string
  /** What the request was called by whoever asked; the provider's own where it was not named. */
  readonly originatorId: string
  readonly outcome: 'done' | 'done-before' | { readonly failure: Failure }
  readonly code: string
  readonly receipt: string | undefined
  /** As told: keys differ by what was asked for. */
  readonly parameters: ReadonlyMap<string, string>
}

export const readResult = (body: unknown): Read<InitiatorResult> => {
  const result = fieldOf(body, 'Result')
  const ref = textField(result, 'ConversationID').trim()
  const code = textField(result, 'ResultCode').trim()
  if (ref === '') return unreadable('no ConversationID')
  if (code === '') return unreadable('no ResultCode')
  return ok({
    ref,
    originatorId: textField(result, 'OriginatorConversationID').trim(),
    outcome: outcomeOf(code),
    code: code.slice(0, 32),
    receipt: textField(result, 'TransactionID').trim() || undefined,
    parameters: valuesOf(fieldOf(fieldOf(result, 'ResultParameters'), 'ResultParameter'), 'Key'),
  })
}

const outcomeOf = (code: string): InitiatorResult['outcome'] => {
  if (code === '0') return 'done'
  return code === ALREADY_REVERSED ? 'done-before' : { failure: initiatorResults.get(code) ?? 'system' }
}

/** What a status query found. */
export type TransactionStatus = {
  readonly receipt: string
  /** `Completed`, or what else they call it. */
  readonly status: string
  readonly state: TransactionState
  readonly amount: Money | undefined
  readonly fee: Money | undefined
  readonly finalisedAt: number | undefined
}

export const transactionStatusOf = ({ parameters }: InitiatorResult): TransactionStatus | undefined => {
  const [receipt = '', status = ''] = [parameters.get('ReceiptNo'), parameters.get('TransactionStatus')]
  if (receipt === '' || status === '') return undefined
  const finalisedAt = readEat(parameters.get('FinalisedTime') ?? '')
  const state = transactionWords.find(([word]) => word.test(status.trim()))?.[1] ?? 'open'
  const amount = readAmount(parameters.get('Amount'))
  return { receipt, status, state, amount, fee: feeOf(parameters.get('DebitPartyCharges') ?? ''), finalisedAt }
}

/** Undefined where none is told, or one of them cannot be read: a part is not to be taken for all. */
const feeOf = (told: string): Money | undefined => {
  const parts = told.split(CHARGES_JOINED_BY).map((part) => part.split('|').map((text) => text.trim()))
  const fees = parts.map(([, currency, amount]) => (currency === CURRENCY ? readAmount(amount) : undefined))
  return fees.includes(undefined)
    ? undefined
    : money(
        fees.reduce((sum, fee) => sum + fee!.minor, 0),
        CURRENCY,
      )
}

/** `Name|KES|current|available|reserved|uncleared`, joined by `&`; the order of the four numbers is unconfirmed. */
export const accountBalancesOf = ({ parameters }: InitiatorResult): readonly AccountBalance[] =>
  (parameters.get('AccountBalance') ?? '').split('&').flatMap((part) => {
    const [account = '', currency, current, available] = part.split('|').map((text) => text.trim())
    const [has, may] = [readAmount(current), readAmount(available)]
    if (account === '' || currency !== CURRENCY || !has || !may) return []
    return [{ account, current: has, available: may, isPaying: PAYING_ACCOUNT.test(account) }]
  })

/** What every callback is answered with, at once and whatever becomes of it. */
export const acknowledgement = { ResultCode: 0, ResultDesc: 'Accepted' } as const

/** The answer to a validation. `ThirdPartyTransID` comes back in the confirmation. */
export const validationAnswer = (
  decision: { readonly accept: true; readonly thirdPartyId?: string } | { readonly reject: keyof typeof c2bRejections },
): Readonly<Record<string, string>> => {
  if ('reject' in decision) return { ResultCode: c2bRejections[decision.reject], ResultDesc: 'Rejected' }
  const { thirdPartyId } = decision
  return {
    ResultCode: '0',
    ResultDesc: 'Accepted',
    ...(thirdPartyId !== undefined && { ThirdPartyTransID: thirdPartyId }),
  }
}
