/**
 * Asks the query thread, so that a report never keeps the control thread from its work. The thread is started by the
 * first question and let go when nobody has asked for a while: it is the largest one, and idle most of the day.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { err, type Fault, type Result } from '@lango/kernel'
import type { DataFolder } from './data-folder.ts'
import type { Answer, Question } from './query-thread.ts'

/** Questions that may wait; more would only be answered after whoever asked has gone. */
const QUESTIONS_MAX = 256
/** The thread goes after this long without a question: its start takes half a second, which nobody should wait for twice a day. */
const IDLE_MS = 4 * 3_600_000

export type QueryService = {
  /** A module's query by name, or one of decisions. */
  readonly ask: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  readonly stop: () => Promise<void>
}

export const startQueries = (folder: DataFolder, onDeath: (error: unknown) => void): QueryService => {
  const waiting = new Map<number, (result: Result<unknown, Fault>) => void>()
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  let lastId = 0

  const start = (): Worker => {
    const url = new URL(`./query-thread${extname(import.meta.url)}`, import.meta.url)
    const started = new Worker(url, { name: 'query', workerData: folder })
    started.on('error', onDeath)
    started.on('exit', () => {
      if (worker === started) onDeath(new Error('the query thread ended'))
    })
    started.on('message', ({ id, result }: Answer) => {
      waiting.get(id)?.(result)
      waiting.delete(id)
      if (waiting.size === 0) idle = setTimeout(() => void stop(), IDLE_MS).unref()
    })
    return started
  }

  const stop = async (): Promise<void> => {
    clearTimeout(idle)
    const ending = worker
    worker = undefined
    if (!ending) return
    const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
    ending.postMessage('stop')
    await ended
  }

  return {
    ask(name, input) {
      if (waiting.size >= QUESTIONS_MAX) return Promise.resolve(err({ type: 'TooBusy' }))
      clearTimeout(idle)
      worker ??= start()
      const asked = worker
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        asked.postMessage({ id, name, input } satisfies Question)
      })
    },
    stop,
  }
}
