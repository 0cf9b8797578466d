/** A thread that works out one thing and ends. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What it posts; rejects with what it died of. A box that stops does not wait for it. */
export const answerOf = async <T>(url: URL, name: string, workerData: unknown): Promise<T> => {
  const worker = new Worker(url, { name, workerData })
  worker.unref()
  const [answer] = (await once(worker, 'message')) as [T]
  return answer
}
