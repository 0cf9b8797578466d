import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { applyDelta } from './delta.ts'

const dir = mkdtempSync(join(tmpdir(), 'lango-test-delta-'))
afterAll(() => rmSync(dir, { recursive: true }))
const [basis, delta, target] = ['basis', 'delta', 'target'].map((name) => join(dir, name)) as [string, string, string]

const basisBytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
const MAGIC = Buffer.from('72730236', 'hex')
const END = Buffer.from([0])

type Step = { readonly literal: Buffer } | { readonly from: number; readonly bytes: number }
type Widths = { readonly from: 0 | 1 | 2 | 3; readonly bytes: 0 | 1 | 2 | 3 }

const number = (value: number, power: number): Buffer => {
  const octets = Buffer.alloc(8)
  octets.writeBigUInt64BE(BigInt(value))
  return octets.subarray(8 - 2 ** power)
}
/** The least width, or a wider one where a test wants it. */
const fits = (value: number, power: number): number =>
  [0xff, 0xffff, 0xffff_ffff].findIndex((max) => value <= max) | power

/** A step as librsync writes it: short literals in one octet, others with their length before them. */
const encode = (step: Step, { from, bytes }: Widths): Buffer => {
  if ('literal' in step) {
    const { length } = step.literal
    if (length >= 1 && length <= 64 && bytes === 0) return Buffer.concat([Buffer.from([length]), step.literal])
    const power = fits(length, bytes)
    return Buffer.concat([Buffer.from([0x41 + power]), number(length, power), step.literal])
  }
  const [a, b] = [fits(step.from, from), fits(step.bytes, bytes)]
  return Buffer.concat([Buffer.from([0x45 + 4 * a + b]), number(step.from, a), number(step.bytes, b)])
}

const meaning = (step: Step): Buffer =>
  'literal' in step ? step.literal : basisBytes.subarray(step.from, step.from + step.bytes)

const width = fc.constantFrom<(0 | 1 | 2 | 3)[]>(0, 1, 2, 3)
const steps = fc.array(
  fc.tuple(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((octets) => ({ literal: Buffer.from(octets) })),
      fc.tuple(fc.nat(60_000), fc.nat(10_000)).map(([from, bytes]) => ({ from, bytes })),
    ),
    fc.record({ from: width, bytes: width }),
  ),
  { maxLength: 30 },
)
const apply = (octets: Buffer, sizeBytesMax = 1_000_000): string => {
  writeFileSync(basis, basisBytes)
  writeFileSync(delta, octets)
  return applyDelta({ basis, delta, target, sizeBytesMax })
}

test('what is copied and what is new come out in their order, whatever widths their numbers have', () => {
  fc.assert(
    fc.property(steps, (chosen) => {
      const sum = apply(Buffer.concat([MAGIC, ...chosen.map(([step, widths]) => encode(step, widths)), END]))
      const wanted = Buffer.concat(chosen.map(([step]) => meaning(step)))
      expect(readFileSync(target).equals(wanted)).toBe(true)
      expect(sum).toBe(createHash('sha256').update(wanted).digest('hex'))
    }),
    { numRuns: 100 },
  )
})

test('a delta that is cut anywhere, or copies from beyond the end, throws', () => {
  const whole = Buffer.concat([
    MAGIC,
    encode({ from: 10, bytes: 5000 }, { from: 1, bytes: 2 }),
    encode({ literal: Buffer.alloc(100, 7) }, { from: 0, bytes: 1 }),
    END,
  ])
  for (let length = 0; length < whole.length; length++)
    expect(() => apply(whole.subarray(0, length))).toThrow(/too soon/)
  const beyond = encode({ from: 69_000, bytes: 2000 }, { from: 2, bytes: 1 })
  expect(() => apply(Buffer.concat([MAGIC, beyond, END]))).toThrow(/too soon/)
})

test('what is no delta, has words of another version, or makes more than was signed throws', () => {
  expect(() => apply(Buffer.alloc(200, 1))).toThrow('no delta')
  expect(() => apply(Buffer.concat([MAGIC, Buffer.from([0x55])]))).toThrow('word 85')
  const huge = Buffer.concat([MAGIC, Buffer.from([0x44]), Buffer.alloc(8, 0xff)])
  expect(() => apply(huge)).toThrow('no file is as long')
  const copy = encode({ from: 0, bytes: 5000 }, { from: 0, bytes: 1 })
  expect(() => apply(Buffer.concat([MAGIC, copy, END]), 4999)).toThrow('more than was signed')
})
