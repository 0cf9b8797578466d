/** Brings what stands in the write-ahead log of site.db into the file itself, so that the control thread need not. */
import { parentPort, workerData } from 'node:worker_threads'
import { orThrow } from '@lango/kernel'
import { openRaw } from '@lango/kernel/db'
import { CONTROL_NICE, giveWay } from './thread-priority.ts'

export type WrittenBack = { readonly pages: number }

giveWay(CONTROL_NICE)

const control = parentPort!
const raw = orThrow(openRaw({ file: workerData as string }))

control.on('message', () => {
  // Passive: it waits for nobody, and nobody for it.
  const [done] = raw.pragma('wal_checkpoint(PASSIVE)') as { checkpointed: number }[]
  control.postMessage({ pages: done!.checkpointed } satisfies WrittenBack)
})
