import type * as Ffi from 'node:ffi'
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
const LAST_NICE = 19
/** <sched.h> of Linux. */
const SCHED_IDLE = 5

/**
 * Lets the calling thread run only while no other wants the processor. A thread that is merely nice keeps it from one
 * that wakes until the next tick of the clock, some milliseconds in which a hundred logins gather.
 */
export const standAside = (): void => {
  giveWay(LAST_NICE)
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof Ffi | undefined
    const call = { return: 'int32', arguments: ['int32', 'int32', 'pointer'] } as const
    // struct sched_param { int priority }, which is 0 here; the thread 0 is the calling one.
    ffi?.dlopen(null, { sched_setscheduler: call }).functions.sched_setscheduler(0, SCHED_IDLE, Buffer.alloc(4))
  } catch {
    // Without native calls it stays as nice as can be.
  }
}
