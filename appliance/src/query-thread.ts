/** The query thread: read-only, for what may take long (reports, exports, the history). One question at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { err, ok, orThrow, type Fault, type Result } from '@lango/kernel'
import { searchDecisions } from './aaa/decision-search.ts'
import type { DataFolder } from './data-folder.ts'
import { createQueryRunner } from './run-named.ts'
import { standAside } from './thread-priority.ts'

export type Question = { readonly id: number; readonly name: string; readonly input: unknown }
export type Answer = { readonly id: number; readonly result: Result<unknown, Fault> }

standAside()

const control = parentPort!
const runner = orThrow(createQueryRunner(workerData as DataFolder))

const decisionsInput = z.object({
  login: z.string().optional(),
  limit: z.number().int().min(1).max(10_000).default(20),
})

const answer = ({ name, input }: Question): Result<unknown, Fault> => {
  if (name !== 'decisions.search') return runner.run(name, input)
  const parsed = decisionsInput.safeParse(input)
  return parsed.success ? ok(searchDecisions(runner.sessions.raw, parsed.data)) : err({ type: 'InputInvalid' })
}

control.on('message', (question: Question | 'stop') => {
  if (question === 'stop') {
    runner.close()
    control.close()
    return
  }
  control.postMessage({ id: question.id, result: answer(question) } satisfies Answer)
})
