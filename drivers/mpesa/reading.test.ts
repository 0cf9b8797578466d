import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money } from '@lango/kernel'
import { callbackReader } from './callback-reader.ts'
import {
  accountBalancesOf,
  readC2bConfirmation,
  readC2bValidation,
  readResult,
  readStkCallback,
  transactionStatusOf,
  validationAnswer,
} from './callbacks.ts'
import { pushResults } from './facts.ts'
import { isHintOf, msisdnOf } from './phone.ts'
import { passwordOf, promptStateOf } from './push.ts'
import { eatDateTime, eatStamp, readAmount, readEat, readIso, shillingsOf } from './values.ts'

test('the password is that of the published vector', () => {
  const passkey = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'
  expect(passwordOf('174379', passkey, '20210628092408')).toBe(
    'MTc0Mzc5YmZiMjc5ZjlhYTliZGJjZjE1OGU5N2RkNzFhNDY3Y2QyZTBjODkzMDU5YjEwZjc4ZTZiNzJhZGExZWQyYzkxOTIwMjEwNjI4MDkyNDA4',
  )
})

describe('phone numbers', () => {
  test.each([
    ['0712345678', '254712345678'],
    ['0112 345 678', '254112345678'],
    ['+254 712-345-678', '254712345678'],
    ['254712345678', '254712345678'],
    ['712345678', '254712345678'],
    [' (0712) 345.678 ', '254712345678'],
  ])('%s is %s', (typed, msisdn) => expect(msisdnOf(typed)).toBe(msisdn))

  test.each(['', '0812345678', '07123456789', '071234567', '+255712345678', '+0712345678', '2540712345678', 'amina'])(
    '“%s” is none',
    (typed) => expect(msisdnOf(typed)).toBeUndefined(),
  )

  const hash = createHash('sha256').update('254712345126').digest('hex')
  test.each([
    [hash, true],
    [hash.toUpperCase(), true],
    ['2547 ***** 126', true],
    ['2547*****126', true],
    ['+2547 ***** 126', true],
    ['254712345126', true],
    ['0712345126', true],
    [createHash('sha256').update('254712345127').digest('hex'), false],
    ['2547 ***** 127', false],
    ['2541 ***** 126', false],
    ['************', false],
    ['254*********', false],
    // More digits than a number has, and each end fits.
    ['2547123451 ***** 5126', false],
    ['', false],
    ['*', false],
  ])('the hint %s fits +254712345126: %s', (hint, fits) => {
    expect(isHintOf(hint, '+254712345126')).toBe(fits)
    expect(isHintOf(hint, 'nobody')).toBe(false)
  })
})

describe('amounts and times', () => {
  test.each([
    [1, 100],
    [1.5, 150],
    ['5.00', 500],
    ['1,500.05', 150_005],
    [' 7 ', 700],
    ['12.500', 1250],
  ])('%s shillings are %s cents', (told, minor) => expect(readAmount(told)).toEqual(money(minor, 'KES')))

  test.each(['', '-5', '1.005', 'NaN', Number.NaN, Infinity, 1e21, null, {}, [5], '0x10', '1e3', true])(
    '%s is no amount',
    (told) => expect(readAmount(told)).toBeUndefined(),
  )

  test('cents are refused, and so is another currency and nothing', () => {
    expect(shillingsOf(money(150_000, 'KES'))).toBe(1500)
    for (const amount of [money(150, 'KES'), money(100, 'UGX'), money(0, 'KES'), money(-100, 'KES')])
      expect(shillingsOf(amount)).toBeUndefined()
  })

  test('stamps are those of East Africa Time, and are read back', () => {
    const at = Date.UTC(2026, 11, 31, 22, 30, 5)
    expect(eatStamp(at)).toBe('20270101013005')
    expect(eatDateTime(at)).toBe('2027-01-01 01:30:05')
    expect(readEat('20270101013005')).toBe(at)
    expect(readEat('01.01.2027 01:30:05')).toBe(at)
    expect(readIso('2026-12-31T22:30:05Z', 0)).toBe(at)
    expect(readIso('2027-01-01T01:30:05.000+0300', 0)).toBe(at)
    for (const none of ['', '20270231000000', '2027010101300', '20270101250000', '99999999999999'])
      expect(readEat(none)).toBeUndefined()
  })
})

