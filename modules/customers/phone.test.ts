import { expect, test } from 'vitest'
import { phoneSpellings, readPhone } from './phone.ts'

test.each([
  '0712 345 678',
  '0712-345-678',
  '712345678',
  '254712345678',
  '+254 712 345 678',
  '+254 (0) 712 345 678',
  '00254712345678',
])('%s is a number at home', (typed) => {
  expect(readPhone(typed, 'KES')).toEqual({ ok: true, value: '+254712345678' })
})

test.each([
  ['+256772123456', 'KES', '+256772123456'],
  ['0772 123456', 'UGX', '+256772123456'],
  ['+4915112345678', 'KES', '+4915112345678'],
  ['+254 712 345 678', 'EUR', '+254712345678'],
])('%s where %s is paid is %s', (typed, currency, phone) => {
  expect(readPhone(typed, currency)).toEqual({ ok: true, value: phone })
})

test.each([
  ['', 'KES'],
  ['0712', 'KES'],
  ['AMINA', 'KES'],
  ['0712 345 6789', 'KES'],
  ['+254 712 345 67', 'KES'],
  ['+0712345678', 'KES'],
  ['254712345678', 'EUR'],
  ['0712345678', 'EUR'],
  [`+${'1'.repeat(16)}`, 'KES'],
  [`+254${'0'.repeat(100_000)}`, 'KES'],
])('%.20s where %s is paid is no number', (typed, currency) => {
  expect(readPhone(typed, currency)).toMatchObject({ ok: false, error: { type: 'PhoneUnreadable' } })
})

test('every spelling of a number is read as that number, and those that people use are among them', () => {
  for (const typed of phoneSpellings('+254712345678'))
    expect(readPhone(typed, 'KES')).toEqual({ ok: true, value: '+254712345678' })
  for (const typed of ['0712345678', '0712 345 678', '+254 712 345 678', '254712345678'])
    expect(phoneSpellings('+254712345678')).toContain(typed)
  expect(phoneSpellings('+4915112345678')).toEqual(['+4915112345678', '4915112345678'])
})
