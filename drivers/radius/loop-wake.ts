import { readFileSync, readlinkSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SocketLibrary } from './socket-library.ts'

// <sys/epoll.h>: struct epoll_event { uint32 events, uint64 data }, packed on x86-64 only.
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLLIN = 1
const EVENT_DATA_AT = process.arch === 'x64' ? 4 : 8

export type LoopWake = {
  /** Ends it; before the descriptor is closed. */
  readonly stop: () => void
}

/**
 * Turns the event loop of this thread whenever something waits on the descriptor, and calls `onTurn` in each turn,
 * whatever turned it. Undefined when that cannot be done here.
 *
 * Node polls only what it reads itself, into 64 kB of fresh memory for a datagram. libuv waits on an epoll descriptor,
 * and finds the watcher of an event by the number that was stored with it; ours stores the number of the descriptor by
 * which other threads wake this loop, whose watcher finds nothing to do. What then runs is the last phase of the turn,
 * in which an immediate without a reference neither holds the loop awake nor alive.
 */
export const wakeLoopFor = async (
  library: SocketLibrary,
  fd: number,
  onTurn: () => void,
): Promise<LoopWake | undefined> => {
  // The loop registers what it waits on when it first waits.
  await nextTurn()
  const loop = library.uv_backend_fd(library.getCurrentEventLoop())
  const waker = wakerOf(loop)
  if (waker === undefined) return undefined
  const event = Buffer.alloc(EVENT_DATA_AT + 8)
  event.writeUInt32LE(EPOLLIN)
  event.writeUInt32LE(waker, EVENT_DATA_AT)
  if (library.epoll_ctl(loop, EPOLL_CTL_ADD, fd, event) !== 0) return undefined
  // Nothing that Node knows of keeps the thread alive for this descriptor.
  const alive = setInterval(() => {}, 2 ** 30)
  const turn = (): void => {
    next = setImmediate(turn).unref()
    onTurn()
  }
  let next = setImmediate(turn).unref()
  return {
    stop() {
      clearImmediate(next)
      clearInterval(alive)
      library.epoll_ctl(loop, EPOLL_CTL_DEL, fd, event)
    },
  }
}

/** The eventfd that libuv made for waking this loop: its first, where an add-on has made others. */
const wakerOf = (loop: number): number | undefined => {
  try {
    const watched = readFileSync(`/proc/self/fdinfo/${loop}`, 'utf8').matchAll(/^tfd:\s*(\d+)/gm)
    const waker = watched
      .map((match) => Number(match[1]))
      .filter((fd) => readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventfd]')
      .reduce((first, fd) => Math.min(first, fd), Infinity)
    return Number.isFinite(waker) ? waker : undefined
  } catch {
    // No /proc here.
    return undefined
  }
}
