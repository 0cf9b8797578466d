/**
 * What Daraja's documents and its users say, as data. What is marked "unconfirmed" was not read in a document of
 * Safaricom's: it may have to change, and then only here.
 */
import type { Failure, Frequency, TransactionState } from '@lango/modules/payments/port'

export const paths = {
  token: '/oauth/v1/generate?grant_type=client_credentials',
  push: '/mpesa/stkpush/v1/processrequest',
  pushQuery: '/mpesa/stkpushquery/v1/query',
  c2bRegister: { v1: '/mpesa/c2b/v1/registerurl', v2: '/mpesa/c2b/v2/registerurl' },
  c2bSimulate: { v1: '/mpesa/c2b/v1/simulate', v2: '/mpesa/c2b/v2/simulate' },
  pullRegister: '/pulltransactions/v1/register',
  pullQuery: '/pulltransactions/v1/query',
  b2c: '/mpesa/b2c/v3/paymentrequest',
  transactionStatus: '/mpesa/transactionstatus/v1/query',
  reversal: '/mpesa/reversal/v1/request',
  accountBalance: '/mpesa/accountbalance/v1/query',
  standingOrder: '/standingorder/v1/createStandingOrderExternal',
} as const

/** A token lives an hour, and a new one of the same app ends it: it is fetched anew after 50 minutes, not earlier. */
export const TOKEN_REFRESH_MS = 50 * 60_000
/** Fetched anew this long before its end where it lives less than that. */
export const TOKEN_MARGIN_MS = 60_000

export const REFERENCE_LENGTH_MAX = 12
export const DESCRIPTION_LENGTH_MAX = 13
export const REMARKS_LENGTH_MAX = 100
/** Shillings a payment. */
export const AMOUNT_MIN = 1
export const AMOUNT_MAX = 250_000

/** East Africa Time, without summer time. That requests are stamped in it is unconfirmed; callbacks are. */
export const EAT_OFFSET_MS = 3 * 3_600_000
/** Rows of the pull API say `Z`: that it is UTC, and that the query's dates are EAT, is unconfirmed. */
export const PULL_ROW_OFFSET_MS = 0
/** Of which offset the next page is asked, when so many rows were had. That it counts rows is unconfirmed. */
export const nextPullOffset = (offset: number, rows: number): number => offset + rows
export const PULL_PAGES_MAX = 500

export const IDENTIFIER_SHORTCODE = '4'
export const IDENTIFIER_REVERSAL = '11'

/** In no URL that Daraja is to call (said of C2B URLs, held everywhere). */
export const forbiddenInUrls = ['m-pesa', 'mpesa', 'safaricom', 'exe', 'exec', 'cmd', 'sql', 'query'] as const
/**
 * Given where nobody reaches the box and a URL is required: a name that never resolves (RFC 2606), so that nobody
 * is told anything. That Daraja takes a name it cannot resolve is unconfirmed.
 */
export const UNHEARD_URL = 'https://callback.invalid/none'

type ResultFact = {
  readonly failure: Failure
  /** What helps: for people who read logs. */
  readonly class: 'retry' | 'wait' | 'final' | 'configuration' | 'customer-care'
  readonly mayStillBePaid: boolean
  /** A description that says more than the code. */
  readonly byText?: readonly [RegExp, Failure]
}
const fact = (failure: Failure, cls: ResultFact['class'], mayStillBePaid = false): ResultFact => ({
  failure,
  class: cls,
  mayStillBePaid,
})

/** ResultCode of an STK push, by callback and by query. 0 is paid. */
export const pushResults: ReadonlyMap<string, ResultFact> = new Map([
  ['1', fact('balance', 'retry')],
  ['2', fact('below-minimum', 'configuration')],
  ['3', fact('limit', 'final')],
  ['4', fact('limit', 'final')],
  ['8', fact('receiver', 'configuration')],
  // The same amount to the same customer within two minutes; by other sources an internal failure.
  ['17', fact('busy', 'wait', true)],
  ['26', fact('busy', 'wait', true)],
  ['1001', fact('busy', 'wait')],
  ['1019', fact('timeout', 'retry')],
  ['1025', fact('system', 'retry', true)],
  ['9999', fact('system', 'retry', true)],
  ['1032', fact('cancelled', 'retry', true)],
  ['1037', { ...fact('unreachable', 'retry', true), byText: [/no response/i, 'timeout'] }],
  ['2001', fact('wrong-pin', 'retry')],
  ['2028', fact('configuration', 'configuration')],
  // Of a push it is the customer's own PIN that is locked.
  ['8006', fact('wrong-pin', 'customer-care')],
  ['SFC_IC0003', fact('configuration', 'configuration')],
])
/** A code that nobody has written down yet: money may be on its way. */
export const unknownResult: ResultFact = fact('system', 'retry', true)

/** ResultCode of what an initiator asked for (B2C, status, reversal, balance). 0 is done. */
export const initiatorResults: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ['1', 'balance'],
  ['2', 'below-minimum'],
  ['3', 'limit'],
  ['4', 'limit'],
  ['8', 'receiver'],
  ['11', 'configuration'],
  ['21', 'configuration'],
  ['2001', 'configuration'],
  ['2006', 'receiver'],
  ['2028', 'configuration'],
  ['2040', 'receiver'],
  ['8006', 'configuration'],
  ['R000001', 'system'],
  ['R000002', 'system'],
  ['SFC_IC0003', 'configuration'],
])
/** How a status query calls what became of a movement. All but `Completed` is unconfirmed; another word says nothing. */
export const transactionWords: readonly (readonly [RegExp, TransactionState])[] = [
  [/^completed$/i, 'done'],
  [/revers/i, 'reversed'],
  [/^(cancelled|declined|expired|failed|rejected)$/i, 'failed'],
]
/** What a payout is to Safaricom: neither a salary nor a promotion. */
export const PAYOUT_COMMAND = 'BusinessPayment'
/** The id of a payout was used before. */
export const DUPLICATE_ID = '500.002.1001'
export const REMARKS_LENGTH_MIN = 2

