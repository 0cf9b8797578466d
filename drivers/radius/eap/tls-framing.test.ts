import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TlsFraming, tlsFlag } from './tls-framing.ts'

const framing = (max = 65_536) => new TlsFraming(max)
const octets = (length: number) => Buffer.from(Array.from({ length }, (_, i) => i & 0xff))

/** Hands a message over as two ends do, counting the rounds. */
function carry(message: Buffer, dataMax: number): { carried: Buffer; sizes: number[] } {
  const from = framing()
  const to = framing()
  const sizes: number[] = []
  for (let packet = from.send(message, dataMax); ;) {
    sizes.push(packet.length)
    const received = to.receive(packet, dataMax)
    if (received.kind === 'message') return { carried: received.message, sizes }
    if (received.kind === 'fault') throw new Error(received.reason)
    const next = from.receive(received.data, dataMax)
    if (next.kind !== 'request') throw new Error(next.kind)
    packet = next.data
  }
}

test('a message of any length arrives whole through fragments of any size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 6, max: 1_500 }), (length, dataMax) => {
      const message = octets(length)
      const { carried, sizes } = carry(message, dataMax)
      expect(carried.equals(message)).toBe(true)
      expect(Math.max(...sizes)).toBeLessThanOrEqual(dataMax)
    }),
  )
})

test('a fragmented message announces its length once, in the first fragment', () => {
  const from = framing()
  const first = from.send(octets(25), 15)
  expect(first.subarray(0, 5).toString('hex')).toBe('c000000019')
  expect(from.receive(Buffer.of(0), 15)).toMatchObject({
    kind: 'request',
    data: Buffer.concat([Buffer.of(0x40), octets(25).subarray(10, 24)]),
  })
  expect(from.receive(Buffer.of(0), 15)).toMatchObject({ data: Buffer.of(0, 24) })
  expect(from.receive(Buffer.of(0), 15)).toEqual({ kind: 'message', message: Buffer.alloc(0) })
})

test('length on an unfragmented message, or on each fragment, is understood', () => {
  const to = framing()
  expect(to.receive(Buffer.from('8000000002aabb', 'hex'), 99)).toMatchObject({ kind: 'message' })
  expect(to.receive(Buffer.from('c000000002aa', 'hex'), 99)).toMatchObject({ kind: 'request' })
  expect(to.receive(Buffer.from('8000000002bb', 'hex'), 99)).toMatchObject({ message: Buffer.from('aabb', 'hex') })
})

test.each([
  ['nothing at all', '', 'malformed'],
  ['a start flag from the peer', '20', 'malformed'],
  ['another version', '01aabb', 'version'],
  ['a length cut short', '80000000', 'malformed'],
  ['more to come after nothing', '40', 'malformed'],
  ['less than announced', '8000000003aabb', 'length'],
  ['more than announced', '8000000001aabb', 'length'],
  ['an announcement beyond the limit', 'c000010001aa', 'oversize'],
])('%s is a fault', (_, hex, reason) => {
  expect(framing().receive(Buffer.from(hex, 'hex'), 99)).toEqual({ kind: 'fault', reason })
})

test('fragments that never end stop at the limit', () => {
  const to = framing(10_000)
  const fragment = Buffer.concat([Buffer.of(tlsFlag.more), octets(1_000)])
  const kinds = Array.from({ length: 11 }, () => to.receive(fragment, 1_000).kind)
  expect(kinds).toEqual([...Array<string>(10).fill('request'), 'fault'])
})

test('data where only an acknowledgement may come is a fault', () => {
  const from = framing()
  from.send(octets(100), 20)
  expect(from.receive(Buffer.of(0, 1), 20)).toEqual({ kind: 'fault', reason: 'unexpected-data' })
})
