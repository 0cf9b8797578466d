/** Whether something keeps the clock in step. */
import type * as Ffi from 'node:ffi'
import { namesIn } from '../machine/kernel-files.ts'
import { fine, found, type Check } from './check.ts'

/** What adjtimex(2) returns for a clock that nobody has set lately. */
const TIME_ERROR = 5
const TIMEX_OCTETS = 208

/** As the kernel was told by whatever time service runs; undefined where it cannot be asked. */
const kernelSynced = (): boolean | undefined => {
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof Ffi | undefined
    const call = { return: 'int32', arguments: ['pointer'] } as const
    // No modes: it reads.
    const state = ffi?.dlopen(null, { adjtimex: call }).functions.adjtimex(Buffer.alloc(TIMEX_OCTETS))
    return state === undefined || state < 0 ? undefined : state !== TIME_ERROR
  } catch {
    return undefined
  }
}

/** Nothing where nobody can tell. systemd-timesyncd leaves a file when it has been in step since the start. */
export const checkSynced = (root: string, askKernel = kernelSynced): Check[] => {
  const isSynced = namesIn(root, 'run/systemd/timesync').includes('synchronized') || askKernel()
  if (isSynced === undefined) return []
  if (isSynced) return [fine('time-service', 'A time service keeps the clock in step.')]
  return [found('time-service', 'attention', { type: 'clock-unsynced' })]
}
