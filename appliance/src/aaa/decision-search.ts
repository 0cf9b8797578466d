/** Finds decisions in the packed chunks, newest first. */
import { z } from 'zod'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { inputInvalid } from '@lango/kernel/verbs'
import { isCodeLogin } from '@lango/modules/access/rules'
import { readChunk, type Decision } from './decision-log.ts'
import { outcomes, reasons, reasonWords } from './reasons.ts'

export type FoundDecision = Decision & { readonly no: number; readonly sentence: string; readonly remedy: string }

/** Chunks looked through for one question: about a thousand decisions each under load. */
const CHUNKS_MAX = 20_000
/** Decisions of one chunk are numbered within it. */
const CHUNK_STRIDE = 10_000
/** No read transaction lives longer than 2 s: by then the search says how far it has come. */
const SEARCH_WITHIN_MS = 1500

/** As people know it: a voucher is stored under the hash of its code, with the last four characters beside it. */
export const shownLogin = ({ login, detail }: Pick<Decision, 'login' | 'detail'>): string =>
  isCodeLogin(login) ? `voucher ${detail}` : login

export const decisionFilters = z.object({
  /** Exactly this one. */
  login: z.string().optional(),
  /** As it is stored: normalised. */
  device: z.string().optional(),
  routerNo: z.number().int().optional(),
  outcome: z.enum(outcomes).optional(),
  reason: z.enum(reasons).optional(),
  /** In [fromAt, toAt), epoch ms. */
  fromAt: z.number().int().optional(),
  toAt: z.number().int().optional(),
  /** The `next` of the page before: only older ones. */
  before: z.number().int().optional(),
  limit: z.number().int().min(1).max(10_000).default(20),
})
export type DecisionFilters = z.output<typeof decisionFilters>

export type DecisionPage = {
  readonly rows: readonly FoundDecision[]
  /** Where to go on, also when nothing was found as far as this; null at the beginning of the log. */
  readonly next: number | null
}

/** When a search that has not found enough leaves off. */
type Until = { readonly monotonicMs: () => number; readonly withinMs: number }

/** Fronts hand their decisions on each by its own timer: what came later may be stored earlier by no more than this. */
const OUT_OF_ORDER_MS = 1000

/** The last `limit` decisions that match, of all that are kept, by when they were made. */
export const searchDecisions = (
  sessions: RawDatabase,
  filters: Partial<DecisionFilters> & Pick<DecisionFilters, 'limit'>,
): readonly FoundDecision[] => {
  const { login, limit, before = Number.MAX_SAFE_INTEGER } = filters
  const isWanted = matcherOf(filters)
  let rows: FoundDecision[] = []
  let chunks = 0
  for (const { no, toAt, body } of chunksOf(sessions, filters)) {
    if (rows.length === limit && toAt < rows.at(-1)!.at - OUT_OF_ORDER_MS) break
    const found = readChunk(body, login).flatMap((decision, index) => {
      const number = no * CHUNK_STRIDE + index
      return number < before && isWanted(decision) ? [foundAt(decision, number)] : []
    })
    if (found.length > 0) rows = [...rows, ...found].toSorted((a, b) => b.at - a.at || b.no - a.no).slice(0, limit)
    chunks += 1
    if (chunks === CHUNKS_MAX) break
  }
  return rows
}

/** Numbers hold for one question: with a login they count that login's decisions only. */
export const pageOfDecisions = (
  sessions: RawDatabase,
  filters: Partial<DecisionFilters> & Pick<DecisionFilters, 'limit'>,
  until: Until = { monotonicMs: () => 0, withinMs: Infinity },
): DecisionPage => {
  const { login, limit, before = Number.MAX_SAFE_INTEGER } = filters
  const isWanted = matcherOf(filters)
  const startedAt = until.monotonicMs()
  const rows: FoundDecision[] = []
  let chunks = 0
  for (const { no, body } of chunksOf(sessions, filters)) {
    const decisions = readChunk(body, login)
    for (let i = decisions.length - 1; i >= 0; i--) {
      const number = no * CHUNK_STRIDE + i
      if (number >= before || !isWanted(decisions[i]!)) continue
      rows.push(foundAt(decisions[i]!, number))
      if (rows.length === limit) return { rows, next: number }
    }
    chunks += 1
    const isLate = until.monotonicMs() - startedAt >= until.withinMs
    if (isLate || chunks === CHUNKS_MAX) return { rows, next: no * CHUNK_STRIDE }
  }
  return { rows, next: null }
}

type ChunkRow = { readonly no: number; readonly toAt: number; readonly body: Buffer }

/** The newest first, those left out that can hold nothing of what is asked for. */
const chunksOf = (
  sessions: RawDatabase,
  { before, fromAt = 0, toAt = Number.MAX_SAFE_INTEGER, outcome }: Partial<DecisionFilters>,
): Iterable<ChunkRow> => {
  const lastNo = before === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(before / CHUNK_STRIDE)
  return sessions
    .prepare<[number, number, number, number], ChunkRow>(
      `SELECT no, to_at toAt, body FROM decision_chunks
       WHERE no <= ? AND from_at < ? AND to_at >= ? AND rejects >= ? ORDER BY no DESC`,
    )
    .iterate(lastNo, toAt, fromAt, outcome === 'reject' ? 1 : 0)
}

const matcherOf = (filters: Partial<DecisionFilters>): ((decision: Decision) => boolean) => {
  const { fromAt = 0, toAt = Number.MAX_SAFE_INTEGER } = filters
  const same = (['device', 'routerNo', 'outcome', 'reason'] as const).filter((name) => filters[name] !== undefined)
  return (decision) =>
    decision.at >= fromAt && decision.at < toAt && same.every((name) => decision[name] === filters[name])
}

const foundAt = (decision: Decision, no: number): FoundDecision => {
  const { sentence, remedy } = reasonWords[decision.reason]
  return { ...decision, no, sentence, remedy }
}

/** What the query thread answers beside the modules' queries. */
export const decisionQueries: Readonly<
  Record<string, (sessions: RawDatabase, input: unknown, monotonicMs: () => number) => Result<unknown, Fault>>
> = {
  'decisions.search': (sessions, input) => filtered(input, (filters) => searchDecisions(sessions, filters)),
  'decisions.page': (sessions, input, monotonicMs) =>
    filtered(input, (filters) => pageOfDecisions(sessions, filters, { monotonicMs, withinMs: SEARCH_WITHIN_MS })),
}

const filtered = (input: unknown, run: (filters: DecisionFilters) => unknown): Result<unknown, Fault> => {
  const parsed = decisionFilters.safeParse(input)
  return parsed.success ? ok(run(parsed.data)) : err(inputInvalid(parsed.error))
}
