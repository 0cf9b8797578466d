import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecisionPacker, readChunk, type Decision } from './decision-log.ts'
import { methods } from './methods.ts'
import { outcomes, reasonWords, reasons } from './reasons.ts'

const decision = fc.record({
  at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  outcome: fc.constantFrom(...outcomes),
  reason: fc.constantFrom(...reasons),
  method: fc.constantFrom(...methods),
  routerNo: fc.nat(1_000_000),
  grantNo: fc.nat(1_000_000),
  latencyMicros: fc.nat(60_000_000),
  login: fc.string({ maxLength: 60, unit: 'grapheme' }),
  device: fc.string({ maxLength: 17 }),
  detail: fc.string({ maxLength: 40 }),
}) satisfies fc.Arbitrary<Decision>

const pack = (decisions: readonly Decision[]): Uint8Array => {
  const packer = new DecisionPacker()
  for (const one of decisions) packer.add(one)
  return packer.take().body
}

test('what is packed is read back', () => {
  fc.assert(
    fc.property(fc.array(decision, { maxLength: 50 }), (all) => {
      expect(readChunk(pack(all))).toEqual(all)
    }),
  )
})

test("a login's decisions are found by the exact name: no prefix, no other case, no NUL cut off", () => {
  const one = (login: string): Decision => ({ ...fc.sample(decision, { numRuns: 1, seed: 1 })[0]!, login })
  const chunk = pack(['alice', 'alic', 'alice\0', 'Alice', 'alice'].map(one))
  expect(readChunk(chunk, 'alice')).toHaveLength(2)
  expect(readChunk(chunk, 'alice\0')).toHaveLength(1)
  expect(readChunk(chunk, '')).toHaveLength(0)
})

test('a name longer than a record holds is cut, and the rest of the chunk stays readable', () => {
  const [first] = fc.sample(decision, { numRuns: 1, seed: 2 })
  const long = { ...first!, login: 'é'.repeat(300) }
  const read = readChunk(pack([long, { ...first!, login: 'next' }]))
  expect(read[0]!.login.length).toBe(127)
  expect(read[1]!.login).toBe('next')
})

test('a full packer says so before anything is lost', () => {
  const packer = new DecisionPacker()
  const [one] = fc.sample(decision, { numRuns: 1, seed: 3 })
  let added = 0
  while (!packer.full) {
    packer.add({ ...one!, login: 'x'.repeat(255), device: 'y'.repeat(255), detail: 'z'.repeat(255) })
    added += 1
  }
  const chunk = packer.take()
  expect(chunk.decisions).toBe(added)
  expect(readChunk(chunk.body)).toHaveLength(added)
  expect(packer.size).toBe(0)
})

test('every reason has words, and a refusal never tells a stranger which part was wrong', () => {
  for (const reason of reasons) expect(reasonWords[reason].sentence).not.toBe('')
  expect(reasonWords['unknown-user'].told).toBe(reasonWords['wrong-password'].told)
})
