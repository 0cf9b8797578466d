/** How the machine under the box does, from what the kernel tells. Read at most every few seconds. */
import { statfsSync } from 'node:fs'
import { cpus, freemem, totalmem, uptime } from 'node:os'
import type { Clock } from '@lango/kernel'
import { memoryIn, warmthIn } from './machine/kernel-files.ts'
import type { Machine } from './web/feed.ts'

const READ_EVERY_MS = 5000

/** Busy and whole time of all processors since the start, in ticks. */
const processorTime = (): { busy: number; whole: number } => {
  let busy = 0
  let whole = 0
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle
    busy += all - times.idle
    whole += all
  }
  return { busy, whole }
}

const diskUsed = (dir: string): number | undefined => {
  try {
    const { blocks, bavail, bfree } = statfsSync(dir)
    // As df counts: what is kept back for root is neither free nor used.
    const used = blocks - bfree
    return used + bavail === 0 ? undefined : used / (used + bavail)
  } catch {
    return undefined
  }
}

/** `dir` is the data folder: its disk is the one that counts. */
export const createMachineState = (dir: string, clock: Pick<Clock, 'monotonicMs' | 'sure'>): (() => Machine) => {
  let last = processorTime()
  let readAt = Number.NEGATIVE_INFINITY
  let state: Machine | undefined

  const read = (): Machine => {
    const now = processorTime()
    const whole = now.whole - last.whole
    const cpuShare = whole > 0 ? (now.busy - last.busy) / whole : undefined
    last = now
    const diskUsedShare = diskUsed(dir)
    const warmth = warmthIn('/')
    const memory = memoryIn('/')
    const availableShare = memory ? memory.availableOctets / memory.totalOctets : freemem() / totalmem()
    return {
      ...(cpuShare === undefined ? {} : { cpuShare }),
      memoryUsedShare: 1 - availableShare,
      ...(diskUsedShare === undefined ? {} : { diskUsedShare }),
      ...(warmth && { temperatureC: Math.round(warmth.celsius) }),
      clockSure: clock.sure(),
      upSec: Math.floor(uptime()),
    }
  }

  return () => {
    if (state === undefined || clock.monotonicMs() - readAt >= READ_EVERY_MS) {
      readAt = clock.monotonicMs()
      state = read()
    }
    return state
  }
}
