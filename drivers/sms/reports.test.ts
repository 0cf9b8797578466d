import { describe, expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel'
import type { ReportArrived } from '@lango/modules/messages/port'
import { africasTalkingReports, createGatewayReports, createTwilioReports, twilioSignature } from './reports.ts'

const URL_TOLD = 'https://pop.example.com/callbacks/04ab'
const authToken = 'token-of-the-isp'
const twilio = createTwilioReports({ authToken })
const usual = { reportField: '', reportIdField: '', arrivedValues: [], failedValues: [] }
const gateway = createGatewayReports(usual)

const arrived = (more: Partial<ReportArrived> = {}): ReportArrived => ({
  url: URL_TOLD,
  method: 'POST',
  query: '',
  headers: {},
  body: '',
  ...more,
})
const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString()
const signed = (body: string): ReportArrived =>
  arrived({ body, headers: { 'x-twilio-signature': twilioSignature(authToken, URL_TOLD, body) } })

describe('Africa’s Talking', () => {
  const told = (status: string, more: Record<string, string> = {}) =>
    africasTalkingReports.read(
      arrived({ body: form({ id: 'ATXid_1', status, phoneNumber: '+254712345678', ...more }) }),
    )

  test.each([
    ['Success', { state: 'delivered', reason: null }],
    ['Failed', { state: 'undelivered', reason: 'Failed' }],
    ['AbsentSubscriber', { state: 'undelivered', reason: 'AbsentSubscriber' }],
  ])('%s', (status, report) => {
    expect(told(status)).toEqual({ providerId: 'ATXid_1', recipient: '+254712345678', ...report })
  })

  test('why is told, and what is no end is none', () => {
    expect(told('Rejected', { failureReason: 'UserInBlackList' })?.reason).toBe('UserInBlackList')
    for (const status of ['Sent', 'Submitted', 'Buffered', 'constructor', '']) expect(told(status)).toBeUndefined()
  })
})

describe('Twilio', () => {
  test('the signature is the one of its documentation', () => {
    const params = { CallSid: 'CA1234567890ABCDE', From: '+12349013030', To: '+18005551212', Caller: '+12349013030' }
    const body = form({ ...params, Digits: '1234' })
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
    expect(twilioSignature('12345', url, body)).toBe('0/KCTR6DLpKmkAf8muzZqo1nDgQ=')
  })

  test('an end is told, with words for its code', () => {
    const told = (fields: Record<string, string>) => twilio.read(signed(form({ MessageSid: 'SM1', ...fields })))
    expect(told({ MessageStatus: 'delivered' })).toMatchObject({ providerId: 'SM1', state: 'delivered' })
    const failed = told({ MessageStatus: 'undelivered', ErrorCode: '30003' })
    expect(failed).toMatchObject({ state: 'undelivered', reason: 'the phone could not be reached (30003)' })
    for (const status of ['queued', 'sending', 'sent', '']) expect(told({ MessageStatus: status })).toBeUndefined()
  })

  test('what is not signed, or signed for something else, is not believed', () => {
    const body = form({ MessageSid: 'SM1', MessageStatus: 'delivered' })
    const good = signed(body)
    expect(twilio.read(good)).toBeDefined()
    for (const bad of [
      arrived({ body }),
      { ...good, headers: { 'x-twilio-signature': '' } },
      { ...good, url: `${URL_TOLD}0` },
      { ...good, body: `${body}&ErrorCode=1` },
      { ...good, method: 'GET' },
    ])
      expect(twilio.read(bad)).toBeUndefined()
  })
})

describe('another gateway', () => {
  test.each<[string, Partial<ReportArrived>]>([
    ['a form', { body: 'id=gw-1&status=DELIVRD' }],
    ['the address', { method: 'GET', query: 'id=gw-1&status=delivered' }],
    ['JSON', { body: '{"id":"gw-1","status":"Delivered"}' }],
  ])('tells by %s', (_how, more) => {
    expect(gateway.read(arrived(more))).toMatchObject({ providerId: 'gw-1', state: 'delivered', reason: null })
  })

  test('fields and values are those that were set', () => {
    const own = {
      reportField: 'results.0.code',
      reportIdField: 'results.0.ref',
      arrivedValues: ['1'],
      failedValues: ['2', '16'],
    }
    const told = (code: number) =>
      createGatewayReports(own).read(arrived({ body: JSON.stringify({ results: [{ code, ref: 7 }] }) }))
    expect(told(1)).toMatchObject({ providerId: '7', state: 'delivered' })
    expect(told(16)).toMatchObject({ providerId: '7', state: 'undelivered', reason: '16' })
    expect(told(8)).toBeUndefined()
  })
})

test('whatever comes, nobody throws and nothing is believed', () => {
  const random = seededRandom(11)
  const bodies = [
    '',
    'null',
    '[]',
    '{"__proto__":{"status":"delivered","id":"x"}}',
    '['.repeat(16_000),
    '{"status":{"toString":"delivered"},"id":["x"]}',
    'id[status]=delivered&\0=\x01&%%%=%',
    'status=__proto__&id=constructor',
    ...Array.from({ length: 50 }, () => Buffer.from(random.bytes(300)).toString('utf8')),
  ]
  for (const body of bodies)
    for (const reader of [africasTalkingReports, twilio, gateway])
      for (const method of ['POST', 'GET'])
        expect(
          reader.read(arrived({ method, body, query: body, headers: { 'x-twilio-signature': body } })),
        ).toBeUndefined()
})
