/** Finds decisions in the packed chunks, newest first. */
import type { RawDatabase } from '@lango/kernel/db'
import { isCodeLogin } from '@lango/modules/access/rules'
import { readChunk, type Decision } from './decision-log.ts'
import { reasonWords } from './reasons.ts'

export type FoundDecision = Decision & { readonly no: number; readonly sentence: string; readonly remedy: string }

/** Chunks looked through for one question: about a thousand decisions each under load. */
const CHUNKS_MAX = 20_000
/** Decisions of one chunk are numbered within it. */
const CHUNK_STRIDE = 10_000

/** As people know it: a voucher is stored under the hash of its code, with the last four characters beside it. */
export const shownLogin = ({ login, detail }: Pick<Decision, 'login' | 'detail'>): string =>
  isCodeLogin(login) ? `voucher ${detail}` : login

/** The last `limit` decisions, of one login or of all. */
export const searchDecisions = (
  sessions: RawDatabase,
  { login, limit }: { readonly login?: string | undefined; readonly limit: number },
): FoundDecision[] => {
  const newest = sessions.prepare<[number], { no: number; body: Buffer }>(
    'SELECT no, body FROM decision_chunks ORDER BY no DESC LIMIT ?',
  )
  const found: FoundDecision[] = []
  for (const { no, body } of newest.iterate(CHUNKS_MAX)) {
    const decisions = readChunk(body, login)
    for (let i = decisions.length - 1; i >= 0 && found.length < limit; i--) {
      const decision = decisions[i]!
      const { sentence, remedy } = reasonWords[decision.reason]
      found.push({ ...decision, no: no * CHUNK_STRIDE + i, sentence, remedy })
    }
    if (found.length >= limit) break
  }
  return found
}
