import { expect, test } from 'vitest'
import { seededRandom, systemRandom } from './random.ts'

test('a seed repeats itself and differs from its neighbour', () => {
  const draw = (seed: number) => seededRandom(seed).bytes(64).toString('hex')
  expect(draw(1)).toBe(draw(1))
  expect(draw(1)).not.toBe(draw(2))
})

test.each([
  ['seeded', seededRandom(3)],
  ['system', systemRandom()],
])('%s randomness is spread over its range', (_, random) => {
  const counts = Array.from({ length: 10 }, () => 0)
  for (let i = 0; i < 10_000; i++) counts[random.below(10)]! += 1
  for (const count of counts) expect(count).toBeGreaterThan(800)
  for (let i = 0; i < 100; i++) {
    const unit = random.unit()
    expect(unit >= 0 && unit < 1).toBe(true)
  }
  expect(() => random.below(0)).toThrow(RangeError)
})

test('octets handed out are nobody else’s, past the pool as well', () => {
  const random = systemRandom()
  const first = random.bytes(32)
  const copy = Buffer.from(first)
  for (let i = 0; i < 500; i++) random.bytes(32)
  expect(first.equals(copy)).toBe(true)
  expect(random.bytes(10_000)).toHaveLength(10_000)
})
