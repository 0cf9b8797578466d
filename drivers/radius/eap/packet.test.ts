import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { eapCode, encodeEap, encodeFailure, encodeSuccess, parseEap } from './packet.ts'

const octets = (max: number) => fc.uint8Array({ maxLength: max }).map((value) => Buffer.from(value))

test('what is encoded is decoded, whatever padding follows', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(
      fc.constantFrom(1 as const, 2 as const),
      byte,
      byte,
      octets(300),
      octets(9),
      (code, id, type, data, padding) => {
        expect(parseEap(Buffer.concat([encodeEap(code, id, type, data), padding]))).toEqual({ code, id, type, data })
      },
    ),
  )
})

test('success and failure are four octets without a type', () => {
  expect(encodeSuccess(7).toString('hex')).toBe('03070004')
  expect(encodeFailure(255).toString('hex')).toBe('04ff0004')
  expect(parseEap(encodeSuccess(7))).toMatchObject({ code: eapCode.success, id: 7, type: 0 })
})

test.each([
  ['', 'short'],
  ['020100', 'short'],
  ['02010003', 'length'],
  ['0201000601', 'length'],
  ['02010004', 'length'],
  ['0301000501', 'length'],
  ['0001000501', 'code'],
  ['0501000501', 'code'],
])('%s is refused: %s', (hex, fault) => {
  expect(parseEap(Buffer.from(hex, 'hex'))).toBe(fault)
})

test('every truncation of a packet is refused', () => {
  const packet = encodeEap(2, 1, 4, Buffer.from('0123456789abcdef'))
  for (let length = 0; length < packet.length; length++)
    expect(parseEap(packet.subarray(0, length))).toBeTypeOf('string')
})

test('a packet over its length field is a programmer’s error', () => {
  expect(() => encodeEap(1, 1, 13, Buffer.alloc(65_531))).toThrow(RangeError)
  expect(encodeEap(1, 1, 13, Buffer.alloc(65_530)).readUInt16BE(2)).toBe(65_535)
})
