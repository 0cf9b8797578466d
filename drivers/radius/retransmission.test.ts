import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextTimeoutMs, retransmissionDefaults as rule } from './retransmission.ts'

const timeouts = (units: number[]) => {
  const seen: number[] = []
  for (const unit of units) seen.push(nextTimeoutMs(rule, seen.at(-1) ?? 0, unit))
  return seen
}

test('without jitter the waits double from 2 s up to 16 s (RFC 5080 §2.2.1)', () => {
  expect(timeouts([0.5, 0.5, 0.5, 0.5, 0.5, 0.5])).toEqual([2000, 4000, 8000, 16_000, 16_000, 16_000])
})

test('jitter moves a wait by a tenth of the previous one at most, and no wait passes 16 s by more than a tenth', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }), (units) => {
      const waits = timeouts(units)
      expect(Math.abs(waits[0]! - 2000)).toBeLessThanOrEqual(200)
      waits.slice(1).forEach((wait, i) => {
        const isBound = Math.abs(wait - 16_000) <= 1600 + 1e-9
        expect(isBound || Math.abs(wait - 2 * waits[i]!) <= 0.1 * waits[i]! + 1e-9).toBe(true)
        expect(wait).toBeLessThanOrEqual(17_600)
      })
    }),
  )
})

test('without an upper bound the waits go on doubling', () => {
  expect(nextTimeoutMs({ ...rule, intervalMaxMs: 0 }, 64_000, 0.5)).toBe(128_000)
})