describe('how a push ends', () => {
  test.each([
    ['1', 'balance', false],
    ['2', 'below-minimum', false],
    ['3', 'limit', false],
    ['4', 'limit', false],
    ['8', 'receiver', false],
    ['17', 'busy', true],
    ['26', 'busy', true],
    ['1001', 'busy', false],
    ['1019', 'timeout', false],
    ['1025', 'system', true],
    ['9999', 'system', true],
    ['1032', 'cancelled', true],
    ['1037', 'unreachable', true],
    ['2001', 'wrong-pin', false],
    ['2028', 'configuration', false],
    ['8006', 'wrong-pin', false],
    ['SFC_IC0003', 'configuration', false],
    ['4711', 'system', true],
    ['__proto__', 'system', true],
  ])('%s is %s, and may still be paid: %s', (code, failure, mayStillBePaid) => {
    expect(promptStateOf(code, '')).toEqual({ state: 'failed', failure, code, mayStillBePaid })
  })

  test('every code of the table is among those above, but for what succeeded', () => {
    expect(pushResults.size).toBe(17)
    expect(promptStateOf('0', '', 'NLJ7RT61SV')).toEqual({ state: 'paid', receipt: 'NLJ7RT61SV' })
    expect(promptStateOf('1037', 'No response from user.')).toMatchObject({ failure: 'timeout' })
  })
})

const stk = (fields: object) => ({ Body: { stkCallback: fields } })
const paid = {
  MerchantRequestID: '29115-34620561-1',
  CheckoutRequestID: 'ws_CO_191220191020363925',
  ResultCode: 0,
  ResultDesc: 'The service request is processed successfully.',
  CallbackMetadata: {
    Item: [
      { Name: 'Balance' },
      { Name: 'PhoneNumber', Value: 254708374149 },
      { Name: 'Amount', Value: 1.0 },
      { Name: 'TransactionDate', Value: 20191219102115 },
      { Name: 'MpesaReceiptNumber', Value: 'NLJ7RT61SV' },
    ],
  },
}

describe('callbacks of a push', () => {
  const value = {
    ref: 'ws_CO_191220191020363925',
    state: { state: 'paid', receipt: 'NLJ7RT61SV' },
    amount: money(100, 'KES'),
    paidAt: Date.UTC(2019, 11, 19, 7, 21, 15),
    phone: '+254708374149',
    phoneHint: undefined,
  }

  test('what was paid is told, in any order, as numbers or as texts', () => {
    expect(readStkCallback(stk(paid))).toEqual({ ok: true, value })
    const texts = paid.CallbackMetadata.Item.map(({ Name, Value }) => ({ Name, Value: Value && String(Value) }))
    const other = { ...paid, ResultCode: '0', CallbackMetadata: { Item: texts.toReversed() } }
    expect(readStkCallback(stk(other))).toEqual({ ok: true, value })
  })

  test('a masked number is a hint', () => {
    const Item = [{ Name: 'PhoneNumber', Value: '2547 ***** 149' }]
    const read = readStkCallback(stk({ ...paid, CallbackMetadata: { Item } }))
    expect(read).toMatchObject({ value: { phone: undefined, phoneHint: '2547 ***** 149', amount: undefined } })
  })

  test('a failure has its code alone', () => {
    const read = readStkCallback(stk({ CheckoutRequestID: 'ws_CO_1', ResultCode: '1032', ResultDesc: 'Cancelled' }))
    expect(read).toMatchObject({ ok: true, value: { ref: 'ws_CO_1', state: { failure: 'cancelled' } } })
  })

  test.each([
    [undefined, 'no CheckoutRequestID'],
    ['text', 'no CheckoutRequestID'],
    [stk({ ResultCode: 0 }), 'no CheckoutRequestID'],
    [stk({ CheckoutRequestID: 'ws_CO_1' }), 'no ResultCode'],
    [stk({ CheckoutRequestID: 'ws_CO_1', ResultCode: {} }), 'no ResultCode'],
    [{ Body: Object.create({ stkCallback: paid }) as object }, 'no CheckoutRequestID'],
    [JSON.parse('{"__proto__":{"Body":{"stkCallback":{"CheckoutRequestID":"x","ResultCode":0}}}}'), 'no Checkout'],
  ])('what is none is told apart: %j', (body, reason) => {
    const error = { type: 'CallbackUnreadable', reason: expect.stringContaining(reason) as string }
    expect(readStkCallback(body)).toEqual({ ok: false, error })
  })
})

