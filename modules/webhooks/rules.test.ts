import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '@lango/kernel/verbs'
import { answerStart, deliveryLimits, secretBytes, signedHeaders, spelledSecret, urlFault } from './rules.ts'

test('a message is signed as Standard Webhooks has it, to the octet', () => {
  // The example of the specification's own libraries.
  const secret = secretBytes('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!
  const headers = signedHeaders(secret, {
    messageId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSec: 1_614_265_330,
    body: '{"test": 2432232314}',
  })
  expect(headers).toEqual({
    'content-type': 'application/json',
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a secret is read back as it was spelt, and nothing else is one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), (bytes) => {
      expect(secretBytes(spelledSecret(Buffer.from(bytes)))).toEqual(Buffer.from(bytes))
    }),
  )
  const short = spelledSecret(Buffer.alloc(23))
  for (const text of ['', 'whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', short, `${spelledSecret(Buffer.alloc(32))}!`])
    expect(secretBytes(text)).toBeUndefined()
})

test('tries go on for about a day', () => {
  const span = (unit: number) =>
    Array.from({ length: deliveryLimits.attemptsMax - 1 }, (_, at) =>
      backoffMs({ ...deliveryLimits, timeoutMs: 1, atOnce: 1 }, at + 1, unit),
    ).reduce((sum, ms) => sum + ms, 0) / 3_600_000
  expect([span(0) > 12, span(0.5) > 22 && span(0.5) < 28, span(1) < 36]).toEqual([true, true, true])
})

test.each([
  ['', 'shape'],
  ['example.com', 'shape'],
  ['ftp://example.com', 'shape'],
  ['javascript:0', 'shape'],
  ['https://user:pw@example.com', 'credentials'],
  ['https://a/#b', 'fragment'],
])('%j is no address to send to: %s', (text, fault) => expect(urlFault(text)).toBe(fault))

test('of an answer only the beginning is kept, and nothing that moves a cursor', () => {
  expect(answerStart(`\u001b[2Jok\r\n\u202edone`)).toBe('[2Jok done')
  expect(answerStart('x'.repeat(5000))).toHaveLength(1024)
})
