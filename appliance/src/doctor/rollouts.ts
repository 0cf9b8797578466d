/** Whether a rollout to routers has stopped and waits for somebody. */
import type { RawDatabase } from '@lango/kernel/db'
import type { Reason, Unfit } from '@lango/modules/rollouts'
import { firstOf, found, type Check } from './check.ts'

type Row = { readonly id: string; readonly version: string; readonly state: string }
type Failed = { readonly name: string; readonly why: Reason | Unfit; readonly said: string }

const NAME = 'rollouts'

export const checkRollouts = (site: RawDatabase): Check[] => {
  const latest = site.prepare<[], Row>('SELECT id, version, state FROM rollouts ORDER BY number DESC LIMIT 1').get()
  if (!latest) return []
  const { id, version, state } = latest
  if (state === 'running') {
    const waiting = site.prepare(
      "SELECT 1 FROM rollout_devices WHERE rollout_id = ? AND state = 'waiting' AND why = 'portal'",
    )
    return waiting.get(id) === undefined ? [] : [found(NAME, 'attention', { type: 'rollout-portal', version })]
  }
  if (state !== 'halted') return []
  const failed = site
    .prepare<[string], Failed>(
      "SELECT name, why, said FROM rollout_devices WHERE rollout_id = ? AND state = 'failed' ORDER BY ended_at DESC",
    )
    .all(id)
  return [found(NAME, 'attention', { type: 'rollout-halted', version, ...firstOf(failed) })]
}
