/** The query thread: read-only, for what may take long (reports, exports, the history). One question at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import { orThrow, type Fault, type Result } from '@lango/kernel'
import { decisionQueries } from './aaa/decision-search.ts'
import type { DataFolder } from './data-folder.ts'
import { createQueryRunner } from './run-named.ts'
import { standAside } from './thread-priority.ts'

export type Question = { readonly id: number; readonly name: string; readonly input: unknown }
export type Answer = { readonly id: number; readonly result: Result<unknown, Fault> }

standAside()

const control = parentPort!
const runner = orThrow(createQueryRunner(workerData as DataFolder))

const answer = ({ name, input }: Question): Result<unknown, Fault> => {
  const ofDecisions = Object.hasOwn(decisionQueries, name) ? decisionQueries[name] : undefined
  return ofDecisions?.(runner.sessions.raw, input, () => performance.now()) ?? runner.run(name, input)
}

control.on('message', (question: Question | 'stop') => {
  if (question === 'stop') {
    runner.close()
    control.close()
    return
  }
  control.postMessage({ id: question.id, result: answer(question) } satisfies Answer)
})