/** Of the accounts of a shortcode the one that payouts and reversals come from. */
export const PAYING_ACCOUNT = /utility/i
/** `Fee For B2C Payment|KES|22.40`, one or several joined by `&`. That several are joined so is unconfirmed. */
export const CHARGES_JOINED_BY = '&'

/** The reversal was made before: what was asked is so. */
export const ALREADY_REVERSED = 'R000001'

type StandingOrderPage = {
  readonly transactionType: string
  /** By it the callback names the order; it is ours. '' where there is none, and the answer's own name is in it. */
  readonly ownIdField: 'CustomStoId' | ''
  readonly frequencies: Readonly<Record<Frequency, string>>
}
/**
 * How a standing order ("Ratiba") to a paybill is asked for. Safaricom's page said one thing in December 2025 and another in
 * August 2026, where the same number means another frequency: 4 was monthly and is every two weeks. Which of the two an
 * account is held to is unconfirmed: whoever has signed for it is told, and it is theirs to set.
 */
export const standingOrderPages = {
  '2025': {
    transactionType: 'Standing Order Customer Pay Bill',
    ownIdField: '',
    frequencies: { daily: '2', weekly: '3', monthly: '4', quarterly: '6', 'half-yearly': '7', yearly: '8' },
  },
  '2026': {
    transactionType: 'Standing Order Pay Bill External Third Party',
    ownIdField: 'CustomStoId',
    frequencies: { daily: '2', weekly: '3', monthly: '5', quarterly: '7', 'half-yearly': '8', yearly: '9' },
  },
} as const satisfies Readonly<Record<string, StandingOrderPage>>
/** Unlike everywhere else it is taken with the number of HTTP, and agreed to with 0. */
export const STANDING_ORDER_TAKEN = '200'
/** Of a standing order alone: one of the same name stands there, a field is wrong. The others are those of a push. */
export const standingOrderResults: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ['1050', 'configuration'],
  ['1051', 'configuration'],
])

/** What a code of a refused request comes to; a text may decide where a code means several things. */
export type ErrorClass = 'dead-token' | 'busy' | 'misconfigured' | 'silent' | 'pending' | 'registered' | Failure
type ErrorFact = { readonly code: RegExp; readonly text?: RegExp; readonly is: ErrorClass }

/** The first that fits counts. `code` is held against the errorCode, '' where there is none. */
export const requestErrors: readonly ErrorFact[] = [
  { code: /^(404\.001\.03|401\.002\.01|400\.003\.01)$/, is: 'dead-token' },
  { code: /^400\.008\.0[12]$/, is: 'misconfigured' },
  { code: /^(404\.001\.01|405\.001)$/, is: 'misconfigured' },
  { code: /^/, text: /no apiproduct match/i, is: 'misconfigured' },
  // Unconfirmed in the documents, widely reported: the prompt is still open.
  { code: /^500\.001\.1001$/, text: /being processed/i, is: 'pending' },
  { code: /^500\.001\.1001$/, text: /lock subscriber/i, is: 'busy' },
  { code: /^500\.001\.1001$/, text: /merchant does not exist|wrong credentials/i, is: 'misconfigured' },
  { code: /^500\.003\.1001$/, text: /already registered/i, is: 'registered' },
  { code: /^500\.003\.1001$/, text: /duplicate notification/i, is: 'misconfigured' },
  { code: /^(500\.003\.02|500\.003\.03)$/, is: 'busy' },
  { code: /^/, text: /spike ?arrest|quota/i, is: 'busy' },
  // The id was used before: what it named was heard then.
  { code: /^500\.002\.1001$/, is: 'busy' },
  { code: /^400\.002\.02$/, text: /phone ?number|party ?[ab]/i, is: 'phone' },
  { code: /^400\.002\.02$/, text: /amount/i, is: 'limit' },
  { code: /^400\./, is: 'configuration' },
  { code: /^40[134]\./, is: 'misconfigured' },
  { code: /^5/, is: 'silent' },
]

/**
 * Addresses that callbacks come from, as integrators list them. Safaricom changes them without a word: they tell what is
 * unusual, and decide nothing.
 */
export const callbackSources: ReadonlySet<string> = new Set([
  '196.201.214.200',
  '196.201.214.206',
  '196.201.214.207',
  '196.201.214.208',
  '196.201.213.114',
  '196.201.213.44',
  '196.201.212.127',
  '196.201.212.138',
  '196.201.212.129',
  '196.201.212.136',
  '196.201.212.74',
  '196.201.212.69',
])

export const c2bRejections = {
  phone: 'C2B00011',
  account: 'C2B00012',
  amount: 'C2B00013',
  kyc: 'C2B00014',
  shortcode: 'C2B00015',
  other: 'C2B00016',
} as const

/** Answers of the pull API. */
export const pull = { listed: '1000', none: '1001', registered: '1000', registeredBefore: '1001' } as const
