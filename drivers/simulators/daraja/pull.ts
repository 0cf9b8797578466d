/** The list of what customers paid a shortcode within the last 48 hours, for who registered for it. */
import { readDateTime, refusal, text, type Answer, type DarajaSimulatorOptions, type Fields } from './types.ts'
import type { Shortcode, World } from './world.ts'

const PULLED_MS = 48 * 3_600_000
const PAGE_ROWS = 100

export const createPull = (world: World, { now, pullPageRows = PAGE_ROWS }: DarajaSimulatorOptions) => {
  const pulled = new Set<Shortcode>()
  return {
    register: (fields: Fields, shortcode: Shortcode): Answer => {
      if (text(fields, 'RequestType') !== 'Pull') return refusal(400, '400.002.02', 'Bad Request - Invalid RequestType')
      const ResponseStatus = pulled.has(shortcode) ? '1001' : '1000'
      pulled.add(shortcode)
      const ResponseDescription = ResponseStatus === '1000' ? 'Registered' : 'ShortCode already Registered'
      return { status: 200, body: { ResponseRefID: world.digits(12), ResponseStatus, ResponseDescription } }
    },
    query: (fields: Fields, shortcode: Shortcode): Answer => {
      const [from, to] = [readDateTime(text(fields, 'StartDate')), readDateTime(text(fields, 'EndDate'))]
      const offset = Number(text(fields, 'OffSetValue'))
      if (!pulled.has(shortcode) || Number.isNaN(from) || Number.isNaN(to) || !Number.isSafeInteger(offset))
        return refusal(400, '400.002.02', 'Bad Request - Invalid ShortCode, date or OffSetValue')
      const rows = [...world.transactions.values()]
        .filter((made) => made.direction === 'in' && made.shortcode === shortcode && !made.isReversed)
        .filter(({ at }) => at >= Math.max(from, now() - PULLED_MS) && at < to)
        .slice(offset, offset + pullPageRows)
        .map((made) => ({
          transactionId: made.receipt,
          trxDate: new Date(made.at).toISOString().replace(/\.\d+Z$/, 'Z'),
          msisdn: made.customer.msisdn,
          sender: made.customer.name,
          transactiontype: 'c2b-pay-bill-debit',
          billreference: made.account,
          amount: `${made.amount}.0`,
          organizationname: shortcode.name,
        }))
      const body = { ResponseRefID: world.digits(12), ResponseCode: rows.length === 0 ? '1001' : '1000' }
      return { status: 200, body: { ...body, ResponseMessage: 'Success', Response: [rows] } }
    },
  }
}
