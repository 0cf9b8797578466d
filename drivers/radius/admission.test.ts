import { expect, test } from 'vitest'
import { Admission, admissionLimits, type InFlight } from './admission.ts'
import type { Packet } from './packet.ts'

const plain: Packet = { bytes: Buffer.from('0101001400000000000000000000000000000000', 'hex'), code: 1, id: 1 }
const withState: Packet = {
  bytes: Buffer.from('01010017000000000000000000000000000000001803aa', 'hex'),
  code: 1,
  id: 1,
}

const request = (address: string, receivedAt = 0): InFlight & { abandoned: boolean } => ({
  address,
  receivedAt,
  abandoned: false,
  abandon() {
    this.abandoned = true
  },
})

const enter = (admission: Admission, count: number, address: string) =>
  Array.from({ length: count }, () => {
    const one = request(address)
    admission.enter(one)
    return one
  })

test('one client fills its own places only: others still come in', () => {
  const admission = new Admission({ inFlightPerClientMax: 10, inFlightMax: 100, stateReservePercent: 0 })
  enter(admission, 10, '10.0.0.1')
  expect(admission.check('10.0.0.1', plain, 0)).toBe('client-busy')
  expect(admission.check('10.0.0.2', plain, 0)).toBe('ok')
})

test('many clients together are bounded too', () => {
  const admission = new Admission({ inFlightPerClientMax: 10, inFlightMax: 30, stateReservePercent: 0 })
  for (const host of [1, 2, 3]) enter(admission, 10, `10.0.0.${host}`)
  expect(admission.check('10.0.0.4', plain, 0)).toBe('server-busy')
})

test('near the limit a conversation that has begun comes in before a new one (RFC 5080 §2.2.3)', () => {
  const admission = new Admission({ inFlightPerClientMax: 8, inFlightMax: 100, stateReservePercent: 25 })
  enter(admission, 6, '10.0.0.1')
  expect(admission.check('10.0.0.1', plain, 0)).toBe('client-busy')
  expect(admission.check('10.0.0.1', withState, 0)).toBe('ok')
  enter(admission, 2, '10.0.0.1')
  expect(admission.check('10.0.0.1', withState, 0)).toBe('client-busy')
  const whole = new Admission({ inFlightPerClientMax: 100, inFlightMax: 8, stateReservePercent: 25 })
  enter(whole, 6, '10.0.0.1')
  expect(whole.check('10.0.0.2', plain, 0)).toBe('server-busy')
  expect(whole.check('10.0.0.2', withState, 0)).toBe('ok')
})

test('an answered request gives its place back, once', () => {
  const admission = new Admission({ inFlightPerClientMax: 2, inFlightMax: 10, stateReservePercent: 0 })
  const [first] = enter(admission, 2, '10.0.0.1')
  admission.leave(first!)
  admission.leave(first!)
  expect(admission.inFlight).toBe(1)
  expect(admission.check('10.0.0.1', plain, 0)).toBe('ok')
  enter(admission, 1, '10.0.0.1')
  expect(admission.check('10.0.0.1', plain, 0)).toBe('client-busy')
})

test('a place that nobody gave back is free again after its time, and its holder is told', () => {
  const admission = new Admission({ inFlightPerClientMax: 2, inFlightMax: 10, stateReservePercent: 0 })
  const held = enter(admission, 2, '10.0.0.1')
  expect(admission.check('10.0.0.1', plain, admissionLimits.inFlightMs - 1)).toBe('client-busy')
  expect(held.some((one) => one.abandoned)).toBe(false)
  expect(admission.check('10.0.0.1', plain, admissionLimits.inFlightMs)).toBe('ok')
  expect(held.every((one) => one.abandoned)).toBe(true)
  expect(admission.inFlight).toBe(0)
})
