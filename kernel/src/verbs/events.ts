import type { Log } from '../base/log.ts'

/** The name of an event and, in its type, what it tells. Made once, beside what emits it. */
export interface EventType<T> {
  readonly name: string
  /** Only for the type checker. */
  readonly data?: T
}

/** `export const planChanged = defineEvent<{ id: string }>('plans.changed')` */
export const defineEvent = <T>(name: string): EventType<T> => ({ name })

/** Events wake and refresh; money and access never ride on one. */
export interface Events {
  emit<T>(event: EventType<T>, data: T): void
  /** Hears one kind of event; the answer stops it. */
  on<T>(event: EventType<T>, listener: (data: T) => void): () => void
  /** Hears all of them, with their names: for streams to a browser. */
  onAny(listener: (name: string, data: unknown) => void): () => void
}

/** In-process events. Listeners run at once and in order of arrival; a faulty one is logged and harms nobody else. */
export const createEvents = ({ log }: { log: Log }): Events => {
  const listeners = new Map<string, Set<(data: never) => void>>()
  const forAll = new Set<(name: string, data: unknown) => void>()
  const guarded = (name: string, call: () => void) => {
    try {
      call()
    } catch (error) {
      log.error('a listener failed', { event: name, error })
    }
  }
  return {
    emit(event, data) {
      for (const listener of listeners.get(event.name) ?? []) guarded(event.name, () => listener(data as never))
      for (const listener of forAll) guarded(event.name, () => listener(event.name, data))
    },
    on(event, listener) {
      const ofThis = listeners.get(event.name) ?? new Set()
      listeners.set(event.name, ofThis.add(listener))
      return () => ofThis.delete(listener)
    },
    onAny(listener) {
      forAll.add(listener)
      return () => forAll.delete(listener)
    },
  }
}
