/** What the AAA threads ask of the control thread, and its answers. */
import type { MessagePort } from 'node:worker_threads'
import type { Reason } from './reasons.ts'
import type { AdminRights } from './vendors.ts'

/** Somebody wants into a router; the password goes no further than the check. */
export type AdminQuestion = {
  readonly kind: 'admin-login'
  readonly login: string
  readonly password: string
  readonly routerName: string
  /** Where they sit, as the router tells it; '' when it does not. */
  readonly from: string
}

export type AdminVerdict =
  | { readonly kind: 'admitted'; readonly rights: AdminRights }
  | { readonly kind: 'refused'; readonly reason: Reason }

/** What a yes or a no answers. */
export type DeedQuestion =
  | {
      readonly kind: 'first-use'
      readonly grantId: string
      readonly device: string
      readonly bind: boolean
      readonly deviceLimit: number
      readonly serial: string | undefined
    }
  | {
      readonly kind: 'learned'
      readonly no: number
      readonly messageAuthenticatorSeen: boolean
      readonly proxyStateFreeSeen: boolean
    }

export type ControlQuestion = DeedQuestion | AdminQuestion
export type ControlAnswer = boolean | AdminVerdict

export type FromFront =
  | { readonly kind: 'ready'; readonly ports: Readonly<Record<string, number>>; readonly receiveBufferBytes: number }
  | { readonly kind: 'failed'; readonly code: string; readonly port: number }
  | { readonly kind: 'question'; readonly id: number; readonly question: ControlQuestion }
  | { readonly kind: 'stopped' }

export type ToFront =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: ControlAnswer }
  | { readonly kind: 'stop' }

/** Control answers within a command's time or not at all; the NAS has given up by then. */
const ANSWER_WITHIN_MS = 2000
/** Questions that may wait at once: beyond it a first login is refused as busy. */
const QUESTIONS_MAX = 1000

const BUSY: AdminVerdict = { kind: 'refused', reason: 'busy' }

/** Asks control and waits for its word; a no when it says so, is too slow, or too much waits already. */
export const createAsker = (port: Pick<MessagePort, 'postMessage'>) => {
  const waiting = new Map<number, (answer: ControlAnswer | undefined) => void>()
  let lastId = 0

  const settle = (id: number, answer: ControlAnswer | undefined): void => {
    const resolve = waiting.get(id)
    waiting.delete(id)
    resolve?.(answer)
  }

  const ask = (question: ControlQuestion): Promise<ControlAnswer | undefined> => {
    if (waiting.size >= QUESTIONS_MAX) return Promise.resolve(undefined)
    lastId += 1
    const id = lastId
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(id, undefined), ANSWER_WITHIN_MS)
      waiting.set(id, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      port.postMessage({ kind: 'question', id, question } satisfies FromFront)
    })
  }

  return {
    ask: async (question: DeedQuestion): Promise<boolean> => (await ask(question)) === true,
    askForAdmin: async (question: AdminQuestion): Promise<AdminVerdict> => {
      const answer = await ask(question)
      return typeof answer === 'object' ? answer : BUSY
    },
    settle,
  }
}
