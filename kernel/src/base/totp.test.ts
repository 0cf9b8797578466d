import { expect, test } from 'vitest'
import { base32, totpAddress, totpCode, totpStep } from './totp.ts'

// RFC 6238 appendix B, its eight digits cut to six.
const secret = Buffer.from('12345678901234567890')
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at %i s the code is %s', (seconds, code) => {
  expect(totpCode(secret, Math.floor(seconds / 30))).toBe(code)
  expect(totpStep(secret, code, seconds * 1000)).toBe(Math.floor(seconds / 30))
})

test('a code is good for the step before and after, once, and for nothing else', () => {
  const now = 1_111_111_111_000
  const step = Math.floor(now / 30_000)
  for (const near of [-1, 0, 1]) expect(totpStep(secret, totpCode(secret, step + near), now)).toBe(step + near)
  for (const far of [-2, 2]) expect(totpStep(secret, totpCode(secret, step + far), now)).toBeUndefined()
  expect(totpStep(secret, totpCode(secret, step), now, step)).toBeUndefined()
  for (const wrong of ['', '00000', 'abcdef', '٠٠٠٠٠٠']) expect(totpStep(secret, wrong, now)).toBeUndefined()
})

test('secrets are written as apps read them', () => {
  // RFC 4648 §10.
  expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => base32(Buffer.from(text)))).toEqual([
    '',
    'MY',
    'MZXQ',
    'MZXW6',
    'MZXW6YQ',
    'MZXW6YTB',
    'MZXW6YTBOI',
  ])
  expect(totpAddress(base32(secret), 'Lango Kisumu', 'a&b')).toBe(
    'otpauth://totp/Lango%20Kisumu:a%26b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Lango%20Kisumu',
  )
})

test('no secret has no codes: anybody could reckon them', () => {
  expect(totpStep(Buffer.alloc(0), totpCode(Buffer.alloc(0), 1000), 1000 * 30_000)).toBeUndefined()
})
