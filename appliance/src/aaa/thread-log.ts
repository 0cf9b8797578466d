import { createLog, type Log } from '@lango/kernel'

/** A thread's log: lines of JSON to standard error, so that standard output stays with the one line `start` prints. */
export const threadLog = (thread: string, level: 'debug' | 'info' | 'warn' | 'error'): Log =>
  createLog({ level, sink: process.stderr }).child({ thread })
