import { expect, test } from 'vitest'
import { err, FaultError, ok, orThrow } from './result.ts'
import { defineLimits } from './limits.ts'

test('orThrow gives the value, or an error that carries the fault', () => {
  expect(orThrow(ok(5))).toBe(5)
  const fails = () => orThrow(err({ type: 'PlanUnknown', name: 'x' }))
  expect(fails).toThrow(FaultError)
  expect(fails).toThrow('PlanUnknown: {"type":"PlanUnknown","name":"x"}')
})

test('a limit is a positive whole number', () => {
  expect(defineLimits({ packetBytesMax: 4096 }).packetBytesMax).toBe(4096)
  expect(() => defineLimits({ retriesMax: 0 })).toThrow('retriesMax')
})
