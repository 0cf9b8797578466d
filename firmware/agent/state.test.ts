import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { updatePhases } from '../slots.ts'
import {
  afterHealth,
  afterStart,
  agentStateSchema,
  firstState,
  otherSlot,
  refusal,
  refusedState,
  statusOf,
  type AgentState,
} from './state.ts'

const NOW = 1_790_000_000_000
const slot = fc.constantFrom('A' as const, 'B' as const)
const version = fc.tuple(fc.nat(3), fc.nat(9), fc.nat(9)).map((parts) => parts.join('.'))
const anyState: fc.Arbitrary<AgentState> = fc.record({
  versions: fc.record({ A: fc.option(version), B: fc.option(version) }),
  phase: fc.constantFrom(...updatePhases),
  target: fc.option(slot),
  version: fc.option(version),
  why: fc.string({ maxLength: 20 }),
  at: fc.nat(),
  wishAt: fc.nat(),
})
const installing = (phase: AgentState['phase']): AgentState => ({
  ...firstState,
  versions: { A: '1.0.0', B: phase === 'writing' ? null : '1.1.0' },
  phase,
  target: 'B',
  version: '1.1.0',
})

describe('a start', () => {
  test('of a new box: nothing was ever installed', () => {
    expect(afterStart(firstState, 'A', '1.0.0', NOW)).toMatchObject({
      phase: 'idle',
      versions: { A: '1.0.0', B: null },
    })
  })

  // The boot loader may have been told before the record was: the power went between.
  test.each(['writing', 'installed', 'rebooting', 'trial'] as const)(
    'of the target, recorded as %s: it is on trial',
    (phase) => {
      expect(afterStart(installing(phase), 'B', '1.1.0', NOW)).toMatchObject({
        phase: 'trial',
        target: 'B',
        versions: { B: '1.1.0' },
      })
    },
  )

  test.each(['installed', 'rebooting', 'trial'] as const)(
    'of the slot before, recorded as %s: it was rolled back',
    (phase) => {
      const state = afterStart(installing(phase), 'A', '1.0.0', NOW)
      expect(state).toMatchObject({ phase: 'rolled-back', target: null, version: '1.1.0' })
      expect(state.why).not.toBe('')
    },
  )

  test.each(['verifying', 'writing'] as const)(
    'of the slot before, recorded as %s: the install was cut short',
    (phase) => {
      const state = afterStart(installing(phase), 'A', '1.0.0', NOW)
      expect(state).toMatchObject({ phase: 'refused', target: null, versions: { A: '1.0.0', B: null } })
      expect(state.why).toContain('interrupted')
    },
  )

  test('says why a release was taken back, when its own trial found out', () => {
    const judged = afterHealth(
      afterStart(installing('installed'), 'B', '1.1.0', NOW),
      'B',
      false,
      'login Access-Reject',
      NOW,
    )
    expect(afterStart(judged, 'A', '1.0.0', NOW)).toMatchObject({
      phase: 'rolled-back',
      why: 'health: login Access-Reject',
    })
  })

  test('whatever was recorded: no phase is left open that only a running install could end, and it is settled after one', () => {
    fc.assert(
      fc.property(anyState, slot, version, (before, booted, running) => {
        const state = afterStart(before, booted, running, NOW)
        expect(agentStateSchema.safeParse(state).success).toBe(true)
        expect(state.versions[booted]).toBe(running)
        // A target is left only where it is what runs.
        expect([null, booted]).toContain(state.target)
        expect(afterStart(state, booted, running, NOW)).toEqual(state)
      }),
    )
  })
})

test('what serves is good once, and is not judged again', () => {
  const good = afterHealth(afterStart(installing('rebooting'), 'B', '1.1.0', NOW), 'B', true, '', NOW)
  expect(good).toMatchObject({ phase: 'good', target: null })
  expect(afterHealth(good, 'B', false, 'web', NOW)).toEqual(good)
})

test('an install that is refused leaves a target to nobody', () => {
  expect(refusedState(installing('writing'), 'w'.repeat(900), NOW)).toMatchObject({
    phase: 'refused',
    target: null,
    why: 'w'.repeat(500),
  })
})

test('root installs nothing older than what lies on the disk', () => {
  const state: AgentState = { ...firstState, versions: { A: '1.2.0', B: '1.1.0' } }
  expect(refusal(state, 'A', '1.2.0', '1.3.0')).toBeUndefined()
  expect(refusal(state, 'A', '1.2.0', '1.1.0')).toBeUndefined()
  expect(refusal(state, 'A', '1.2.0', '1.0.9')).toContain('downgrade')
  expect(refusal({ ...state, versions: { A: '1.2.0', B: null } }, 'A', '1.2.0', '1.1.0')).toContain('downgrade')
})

test('the status names what a page needs', () => {
  const status = statusOf(installing('writing'), otherSlot('B'), { A: 'good', B: 'unknown' }, 40)
  expect(status).toMatchObject({ slot: 'A', phase: 'writing', percent: 40, version: '1.1.0' })
})

test('a power cut while a bundle is still looked through leaves nothing that waits for ever', () => {
  const before = { ...firstState, phase: 'verifying', target: null, version: '1.1.0', wishAt: 7 } as const
  expect(afterStart(before, 'A', '1.0.0', 9)).toMatchObject({
    phase: 'refused',
    why: expect.stringContaining('interrupted'),
    versions: { A: '1.0.0', B: null },
    wishAt: 7,
  })
})
