/**
 * Checkpoints of site.db in a thread of their own. SQLite does one inside the commit that makes the log too long, which
 * kept the control thread for as long as the disk took for 64 MB; commands went on waiting behind it.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { WrittenBack } from './write-back-thread.ts'

/** Pages in the log that are not in the file yet: 16 MB. */
export const PAGES_BEFORE_WRITE_BACK = 4000
const LOOK_MS = 500
/** The thread goes when it had nothing to do for so long: most boxes need it for some seconds a month. */
const IDLE_LOOKS_MAX = 120

export type WriteBackDeps = {
  readonly raw: RawDatabase
  readonly file: string
  readonly every: (ms: number, run: () => void) => () => void
  readonly log: Log
}

type LogState = { readonly log: number; readonly checkpointed: number }

export type WriteBack = {
  /** Resolves when no page is on its way, and none goes until `release`. */
  readonly hold: () => Promise<void>
  readonly release: () => void
  stop(): Promise<unknown>
}

export const startWriteBack = ({ raw, file, every, log }: WriteBackDeps): WriteBack => {
  let worker: Worker | undefined
  let isBusy = false
  let idleLooks = 0
  let isHeld = false
  const whenIdle: (() => void)[] = []

  const idle = (): void => {
    isBusy = false
    for (const done of whenIdle.splice(0)) done()
  }
  const end = (): Promise<unknown> => {
    const ending = worker
    worker = undefined
    idle()
    return ending?.terminate() ?? Promise.resolve()
  }
  const start = (): Worker => {
    const url = new URL(`./write-back-thread${extname(import.meta.url)}`, import.meta.url)
    const started = new Worker(url, { name: 'write-back', workerData: file })
    started.unref()
    started.on('message', ({ pages }: WrittenBack) => {
      idle()
      log.debug('the write-ahead log is written back', { pages })
    })
    // Another is started at the next look; and a log that nobody writes back is, at last, by the commit that fills it.
    started.on('error', (error) => {
      log.error('the write-ahead log could not be written back', { error })
      if (worker === started) void end()
    })
    return started
  }

  const stopLooking = every(LOOK_MS, () => {
    if (isBusy || isHeld) return
    const [state] = raw.pragma('wal_checkpoint(NOOP)') as LogState[]
    if (state!.log - state!.checkpointed >= PAGES_BEFORE_WRITE_BACK) {
      idleLooks = 0
      isBusy = true
      worker ??= start()
      worker.postMessage(null)
    } else if (worker && ++idleLooks > IDLE_LOOKS_MAX) void end()
  })
  return {
    hold() {
      isHeld = true
      return isBusy ? new Promise((resolve) => whenIdle.push(resolve)) : Promise.resolve()
    },
    release() {
      isHeld = false
    },
    stop() {
      stopLooking()
      return end()
    },
  }
}