const c2b = {
  TransactionType: 'Pay Bill',
  TransID: 'RKTQDM7W6S',
  TransTime: '20191122063845',
  TransAmount: '10.00',
  BusinessShortCode: '600638',
  BillRefNumber: ' inv-008 ',
  InvoiceNumber: '',
  OrgAccountBalance: '49197.00',
  ThirdPartyTransID: '',
  MSISDN: '2547 ***** 126',
  FirstName: 'John',
  MiddleName: '',
  LastName: 'Doe',
}

describe('callbacks of C2B', () => {
  const told = {
    amount: money(1000, 'KES'),
    shortcode: '600638',
    paidAt: Date.UTC(2019, 10, 22, 3, 38, 45),
    account: 'inv-008',
    phone: undefined,
    phoneHint: '2547 ***** 126',
    name: 'John Doe',
  }

  test('a confirmation has a receipt; a validation has none, so it cannot be taken for money', () => {
    expect(readC2bConfirmation(c2b)).toEqual({ ok: true, value: { ...told, receipt: 'RKTQDM7W6S' } })
    expect(readC2bValidation(c2b)).toEqual({ ok: true, value: { ...told, attempt: 'RKTQDM7W6S' } })
  })

  test.each(['TransID', 'BusinessShortCode', 'TransAmount', 'TransTime'])('without %s it is none', (name) => {
    const body = { ...c2b, [name]: null }
    expect(readC2bConfirmation(body)).toMatchObject({ ok: false, error: { type: 'CallbackUnreadable' } })
    expect(readC2bValidation(body)).toMatchObject({ ok: false })
  })

  test('the answers are those that are waited for', () => {
    expect(validationAnswer({ accept: true })).toEqual({ ResultCode: '0', ResultDesc: 'Accepted' })
    expect(validationAnswer({ accept: true, thirdPartyId: 'p1' })).toMatchObject({ ThirdPartyTransID: 'p1' })
    expect(validationAnswer({ reject: 'account' })).toEqual({ ResultCode: 'C2B00012', ResultDesc: 'Rejected' })
  })
})

const resultOf = (fields: object) => ({
  Result: {
    ResultCode: 0,
    ConversationID: 'AG_1',
    OriginatorConversationID: 'o1',
    TransactionID: 'NLJ41HAY6Q',
    ...fields,
  },
})

