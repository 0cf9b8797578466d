/**
 * What the root service knows about the slots over every start: pure, so that each way a power cut can leave an update
 * is a case of a test. RAUC and the boot loader keep the truth about what boots; this keeps what it was about.
 */
import { z } from 'zod'
import { compareVersions } from '@lango/kernel'
import { versionSchema } from '../manifest.ts'
import { slotNames, updatePhases, type SlotName, type UpdateStatus } from '../slots.ts'

export const agentStateSchema = z.object({
  versions: z.object({ A: versionSchema.nullable(), B: versionSchema.nullable() }),
  phase: z.enum(updatePhases),
  /** The slot an update goes to, from its first written octet until it was judged. */
  target: z.enum(slotNames).nullable(),
  version: versionSchema.nullable(),
  why: z.string(),
  at: z.number().int(),
  /** The last wish that was looked at: one that is still there after a restart is not done twice. */
  wishAt: z.number().int(),
})
export type AgentState = z.infer<typeof agentStateSchema>

export const firstState: AgentState = {
  versions: { A: null, B: null },
  phase: 'idle',
  target: null,
  version: null,
  why: '',
  at: 0,
  wishAt: 0,
}

export const otherSlot = (slot: SlotName): SlotName => (slot === 'A' ? 'B' : 'A')

const INTERRUPTED = 'interrupted: the machine went down while it was installed'
const WHY_LENGTH_MAX = 500
const judged = (state: AgentState, phase: AgentState['phase'], why: string, now: number): AgentState => ({
  ...state,
  phase,
  target: null,
  why: why.slice(0, WHY_LENGTH_MAX),
  at: now,
})

export const refusedState = (state: AgentState, why: string, now: number): AgentState =>
  judged(state, 'refused', why, now)

/**
 * The machine has started. `booted` runs `version`. A target that runs is on trial, however far the record of its install
 * had come; one that does not was given up by the boot loader, or never became the first in its order.
 */
export function afterStart(before: AgentState, booted: SlotName, version: string, now: number): AgentState {
  const state = { ...before, versions: { ...before.versions, [booted]: version } }
  // Nothing was written yet; the wish was looked at and is not looked at again, so somebody has to be told.
  if (state.target === null && state.phase === 'verifying') return refusedState(state, INTERRUPTED, now)
  if (state.target === null) return state.phase === 'rebooting' ? { ...state, phase: 'idle', at: now } : state
  if (state.target === booted) return { ...state, phase: 'trial', version, at: now }
  switch (state.phase) {
    case 'verifying':
    case 'writing':
      // Half of it is there: nothing to go back to.
      return refusedState({ ...state, versions: { ...state.versions, [state.target]: null } }, INTERRUPTED, now)
    default:
      return judged(state, 'rolled-back', state.why || 'it did not come up', now)
  }
}

/** What `lango health` said of what runs; `why` of its first failing part. */
export function afterHealth(
  state: AgentState,
  booted: SlotName,
  healthy: boolean,
  why: string,
  now: number,
): AgentState {
  if (state.target !== booted) return state
  return healthy
    ? judged(state, 'good', '', now)
    : { ...state, phase: 'rebooting', why: `health: ${why}`.slice(0, WHY_LENGTH_MAX), at: now }
}

/**
 * Why root itself does not install this, whatever it was asked: an older release than both that are on the disk opens
 * holes that were closed. Undefined where it may.
 */
export function refusal(state: AgentState, booted: SlotName, running: string, bundle: string): string | undefined {
  const other = state.versions[otherSlot(booted)]
  const oldest = other !== null && compareVersions(other, running) < 0 ? other : running
  return compareVersions(bundle, oldest) < 0
    ? `downgrade: ${bundle} is older than ${oldest}, which is on this box`
    : undefined
}

export const statusOf = (
  state: AgentState,
  slot: SlotName,
  states: UpdateStatus['states'],
  percent: number,
): UpdateStatus => ({
  slot,
  versions: state.versions,
  states,
  phase: state.phase,
  percent,
  version: state.version,
  why: state.why,
  at: state.at,
})
