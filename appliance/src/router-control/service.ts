/** Control of routers beside RADIUS, as the control thread sees it: the thread that does it, and how it goes there. */
import { setImmediate } from 'node:timers/promises'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { every, type Log } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { firstUse } from '@lango/modules/access'
import { controlChanged, hotspotGone, type ControlStatus, type Reach } from '@lango/modules/network'
import type { Site } from '../site.ts'
import type { RouterControlNews } from './control.ts'
import type { RouterControlData, RouterControlOrder } from './router-control-thread.ts'

export type RouterControlDeps = {
  readonly site: Pick<Site, 'database' | 'dispatcher' | 'events' | 'ids'>
  readonly data: RouterControlData
  /** How the box and its portal are reached now. */
  readonly reach: () => Reach
  readonly log: Log
  /** The thread died. */
  readonly onDeath: (error: unknown) => void
}

export type RouterControlService = {
  /** Of every router that is controlled and was tried; in no order. */
  readonly statuses: () => readonly ControlStatus[]
  /** Looks at a router now. */
  readonly push: (routerId: string) => void
  readonly stop: () => Promise<void>
}

/** A portal that moves is followed about this much later. */
const REACH_EVERY_MS = 5000

const actor = system('router-control')

export const startRouterControl = ({ site, data, reach, log, onDeath }: RouterControlDeps): RouterControlService => {
  const statuses = new Map<string, ControlStatus>()
  const isAny = site.database.raw.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM router_controls)').pluck()
  let worker: Worker | undefined
  let isStopping = false

  const begin = async (grants: Extract<RouterControlNews, { kind: 'begin' }>['grants']): Promise<void> => {
    for (const { grantId, device } of grants) {
      // The next start lets them in again.
      if (isStopping) return
      const input = { grantId, device, bind: false, deviceLimit: 0 }
      const begun = site.dispatcher.dispatch(firstUse, input, { id: site.ids.next('cmd'), actor })
      // Suspended meanwhile, most likely: the router is told so within a second.
      if (!begun.ok) log.info('the time of a customer did not begin', { grant: grantId, fault: begun.error })
      // Thousands may begin together, and others want the thread.
      await setImmediate()
    }
  }
  const hear = (news: RouterControlNews): void => {
    if (news.kind === 'status') statuses.set(news.status.routerId, news.status)
    else if (news.kind === 'gone') statuses.delete(news.routerId)
    else if (news.kind === 'hotspot-gone')
      site.dispatcher.dispatch(hotspotGone, { routerId: news.routerId }, { id: site.ids.next('cmd'), actor })
    else void begin(news.grants)
  }
  const start = (): Worker => {
    const url = new URL(`./router-control-thread${extname(import.meta.url)}`, import.meta.url)
    const started = new Worker(url, { name: 'router-control', workerData: data })
    started.on('message', (news: RouterControlNews) => {
      // What one that is on its way out still says is not of the one that came after it.
      if (worker === started) hear(news)
    })
    started.on('error', onDeath)
    started.on('exit', () => {
      if (worker === started) onDeath(new Error('the thread that controls routers ended'))
    })
    return started
  }
  const order = (told: RouterControlOrder): void => worker?.postMessage(told)
  // The same again changes nothing there.
  const tellReach = (): void => order({ kind: 'reach', reach: reach() })
  const stop = async (): Promise<void> => {
    const ending = worker
    worker = undefined
    if (!ending) return
    statuses.clear()
    const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
    ending.postMessage({ kind: 'stop' } satisfies RouterControlOrder)
    await ended
  }
  const look = (): void => {
    if (isAny.get() === 1) worker ??= start()
    else void stop()
    tellReach()
  }
  look()
  const stopTelling = every(REACH_EVERY_MS, tellReach)
  const deaf = site.events.on(controlChanged, look)
  return {
    statuses: () => [...statuses.values()],
    push: (routerId) => order({ kind: 'push', routerId }),
    async stop() {
      isStopping = true
      stopTelling()
      deaf()
      await stop()
    },
  }
}
