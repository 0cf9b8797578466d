/** Pull transactions: what customers paid the shortcode within the last 48 hours. */
import { err, ok, type Result } from '@lango/kernel'
import type { PaymentProvider, ProviderFault, Received } from '@lango/modules/payments/port'
import { callbackUrlOf } from './callback-url.ts'
import type { Call, CallOutcome, Client, MpesaConfig } from './client.ts'
import { nextPullOffset, paths, pull, PULL_PAGES_MAX, PULL_ROW_OFFSET_MS } from './facts.ts'
import { msisdnOf, payerOf } from './phone.ts'
import { eatDateTime, fieldOf, listOf, readAmount, readIso, textField } from './values.ts'

export interface Pull extends Pick<PaymentProvider, 'received'> {
  /** Once, before anything can be pulled. `phone` is told of it by Safaricom. */
  registerPull(
    registration: { readonly phone: string; readonly callbackUrl: string | undefined },
    signal: AbortSignal,
  ): Promise<Result<'registered' | 'registered-before', ProviderFault>>
}

export const createPull = (client: Client, { shortcode }: MpesaConfig): Pull => {
  // Which of the two it takes is remembered: the documents say GET and show the body of a POST.
  let method: 'POST' | 'GET' = 'POST'

  const page = async (fromAt: number, toAt: number, offset: number, signal: AbortSignal) => {
    const query = {
      ShortCode: shortcode,
      StartDate: eatDateTime(fromAt),
      // Whole seconds, and the one that it is in belongs to it.
      EndDate: eatDateTime(toAt + 999),
      OffSetValue: String(offset),
    }
    let outcome = await client.ask(callOf(method, query), signal)
    if (method === 'POST' && outcome.ok && isOtherMethod(outcome.value)) {
      outcome = await client.ask(callOf('GET', query), signal)
      if (outcome.ok && !('refusal' in outcome.value)) method = 'GET'
    }
    return outcome.ok ? client.accepted(outcome.value, [pull.listed, pull.none]) : outcome
  }

  return {
    async registerPull({ phone, callbackUrl }, signal) {
      const url = callbackUrlOf(callbackUrl, client.isLoopback)
      if (!url.ok) return url
      const body = {
        ShortCode: shortcode,
        RequestType: 'Pull',
        NominatedNumber: msisdnOf(phone) ?? phone,
        CallBackURL: url.value,
      }
      const codes = [pull.registered, pull.registeredBefore]
      const answer = await client.demand({ method: 'POST', path: paths.pullRegister, body }, signal, codes)
      if (!answer.ok) return answer
      const code = textField(answer.value, 'ResponseStatus', 'ResponseCode')
      return ok(code === pull.registered ? 'registered' : 'registered-before')
    },

    async received({ fromAt, toAt }, signal) {
      const payments = new Map<string, Received>()
      let unread = 0
      let offset = 0
      let before = ''
      for (let pages = 0; pages < PULL_PAGES_MAX; pages++) {
        const answer = await page(fromAt, toAt, offset, signal)
        if (!answer.ok) return answer
        const rows = rowsOf(answer.value)
        const written = JSON.stringify(rows)
        // The same again: it takes no offset.
        if (rows.length === 0 || written === before) return ok({ payments: [...payments.values()], unread })
        before = written
        for (const row of rows) {
          const payment = receivedOf(row, shortcode)
          if (payment === undefined) unread += 1
          else payments.set(payment.receipt, payment)
        }
        offset = nextPullOffset(offset, rows.length)
      }
      // A part is not to be taken for all.
      const reason = `the list is longer than ${PULL_PAGES_MAX} pages: ask for a shorter time`
      return err({ type: 'ProviderRefused', code: 'pages', failure: 'system', reason })
    },
  }
}

const callOf = (method: 'POST' | 'GET', query: Readonly<Record<string, string>>): Call =>
  method === 'POST'
    ? { method, path: paths.pullQuery, body: query }
    : { method, path: `${paths.pullQuery}?${new URLSearchParams(query).toString()}` }

const isOtherMethod = (outcome: CallOutcome): boolean =>
  'refusal' in outcome && (outcome.refusal.code.startsWith('405') || outcome.refusal.code === '404.001.01')

/** Rows stand in a list, or in a list of lists. */
const rowsOf = (body: unknown): readonly unknown[] => listOf(fieldOf(body, 'Response')).flatMap(listOf)

const receivedOf = (row: unknown, shortcode: string): Received | undefined => {
  const receipt = textField(row, 'transactionId').trim()
  const amount = readAmount(fieldOf(row, 'amount'))
  const paidAt = readIso(textField(row, 'trxDate'), PULL_ROW_OFFSET_MS)
  if (receipt === '' || amount === undefined || paidAt === undefined) return undefined
  return {
    receipt,
    amount,
    shortcode,
    paidAt,
    account: textField(row, 'billreference').trim(),
    ...payerOf(textField(row, 'msisdn')),
    name: textField(row, 'sender').trim() || undefined,
  }
}
