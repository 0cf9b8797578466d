import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeAvps, encodeAvp } from './avp.ts'

const avp = fc.record({
  code: fc.integer({ min: 0, max: 0xffffffff }),
  vendor: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffffffff })),
  data: fc.uint8Array({ maxLength: 70 }).map((value) => Buffer.from(value)),
})

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(fc.array(avp, { maxLength: 20 }), (avps) => {
      expect(decodeAvps(Buffer.concat(avps.map(encodeAvp)))).toEqual(avps)
    }),
  )
})

test('a User-Name and a vendor’s AVP stand as in RFC 5281 §10.1', () => {
  expect(encodeAvp({ code: 1, vendor: 0, data: Buffer.from('bob') }).toString('hex')).toBe('000000014000000b626f6200')
  expect(encodeAvp({ code: 11, vendor: 311, data: Buffer.of(0xaa) }).toString('hex')).toBe(
    '0000000bc000000d00000137aa000000',
  )
})

test('padding may be missing after the last AVP', () => {
  expect(decodeAvps(Buffer.from('000000014000000b626f62', 'hex'))).toMatchObject([
    { code: 1, data: Buffer.from('bob') },
  ])
})

test.each([
  ['a short header', '00000001400000'],
  ['a length below the header', '0000000140000007'],
  ['a vendor AVP without room for its vendor', '00000001c0000008'],
  ['a length beyond the end', '000000014000000c626f62'],
  ['a length of 2^24 - 1', '0000000140ffffff626f6200'],
])('%s is refused', (_, hex) => {
  expect(decodeAvps(Buffer.from(hex, 'hex'))).toBeUndefined()
})

test('more AVPs than any peer needs are refused', () => {
  const many = (count: number) =>
    Buffer.concat(Array<Buffer>(count).fill(encodeAvp({ code: 1, vendor: 0, data: Buffer.alloc(0) })))
  expect(decodeAvps(many(64))).toHaveLength(64)
  expect(decodeAvps(many(65))).toBeUndefined()
})

test('whatever comes in, no more comes out than went in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const avps = decodeAvps(Buffer.from(bytes)) ?? []
      expect(avps.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(bytes.length)
    }),
  )
})
