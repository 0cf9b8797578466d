import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Framer } from './framing.ts'

const packet = (length: number, octet = 0xaa): Buffer => {
  const bytes = Buffer.alloc(length, octet)
  bytes.writeUInt16BE(length, 2)
  return bytes
}

const drain = (framer: Framer): unknown[] => {
  const found: unknown[] = []
  for (let next = framer.next(); next !== undefined; next = framer.next()) {
    found.push(next)
    if (typeof next === 'string') break
  }
  return found
}

test('packets come out as they went in, however the stream was cut', () => {
  const lengths = fc.array(fc.integer({ min: 20, max: 300 }), { maxLength: 12 })
  fc.assert(
    fc.property(lengths, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (sizes, cuts) => {
      const packets = sizes.map((size, i) => packet(size, i))
      const stream = Buffer.concat(packets)
      const framer = new Framer()
      const found: unknown[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = cuts[i % cuts.length]!
        framer.push(stream.subarray(at, at + size))
        found.push(...drain(framer))
        at += size
      }
      expect(found).toEqual(packets)
      expect(framer.next()).toBeUndefined()
    }),
  )
})

test('the smallest and the largest packet pass', () => {
  const framer = new Framer()
  framer.push(Buffer.concat([packet(20), packet(4096)]))
  expect(drain(framer).map((bytes) => (bytes as Buffer).length)).toEqual([20, 4096])
})

test.each([
  [0, 'length'],
  [19, 'length'],
  [4097, 'oversize'],
  [65_535, 'oversize'],
])('a length of %i is a fault as soon as its octets are there, and stays one', (length, fault) => {
  const framer = new Framer()
  framer.push(Buffer.from([1, 1, length >> 8]))
  expect(framer.next()).toBeUndefined()
  framer.push(Buffer.from([length & 0xff]))
  expect(framer.next()).toBe(fault)
  framer.push(packet(20))
  expect(framer.next()).toBe(fault)
})

test('what came before a fault is still delivered', () => {
  const framer = new Framer()
  framer.push(Buffer.concat([packet(40), Buffer.from('GET / HTTP/1.1\r\n')]))
  expect(drain(framer)).toEqual([packet(40), 'oversize'])
})