describe('results of what an initiator asked for', () => {
  test('parameters come as a list or, alone, without one', () => {
    const many = { ResultParameter: [{ Key: 'Amount', Value: '10' }, { Key: 'ReceiptNo', Value: 'X' }, { Key: 7 }] }
    const read = readResult(resultOf({ ResultParameters: many }))
    expect(read).toMatchObject({ value: { ref: 'AG_1', originatorId: 'o1', outcome: 'done', receipt: 'NLJ41HAY6Q' } })
    const parameters = (body: object) => {
      const { value } = readResult(body) as { value: { parameters: ReadonlyMap<string, string> } }
      return Object.fromEntries(value.parameters)
    }
    expect(parameters(resultOf({ ResultParameters: many }))).toEqual({ Amount: '10', ReceiptNo: 'X', '7': '' })
    const one = { ResultParameter: { Key: 'BOCompletedTime', Value: 20200109125710 } }
    expect(parameters(resultOf({ ResultParameters: one }))).toEqual({ BOCompletedTime: '20200109125710' })
  })

  test.each([
    [2001, { failure: 'configuration' }],
    ['R000001', 'done-before'],
    ['R000002', { failure: 'system' }],
    [2040, { failure: 'receiver' }],
    ['0', 'done'],
  ])('%s is %j', (ResultCode, outcome) => {
    expect(readResult(resultOf({ ResultCode }))).toMatchObject({ ok: true, value: { outcome } })
  })

  test('a status and balances are read from the parameters', () => {
    const parameters = new Map([
      ['ReceiptNo', 'NLJ41HAY6Q'],
      ['TransactionStatus', 'Completed'],
      ['Amount', '300'],
      ['FinalisedTime', '20190824181142'],
      ['AccountBalance', 'Utility Account|KES|228037.00|228036.00|0.00|0.00&Odd|KES|x|1.00&Other|USD|1.00|1.00|0|0&'],
    ])
    const result = { ref: '', originatorId: '', outcome: 'done', code: '0', receipt: undefined, parameters } as const
    const finalisedAt = Date.UTC(2019, 7, 24, 15, 11, 42)
    const amount = money(30_000, 'KES')
    const status = { receipt: 'NLJ41HAY6Q', status: 'Completed', state: 'done', amount, fee: undefined, finalisedAt }
    expect(transactionStatusOf(result)).toEqual(status)
    const feeOf = (told: string) =>
      transactionStatusOf({ ...result, parameters: new Map([...parameters, ['DebitPartyCharges', told]]) })?.fee
    expect(feeOf('Fee For B2C Payment|KES|22.40')).toEqual(money(2240, 'KES'))
    expect(feeOf('One|KES|22.40&Two|KES|1.00')).toEqual(money(2340, 'KES'))
    for (const odd of ['', 'Fee', 'Fee|USD|1.00', 'Fee|KES|x', 'Fee|KES|1.00&']) expect(feeOf(odd)).toBeUndefined()
    const stateOf = (told: string) =>
      transactionStatusOf({ ...result, parameters: new Map([...parameters, ['TransactionStatus', told]]) })?.state
    expect(['completed', 'Reversed', 'Declined', 'Authorized', 'Pending'].map(stateOf)).toEqual([
      'done',
      'reversed',
      'failed',
      'open',
      'open',
    ])
    expect(transactionStatusOf({ ...result, parameters: new Map() })).toBeUndefined()
    const current = money(22_803_700, 'KES')
    const available = money(22_803_600, 'KES')
    expect(accountBalancesOf(result)).toEqual([{ account: 'Utility Account', current, available, isPaying: true }])
  })
})

test('no reader throws, whatever comes', () => {
  const names = ['__proto__', 'constructor', 'Body', 'stkCallback', 'ResultCode', 'Item', 'Result', 'Key', 'Value']
  const odd = fc.anything({ key: fc.constantFrom(...names, ...Object.keys(c2b)), withNullPrototype: true })
  const somewhere = (whole: object) =>
    fc.tuple(fc.constantFrom(...Object.keys(whole)), odd).map(([name, value]) => ({ ...whole, [name]: value }))
  const bodies = fc.oneof(
    odd,
    fc.jsonValue(),
    somewhere(paid).map(stk),
    somewhere(paid.CallbackMetadata).map((CallbackMetadata) => stk({ ...paid, CallbackMetadata })),
    somewhere(c2b),
    somewhere(resultOf({ ResultParameters: {} }).Result).map((Result) => ({ Result })),
    odd.map((ResultParameter) => resultOf({ ResultParameters: { ResultParameter } })),
  )
  fc.assert(
    fc.property(bodies, (body) => {
      for (const read of [readStkCallback, readC2bConfirmation, readC2bValidation, readResult]) {
        const { ok } = read(body)
        expect(typeof ok).toBe('boolean')
      }
      const result = readResult(body)
      if (!result.ok) return
      transactionStatusOf(result.value)
      accountBalancesOf(result.value)
      callbackReader.status(body)
      callbackReader.balance(body)
    }),
    { numRuns: 2000, seed: 20261126 },
  )
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})
