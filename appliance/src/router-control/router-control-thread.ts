/**
 * The thread that logs in to routers: reading back thousands of rows and working out what is amiss takes longer than the
 * control thread may be kept from its work. It runs while there is a router to control.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { openVault, orThrow, systemRandom, systemTimers } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { Calendar } from '@lango/modules/access/rules'
import type { Reach } from '@lango/modules/network'
import { SharedState, threadClock } from '../aaa/shared-state.ts'
import { threadLog } from '../aaa/thread-log.ts'
import { CONTROL_NICE, giveWay } from '../thread-priority.ts'
import { RouterControl, type RouterControlNews } from './control.ts'

export type RouterControlData = {
  readonly siteFile: string
  readonly sessionsFile: string
  readonly keyFile: string
  readonly state: SharedArrayBuffer
  readonly timeZone: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** What changes at the desk is at the router about this much later. */
const LOOK_EVERY_MS = 1000

giveWay(CONTROL_NICE)
const control = parentPort!
const { siteFile, sessionsFile, keyFile, state, timeZone, logLevel } = workerData as RouterControlData
const log = threadLog('router-control', logLevel)
const random = systemRandom()
const database = orThrow(openDatabase({ file: sessionsFile, readonly: true, attach: { site: siteFile } }))
const routerControl = new RouterControl({
  reader: database.raw,
  vault: orThrow(openVault({ file: keyFile, create: false, random })),
  clock: threadClock(new SharedState(state)),
  timers: systemTimers(),
  random,
  log,
  calendar: new Calendar(timeZone),
  tell: (news: RouterControlNews) => control.postMessage(news),
})
const timer = setInterval(() => routerControl.look(), LOOK_EVERY_MS)
routerControl.look()
export type RouterControlOrder =
  | { readonly kind: 'stop' }
  | { readonly kind: 'reach'; readonly reach: Reach }
  | { readonly kind: 'push'; readonly routerId: string }

control.on('message', (order: RouterControlOrder) => {
  if (order.kind === 'reach') return routerControl.take(order.reach)
  if (order.kind === 'push') return routerControl.push(order.routerId)
  clearInterval(timer)
  routerControl.close()
  database.close()
  control.close()
})
