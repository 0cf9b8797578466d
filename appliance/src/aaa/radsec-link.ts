/** The way from the control thread to the routers that hold a RadSec connection, which ends in the EAP thread. */
import type { Log } from '@lango/kernel'
import {
  AttributeWriter,
  changeOfAuthorization,
  disconnect,
  type DynamicMessage,
  type DynamicOutcome,
  type RadsecServer,
} from '@lango/drivers/radius'
import type { RouterFacts } from './clients.ts'

export type RadsecOutcome = DynamicOutcome | { readonly type: 'not-connected' }

export type ToRadsec = {
  readonly kind: 'dynamic'
  readonly id: number
  readonly routerNo: number
  readonly message: DynamicMessage
}
export type FromRadsec = { readonly kind: 'dynamic-outcome'; readonly id: number; readonly outcome: RadsecOutcome }

/** A router has as long as over UDP: that is to be tried after it. */
const ROUTER_WITHIN_MS = 3000
/** Past the router's time the thread itself is late. */
const THREAD_WITHIN_MS = ROUTER_WITHIN_MS + 1000
const WAITING_MAX = 1000

/** The control thread's end. */
export const createRadsecLink = (post: (message: ToRadsec) => void) => {
  const waiting = new Map<number, (outcome: RadsecOutcome) => void>()
  let lastId = 0
  return {
    ask: (routerNo: number, message: DynamicMessage, signal: AbortSignal): Promise<RadsecOutcome> => {
      if (signal.aborted) return Promise.resolve({ type: 'aborted' })
      if (waiting.size >= WAITING_MAX) return Promise.resolve({ type: 'busy' })
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        const settle = (outcome: RadsecOutcome): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', abort)
          waiting.delete(id)
          resolve(outcome)
        }
        const abort = (): void => settle({ type: 'aborted' })
        const timer = setTimeout(() => settle({ type: 'timeout', attempts: 1 }), THREAD_WITHIN_MS)
        signal.addEventListener('abort', abort)
        waiting.set(id, settle)
        post({ kind: 'dynamic', id, routerNo, message })
      })
    },
    settle: ({ id, outcome }: FromRadsec): void => waiting.get(id)?.(outcome),
  }
}

type RouterConnections = Pick<RadsecServer<RouterFacts>, 'isConnected' | 'request'>

/** The EAP thread's end: answers every message once. */
export const answerOverRadsec = async (
  connections: RouterConnections,
  { id, routerNo, message }: ToRadsec,
  post: (message: FromRadsec) => void,
  log: Log,
): Promise<void> => {
  const outcome = await sendDown(connections, routerNo, message).catch((error: unknown): RadsecOutcome => {
    log.error('a request could not be sent down a RadSec connection', { routerNo, error })
    return { type: 'unsendable', code: 'internal' }
  })
  post({ kind: 'dynamic-outcome', id, outcome })
}

const sendDown = async (
  connections: RouterConnections,
  routerNo: number,
  { kind, attributes, eventAtMs }: DynamicMessage,
): Promise<RadsecOutcome> => {
  const isRouter = ({ no }: RouterFacts): boolean => no === routerNo
  if (!connections.isConnected(isRouter)) return { type: 'not-connected' }
  const send = kind === 'disconnect' ? disconnect : changeOfAuthorization
  return send(connections, isRouter, {
    attributes: new AttributeWriter().append(attributes),
    eventAtMs,
    retransmission: { durationMaxMs: ROUTER_WITHIN_MS },
  })
}
