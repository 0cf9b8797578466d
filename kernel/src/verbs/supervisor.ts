import type { Clock } from '../base/clock.ts'
import { defineLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Timers } from '../base/timers.ts'

/** Something that runs as long as the box does. */
export interface Service {
  readonly name: string
  /** Runs until the signal aborts, then cleans up and resolves. An earlier end, or a throw, is a fall. */
  run(signal: AbortSignal): Promise<void>
}

export type ServiceState = {
  readonly name: string
  readonly state: 'running' | 'waiting' | 'stopped'
  readonly falls: number
}

export interface Supervisor {
  states(): ServiceState[]
  /** Aborts all services and waits for them, a bounded time; answers the names of those that did not end. */
  stop(): Promise<string[]>
}

export const supervisorLimits = defineLimits({
  backoffMs: 500,
  backoffMsMax: 30_000,
  /** A service that ran this long starts its backoff anew. */
  steadyMs: 60_000,
  stopMsMax: 10_000,
})

export type SupervisorDeps = {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}

/** Starts services, and starts each again when it falls, after a wait that doubles up to its limit. */
export const supervise = (services: readonly Service[], deps: SupervisorDeps): Supervisor => {
  const stopping = new AbortController()
  const watched = services.map((service) => ({
    service,
    state: 'running' as ServiceState['state'],
    falls: 0,
    inARow: 0,
  }))
  const sleep = (waitMs: number) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        cancel()
        stopping.signal.removeEventListener('abort', wake)
        resolve()
      }
      const cancel = deps.timers.after(waitMs, wake)
      stopping.signal.addEventListener('abort', wake)
    })

  const keepUp = async (one: (typeof watched)[number]): Promise<void> => {
    while (!stopping.signal.aborted) {
      const startedAt = deps.clock.monotonicMs()
      one.state = 'running'
      const error = await outcome(one.service, stopping.signal)
      if (stopping.signal.aborted) break
      one.falls += 1
      one.inARow = deps.clock.monotonicMs() - startedAt >= supervisorLimits.steadyMs ? 1 : one.inARow + 1
      one.state = 'waiting'
      const longest = Math.min(supervisorLimits.backoffMsMax, supervisorLimits.backoffMs * 2 ** (one.inARow - 1))
      const waitMs = Math.round(longest * (0.5 + deps.random.unit() / 2))
      deps.log.error('a service fell', { service: one.service.name, falls: one.falls, waitMs, error })
      await sleep(waitMs)
    }
    one.state = 'stopped'
  }

  const ends = Promise.all(watched.map(keepUp))
  return {
    states: () => watched.map(({ service, state, falls }) => ({ name: service.name, state, falls })),
    async stop() {
      stopping.abort()
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const cancel = deps.timers.after(supervisorLimits.stopMsMax, resolve)
      await Promise.race([ends, late])
      cancel()
      return watched.filter((one) => one.state !== 'stopped').map((one) => one.service.name)
    },
  }
}

const outcome = async (service: Service, signal: AbortSignal): Promise<unknown> => {
  try {
    await service.run(signal)
    return new Error('it ended by itself')
  } catch (error) {
    return error
  }
}
