import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Who goes first when the processor is short: a login must not queue behind a report. Linux keeps a nice value for each
 * thread, under the thread's own id. Giving way needs no privilege; going before others does (CAP_SYS_NICE or
 * RLIMIT_NICE, `docs/install.md`), and where it is refused the thread runs as it is.
 */
export const takePlace = (nice: number): void => {
  try {
    // `PID/task/TID`
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)
    setPriority(Number(thread), nice)
  } catch {
    // Not on Linux, or not allowed.
  }
}

/** Fronts and the writer: whom a router waits for. */
export const AAA_NICE = -10
/** The control thread: commands, jobs, web. */
export const CONTROL_NICE = 10
/** Reports and exports; `bin/lango` gives every command the same. */
export const BULK_NICE = 15
