/** Asks the query thread, so that a report never keeps the control thread from its work. */
import { Worker } from 'node:worker_threads'
import { err, type Fault, type Result } from '@lango/kernel'
import type { DataFolder } from './data-folder.ts'
import type { Answer, Question } from './query-thread.ts'

/** Questions that may wait; more would only be answered after whoever asked has gone. */
const QUESTIONS_MAX = 256

export type QueryService = {
  /** A module's query by name, or `decisions.search`. */
  ask(name: string, input: unknown): Promise<Result<unknown, Fault>>
  stop(): Promise<void>
}

export const startQueries = (folder: DataFolder, onDeath: (error: unknown) => void): QueryService => {
  const worker = new Worker(new URL('./query-thread.ts', import.meta.url), { name: 'query', workerData: folder })
  const waiting = new Map<number, (result: Result<unknown, Fault>) => void>()
  let lastId = 0
  let isStopping = false
  worker.on('error', onDeath)
  worker.on('exit', () => {
    if (!isStopping) onDeath(new Error('the query thread ended'))
  })
  worker.on('message', ({ id, result }: Answer) => {
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  return {
    ask(name, input) {
      if (waiting.size >= QUESTIONS_MAX) return Promise.resolve(err({ type: 'TooBusy' }))
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        worker.postMessage({ id, name, input } satisfies Question)
      })
    },
    stop() {
      isStopping = true
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
      worker.postMessage('stop')
      return ended
    },
  }
}
