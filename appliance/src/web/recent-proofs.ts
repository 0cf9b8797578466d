import type { Clock } from '@lango/kernel'
import { webLimits } from './limits.ts'

export type RecentProofs = ReturnType<typeof createRecentProofs>

/** Browsers in which a person has shown anew, moments ago, who they are: what guards an account may be changed there. */
export const createRecentProofs = (clock: Pick<Clock, 'monotonicMs'>) => {
  const provenAt = new Map<string, number>()
  return {
    add(sessionId: string): void {
      provenAt.delete(sessionId)
      if (provenAt.size >= webLimits.proofsMax) provenAt.delete(provenAt.keys().next().value!)
      provenAt.set(sessionId, clock.monotonicMs())
    },
    has(sessionId: string): boolean {
      const at = provenAt.get(sessionId)
      return at !== undefined && clock.monotonicMs() - at <= webLimits.proofMs
    },
  }
}
