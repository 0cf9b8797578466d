import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Makes the calling thread wait for others when the processor is short: a login must not queue behind a report. Linux
 * keeps a nice value for each thread, under the thread's own id; giving way needs no privilege.
 */
export const giveWay = (nice: number): void => {
  try {
    // `PID/task/TID`
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)
    setPriority(Number(thread), nice)
  } catch {
    // Not on Linux, or not allowed: the thread runs as it is.
  }
}

/** The control thread: commands, jobs, web. */
export const CONTROL_NICE = 10
/** Reports and exports; `bin/lango` gives every command the same. */
export const BULK_NICE = 15
